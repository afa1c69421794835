import type { TableProfile } from '../../../model/profile.ts'
import { mergeColumns, sum } from './merge-columns.ts'
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
