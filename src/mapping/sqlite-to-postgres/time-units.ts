import { plausibleRanges } from '../../databases/sqlite/profile/time-units.ts'
import type { ColumnProfile, TimeUnit, ValueClass } from '../../model/profile.ts'
import { daysSince2000, isCalendarDate } from '../../util/date-time-text.ts'

/** Numbers that stand for times: which unit a whole column is in, and what one number then means. */

const microsPerDay = 86_400_000_000
const secondsTo2000 = 946_684_800
const daysTo2000 = 10_957
const julianDay2000 = 2_451_544.5
/** Years 0001 to 9999, in microseconds since 2000: what a number may mean at most. */
const minMicros = -63_082_281_600_000_000n
const maxMicros = 252_455_616_000_000_000n

/** Microseconds since 2000-01-01 UTC, since midnight for `seconds-of-day`; null when the number is no such time. */
export type TimeReader = (value: bigint | number) => number | bigint | null

/**
 * Reals are rounded to the nearest microsecond, Julian days to the nearest millisecond, which is the precision that SQLite's
 * own date functions have.
 */
export function timeReader(unit: TimeUnit): TimeReader {
  switch (unit) {
    case 'epoch-s':
      return (value) => scaled(Number(value) - secondsTo2000, 1_000_000)
    case 'epoch-ms':
      return (value) => scaled(Number(value) - secondsTo2000 * 1000, 1000)
    case 'epoch-us':
      return readMicroseconds
    case 'epoch-ns':
      return readNanoseconds
    case 'julian-day':
      return (value) => scaled(Math.round((Number(value) - julianDay2000) * 86_400_000), 1000)
    case 'yyyymmdd':
      return readCompactDate
    case 'epoch-days':
      return (value) => (Number.isInteger(Number(value)) ? scaled(Number(value) - daysTo2000, microsPerDay) : null)
    case 'seconds-of-day':
      return (value) => (value >= 0 && value <= 86_400 ? Math.round(Number(value) * 1_000_000) : null)
    default:
      return unit satisfies never
  }
}

/** True when reading the number as nanoseconds drops digits. */
export function losesNanoseconds(value: bigint | number): boolean {
  return typeof value === 'bigint' ? value % 1000n !== 0n : value % 1000 !== 0
}

function scaled(units: number, factor: number): number | bigint | null {
  const product = Math.round(units * factor)
  if (Number.isSafeInteger(product)) return product
  if (!Number.isFinite(product)) return null
  // Only far from 2000; reals have no fraction worth a microsecond there.
  return inRange(BigInt(Math.round(units)) * BigInt(factor))
}

function readMicroseconds(value: bigint | number): number | bigint | null {
  if (typeof value === 'bigint') return inRange(value - BigInt(secondsTo2000) * 1_000_000n)
  return scaled(value - secondsTo2000 * 1_000_000, 1)
}

function readNanoseconds(value: bigint | number): number | bigint | null {
  if (typeof value === 'number' && !Number.isFinite(value)) return null
  const nanoseconds =
    BigInt(typeof value === 'number' ? Math.round(value) : value) - BigInt(secondsTo2000) * 1_000_000_000n
  const rounded = (nanoseconds + (nanoseconds < 0n ? -500n : 500n)) / 1000n
  return inRange(rounded)
}

function inRange(micros: bigint): number | bigint | null {
  if (micros < minMicros || micros >= maxMicros) return null
  const number = Number(micros)
  return Number.isSafeInteger(number) ? number : micros
}

function readCompactDate(value: bigint | number): number | bigint | null {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 101 || number > 99_991_231) return null
  const days = compactDateDays(number)
  return days === null ? null : scaled(days, microsPerDay)
}

/** Days since 2000-01-01 of 20240229; null when that is no date. */
export function compactDateDays(number: number): number | null {
  const year = Math.floor(number / 10_000)
  const month = Math.floor(number / 100) % 100
  const day = number % 100
  return year >= 1 && isCalendarDate(year, month, day) ? daysSince2000(year, month, day) : null
}

