/** The commonest forms of dates and times, as `util/date-time-bytes.ts` reads them. */

/** No date or time; the long way has a look. */
export const noDays: i32 = i32.MIN_VALUE
export const noMicros: i64 = i64.MIN_VALUE

const microsPerDay: i64 = 86_400_000_000
/** Beyond, microseconds are no safe integers, which the long way tells apart. */
const safeDays: i32 = 104_000
/** 2000-01-01 as days since 0000-03-01. */
const epoch: i32 = 730_425

/** `YYYY-MM-DD` in the ten bytes from `at`, as days since 2000-01-01. */
export function readDays(at: i32): i32 {
  const century = twoDigits(at)
  const ofCentury = twoDigits(at + 2)
  const month = twoDigits(at + 5)
  const day = twoDigits(at + 8)
  if ((century | ofCentury | month | day) < 0 || load<u8>(at, 4) !== 0x2d || load<u8>(at, 7) !== 0x2d) return noDays
  const year = century * 100 + ofCentury
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return noDays
  const shifted = month <= 2 ? year - 1 : year
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - epoch
}

/** `YYYY-MM-DD[ T]HH:MM[:SS[.f{1,6}]]` with or without `Z`, or only a date; microseconds since 2000-01-01 00:00:00. */
export function readMicros(at: i32, length: i32): i64 {
  if (length < 10) return noMicros
  const days = readDays(at)
  if (days <= -safeDays || days >= safeDays) return noMicros
  const midnight = <i64>days * microsPerDay
  if (length === 10) return midnight
  const separator = load<u8>(at, 10)
  if (separator !== 0x20 && separator !== 0x54) return noMicros
  const end = at + (load<u8>(at + length - 1) === 0x5a ? length - 1 : length)
  const clock = readClock(at + 11, end)
  return clock < 0 ? noMicros : midnight + clock
}

/** Microseconds since midnight of `HH:MM[:SS[.f{1,6}]]`; -1 for anything else. */
function readClock(at: i32, end: i32): i64 {
  if (end - at < 5 || load<u8>(at, 2) !== 0x3a) return -1
  const hour = twoDigits(at)
  const minute = twoDigits(at + 3)
  if ((hour | minute) < 0 || hour > 23 || minute > 59) return -1
  const seconds = (hour * 60 + minute) * 60
  if (end - at === 5) return <i64>seconds * 1_000_000
  if (end - at < 8 || load<u8>(at, 5) !== 0x3a) return -1
  const second = twoDigits(at + 6)
  if (second < 0 || second > 59) return -1
  const micros = <i64>(seconds + second) * 1_000_000
  if (end - at === 8) return micros
  const fraction = readFraction(at + 8, end)
  return fraction < 0 ? -1 : micros + fraction
}

function readFraction(at: i32, end: i32): i32 {
  const digits = end - at - 1
  if (load<u8>(at) !== 0x2e || digits < 1 || digits > 6) return -1
  let micros = 0
  for (let place = 1; place <= 6; place++) {
    const digit = place <= digits ? <i32>load<u8>(at + place) - 0x30 : 0
    if (digit < 0 || digit > 9) return -1
    micros = micros * 10 + digit
  }
  return micros
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Negative when they are none. */
function twoDigits(at: i32): i32 {
  const tens = <u32>load<u8>(at) - 0x30
  const ones = <u32>load<u8>(at, 1) - 0x30
  return tens <= 9 && ones <= 9 ? <i32>(tens * 10 + ones) : -1
}
