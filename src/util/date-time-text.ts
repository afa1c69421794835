/**
 * Dates and times written as text, read digit by digit without regular expressions: this runs for every value of a time
 * column. Only exactly valid ISO-like texts count; words that PostgreSQL would interpret (`now`, `today`, `infinity`, `epoch`) do not.
 */

export type DateTimeText = {
  readonly kind: 'date' | 'datetime' | 'time'
  /**
   * Microseconds since 2000-01-01 00:00:00 as if the text were UTC (the offset is not applied); for `time` since midnight.
   * A bigint only beyond the safe integers (before 1714 or after 2285).
   */
  readonly micros: number | bigint
  /** East of UTC; null where the text has no offset. */
  readonly offsetMinutes: number | null
  /** There were digits other than 0 below the microsecond; `micros` is rounded, half up. */
  readonly subMicrosecond: boolean
  /** Behind the offset stood what Go writes there: the zone's name (` UTC`), perhaps a clock reading (` m=+0.0001`). */
  readonly suffix: boolean
}

const microsPerSecond = 1_000_000
const microsPerDay = 86_400 * microsPerSecond
/** 2000-01-01 in days since 1970-01-01. */
const epochDays = 10_957
/** Whole years inside timestamp's range, 4713-11-24 BC to 294276-12-31; astronomical, so 4713 BC is -4712. */
const minYear = -4711
const maxYear = 294_275
/** 86400e6 × this is the last day whose every microsecond is a safe integer. */
const safeDays = 104_000

const colon = 0x3a
const dash = 0x2d
const plus = 0x2b
const blank = 0x20

/**
 * - `YYYY-MM-DD`, `YYYY-MM-DD[ T]HH:MM[:SS[.f+]]`, the latter with an optional blank and `Z` or `±HH[:MM]`, `±HHMM` (up to 15:59)
 * - `HH:MM[:SS[.f+]]` without offset
 * - Go's `2024-02-29 12:34:56.789 +0000 UTC`, also with its ` m=±0.0001` suffix
 * - years 0001 to 9999 plain; five and six digits, or any with a sign, from 4712 BC to 294275: `12024-01-01`, `-0044-03-15` (ISO 8601
 *   counts a year 0, so this is 45 BC); `0000` is a placeholder, not a year
 * - `24:00:00` is the midnight at the end of the day, as in ISO 8601 and PostgreSQL; second 60 is refused, because it would silently
 *   become the next minute
 *
 * Everything else, also with blanks around it, gives null.
 */
export function parseDateTime(text: string): DateTimeText | null {
  const { length } = text
  if (length < 5 || length > 80) return null
  if (text.charCodeAt(2) === colon) return parseTime(text)
  const yearEnd = findYearEnd(text)
  if (yearEnd < 0) return null
  const days = parseDays(text, yearEnd)
  if (days === null) return null
  const dateEnd = yearEnd + 6
  if (length === dateEnd) {
    return { kind: 'date', micros: joinMicros(days, 0), offsetMinutes: null, subMicrosecond: false, suffix: false }
  }
  const separator = text.charCodeAt(dateEnd)
  // `T`, `t` or a blank.
  if (separator !== blank && (separator | 0x20) !== 0x74) return null
  const clock = parseClock(text, dateEnd + 1)
  if (clock === null) return null
  const zone = clock.end === length ? noZone : parseZone(text, clock.end)
  if (zone === null) return null
  return {
    kind: 'datetime',
    micros: joinMicros(days, clock.micros),
    offsetMinutes: zone.offsetMinutes,
    subMicrosecond: clock.subMicrosecond,
    suffix: zone.suffix,
  }
}

/** Days since 2000-01-01 of a valid date in the Gregorian calendar; month from 1. */
export function daysSince2000(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468 - epochDays
}

export function isCalendarDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Subtracts an offset, staying exact. */
export function shiftMicros(micros: number | bigint, minutes: number): number | bigint {
  if (minutes === 0) return micros
  if (typeof micros === 'bigint') return micros - BigInt(minutes) * 60_000_000n
  return micros - minutes * 60 * microsPerSecond
}

function joinMicros(days: number, micros: number): number | bigint {
  if (days > -safeDays && days < safeDays) return days * microsPerDay + micros
  return BigInt(days) * 86_400_000_000n + BigInt(micros)
}

/** Index of the dash behind the year; -1 when there is none. */
function findYearEnd(text: string): number {
  if (text.charCodeAt(4) === dash) return digitsAt(text, 0, 4) > 0 ? 4 : -1
  const first = text.charCodeAt(0)
  const start = first === dash || first === plus ? 1 : 0
  for (let end = start + 4; end <= start + 6; end++) {
    if (text.charCodeAt(end) === dash) return digitsAt(text, start, end) > 0 ? end : -1
  }
  return -1
}

function parseDays(text: string, yearEnd: number): number | null {
  if (text.charCodeAt(yearEnd + 3) !== dash) return null
  const first = text.charCodeAt(0)
  const signed = first === dash || first === plus
  const magnitude = digitsAt(text, signed ? 1 : 0, yearEnd)
  const year = first === dash ? -magnitude : magnitude
  const month = twoDigits(text, yearEnd + 1)
  const day = twoDigits(text, yearEnd + 4)
  if (!isCalendarDate(year, month, day) || year < minYear || year > maxYear) return null
  return daysSince2000(year, month, day)
}

function parseTime(text: string): DateTimeText | null {
  const clock = parseClock(text, 0)
  if (clock === null || clock.end !== text.length) return null
  return {
    kind: 'time',
    micros: clock.micros,
    offsetMinutes: null,
    subMicrosecond: clock.subMicrosecond,
    suffix: false,
  }
}

