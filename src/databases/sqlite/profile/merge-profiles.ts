import type { ClassProfile, ColumnProfile, TableProfile, TimeUnit, ValueClass } from '../../../model/profile.ts'
import { mostDistinct, mostSamples } from './profile-column.ts'
import type { RangeProfile } from './profile-range.ts'

/** At most so many cuts; shards are made of the parts between them. */
const mostCuts = 256

/** The profile of a table from those of its ranges, which are in row order. */
export function mergeRanges(table: string, columns: readonly string[], ranges: readonly RangeProfile[]): TableProfile {
  const found = ranges.flatMap((range) => (range.rowidRange === null ? [] : [range.rowidRange]))
  const [first, last] = [found[0], found.at(-1)]
  return {
    table,
    rows: sum(ranges.map((range) => range.rows)),
    bytes: sum(ranges.map((range) => range.bytes)),
    widestRowBytes: Math.max(0, ...ranges.map((range) => range.widestRowBytes)),
    rowidRange:
      first === undefined || last === undefined ? null : { min: first.min.toString(), max: last.max.toString() },
    rowidSamples: cutEvenly(ranges),
    columns: columns.map((name, at) =>
      mergeColumns(
        name,
        ranges.flatMap((range) => range.columns[at] ?? []),
      ),
    ),
  }
}

/** Rowids after which the table can be cut into parts of nearly the same number of rows. */
function cutEvenly(ranges: readonly RangeProfile[]): string[] {
  const rows = sum(ranges.map((range) => range.rows))
  const parts = Math.min(mostCuts + 1, rows)
  const cuts: string[] = []
  let before = 0
  for (const range of ranges) {
    for (const [index, rowid] of range.rowids.list.entries()) {
      // How many rows come up to and with this one.
      const upTo = before + index * range.rowids.stride + 1
      if (upTo < rows && upTo >= ((cuts.length + 1) * rows) / parts) cuts.push(rowid.toString())
    }
    before += range.rows
  }
  return cuts.slice(0, mostCuts)
}

function mergeColumns(column: string, parts: readonly ColumnProfile[]): ColumnProfile {
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
