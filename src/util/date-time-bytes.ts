import { daysSince2000, isCalendarDate } from './date-time-text.ts'

/**
 * The commonest forms of dates and times, read from ASCII bytes: what `parseDateTime` says of the same text, or NaN where it has
 * to be asked. They stand in the middle of the hot path, hence no strings and no objects.
 */

const microsPerDay = 86_400_000_000
/** As in `parseDateTime`: beyond, microseconds are no safe integers. */
const safeDays = 104_000

const blank = 0x20
const point = 0x2e
const dash = 0x2d
const colon = 0x3a
const letterT = 0x54
const letterZ = 0x5a

/** `YYYY-MM-DD` in the ten bytes from `at`, as days since 2000-01-01. */
function readDaysBytes(bytes: Uint8Array, at: number): number {
  const century = twoDigits(bytes, at)
  const ofCentury = twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  const year = century * 100 + ofCentury
  if (century < 0 || ofCentury < 0 || year < 1 || bytes[at + 4] !== dash || bytes[at + 7] !== dash) return NaN
  return isCalendarDate(year, month, day) ? daysSince2000(year, month, day) : NaN
}

/** `YYYY-MM-DD[ T]HH:MM[:SS[.f{1,6}]]` with or without `Z`, or only a date; microseconds since 2000-01-01 00:00:00, Z being no offset. */
export function readDateTimeBytes(bytes: Uint8Array, at: number, length: number): number {
  if (length < 10) return NaN
  const days = readDaysBytes(bytes, at)
  if (!(days > -safeDays && days < safeDays)) return NaN
  if (length === 10) return days * microsPerDay
  const separator = bytes[at + 10]
  if (separator !== blank && separator !== letterT) return NaN
  const end = at + (endsWithZ(bytes, at, length) ? length - 1 : length)
  return days * microsPerDay + readClock(bytes, at + 11, end)
}

/** True for the `Z` of a date-time. */
export function endsWithZ(bytes: Uint8Array, at: number, length: number): boolean {
  return bytes[at + length - 1] === letterZ
}

/** Microseconds since midnight of `HH:MM[:SS[.f{1,6}]]`. */
function readClock(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 5 || bytes[at + 2] !== colon) return NaN
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return NaN
  const micros = (hour * 60 + minute) * 60_000_000
  if (end - at === 5) return micros
  const second = twoDigits(bytes, at + 6)
  if (end - at < 8 || bytes[at + 5] !== colon || second < 0 || second > 59) return NaN
  return micros + second * 1_000_000 + (end - at === 8 ? 0 : readFraction(bytes, at + 8, end))
}

function readFraction(bytes: Uint8Array, at: number, end: number): number {
  const digits = end - at - 1
  if (bytes[at] !== point || digits < 1 || digits > 6) return NaN
  let micros = 0
  for (let place = 1; place <= 6; place++) {
    const digit = place <= digits ? (bytes[at + place] as number) - 0x30 : 0
    if (digit < 0 || digit > 9) return NaN
    micros = micros * 10 + digit
  }
  return micros
}

/** -1 when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30
  const ones = (bytes[at + 1] as number) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}
