import type { WireType } from '../../model/batch.ts'
import type { PlannedTable } from '../../model/plan.ts'
import type { SampleRequest } from './second-reading.ts'

/** How much of a table is read again: every row, so many in so many pieces, or none. */
export type Scope =
  | { readonly kind: 'whole' }
  | { readonly kind: 'sample'; readonly sample: Omit<SampleRequest, 'seed'> }
  | { readonly kind: 'none'; readonly reason: string }

/**
 * A value read the slow way costs some ten times what it costs the fast way. So the second reading takes a fixed share of all values, and
 * of a small database what is read in a fraction of the time in which the process starts.
 */
const share = 0.015
const least = 20_000

const rowsPerPiece = 250
const mostPieces = 200
/** A table without rowids is counted through from its beginning to where a piece begins. */
const mostPiecesInOrder = 4

/** Through SQLite a row stands in memory several times. */
const widestRow = 16 * 1024 * 1024

/** Of a row: each value counts one, the slow ones more, and every 32 bytes count another. */
function costOf({ rows, bytes, columns }: PlannedTable): number {
  const values = columns.reduce((sum, { conversion }) => sum + (slowTypes[conversion.wireType] ?? 1), 1)
  return rows * values + bytes / 32
}

const slowTypes: Readonly<Partial<Record<WireType, number>>> = { jsonb: 8, numeric: 3 }

/** Small tables whole, from the smallest on, up to half of what may be read; of the others a sample, in proportion to their size. */
export function chooseScopes(tables: readonly PlannedTable[]): ReadonlyMap<PlannedTable, Scope> {
  const scopes = new Map<PlannedTable, Scope>()
  const readable = tables.filter((table) => table.widestRowBytes <= widestRow)
  for (const table of tables) if (!readable.includes(table)) scopes.set(table, tooWide(table))
  const total = readable.reduce((sum, table) => sum + costOf(table), 0)
  const budget = least + total * share
  let spent = 0
  const large: PlannedTable[] = []
  for (const table of readable.toSorted((a, b) => costOf(a) - costOf(b))) {
    const fits = spent + costOf(table) <= (total <= budget ? budget : budget / 2)
    if (!fits) large.push(table)
    else {
      spent += costOf(table)
      scopes.set(table, { kind: 'whole' })
    }
  }
  const rest = large.reduce((sum, table) => sum + costOf(table), 0)
  for (const table of large) {
    const rows = Math.ceil((table.rows * (budget - spent)) / Math.max(1, rest))
    scopes.set(table, { kind: 'sample', sample: samplePieces(table, rows) })
  }
  return scopes
}

function tooWide({ widestRowBytes }: PlannedTable): Scope {
  const megabytes = Math.round(widestRowBytes / 1024 / 1024)
  return { kind: 'none', reason: `rows of up to ${megabytes} MB; --verify full reads them` }
}

/** At least the first rows and the last; many short pieces rather than a few long ones. */
function samplePieces({ shards }: PlannedTable, rows: number): Omit<SampleRequest, 'seed'> {
  const most = shards[0]?.by === 'ordinal' ? mostPiecesInOrder : mostPieces
  const pieces = Math.min(most, Math.max(2, Math.round(rows / rowsPerPiece)))
  return { pieces, rowsPerPiece: Math.max(1, Math.ceil(rows / pieces)) }
}
