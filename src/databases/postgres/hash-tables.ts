import type { Client, QueryResult } from 'pg'
import { RowferryError } from '../../errors/errors.ts'
import type { TableName } from '../../model/catalog.ts'
import { type PlannedTable, rowHashOf } from '../../model/plan.ts'
import { chunked } from '../../util/chunked.ts'
import { hashOfSum, hashQuery } from './copy/hash-query.ts'
import { qualifiedName, quoteIdentifier } from './identifiers.ts'
import type { Lanes } from './lanes/lanes.ts'
import { ranksAfterObjects } from './schema/schema-objects.ts'

/** What PostgreSQL holds of a table: its rows, and the sum of their hashes modulo 2^64. */
export type TableHash = { readonly rows: number; readonly hash: bigint }

/** Tables up to so many bytes are asked for together: a thousand of them cost as many round trips as twenty. */
const smallBytes = 1024 * 1024
const smallAtOnce = 50

/** About 0.1 s of one processor, so that lanes end together and a key waits no longer for its table. */
const partBytes = 32 * 1024 * 1024
/** Beyond that parts are larger: 256 of them keep 64 lanes busy to the end. */
const mostParts = 256

/**
 * One lane begins with most of what falls to it, in one go: a scan of a whole table reads 128 kB at a time and goes by a few pages of the server's
 * memory, that of a range of pages reads page by page and goes by all of it. What is left lets the lanes end together. It reads pages
 * in vain, so not where they come from a disk or are most of the table.
 */
const longPart = { ofLane: 0.9, mostLanes: 3, leastBytes: 4 * partBytes } as const

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

/** In one statement, which PostgreSQL may run in parallel by itself. */
export async function hashWhole(client: Client, table: PlannedTable): Promise<TableHash> {
  const [hash] = await runQueries(client, [queryOf(table)])
  if (!hash) throw noRow()
  return hash
}

/**
 * Begins to hash the tables over the lanes, after whatever else is to be done there. Small ones share a statement; large
 * ones are cut by their pages, so that as many processors work at one table as there are lanes. The parts are seen at
 * different moments, which is the same while only this transfer writes.
 */
export async function hashTables(
  client: Client,
  tables: readonly PlannedTable[],
  { lanes, signal }: { readonly lanes: Lanes; readonly signal: AbortSignal },
): Promise<ReadonlyMap<PlannedTable, Promise<TableHash>>> {
  const pages = await readPages(client, tables)
  const sizeOf = (table: PlannedTable): Pages => pages.get(table) ?? { bytes: 0, pages: 0, inMemory: true }
  const isSmall = (table: PlannedTable): boolean => sizeOf(table).bytes <= smallBytes
  const begin = (some: readonly PlannedTable[], queries: readonly string[], isLong = false): Promise<TableHash[]> =>
    lanes.run({
      rank: ranksAfterObjects.hash,
      locks: some.map(({ target }) => ({ table: target, mode: 'read' })),
      isLong,
      signal,
      run: ({ client }) => runQueries(client, queries, isLong ? wholeScan : ''),
    })
  const hashes = new Map<PlannedTable, Promise<TableHash>>()
  for (const table of tables.filter((candidate) => !isSmall(candidate))) {
    const parts =
      lanes.width === 1 ? [{ query: queryOf(table), isLong: false }] : partsOf(table, sizeOf(table), lanes.width)
    const found = parts.map(({ query, isLong }) => begin([table], [query], isLong))
    hashes.set(
      table,
      Promise.all(found).then((some) => sum(some.flat())),
    )
  }
  for (const some of chunked(tables.filter(isSmall), smallAtOnce)) {
    const together = begin(some, some.map(queryOf))
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

/** `inMemory`: the database fits twice into what the server counts on as disk cache. */
type Pages = { readonly bytes: number; readonly pages: number; readonly inMemory: boolean }

async function readPages(client: Client, tables: readonly PlannedTable[]): Promise<Map<PlannedTable, Pages>> {
  const { rows } = await client.query<{ at: string; bytes: string; pages: string; inMemory: string }>(
    `select at, bytes, bytes / current_setting('block_size')::int as pages,
       (2 * pg_database_size(current_database()) <= pg_size_bytes(current_setting('effective_cache_size')))::int as "inMemory"
     from unnest($1::text[]) with ordinality as wanted (name, at), pg_relation_size(name::regclass) as bytes`,
    [tables.map(({ target }) => qualifiedName(target))],
  )
  return new Map(
    rows.flatMap(({ at, bytes, pages, inMemory }) => {
      const table = tables[Number(at) - 1]
      return table ? [[table, { bytes: Number(bytes), pages: Number(pages), inMemory: inMemory === '1' }]] : []
    }),
  )
}

type Part = { readonly query: string; readonly isLong: boolean }

/** The first part has no beginning and the last no end, so that nothing falls between the cuts or beyond them. */
function partsOf(table: PlannedTable, size: Pages, lanes: number): Part[] {
  const isLong = size.inMemory && size.bytes > longPart.leastBytes && lanes <= longPart.mostLanes
  const long = isLong ? longPart.ofLane / lanes : 0
  const short = Math.max(1, Math.min(mostParts, Math.ceil(((1 - long) * size.bytes) / partBytes)))
  const begins = Array.from({ length: short }, (_, at) => Math.floor((long + ((1 - long) * at) / short) * size.pages))
  const cuts = (isLong ? begins : begins.slice(1)).map((page) => `'(${page},0)'`)
  return [null, ...cuts].map((from, at) => {
    const to = cuts[at]
    const bounds = [...(from === null ? [] : [`ctid >= ${from}`]), ...(to === undefined ? [] : [`ctid < ${to}`])]
    const where = bounds.length === 0 ? '' : ` where ${bounds.join(' and ')}`
    return { query: queryOf(table) + where, isLong: isLong && at === 0 }
  })
}

function queryOf(table: PlannedTable): string {
  return hashQuery(
    qualifiedName(table.target),
    table.columns.map((column) => ({ quotedName: quoteIdentifier(column.target), ...column.conversion })),
    rowHashOf(table),
  )
}

/**
 * Reads the whole table for a range of it. PostgreSQL's own parallel workers would only take the processor from other lanes. With its statement in
 * one message, so that it is a transaction of its own also over a session that others use.
 */
const wholeScan = 'set local enable_tidscan = off; set local max_parallel_workers_per_gather = 0; '

/** Several hash queries in one statement, answered in their order. */
async function runQueries(client: Client, queries: readonly string[], settings = ''): Promise<TableHash[]> {
  const selects = queries.map((query, at) => `select ${at} as at, found.* from (${query}) found`)
  type Row = { at: string; rows: string; hash: string }
  // Of more than one statement the driver gives more than one result.
  const results: QueryResult<Row> | QueryResult<Row>[] = await client.query<Row>(
    settings + selects.join('\nunion all '),
  )
  const rows = [results].flat().at(-1)?.rows ?? []
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
