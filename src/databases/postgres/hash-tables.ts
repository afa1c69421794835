import type { Client, QueryResult, QueryResultRow } from 'pg'
import { RowferryError } from '../../errors/errors.ts'
import type { TableName } from '../../model/catalog.ts'
import { type PlannedTable, type RowHashForm, rowHashOf } from '../../model/plan.ts'
import { chunked } from '../../util/chunked.ts'
import {
  fromTheBeginning,
  type HashedColumn,
  type HashedContent,
  hashOfSum,
  hashQuery,
  hashQueryOfFirst,
  oneProcess,
} from './copy/hash-query.ts'
import { qualifiedName, quoteIdentifier } from './identifiers.ts'
import type { Lane, Lanes } from './lanes/lanes.ts'
import { ranks } from './lanes/ranks.ts'

/** What PostgreSQL holds of a table: its rows, and the sum of their hashes modulo 2^64. */
export type TableHash = { readonly rows: number; readonly hash: bigint }

/** Tables up to so many bytes are asked for together: a thousand of them cost as many round trips as twenty. */
const smallBytes = 1024 * 1024
const smallAtOnce = 50

/** The same in rows, of tables whose size is not known. */
const smallRows = 10_000

/** About 0.1 s of one processor, so that lanes end together. */
const partBytes = 32 * 1024 * 1024
/** Beyond that parts are larger: 256 of them keep 64 lanes busy to the end. */
const mostParts = 256

/** Whatever reads so much takes longer than one who waits for its table should wait for nothing. */
const longBytes = 4 * partBytes

const countedAtOnce = 100

export async function countTables(client: Client, tables: readonly TableName[]): Promise<number[]> {
  const counts: number[] = []
  for (const some of chunked(tables, countedAtOnce)) {
    const selects = some.map((table, at) => `select ${at} as at, count(*) as count from ${qualifiedName(table)}`)
    const { rows } = await client.query<{ at: string; count: string }>(selects.join('\nunion all '))
    const found = new Map(rows.map(({ at, count }) => [Number(at), Number(count)]))
    counts.push(...some.map((_, at) => found.get(at) ?? 0))
  }
  return counts
}

/** In one statement, which PostgreSQL may run in parallel by itself unless others have use for the processors. */
export async function hashWhole(client: Client, table: PlannedTable, crowded = false): Promise<TableHash> {
  type Row = { rows: string; hash: string }
  const { rows, hash } = await lastRow<Row>(client, (crowded ? oneProcess : '') + queryOf(table))
  return { rows: Number(rows), hash: hashOfSum(hash) }
}

/** With settings and query in one message, so that it is a transaction of its own also over a session that others use. */
async function lastRow<Row extends QueryResultRow>(client: Client, sql: string): Promise<Row> {
  const result = (await client.query(sql)) as QueryResult<Row> | readonly QueryResult<Row>[]
  // Of more than one statement the driver gives more than one result.
  const row = ('rows' in result ? result : result.at(-1))?.rows[0]
  if (!row) throw noRow()
  return row
}

/** What these tables hold now, by a hash of the form and the columns that were recorded; in the order of `tables`. */
export async function hashContents(
  client: Client,
  tables: readonly { readonly table: TableName; readonly hashed: HashedContent; readonly rows: number }[],
): Promise<TableHash[]> {
  const hashes: TableHash[] = []
  const isSmall = ({ rows }: { readonly rows: number }): boolean => rows <= smallRows
  const groups = [
    ...chunked(tables.filter(isSmall), smallAtOnce),
    ...tables.filter((one) => !isSmall(one)).map((one) => [one]),
  ]
  for (const some of groups) {
    const queries = some.map(({ table, hashed: { columns, form } }) => {
      const quoted = columns.map(({ name, ...column }) => ({ ...column, quotedName: quoteIdentifier(name) }))
      return hashQuery(qualifiedName(table), quoted, form)
    })
    for (const [at, hash] of (await runQueries(client, queries)).entries()) {
      const place = some[at] ? tables.indexOf(some[at]) : -1
      hashes[place] = hash
    }
  }
  return hashes
}

export type HashTablesOptions = {
  readonly lanes: Lanes
  readonly signal: AbortSignal
  /** Of how much the lanes read for other work meanwhile, in bytes of the source. Default: none. */
  readonly besideBytes?: number
}

/**
 * Begins to hash the tables over the lanes, after whatever else is to be done there. Small ones share a statement. The parts of one that is
 * cut are seen at different moments, which is the same while only this transfer writes.
 */
export function hashTables(
  tables: readonly PlannedTable[],
  { lanes, signal, besideBytes = 0 }: HashTablesOptions,
): ReadonlyMap<PlannedTable, Promise<TableHash>> {
  const isSmall = ({ bytes }: PlannedTable): boolean => bytes <= smallBytes
  const allBytes = tables.reduce((total, { bytes }) => total + bytes, besideBytes)
  const begin: Begin = (some, run, isLong = false) =>
    lanes.run({
      rank: isLong ? ranks.longHash : ranks.hash,
      locks: some.map(({ target }) => ({ table: target, mode: 'read' })),
      isLong,
      signal,
      run,
    })
  const hashes = new Map<PlannedTable, Promise<TableHash>>()
  for (const table of tables.filter((candidate) => !isSmall(candidate)))
    hashes.set(table, hashLarge(table, shareInOneGo(table.bytes, allBytes, lanes.width), begin))
  for (const some of chunked(tables.filter(isSmall), smallAtOnce)) {
    const together = begin(some, ({ client }) => runQueries(client, some.map(queryOf)))
    for (const [at, table] of some.entries())
      hashes.set(
        table,
        together.then((found) => found[at] ?? sum([])),
      )
  }
  // Whoever waits for one gets its error; the others must not end the process.
  for (const hash of hashes.values()) hash.catch(() => undefined)
  return hashes
}

