import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, TimeUnit } from '../../model/profile.ts'
import type { Warning } from '../../model/warning.ts'
import type { ColumnPolicy } from '../mapping.ts'
import { columnWarning, countOf } from './describe-column.ts'
import { durationUnits, intervalText, isDurationUnit, lengthOf } from './printed/interval-values.ts'
import { countNumbers, numberClasses } from './time-units.ts'

/** What the numbers of a column count that goes into an `interval`. */

/** One second in microseconds: Django's smallest usual duration. Below it, numbers may as well be seconds or minutes. */
const leastMicroseconds = 1_000_000n

/**
 * Django stores a DurationField of SQLite as `bigint` microseconds, so whole numbers in a `bigint` column that reach a second are taken for microseconds. Numbers of
 * other columns are not guessed: 90 may be seconds, minutes or days.
 */
export function findDurationUnit(
  { declaredType }: Column,
  profile: ColumnProfile,
  { timeUnit }: ColumnPolicy,
): { readonly unit: TimeUnit; readonly sure: boolean } | null {
  if (timeUnit !== null) return { unit: timeUnit, sure: true }
  const { integerRange, realRange } = profile
  if (integerRange === null || realRange !== null || declaredType.trim().toLowerCase() !== 'bigint') return null
  const [min, max] = [BigInt(integerRange.min), BigInt(integerRange.max)]
  const farthest = -min > max ? -min : max
  return farthest === 0n || farthest >= leastMicroseconds ? { unit: 'epoch-us', sure: false } : null
}

export function durationWarnings(
  column: Column,
  { timeUnit }: ColumnConversion,
  profile: ColumnProfile,
  policy: Pick<ColumnPolicy, 'timeUnit'>,
): Warning[] {
  return [...numberWarnings(column, timeUnit, profile, policy), ...sinceEpochWarnings(column, profile)]
}

function numberWarnings(
  column: Column,
  timeUnit: TimeUnit | null,
  profile: ColumnProfile,
  policy: Pick<ColumnPolicy, 'timeUnit'>,
): Warning[] {
  const count = countNumbers(profile)
  if (count === 0 || policy.timeUnit !== null) return []
  const numbers = `${count} ${count === 1 ? 'number is' : 'numbers are'}`
  if (timeUnit === null || !isDurationUnit(timeUnit)) {
    return [
      columnWarning(
        'time-unit-unknown',
        column,
        `${numbers} no duration as long as their unit is unknown`,
        `Name the unit: columns: ${column.name}: {timeUnit: epoch-s} (or epoch-ms, epoch-us, epoch-ns, epoch-days)`,
      ),
    ]
  }
  const samples = numberSamples(profile).map((number) => {
    const length = lengthOf(number, durationUnits[timeUnit])
    return `${number} → ${length === null ? 'out of range' : intervalText(length)}`
  })
  return [
    columnWarning(
      'time-unit-guessed',
      column,
      `${numbers} read as a duration in ${timeUnit} (a guess): ${samples.join('; ')}`,
      `To decide otherwise: columns: ${column.name}: {timeUnit: epoch-ms}`,
    ),
  ]
}

function numberSamples(profile: ColumnProfile): bigint[] {
  const values = numberClasses.flatMap((name) => profile.classes[name]?.samples ?? []).map(({ value }) => value)
  return values
    .filter((value) => /^-?\d+$/.test(value))
    .slice(0, 3)
    .map(BigInt)
}

function sinceEpochWarnings(column: Column, profile: ColumnProfile): Warning[] {
  const count = profile.classes['text-datetime']?.count ?? 0
  if (count === 0) return []
  return [
    columnWarning(
      'time-unit-guessed',
      column,
      `${countOf(count, 'text-datetime')} read as lengths since 1970-01-01 00:00:00, as SQLAlchemy stores an Interval`,
      null,
    ),
  ]
}
