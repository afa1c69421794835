import type { SqliteValue } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import { type DateTimeText, formatDateTime, formatTime, parseDateTime, shiftMicros } from '../../util/date-time-text.ts'
import { type Cell, type Converter, MISFIT } from '../mapping.ts'
import { convertEmpty, refuse, refuseBecause } from './misfits.ts'
import { compactDateDays, losesNanoseconds, type TimeReader, timeReader } from './time-units.ts'
import { zoneOffsetMinutes } from './time-zones.ts'

/** Converters to date, time, timestamp and timestamptz. */

const microsPerDay = 86_400_000_000

/** Dates, and date-times at midnight (without offset or at +00:00). A time of day is never dropped. */
export function dateConverter({ timeUnit, emptyToNull }: ColumnConversion): Converter {
  const wanted = 'a date'
  const readNumber = timeUnit === null ? null : timeReader(timeUnit)
  return (value, cell) => {
    if (value === null) return null
    if (typeof value === 'string') {
      if (value === '') return convertEmpty(emptyToNull, wanted, cell)
      const parsed = parseDateTime(value)
      if (parsed === null) return compactDate(value) ?? refuse(value, wanted, cell)
      if (parsed.kind === 'time' || (parsed.offsetMinutes ?? 0) !== 0) return refuse(value, wanted, cell)
      return wholeDays(parsed.micros) ?? refuseBecause(`'${value}' has a time of day, which a date cannot hold`, cell)
    }
    if (!isNumber(value) || readNumber === null) return refuse(value, wanted, cell)
    const micros = readNumber(value)
    // A Julian day begins at noon, so SQLite's number of a date ends in .5; whole ones are what people write.
    const day = micros === null ? null : (wholeDays(micros) ?? (timeUnit === 'julian-day' ? noonDay(micros) : null))
    return day ?? refuse(value, wanted, cell)
  }
}

/** Before 1714 and after 2285 microseconds are no safe integers. */
function startOfDay(days: number): number | bigint {
  const micros = days * microsPerDay
  return Number.isSafeInteger(micros) ? micros : BigInt(days) * 86_400_000_000n
}

function isNumber(value: SqliteValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number'
}

function wholeDays(micros: number | bigint): number | null {
  if (typeof micros === 'bigint') return micros % 86_400_000_000n === 0n ? Number(micros / 86_400_000_000n) : null
  return micros % microsPerDay === 0 ? micros / microsPerDay : null
}

function noonDay(micros: number | bigint): number | null {
  return typeof micros === 'number' ? wholeDays(micros - microsPerDay / 2) : null
}

/** 20240229 written as text. */
function compactDate(text: string): number | null {
  return text.length === 8 && /^\d{8}$/.test(text) ? compactDateDays(Number(text)) : null
}

export function timestampConverter(conversion: ColumnConversion): Converter {
  const { emptyToNull, timeUnit, wireType, timeZone } = conversion
  const wanted = 'a date and time'
  const local = wireType === 'timestamptz' && timeZone.toUpperCase() !== 'UTC' ? timeZone : null
  const readNumber = timeUnit === null ? null : numberConverter(timeReader(timeUnit), timeUnit === 'epoch-ns', wanted)
  const toMicros: Converter = (value, cell) => {
    if (value === null) return null
    if (typeof value === 'string') {
      const parsed = parseDateTime(value)
      if (parsed === null) {
        if (value === '') return convertEmpty(emptyToNull, wanted, cell)
        const days = compactDate(value)
        return days === null ? refuse(value, wanted, cell) : toUtc(startOfDay(days), null, local)
      }
      if (parsed.kind === 'time') return refuse(value, wanted, cell)
      const micros = toUtc(parsed.micros, parsed.offsetMinutes, local)
      if (parsed.subMicrosecond || parsed.suffix) listLoss(value, parsed, micros, cell)
      return micros
    }
    return readNumber === null ? refuse(value, wanted, cell) : readNumber(value, cell)
  }
  return withPrecision(toMicros, conversion.timePrecision, formatDateTime)
}

function listLoss(value: string, parsed: DateTimeText, micros: number | bigint, cell: Cell): void {
  if (parsed.subMicrosecond) cell.altered('fraction-rounded', value, formatDateTime(micros), false)
  // The offset says all that the name of Go's zone does; its clock reading means nothing outside the process that wrote it.
  else cell.altered('truncated', value, formatDateTime(micros), true)
}

function toUtc(micros: number | bigint, offsetMinutes: number | null, zone: string | null): number | bigint {
  if (offsetMinutes !== null) return shiftMicros(micros, offsetMinutes)
  return zone === null ? micros : shiftMicros(micros, zoneOffsetMinutes(zone, Number(micros)))
}

function numberConverter(read: TimeReader, isNanoseconds: boolean, wanted: string): Converter {
  return (value, cell) => {
    if (!isNumber(value)) return refuse(value, wanted, cell)
    const micros = read(value)
    if (micros === null) return refuse(value, wanted, cell)
    if (isNanoseconds && losesNanoseconds(value)) cell.altered('fraction-rounded', value, formatDateTime(micros), false)
    return micros
  }
}

/** Times of day. Offsets have no place in `time`; numbers only as seconds since midnight, when the user said so. */
export function timeConverter(conversion: ColumnConversion): Converter {
  const { emptyToNull, timeUnit } = conversion
  const wanted = 'a time of day'
  const readNumber = timeUnit === 'seconds-of-day' ? numberConverter(timeReader(timeUnit), false, wanted) : null
  const toMicros: Converter = (value, cell) => {
    if (value === null) return null
    if (typeof value === 'string') {
      if (value === '') return convertEmpty(emptyToNull, wanted, cell)
      const parsed = parseDateTime(value)
      if (parsed === null || parsed.kind !== 'time') return refuse(value, wanted, cell)
      const micros = Number(parsed.micros)
      if (parsed.subMicrosecond) cell.altered('fraction-rounded', value, formatTime(micros), false)
      return micros
    }
    return readNumber === null ? refuse(value, wanted, cell) : readNumber(value, cell)
  }
  return withPrecision(toMicros, conversion.timePrecision, (micros) => formatTime(Number(micros)))
}

/** `timestamp(3)` keeps milliseconds: PostgreSQL would round the rest without a word. */
function withPrecision(
  convert: Converter,
  precision: number | undefined,
  format: (micros: number | bigint) => string,
): Converter {
  if (precision === undefined || precision >= 6) return convert
  const unit = 10 ** (6 - precision)
  return (value, cell) => {
    const micros = convert(value, cell)
    if (micros === MISFIT || micros === null || (typeof micros !== 'number' && typeof micros !== 'bigint'))
      return micros
    const rounded = roundTo(micros, unit)
    if (rounded !== micros) cell.altered('fraction-rounded', value, format(rounded), false)
    return rounded
  }
}

/** Half away from zero, as PostgreSQL does it. */
function roundTo(micros: number | bigint, unit: number): number | bigint {
  if (typeof micros === 'number') {
    const rest = micros % unit
    if (rest === 0) return micros
    const truncated = micros - rest
    return Math.abs(rest) * 2 >= unit ? truncated + Math.sign(rest) * unit : truncated
  }
  const step = BigInt(unit)
  const rest = micros % step
  const truncated = micros - rest
  const magnitude = rest < 0n ? -rest : rest
  return magnitude * 2n >= step ? truncated + (rest < 0n ? -step : step) : truncated
}