type Begin = <Result>(
  tables: readonly PlannedTable[],
  run: (lane: Lane) => Promise<Result>,
  isLong?: boolean,
) => Promise<Result>

/**
 * How much of a table one lane may hash in one go while the others have enough to do with everything else, 0 to 1. A scan of the whole table
 * reads 128 kB at a time and shares what it reads with those of its indexes; a range of pages is read page by page, and goes by all of the
 * server's memory.
 */
export function shareInOneGo(bytes: number, allBytes: number, lanes: number): number {
  return lanes === 1 ? 1 : Math.min(1, (allBytes - bytes) / ((lanes - 1) * bytes))
}

async function hashLarge(table: PlannedTable, share: number, begin: Begin): Promise<TableHash> {
  const { rows, bytes } = table
  if (share === 1 || table.partitioned === true)
    return begin([table], ({ client, crowded }) => hashWhole(client, table, crowded), bytes > longBytes)
  const isLong = bytes * share > longBytes
  const first = isLong
    ? await begin([table], ({ client }) => hashFirst(client, table, Math.floor(rows * share)), true)
    : nothing
  const size = await begin([table], ({ client }) => readSize(client, table))
  const parts = partsOf(table, size, first.last).map((query) =>
    begin([table], ({ client }) => runQueries(client, [query])),
  )
  return sum([first, ...(await Promise.all(parts)).flat()])
}

type Size = { readonly bytes: number; readonly pages: number }

async function readSize(client: Client, { target }: PlannedTable): Promise<Size> {
  const { rows } = await client.query<{ bytes: string; pages: string }>(
    `select bytes, bytes / current_setting('block_size')::int as pages from pg_relation_size($1::regclass) as bytes`,
    [qualifiedName(target)],
  )
  return { bytes: Number(rows[0]?.bytes ?? 0), pages: Number(rows[0]?.pages ?? 0) }
}

/** What a table's first rows are, and the `ctid` of the last of them; null: there is none. */
type FirstRows = TableHash & { readonly last: string | null }

const nothing: FirstRows = { rows: 0, hash: 0n, last: null }

async function hashFirst(client: Client, table: PlannedTable, limit: number): Promise<FirstRows> {
  type Row = { rows: string; hash: string; last: string | null }
  const query = hashQueryOfFirst(...hashedOf(table), limit)
  const { rows, hash, last } = await lastRow<Row>(client, fromTheBeginning + oneProcess + query)
  return { rows: Number(rows), hash: hashOfSum(hash), last }
}

/**
 * Queries for everything beyond `last`, a `ctid` like `(4095,12)`; null: for everything. The last has no end, so that
 * nothing falls between the cuts or beyond them.
 */
function partsOf(table: PlannedTable, size: Size, last: string | null): string[] {
  const from = last === null ? 0 : Number.parseInt(last.slice(1), 10)
  const pages = Math.max(0, size.pages - from)
  const count = Math.max(1, Math.min(mostParts, Math.ceil((size.bytes * pages) / size.pages / partBytes)))
  const cuts = Array.from({ length: count - 1 }, (_, at) => `'(${from + Math.floor((pages * (at + 1)) / count)},0)'`)
  return [last === null ? null : `ctid > '${last}'`, ...cuts.map((cut) => `ctid >= ${cut}`)].map((lower, at) => {
    const cut = cuts[at]
    const bounds = [...(lower === null ? [] : [lower]), ...(cut === undefined ? [] : [`ctid < ${cut}`])]
    return queryOf(table) + (bounds.length === 0 ? '' : ` where ${bounds.join(' and ')}`)
  })
}

function queryOf(table: PlannedTable): string {
  return hashQuery(...hashedOf(table))
}

function hashedOf(table: PlannedTable): [qualifiedTable: string, columns: HashedColumn[], form: RowHashForm] {
  const columns = table.columns.map((column) => ({ quotedName: quoteIdentifier(column.target), ...column.conversion }))
  return [qualifiedName(table.target), columns, rowHashOf(table)]
}

/** Several hash queries in one statement, answered in their order. */
async function runQueries(client: Client, queries: readonly string[]): Promise<TableHash[]> {
  const selects = queries.map((query, at) => `select ${at} as at, found.* from (${query}) found`)
  const { rows } = await client.query<{ at: string; rows: string; hash: string }>(selects.join('\nunion all '))
  const found = new Map(rows.map((row) => [Number(row.at), { rows: Number(row.rows), hash: hashOfSum(row.hash) }]))
  return queries.map((_, at) => {
    const hash = found.get(at)
    if (!hash) throw noRow()
    return hash
  })
}

function sum(parts: readonly TableHash[]): TableHash {
  return parts.reduce(
    (whole, part) => ({
      rows: whole.rows + part.rows,
      hash: BigInt.asUintN(64, whole.hash + part.hash),
    }),
    { rows: 0, hash: 0n },
  )
}

function noRow(): RowferryError {
  return new RowferryError('INTERNAL', { message: 'The hash query gave no row.', remedy: null })
}