/** Ranges of the years 1971 to 2100. Those of different units do not overlap, so a range inside one of them tells the unit. */
const usualRanges: Readonly<Record<Exclude<TimeUnit, 'seconds-of-day'>, readonly [number, number]>> = {
  'epoch-s': [31_536_000, 4_102_444_800],
  'epoch-ms': [31_536_000e3, 4_102_444_800e3],
  'epoch-us': [31_536_000e6, 4_102_444_800e6],
  'epoch-ns': [31_536_000e9, 4_102_444_800e9],
  'julian-day': [2_440_952.5, 2_488_069.5],
  yyyymmdd: [19_710_101, 21_001_231],
  // From 1978 to 2060: below stand years as numbers (2016), above spreadsheets' day numbers (45000 is 2023 there).
  'epoch-days': [3000, 32_872],
}

const epochUnits: readonly TimeUnit[] = ['epoch-s', 'epoch-ms', 'epoch-us', 'epoch-ns']

export const numberClasses: readonly ValueClass[] = [
  'integer-bit',
  'integer',
  'real-bit',
  'real-integral',
  'real',
  'real-infinite',
]

export function countNumbers(profile: ColumnProfile): number {
  return numberClasses.reduce((sum, name) => sum + (profile.classes[name]?.count ?? 0), 0)
}

/** Does every number of the column lie in the years 1900 to 2200 (or in one day) by this unit? */
export function everyNumberFits(profile: ColumnProfile, unit: TimeUnit): boolean {
  const counted = profile.timeUnits[unit]
  if (counted !== undefined) return counted === countNumbers(profile)
  // Columns that are not declared as times are not counted by unit; their range tells nearly as much.
  if (Object.keys(profile.timeUnits).length > 0 || profile.classes['real-infinite']) return false
  const range = numberRange(profile)
  const [lower, end] = plausibleRanges[unit]
  return range !== null && range.min >= lower && range.max < end && (unit !== 'yyyymmdd' || profile.realRange === null)
}

/**
 * The one unit in which every number of the column lies in the years 1900 to 2200; null when there is none or it cannot be
 * told. `sure`: every number also lies between 1971 and 2100, where units cannot be mixed up. A column of seconds since 1970 that
 * holds 0 or dates before 1970 is found by its number farthest from 0, and not sure.
 */
export function findTimeUnit(
  profile: ColumnProfile,
  allowed: readonly TimeUnit[],
): { readonly unit: TimeUnit; readonly sure: boolean } | null {
  const range = numberRange(profile)
  if (range === null) return null
  const fitting = allowed.filter((unit) => everyNumberFits(profile, unit))
  for (const unit of fitting) {
    if (unit === 'seconds-of-day') return { unit, sure: false }
    const [lower, upper] = usualRanges[unit]
    if (range.min >= lower && range.max <= upper) return { unit, sure: true }
  }
  if (fitting.includes('yyyymmdd')) return { unit: 'yyyymmdd', sure: true }
  const farthest = Math.max(Math.abs(range.min), Math.abs(range.max))
  const guess = fitting.find((unit) => epochUnits.includes(unit) && isUsual(unit, farthest))
  if (guess === undefined || (range.min > 0 && !isUsual(guess, range.min)) || isMixed(profile, guess)) return null
  return { unit: guess, sure: false }
}

/** Units whose usual numbers would be mistaken for moments near 1970 in the unit. */
const smallerUnits: Readonly<Partial<Record<TimeUnit, readonly TimeUnit[]>>> = {
  'epoch-s': ['yyyymmdd', 'julian-day'],
  'epoch-ms': ['epoch-s'],
  'epoch-us': ['epoch-ms'],
  'epoch-ns': ['epoch-us'],
}

/** More numbers than the zeros and ones would make sense in another unit: seconds among milliseconds. */
function isMixed(profile: ColumnProfile, unit: TimeUnit): boolean {
  const bits = (profile.classes['integer-bit']?.count ?? 0) + (profile.classes['real-bit']?.count ?? 0)
  return (smallerUnits[unit] ?? []).some((other) => (profile.timeUnits[other] ?? 0) > bits)
}

function isUsual(unit: TimeUnit, value: number): boolean {
  if (unit === 'seconds-of-day') return false
  const [lower, upper] = usualRanges[unit]
  return value >= lower && value <= upper
}

function numberRange(profile: ColumnProfile): { readonly min: number; readonly max: number } | null {
  const { integerRange, realRange } = profile
  if (integerRange === null) return realRange
  const min = Number(integerRange.min)
  const max = Number(integerRange.max)
  if (realRange === null) return { min, max }
  return { min: Math.min(min, realRange.min), max: Math.max(max, realRange.max) }
}