type Clock = { readonly micros: number; readonly subMicrosecond: boolean; readonly end: number }

function parseClock(text: string, from: number): Clock | null {
  const hour = twoDigits(text, from)
  const minute = twoDigits(text, from + 3)
  if (text.charCodeAt(from + 2) !== colon || hour < 0 || hour > 24 || minute < 0 || minute > 59) return null
  let end = from + 5
  let second = 0
  let fraction = noFraction
  if (text.charCodeAt(end) === colon) {
    second = twoDigits(text, end + 1)
    if (second < 0 || second > 59) return null
    end += 3
    if (text.charCodeAt(end) === 0x2e) {
      fraction = parseFraction(text, end + 1)
      if (fraction.end === end + 1) return null
      end = fraction.end
    }
  }
  const micros = ((hour * 60 + minute) * 60 + second) * microsPerSecond + fraction.micros
  if (hour === 24 && (micros > microsPerDay || fraction.subMicrosecond)) return null
  return { micros, subMicrosecond: fraction.subMicrosecond, end }
}

const noFraction: Clock = { micros: 0, subMicrosecond: false, end: 0 }

/** Digits behind the point; from the seventh on they only round. */
function parseFraction(text: string, from: number): Clock {
  let micros = 0
  let index = from
  let subMicrosecond = false
  for (; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) break
    const place = index - from
    if (place < 6) micros = micros * 10 + digit
    else if (digit !== 0) subMicrosecond = true
    if (place === 6 && digit >= 5) micros++
  }
  for (let place = index - from; place < 6; place++) micros *= 10
  return { micros, subMicrosecond, end: index }
}

type Zone = { readonly offsetMinutes: number | null; readonly suffix: boolean }
const noZone: Zone = { offsetMinutes: null, suffix: false }

/** An optional blank, then Z or an offset, then to the end or Go's zone name. */
function parseZone(text: string, from: number): Zone | null {
  const at = text.charCodeAt(from) === blank ? from + 1 : from
  const first = text.charCodeAt(at)
  if ((first | 0x20) === 0x7a) return at + 1 === text.length ? { offsetMinutes: 0, suffix: false } : null
  if (first !== plus && first !== dash) return null
  const hours = twoDigits(text, at + 1)
  if (hours < 0 || hours > 15) return null
  let end = at + 3
  let minutes = 0
  if (end < text.length && text.charCodeAt(end) !== blank) {
    const minutesAt = text.charCodeAt(end) === colon ? end + 1 : end
    minutes = twoDigits(text, minutesAt)
    if (minutes < 0 || minutes > 59) return null
    end = minutesAt + 2
  }
  const total = hours * 60 + minutes
  const offsetMinutes = first === dash && total > 0 ? -total : total
  if (end === text.length) return { offsetMinutes, suffix: false }
  return isGoTail(text, end) ? { offsetMinutes, suffix: true } : null
}

/** ` UTC`, ` CEST`, ` +0330`, each perhaps with ` m=+12.3` behind. */
function isGoTail(text: string, from: number): boolean {
  if (text.charCodeAt(from) !== blank) return false
  let index = from + 1
  const sign = text.charCodeAt(index)
  if (sign === plus || sign === dash) index++
  const start = index
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const isUpper = code >= 0x41 && code <= 0x5a
    const isDigit = code >= 0x30 && code <= 0x39
    if (start === from + 1 ? !isUpper : !isDigit) break
  }
  const length = index - start
  return length >= 2 && length <= 5 && (index === text.length || isMonotonicReading(text, index))
}

function isMonotonicReading(text: string, from: number): boolean {
  if (!text.startsWith(' m=', from)) return false
  const sign = text.charCodeAt(from + 3)
  if ((sign !== plus && sign !== dash) || from + 4 === text.length) return false
  for (let index = from + 4; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code !== 0x2e && (code < 0x30 || code > 0x39)) return false
  }
  return true
}

/** The number of two digits; -1 when they are not both digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30
  const ones = text.charCodeAt(at + 1) - 0x30
  // NaN, beyond the end, fails every comparison.
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** The number of the digits from..to-1; -1 when there is anything else. */
function digitsAt(text: string, from: number, to: number): number {
  let number = 0
  for (let index = from; index < to; index++) {
    const digit = text.charCodeAt(index) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    number = number * 10 + digit
  }
  return number
}

/** `2024-02-29 12:34:56.789` of microseconds since 2000-01-01; years before 1 and beyond 9999 with a sign, as ISO 8601 writes them. */
export function formatDateTime(micros: number | bigint): string {
  const exact = BigInt(micros)
  const day = floorDivide(exact, 86_400_000_000n)
  return `${formatDate(Number(day))} ${formatTime(Number(exact - day * 86_400_000_000n))}`
}

/** `2024-02-29` of days since 2000-01-01. */
export function formatDate(days: number): string {
  const shifted = days + epochDays + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${formatYear(year)}-${pad(month, 2)}-${pad(day, 2)}`
}

/** `12:34:56.789` of microseconds since midnight. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / microsPerSecond)
  const fraction = micros - seconds * microsPerSecond
  const text = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`
  return fraction === 0 ? text : `${text}.${trimZeros(pad(fraction, 6))}`
}

function formatYear(year: number): string {
  if (year >= 1 && year <= 9999) return pad(year, 4)
  return `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 4)}`
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}

function trimZeros(digits: string): string {
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}
