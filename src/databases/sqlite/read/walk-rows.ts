import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { quoteName } from '../sqlite-identifiers.ts'

/** What SQLite hands out for a row: values in the order of the expressions; when walked by rowid, the rowid at the end. */
export type RawRow = (null | bigint | number | string | Uint8Array)[]

/** A text is longer than a JavaScript string can be: the rows have to be read with texts as bytes. */
export class TooLongText extends Error {}

export type Walk = {
  readonly table: string
  /** SQL of what is read from each row. */
  readonly expressions: readonly string[]
  readonly size: PageSize
  /** An `order by` for `walkInOrder`; default: as stored. */
  readonly order?: string
}

/** `wide`: so many rows together could be too much memory; they are taken one by one until a page is full. */
export type PageSize = { readonly rows: number; readonly wide: boolean }

export type RowidRange = { readonly first: bigint; readonly last: bigint }

export const everyRowid: RowidRange = { first: -(2n ** 63n), last: 2n ** 63n - 1n }

const pageBytes = 0.5 * 1024 * 1024
const mostRowsOfPage = 1000
const mostValuesOfPage = 200_000
const tooManyBytes = 32 * 1024 * 1024

/** Pages of half a megabyte: they die young, while pages of 5,000 rows made the heap of every thread 60 MB greater. What a value costs beside its bytes (some 40 bytes) is counted too. */
export function pageSize(rows: { average: number; widest: number; columns: number }): PageSize {
  const byBytes = Math.floor(pageBytes / Math.max(1, rows.average))
  const byValues = Math.floor(mostValuesOfPage / Math.max(1, rows.columns))
  const count = Math.max(1, Math.min(mostRowsOfPage, byBytes, byValues))
  return { rows: count, wide: rows.widest * count > tooManyBytes }
}

/**
 * Pages of rows within a range of rowids, ascending. Each page is a statement of its own: between pages no lock is held,
 * and a caller can stop.
 */
export function* walkByRowid(
  db: DatabaseSync,
  walk: Walk & { readonly rowidName: string },
  range: RowidRange,
): Generator<RawRow[]> {
  const statement = selectByRowid(db, walk)
  let next = range.first
  while (next <= range.last) {
    const rows = readPage(statement, walk, [next, range.last, walk.size.rows])
    const last = rows.at(-1)?.at(-1)
    if (last === undefined) return
    yield rows
    // Only a table's own rowid can stand there; a damaged page may hold any number, which must not make us go back.
    if (typeof last !== 'bigint' || last < next) return
    next = last + 1n
  }
}

/** Rows from a rowid to a rowid, at most so many: three parameters. */
export function selectByRowid(db: DatabaseSync, walk: Walk & { readonly rowidName: string }): StatementSync {
  const rowid = quoteName(walk.rowidName)
  // `not indexed` still allows the rowid: it only keeps a covering index from being scanned instead of the table.
  return prepareRows(
    db,
    `select ${[...walk.expressions, rowid].join(', ')} from ${quoteName(walk.table)} not indexed ` +
      `where ${rowid} >= ? and ${rowid} <= ? order by ${rowid} limit ?`,
  )
}

/** Pages of all rows in the order of the table's tree (primary key or rowid), after the first `skip` rows. */
export function* walkInOrder(db: DatabaseSync, walk: Walk, skip: number): Generator<RawRow[]> {
  const statement = prepareRows(
    db,
    `select ${walk.expressions.join(', ')} from ${quoteName(walk.table)} not indexed ${walk.order ?? ''} limit -1 offset ?`,
  )
  const rows = iterate(statement, [skip])
  try {
    for (let page = takePage(rows, walk.size.rows); page.length > 0; page = takePage(rows, walk.size.rows)) yield page
  } finally {
    rows.return?.()
  }
}

export function prepareRows(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  return statement
}

function readPage(statement: StatementSync, walk: Walk, bounds: SQLInputValue[]): RawRow[] {
  if (walk.size.wide) {
    const rows = iterate(statement, bounds)
    const page = takePage(rows, walk.size.rows)
    rows.return?.()
    return page
  }
  // With setReturnArrays rows are arrays, which the types of node:sqlite do not say. Undefined: a text was too long.
  const rows = statement.all(...bounds) as unknown as RawRow[] | undefined
  if (rows === undefined) throw new TooLongText()
  return rows
}

/** Rows one by one: those before a damaged page come, before the error does. */
export function takeRows(statement: StatementSync, bounds: SQLInputValue[]): Iterable<RawRow> {
  return statement.iterate(...bounds) as unknown as Iterable<RawRow>
}

function iterate(statement: StatementSync, bounds: SQLInputValue[]): Iterator<RawRow> {
  return statement.iterate(...bounds) as unknown as Iterator<RawRow>
}

/** The next rows, until there are enough of them or of their bytes. */
function takePage(rows: Iterator<RawRow>, limit: number): RawRow[] {
  const page: RawRow[] = []
  try {
    for (let bytes = 0; page.length < limit && bytes < pageBytes;) {
      const { done, value } = rows.next()
      if (done === true) break
      page.push(value)
      bytes += sizeOf(value)
    }
  } catch (error) {
    // `Iterator result undefined is not an object` is how a text that is too long shows here.
    throw error instanceof TypeError ? new TooLongText() : error
  }
  return page
}

function sizeOf(row: RawRow): number {
  let bytes = 0
  for (const value of row) {
    if (typeof value === 'string') bytes += value.length
    else if (value instanceof Uint8Array) bytes += value.length
  }
  return bytes
}
