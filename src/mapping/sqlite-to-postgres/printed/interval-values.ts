import type { ColumnConversion, PrintedType } from '../../../model/plan.ts'
import type { TimeUnit } from '../../../model/profile.ts'
import { parseDateTime } from '../../../util/date-time-text.ts'
import { refuse } from '../misfits.ts'
import type { PrintedWriter } from './printed-writer.ts'

/** A length of time as PostgreSQL keeps it: months and days have no fixed length, so the three are not added up. */
export type Interval = { readonly months: number; readonly days: number; readonly nanoseconds: bigint }

const nanosPerSecond = 1_000_000_000n
const nanosPerDay = 86_400n * nanosPerSecond

/** Units of `timeUnit` that count a length: `epoch-us` is a number of microseconds. */
export const durationUnits = {
  'epoch-s': nanosPerSecond,
  'epoch-ms': 1_000_000n,
  'epoch-us': 1000n,
  'epoch-ns': 1n,
  'epoch-days': nanosPerDay,
} as const satisfies Partial<Record<TimeUnit, bigint>>

export function isDurationUnit(unit: TimeUnit): unit is keyof typeof durationUnits {
  return Object.hasOwn(durationUnits, unit)
}

export function intervalWriter(
  { precision, sinceEpoch }: Extract<PrintedType, { kind: 'interval' }>,
  { timeUnit }: ColumnConversion,
): PrintedWriter {
  const unit = timeUnit !== null && isDurationUnit(timeUnit) ? durationUnits[timeUnit] : null
  return (value, cell) => {
    const found =
      typeof value === 'string'
        ? (parseInterval(value) ?? (sinceEpoch ? sinceEpochText(value) : null))
        : unit === null
          ? null
          : lengthOf(value, unit)
    if (found === null) {
      return refuse(value, typeof value === 'string' ? 'a duration' : 'a duration in a known timeUnit', cell)
    }
    const { rounded, isExact } = roundedTo(found, precision)
    const text = intervalText(rounded)
    // A real has no exact decimal digits to lose.
    if (!isExact && typeof value !== 'number') cell.altered('fraction-rounded', value, text, false)
    return text
  }
}

