import type { TimeUnit } from '../../model/profile.ts'
import { isCalendarDate } from '../../util/date-time-text.ts'

/** Numbers are taken for times only within the years 1900 to 2200: [1900-01-01, 2201-01-01) in seconds since 1970. */
const firstSecond = -2_208_988_800
const endSecond = 7_289_654_400
const daySeconds = 86_400

/** Days from -4713-11-24 12:00 (Julian day 0) to 1970-01-01 00:00. */
const julianEpoch = 2_440_587.5

const epochUnits = [
  { unit: 'epoch-s', perSecond: 1 },
  { unit: 'epoch-ms', perSecond: 1e3 },
  { unit: 'epoch-us', perSecond: 1e6 },
  { unit: 'epoch-ns', perSecond: 1e9 },
  { unit: 'epoch-days', perSecond: 1 / daySeconds },
] as const satisfies readonly { unit: TimeUnit; perSecond: number }[]

/** Every unit in which the number would be a plausible time; a small one is plausible in several. */
export function countTimeUnits(value: number, count: (unit: TimeUnit) => void): void {
  for (const { unit, perSecond } of epochUnits) {
    if (value >= firstSecond * perSecond && value < endSecond * perSecond) count(unit)
  }
  if (value >= 0 && value < daySeconds) count('seconds-of-day')
  const seconds = (value - julianEpoch) * daySeconds
  if (seconds >= firstSecond && seconds < endSecond) count('julian-day')
  if (isCompactDate(value)) count('yyyymmdd')
}

function isCompactDate(value: number): boolean {
  if (!Number.isInteger(value) || value < 19_000_101 || value > 22_001_231) return false
  return isCalendarDate(Math.floor(value / 10_000), Math.floor(value / 100) % 100, value % 100)
}

/** `20240229`, within any year of four digits. */
export function isCompactDateText(text: string): boolean {
  if (text.length !== 8 || !/^\d{8}$/.test(text)) return false
  const year = Number(text.slice(0, 4))
  return year > 0 && isCalendarDate(year, Number(text.slice(4, 6)), Number(text.slice(6, 8)))
}
