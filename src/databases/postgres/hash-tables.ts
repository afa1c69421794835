import type { Client, QueryResult } from 'pg'
import { RowferryError } from '../../errors/errors.ts'
import type { TableName } from '../../model/catalog.ts'
import { type PlannedTable, type RowHashForm, rowHashOf } from '../../model/plan.ts'
import { chunked } from '../../util/chunked.ts'
import { firstRowsSettings, type HashedColumn, hashOfSum, hashQuery, hashQueryOfFirst } from './copy/hash-query.ts'
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
 * One lane begins with so much of a large table in one go, in which keys and indexes keep the others busy: a scan from its
 * beginning reads 128 kB at a time and goes by a few pages of the server's memory, that of a range of pages goes by all of
 * it. What is left is for the lane that would be idle at the end.
 */
const firstPart = { ofLane: 1.5, most: 0.75, leastBytes: 4 * partBytes } as const

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
  const sizeOf = (table: PlannedTable): Pages => pages.get(table) ?? { bytes: 0, pages: 0 }
  const isSmall = (table: PlannedTable): boolean => sizeOf(table).bytes <= smallBytes
  const begin = <Result>(
    some: readonly PlannedTable[],
    run: (client: Client) => Promise<Result>,
    isLong = false,
  ): Promise<Result> =>
    lanes.run({
      rank: ranksAfterObjects.hash,
      locks: some.map(({ target }) => ({ table: target, mode: 'read' })),
      isLong,
      signal,
      run: ({ client }) => run(client),
    })
  const hashLarge = async (table: PlannedTable): Promise<TableHash> => {
    const size = sizeOf(table)
    const isLong = size.bytes > firstPart.leastBytes
    const limit = Math.floor(table.rows * Math.min(firstPart.most, firstPart.ofLane / lanes.width))
    const first = isLong ? await begin([table], (client) => hashFirst(client, table, limit), true) : nothing
    const parts = partsOf(table, size, first.last).map((query) =>
      begin([table], (client) => runQueries(client, [query])),
    )
    return sum([first, ...(await Promise.all(parts)).flat()])
  }
  const hashes = new Map<PlannedTable, Promise<TableHash>>()
  for (const table of tables.filter((candidate) => !isSmall(candidate)))
    hashes.set(table, lanes.width === 1 ? begin([table], (client) => hashWhole(client, table)) : hashLarge(table))
  for (const some of chunked(tables.filter(isSmall), smallAtOnce)) {
    const together = begin(some, (client) => runQueries(client, some.map(queryOf)))
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

type Pages = { readonly bytes: number; readonly pages: number }

async function readPages(client: Client, tables: readonly PlannedTable[]): Promise<Map<PlannedTable, Pages>> {
  const { rows } = await client.query<{ at: string; bytes: string; pages: string }>(
    `select at, bytes, bytes / current_setting('block_size')::int as pages
     from unnest($1::text[]) with ordinality as wanted (name, at), pg_relation_size(name::regclass) as bytes`,
    [tables.map(({ target }) => qualifiedName(target))],
  )
  return new Map(
    rows.flatMap(({ at, bytes, pages }) => {
      const table = tables[Number(at) - 1]
      return table ? [[table, { bytes: Number(bytes), pages: Number(pages) }]] : []
    }),
  )
}

/** What a table's first rows are, and the `ctid` of the last of them; null: there is none. */
type FirstRows = TableHash & { readonly last: string | null }

const nothing: FirstRows = { rows: 0, hash: 0n, last: null }

/** With its settings in one message, so that it is a transaction of its own also over a session that others use. */
async function hashFirst(client: Client, table: PlannedTable, limit: number): Promise<FirstRows> {
  const query = hashQueryOfFirst(...hashedOf(table), limit)
  type Row = { rows: string; hash: string; last: string | null }
  // Of more than one statement the driver gives more than one result.
  const results = (await client.query(firstRowsSettings + query)) as unknown as readonly QueryResult<Row>[]
  const row = results.at(-1)?.rows[0]
  if (!row) throw noRow()
  return { rows: Number(row.rows), hash: hashOfSum(row.hash), last: row.last }
}

/**
 * Queries for everything beyond `last`, a `ctid` like `(4095,12)`; null: for everything. The last has no end, so that
 * nothing falls between the cuts or beyond them.
 */
function partsOf(table: PlannedTable, size: Pages, last: string | null): string[] {
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