/** As PostgreSQL prints it with `intervalstyle = postgres`: `1 year 2 mons -3 days +04:05:06.7`. */
export function intervalText({ months, days, nanoseconds }: Interval): string {
  const parts: string[] = []
  let isBefore = false
  for (const [value, unit] of [
    [Math.trunc(months / 12), 'year'],
    [months % 12, 'mon'],
    [days, 'day'],
  ] as const) {
    if (value === 0) continue
    parts.push(`${isBefore && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    isBefore = value < 0
  }
  if (nanoseconds !== 0n || parts.length === 0) {
    const sign = nanoseconds < 0n ? '-' : isBefore ? '+' : ''
    parts.push(sign + clockText(nanoseconds < 0n ? -nanoseconds : nanoseconds))
  }
  return parts.join(' ')
}

function clockText(nanoseconds: bigint): string {
  const seconds = nanoseconds / nanosPerSecond
  const fraction = String((nanoseconds % nanosPerSecond) / 1000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const two = (number: bigint): string => String(number).padStart(2, '0')
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return fraction === '' ? clock : `${clock}.${fraction}`
}

/** Half away from zero, as PostgreSQL rounds. */
function roundedTo(interval: Interval, precision: number): { readonly rounded: Interval; readonly isExact: boolean } {
  const step = 10n ** BigInt(9 - Math.min(6, precision))
  const rest = interval.nanoseconds % step
  if (rest === 0n) return { rounded: interval, isExact: true }
  const truncated = interval.nanoseconds - rest
  const magnitude = rest < 0n ? -rest : rest
  const up = magnitude * 2n >= step ? (rest < 0n ? -step : step) : 0n
  return { rounded: { ...interval, nanoseconds: truncated + up }, isExact: false }
}

/** Whole days stand as days, as Python's timedelta and its drivers write them. */
function ofNanoseconds(nanoseconds: bigint): Interval | null {
  const days = Number(nanoseconds / nanosPerDay)
  return Math.abs(days) > 2_147_483_647 ? null : { months: 0, days, nanoseconds: nanoseconds % nanosPerDay }
}

/** The length of so many units; null where PostgreSQL cannot hold it. */
export function lengthOf(value: bigint | number, unit: bigint): Interval | null {
  if (typeof value === 'bigint') return ofNanoseconds(value * unit)
  const nanoseconds = value * Number(unit)
  // Microseconds are all that the target keeps; a double has no more digits worth it.
  return Number.isFinite(nanoseconds) ? ofNanoseconds(BigInt(Math.round(nanoseconds / 1000)) * 1000n) : null
}

const microsTo2000 = 946_684_800_000_000n

/** `1970-01-02 02:03:04`: a day, two hours … Lengths of 30 years and more are dates by mistake. */
function sinceEpochText(text: string): Interval | null {
  const parsed = parseDateTime(text)
  if (parsed === null || parsed.kind !== 'datetime' || parsed.offsetMinutes !== null || parsed.subMicrosecond)
    return null
  const micros = BigInt(parsed.micros) + microsTo2000
  return micros < -microsTo2000 || micros >= microsTo2000 ? null : ofNanoseconds(micros * 1000n)
}

/** Django writes `1 02:03:04`. With a sign, Django and PostgreSQL mean different lengths by it. */
const djangoDays = /^(\d{1,8}) (?=\d{1,2}:\d\d:\d\d)/

/** ISO 8601, .NET's, Python's and Django's forms, and PostgreSQL's own. Null for anything else, also for a bare number or `mm:ss`. */
export function parseInterval(text: string): Interval | null {
  return isoInterval(text) ?? clockInterval(text) ?? verboseInterval(text.replace(djangoDays, '$1 days '))
}

const iso =
  /^([+-])?P(?=[\d+-]|T[\d+-])(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?(?:T(?=[\d+-])(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?)(\d+)(?:[.,](\d{1,9}))?S)?)?$/

function isoInterval(text: string): Interval | null {
  const found = iso.exec(text)
  if (found === null) return null
  const [, sign, years, months, weeks, days, hours, minutes, secondSign = '', seconds = '0', fraction = ''] = found
  const factor = sign === '-' ? -1 : 1
  const number = (digits: string | undefined): number => factor * Number(digits ?? 0)
  const clock = secondsToNanos(`${seconds}`, fraction)
  return interval({
    months: number(years) * 12 + number(months),
    days: number(weeks) * 7 + number(days),
    nanoseconds:
      BigInt(number(hours) * 3600 + number(minutes) * 60) * nanosPerSecond +
      (secondSign === '-' ? -clock : clock) * BigInt(factor),
  })
}

/** `[-][d.]hh:mm:ss[.fffffff]`, where the sign is that of the whole. */
const clockPattern = /^([+-])?(?:(\d{1,8})\.)?(\d{1,10}):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/

function clockInterval(text: string): Interval | null {
  const found = clockPattern.exec(text)
  if (found === null) return null
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = found
  const clock = clockNanos([hours, minutes, seconds, fraction])
  if (clock === null) return null
  const isNegative = sign === '-'
  return interval({
    months: 0,
    days: isNegative ? -Number(days) : Number(days),
    nanoseconds: isNegative ? -clock : clock,
  })
}

function clockNanos([hours, minutes, seconds, fraction]: readonly [string, string, string, string]): bigint | null {
  if (Number(minutes) > 59 || Number(seconds) > 59) return null
  return (
    BigInt(hours) * 3600n * nanosPerSecond + BigInt(minutes) * 60n * nanosPerSecond + secondsToNanos(seconds, fraction)
  )
}

function secondsToNanos(seconds: string, fraction: string): bigint {
  return BigInt(seconds) * nanosPerSecond + BigInt(fraction.padEnd(9, '0'))
}

type Unit = { readonly part: 'months' | 'days' | 'seconds'; readonly factor: number }

const units: Readonly<Record<string, Unit>> = {
  year: { part: 'months', factor: 12 },
  yr: { part: 'months', factor: 12 },
  month: { part: 'months', factor: 1 },
  mon: { part: 'months', factor: 1 },
  week: { part: 'days', factor: 7 },
  day: { part: 'days', factor: 1 },
  hour: { part: 'seconds', factor: 3600 },
  hr: { part: 'seconds', factor: 3600 },
  minute: { part: 'seconds', factor: 60 },
  min: { part: 'seconds', factor: 60 },
  second: { part: 'seconds', factor: 1 },
  sec: { part: 'seconds', factor: 1 },
}

const quantity = /^([+-]?)(\d{1,10})(?:\.(\d{1,9}))? ?([a-z]+?)s?(?:,? +|$)/
const clockAtEnd = /^([+-]?)(\d{1,10}):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/

/** `1 year 2 mons 3 days 04:05:06`, `3 hours 5 minutes ago`, and Python's `-1 day, 23:59:58`: each part has its own sign. */
function verboseInterval(text: string): Interval | null {
  const isAgo = text.endsWith(' ago')
  let rest = text.replace(/^@ ?/, '').replace(/ ago$/, '').toLowerCase()
  const sum = { months: 0, days: 0, nanoseconds: 0n }
  if (rest === '') return null
  while (rest !== '') {
    const taken = takeQuantity(rest, sum) ?? takeClock(rest, sum)
    if (taken === null) return null
    rest = rest.slice(taken)
  }
  return interval(isAgo ? { months: -sum.months, days: -sum.days, nanoseconds: -sum.nanoseconds } : sum)
}

type Sum = { months: number; days: number; nanoseconds: bigint }

function takeQuantity(text: string, sum: Sum): number | null {
  const found = quantity.exec(text)
  const unit = Object.hasOwn(units, found?.[4] ?? '') ? units[found?.[4] ?? ''] : undefined
  if (found === null || unit === undefined) return null
  const [all, sign, digits = '0', fraction = ''] = found
  // Only seconds have a fraction that means the same everywhere.
  if (fraction !== '' && (unit.part !== 'seconds' || unit.factor !== 1)) return null
  const factor = sign === '-' ? -1 : 1
  if (unit.part === 'seconds') {
    sum.nanoseconds += secondsToNanos(digits, fraction) * BigInt(unit.factor) * BigInt(factor)
  } else sum[unit.part] += factor * Number(digits) * unit.factor
  return all.length
}

function takeClock(text: string, sum: Sum): number | null {
  const found = clockAtEnd.exec(text)
  if (found === null) return null
  const [all, sign, hours = '0', minutes = '0', seconds = '0', fraction = ''] = found
  const clock = clockNanos([hours, minutes, seconds, fraction])
  if (clock === null) return null
  sum.nanoseconds += sign === '-' ? -clock : clock
  return all.length
}

/** `0` for what is `-0`. */
function interval({ months, days, nanoseconds }: Interval): Interval {
  return { months: months + 0, days: days + 0, nanoseconds }
}
