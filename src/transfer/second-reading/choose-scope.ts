import type { WireType } from '../../model/batch.ts'
import type { PlannedTable } from '../../model/plan.ts'
import type { SampleRequest } from './second-reading.ts'

/** How much of a table is read again: every row, or so many in so many pieces. */
export type Scope =
  | { readonly kind: 'whole' }
  | { readonly kind: 'sample'; readonly sample: Omit<SampleRequest, 'seed'> }

/**
 * A value read the slow way costs some ten times what it costs the fast way. So the second reading takes a fixed share of all values, and
 * of a small database what is read in a fraction of the time in which the process starts.
 */
const share = 0.02
const least = 20_000

const rowsPerPiece = 64
const mostPieces = 512

/** Of a row: each value counts one, the slow ones more, and every 32 bytes count another. */
function costOf({ rows, bytes, columns }: PlannedTable): number {
  const values = columns.reduce((sum, { conversion }) => sum + (slowTypes[conversion.wireType] ?? 1), 1)
  return rows * values + bytes / 32
}

const slowTypes: Readonly<Partial<Record<WireType, number>>> = { jsonb: 8, numeric: 3 }

/** Small tables whole, from the smallest on, up to half of what may be read; of the others a sample, in proportion to their size. */
export function chooseScopes(tables: readonly PlannedTable[]): ReadonlyMap<PlannedTable, Scope> {
  const total = tables.reduce((sum, table) => sum + costOf(table), 0)
  const budget = least + total * share
  const scopes = new Map<PlannedTable, Scope>()
  let spent = 0
  const large: PlannedTable[] = []
  for (const table of tables.toSorted((a, b) => costOf(a) - costOf(b))) {
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
    scopes.set(table, { kind: 'sample', sample: samplePieces(rows) })
  }
  return scopes
}

/** At least the first row and the last; many short pieces rather than a few long ones. */
function samplePieces(rows: number): Omit<SampleRequest, 'seed'> {
  const pieces = Math.min(mostPieces, Math.max(2, Math.round(rows / rowsPerPiece)))
  return { pieces, rowsPerPiece: Math.max(1, Math.ceil(rows / pieces)) }
}
