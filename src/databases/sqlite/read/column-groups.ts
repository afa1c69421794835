import type { SqliteRow } from '../../../model/batch.ts'
import type { ReadRequest, RowPage } from '../../databases.ts'

/** SQLite gives at most 2,000 values per row (SQLITE_MAX_COLUMN of Node's build); a column can need two, and the rowid one. */
export const mostValues = 2000
const columnsAtOnce = Math.floor((mostValues - 1) / 2)

/** The pages differ: what was read of one row is not of one row. */
export class TornRow extends Error {}

/** The columns of a wide table in groups that one statement can read; null where one statement reads them all. */
export function columnGroups(request: ReadRequest): ReadRequest[] | null {
  const { columns } = request
  if (columns.length <= columnsAtOnce) return null
  const count = Math.ceil(columns.length / columnsAtOnce)
  const size = Math.ceil(columns.length / count)
  return Array.from({ length: count }, (_, group) => ({
    ...request,
    columns: columns.slice(group * size, (group + 1) * size),
  }))
}

/** A page of a group as far as it is joined. */
type Queue = { readonly pages: Iterator<RowPage>; page: RowPage | null; at: number }

/** Joins the rows of all groups side by side. `byRowid`: each row ends with its rowid, which must be the same in all of them. */
export function* joinGroups(groups: readonly Iterator<RowPage>[], byRowid: boolean): Generator<RowPage> {
  const queues = groups.map((pages): Queue => ({ pages, page: null, at: 0 }))
  try {
    for (;;) {
      const left = queues.map(refill)
      const count = Math.min(...left)
      if (count === 0 && Math.max(...left) > 0) throw new TornRow()
      if (count === 0) return
      yield joinRows(queues, count, byRowid)
    }
  } finally {
    for (const { pages } of queues) pages.return?.()
  }
}

/** Rows that are left of the page at hand, or of the next; 0 at the end. */
function refill(queue: Queue): number {
  if (queue.page === null || queue.at === queue.page.rows.length) {
    const next = queue.pages.next()
    queue.page = next.done === true ? null : next.value
    queue.at = 0
  }
  return queue.page === null ? 0 : queue.page.rows.length - queue.at
}

function joinRows(queues: readonly Queue[], count: number, byRowid: boolean): RowPage {
  const rows = Array.from({ length: count }, (): SqliteRow => [])
  for (const queue of queues) {
    for (const [index, row] of rows.entries()) {
      const part = queue.page?.rows[queue.at + index] ?? []
      if (byRowid && row.length > 0 && row.pop() !== part.at(-1)) throw new TornRow()
      for (const value of part) row.push(value)
    }
  }
  const [first] = queues
  const page = first?.page ?? null
  const from = first?.at ?? 0
  for (const queue of queues) queue.at += count
  return { rows, positionOf: (index) => page?.positionOf(from + index) ?? '' }
}
