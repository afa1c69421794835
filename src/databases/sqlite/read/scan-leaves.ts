import type { DatabaseSync } from 'node:sqlite'
import { isDamage } from '../sqlite-errors.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { prepareRows, type RawRow, type RowidRange, takeRows, type Walk } from './walk-rows.ts'
import { countThroughIndexes } from './salvage-completeness.ts'

/** Rows that are kept in memory until they stand in order. */
const mostRows = 100_000

/**
 * Rows of the range as they lie on the table's leaves, in the order of their rowids: a damaged key above them hides them from a search, not from a scan. Empty where the
 * scan cannot be trusted: it meets damage, a rowid occurs twice, or an index knows another number of rows (a pointer may lead to the leaves of another table).
 */
export function scanLeaves(db: DatabaseSync, walk: Walk & { readonly rowidName: string }, range: RowidRange): RawRow[] {
  const rowid = quoteName(walk.rowidName)
  const statement = prepareRows(
    db,
    `select ${[...walk.expressions, rowid].join(', ')} from ${quoteName(walk.table)} not indexed`,
  )
  const seen = new Set<unknown>()
  const rows: RawRow[] = []
  try {
    for (const row of takeRows(statement, [])) {
      const at = row.at(-1)
      if (typeof at !== 'bigint' || seen.has(at) || seen.size >= mostRows) return []
      seen.add(at)
      if (at >= range.first && at <= range.last) rows.push(row)
    }
  } catch (error) {
    if (isDamage(error)) return []
    throw error
  }
  if (countThroughIndexes(db, walk.table).some(({ count }) => count !== seen.size)) return []
  return rows.toSorted((a, b) => ((a.at(-1) as bigint) < (b.at(-1) as bigint) ? -1 : 1))
}
