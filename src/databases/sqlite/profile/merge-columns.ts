import type { ClassProfile, ColumnProfile, TimeUnit, ValueClass } from '../../../model/profile.ts'
import { mostDistinct, mostSamples } from './profile-column.ts'

/** The profile of one column from those of its parts. */
export function mergeColumns(column: string, parts: readonly ColumnProfile[]): ColumnProfile {
  const names = [...new Set(parts.flatMap((part) => Object.keys(part.classes)))] as ValueClass[]
  const units = [...new Set(parts.flatMap((part) => Object.keys(part.timeUnits)))] as TimeUnit[]
  const integers = parts.flatMap((part) => part.integerRange ?? [])
  const reals = parts.flatMap((part) => part.realRange ?? [])
  const greatest = (of: (part: ColumnProfile) => number): number => Math.max(0, ...parts.map(of))
  return {
    column,
    nulls: sum(parts.map((part) => part.nulls)),
    classes: Object.fromEntries(names.map((name) => [name, mergeClass(parts.map((part) => part.classes[name]))])),
    integerRange:
      integers.length === 0
        ? null
        : {
            min: extreme(
              integers.map(({ min }) => min),
              -1,
            ),
            max: extreme(
              integers.map(({ max }) => max),
              1,
            ),
          },
    realRange:
      reals.length === 0
        ? null
        : { min: Math.min(...reals.map(({ min }) => min)), max: Math.max(...reals.map(({ max }) => max)) },
    timeUnits: Object.fromEntries(units.map((unit) => [unit, sum(parts.map((part) => part.timeUnits[unit] ?? 0))])),
    maxTextCharacters: greatest((part) => part.maxTextCharacters),
    maxBytes: greatest((part) => part.maxBytes),
    maxIntegerDigits: greatest((part) => part.maxIntegerDigits),
    maxFractionDigits: greatest((part) => part.maxFractionDigits),
    withNul: mergeClass(parts.map((part) => part.withNul)),
    invalidText: mergeClass(parts.map((part) => part.invalidText)),
    subMicrosecond: mergeClass(parts.map((part) => part.subMicrosecond)),
    distinct: mergeDistinct(parts.map((part) => part.distinct)),
  }
}

function mergeClass(parts: readonly (ClassProfile | undefined)[]): ClassProfile {
  return {
    count: sum(parts.map((part) => part?.count ?? 0)),
    samples: parts.flatMap((part) => part?.samples ?? []).slice(0, mostSamples),
  }
}

function mergeDistinct(parts: readonly ColumnProfile['distinct'][]): ColumnProfile['distinct'] {
  const counts = new Map<string, number>()
  for (const part of parts) {
    if (part === null) return null
    for (const { value, count } of part) counts.set(value, (counts.get(value) ?? 0) + count)
  }
  return counts.size > mostDistinct ? null : [...counts].map(([value, count]) => ({ value, count }))
}

/** The smallest (-1) or greatest (1) of decimal strings. */
function extreme(decimals: readonly string[], direction: -1 | 1): string {
  const values = decimals.map(BigInt)
  return values.reduce((best, value) => ((value - best) * BigInt(direction) > 0n ? value : best)).toString()
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
