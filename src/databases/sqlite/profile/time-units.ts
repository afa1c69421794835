import { type TimeUnit, timeUnits } from '../../../model/profile.ts'
import { isCalendarDate } from '../../../util/date-time-text.ts'

/** Numbers are taken for times only within the years 1900 to 2200, or within a day; the end is not part of it. */
export const plausibleRanges: Readonly<Record<TimeUnit, readonly [from: number, end: number]>> = {
  'epoch-s': [-2_208_988_800, 7_289_654_400],
  'epoch-ms': [-2_208_988_800e3, 7_289_654_400e3],
  'epoch-us': [-2_208_988_800e6, 7_289_654_400e6],
  'epoch-ns': [-2_208_988_800e9, 7_289_654_400e9],
  'epoch-days': [-25_567, 84_371],
  // Days from -4713-11-24 12:00.
  'julian-day': [2_415_020.5, 2_524_958.5],
  yyyymmdd: [19_000_101, 22_001_232],
  'seconds-of-day': [0, 86_400],
}

const ranges = timeUnits.map((unit) => ({ unit, from: plausibleRanges[unit][0], end: plausibleRanges[unit][1] }))

/** Every unit in which the number would be a plausible time; a small one is plausible in several. */
export function countTimeUnits(value: number, count: (unit: TimeUnit) => void): void {
  for (const { unit, from, end } of ranges) {
    if (value >= from && value < end && (unit !== 'yyyymmdd' || isCompactDate(value))) count(unit)
  }
}

function isCompactDate(value: number): boolean {
  if (!Number.isInteger(value)) return false
  return isCalendarDate(Math.floor(value / 10_000), Math.floor(value / 100) % 100, value % 100)
}

/** `20240229`, within any year of four digits. */
export function isCompactDateText(text: string): boolean {
  if (text.length !== 8 || !/^\d{8}$/.test(text)) return false
  const year = Number(text.slice(0, 4))
  return year > 0 && isCalendarDate(year, Number(text.slice(4, 6)), Number(text.slice(6, 8)))
}
