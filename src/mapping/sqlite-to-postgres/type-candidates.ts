import { type TypeFamily, typeArguments } from '../../databases/sqlite/declared-type.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, TimeUnit } from '../../model/profile.ts'
import type { ColumnPolicy } from '../mapping.ts'
import { conversionTo } from './conversions.ts'
import { dateUnits, isOnlyBlobs, presentClasses } from './fit.ts'
import { countNumbers, findTimeUnit } from './time-units.ts'

/** The types that a column of a family may become, narrowest first. */

export type Candidate = { readonly type: string; readonly conversion: ColumnConversion }

export type Facts = {
  readonly column: Column
  readonly family: TypeFamily
  readonly profile: ColumnProfile
  readonly policy: ColumnPolicy
  readonly time: TimeFacts
}

type TimeFacts = {
  /** How numbers are read; null: there are none, or it cannot be told. */
  readonly unit: TimeUnit | null
  readonly sure: boolean
  /** Values name a moment, not only a wall-clock time. */
  readonly needsZone: boolean
}

/** The user's word on the unit counts more than the range. */
export function withTimeUnit(profile: ColumnProfile, unit: TimeUnit | null): ColumnProfile {
  return unit === null ? profile : { ...profile, timeUnits: { ...profile.timeUnits, [unit]: countNumbers(profile) } }
}

/** A unit makes a column of numbers a column of times, whatever was declared. */
export function meantFamily(family: TypeFamily, unit: TimeUnit | null): TypeFamily {
  if (unit === null || family === 'date' || family === 'time' || family === 'timestamp') return family
  if (unit === 'seconds-of-day') return 'time'
  return dateUnits.includes(unit) ? 'date' : 'timestamp'
}

export const timestampUnits: readonly TimeUnit[] = [
  'epoch-s',
  'epoch-ms',
  'epoch-us',
  'epoch-ns',
  'julian-day',
  'yyyymmdd',
]
const unitsOfFamily: Readonly<Partial<Record<TypeFamily, readonly TimeUnit[]>>> = {
  timestamp: timestampUnits,
  date: [...timestampUnits, 'epoch-days'],
  // Numbers in a TIME column may be seconds of a day, minutes, durations or 1230: only the user can tell.
  time: [],
}

export function timeFacts(column: Column, family: TypeFamily, profile: ColumnProfile, policy: ColumnPolicy): TimeFacts {
  const found =
    policy.timeUnit === null
      ? findTimeUnit(profile, isCoreData(column) ? [] : (unitsOfFamily[family] ?? []))
      : { unit: policy.timeUnit, sure: true }
  const unit = countNumbers(profile) === 0 ? policy.timeUnit : (found?.unit ?? null)
  const hasOffsets = (profile.classes['text-datetime-offset']?.count ?? 0) > 0
  const isMoment = unit !== null && !dateUnits.includes(unit) && unit !== 'seconds-of-day' && countNumbers(profile) > 0
  return { unit, sure: found?.sure ?? true, needsZone: hasOffsets || isMoment || isDeclaredWithZone(column) }
}

/**
 * Apple's Core Data (ZCREATIONDATE TIMESTAMP) counts seconds from 2001; read as from 1970 they would be plausible and 31 years
 * off. No unit of ours says so, so the numbers stay.
 */
export function isCoreData({ name, declaredType }: Column): boolean {
  return declaredType === 'TIMESTAMP' && /^Z[A-Z0-9_]+$/.test(name)
}

function isDeclaredWithZone({ declaredType }: Column): boolean {
  return /\b(timestamptz|datetimetz|datetimeoffset)\b|\bwith\s+(local\s+)?time\s+zone\b/i.test(declaredType)
}

/** What the declaration asks for, narrowest first. */
export function naturalCandidates(facts: Facts): Candidate[] {
  const { family, profile } = facts
  switch (family) {
    case 'integer':
      return [bigint(facts)]
    case 'boolean':
      return [plain('boolean', 'bool', facts)]
    case 'real':
      return [double(facts)]
    case 'numeric':
      return isWide(profile) ? numbers(facts) : [numeric(facts)]
    case 'text':
      return isOnlyBlobs(profile) ? [bytea(facts)] : [text(facts)]
    case 'date':
      return [date(facts), timestamp(facts)]
    case 'time':
      return [time(facts)]
    case 'timestamp':
      return [timestamp(facts)]
    case 'json':
      return [plain('jsonb', 'jsonb', facts), plain('json', 'json', facts)]
    case 'uuid':
      return [plain('uuid', 'uuid', facts)]
    case 'blob':
      return [bytea(facts)]
    case 'none':
      return byValues(facts)
    default:
      return family satisfies never
  }
}

/** Without a declaration that says something: the type that all values have in common. */
function byValues(facts: Facts): Candidate[] {
  const present = presentClasses(facts.profile)
  if (present.length === 0 || !present.every((name) => name.startsWith('integer') || name.startsWith('real'))) return []
  return present.some((name) => name.startsWith('real')) ? [double(facts), unlimitedNumeric(facts)] : [bigint(facts)]
}

export function widerCandidates(facts: Facts): Candidate[] {
  const last = [isOnlyBlobs(facts.profile) || becomesBytes(facts) ? bytea(facts) : text(facts)]
  switch (facts.family) {
    case 'integer':
    case 'boolean':
    case 'date':
    case 'timestamp':
      return [bigint(facts), ...numbers(facts), ...last]
    case 'time':
      return [timestamp(facts), bigint(facts), ...numbers(facts), ...last]
    case 'real':
    case 'numeric':
      return [...numbers(facts), ...last]
    default:
      return last
  }
}

/** Reals that need very many digits (1e-310) were never meant as decimal numbers. */
const manyDigits = 40

function isWide({ maxIntegerDigits, maxFractionDigits }: ColumnProfile): boolean {
  return maxIntegerDigits > manyDigits || maxFractionDigits > manyDigits
}

function numbers(facts: Facts): Candidate[] {
  // Digits of numbers in time columns are not counted, and their fractions are those of clocks, not of money.
  const isClock = facts.family === 'date' || facts.family === 'time' || facts.family === 'timestamp'
  return isClock || isWide(facts.profile)
    ? [double(facts), unlimitedNumeric(facts)]
    : [unlimitedNumeric(facts), double(facts)]
}

export function becomesBytes({ policy, profile }: Facts): boolean {
  return policy.invalidUtf8 === 'bytea' && profile.invalidText.count > 0
}

function plain(
  type: string,
  wireType: ColumnConversion['wireType'],
  facts: Facts,
  more: Partial<ColumnConversion> = {},
): Candidate {
  const { column, policy } = facts
  const isText = wireType === 'text' || wireType === 'bytea'
  return {
    type,
    conversion: conversionTo(wireType, policy, {
      // '' as NULL would break NOT NULL.
      emptyToNull: !isText && !column.notNull,
      onMisfit: policy.onMisfit === 'null' && !column.notNull ? 'null' : 'reject',
      ...more,
    }),
  }
}

function bigint(facts: Facts): Candidate {
  return plain('bigint', 'int8', facts)
}

function double(facts: Facts): Candidate {
  return plain('double precision', 'float8', facts)
}

function unlimitedNumeric(facts: Facts): Candidate {
  return plain('numeric', 'numeric', facts)
}

/** numeric(p,s) where every value fits without rounding, or where the user wants misfits listed. */
export function numeric(facts: Facts): Candidate {
  const declared = declaredPrecision(facts.column)
  const { profile, policy } = facts
  if (declared === null) return unlimitedNumeric(facts)
  const { precision, scale } = declared
  const fits = profile.maxIntegerDigits <= precision - scale && profile.maxFractionDigits <= scale
  if (!fits && policy.onMisfit === 'widen') return unlimitedNumeric(facts)
  return plain(`numeric(${precision},${scale})`, 'numeric', facts, { numeric: declared })
}

function declaredPrecision(column: Column): { precision: number; scale: number } | null {
  const [precision, scale = 0] = typeArguments(column.declaredType)
  if (precision === undefined || !Number.isInteger(precision) || !Number.isInteger(scale)) return null
  return precision >= 1 && precision <= 1000 && scale >= 0 && scale <= precision ? { precision, scale } : null
}

export function text(facts: Facts): Candidate {
  if (becomesBytes(facts)) return bytea(facts)
  return plain('text', 'text', facts, { blobAsHex: writesBlobsAsHex(facts.family, facts.policy) })
}

/** Where misfits are listed instead, a blob in a text column is one; a column without a declaration has no misfits. */
export function writesBlobsAsHex(family: TypeFamily, policy: ColumnPolicy): boolean {
  return policy.onMisfit === 'widen' || family !== 'text'
}

function bytea(facts: Facts): Candidate {
  return plain('bytea', 'bytea', facts)
}

function date(facts: Facts): Candidate {
  const { unit } = facts.time
  return plain('date', 'date', facts, { timeUnit: unit !== null && dateUnits.includes(unit) ? unit : null })
}

function time(facts: Facts): Candidate {
  const { unit } = facts.time
  return plain('time', 'time', facts, { timeUnit: unit === 'seconds-of-day' ? unit : null })
}

function timestamp(facts: Facts): Candidate {
  const { unit, needsZone } = facts.time
  const timeUnit = unit === 'seconds-of-day' ? null : unit
  return needsZone
    ? plain('timestamptz', 'timestamptz', facts, { timeUnit })
    : plain('timestamp', 'timestamp', facts, { timeUnit })
}
