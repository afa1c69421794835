import type { Client } from 'pg'
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
  const isSmall = (table: PlannedTable): boolean => (pages.get(table)?.bytes ?? 0) <= smallBytes
  const begin = (some: readonly PlannedTable[], queries: readonly string[]): Promise<TableHash[]> =>
    lanes.run({
      rank: ranksAfterObjects.hash,
      locks: some.map(({ target }) => ({ table: target, mode: 'read' })),
      signal,
      run: (lane) => runQueries(lane.client, queries),
    })
  const hashes = new Map<PlannedTable, Promise<TableHash>>()
  for (const table of tables.filter((candidate) => !isSmall(candidate))) {
    const parts = lanes.width === 1 ? [queryOf(table)] : partQueries(table, pages.get(table))
    hashes.set(
      table,
      Promise.all(parts.map((part) => begin([table], [part]))).then((found) => sum(found.flat())),
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

type Pages = { readonly bytes: number; readonly pages: number }

async function readPages(client: Client, tables: readonly PlannedTable[]): Promise<Map<PlannedTable, Pages>> {
  const { rows } = await client.query<{ at: string; bytes: string; pages: string }>(
    `select at, pg_relation_size(name::regclass) as bytes,
       pg_relation_size(name::regclass) / current_setting('block_size')::int as pages
     from unnest($1::text[]) with ordinality as wanted (name, at)`,
    [tables.map(({ target }) => qualifiedName(target))],
  )
  return new Map(
    rows.flatMap(({ at, bytes, pages }) => {
      const table = tables[Number(at) - 1]
      return table ? [[table, { bytes: Number(bytes), pages: Number(pages) }]] : []
    }),
  )
}

/** The first part has no beginning and the last no end, so that nothing falls between the cuts or beyond them. */
function partQueries(table: PlannedTable, size: Pages = { bytes: 0, pages: 0 }): string[] {
  const count = Math.max(1, Math.min(mostParts, Math.ceil(size.bytes / partBytes)))
  const cuts = Array.from({ length: count - 1 }, (_, at) => `'(${Math.floor(((at + 1) * size.pages) / count)},0)'`)
  return Array.from({ length: count }, (_, at) => {
    const bounds = [...(at > 0 ? [`ctid >= ${cuts[at - 1]}`] : []), ...(at < count - 1 ? [`ctid < ${cuts[at]}`] : [])]
    return bounds.length === 0 ? queryOf(table) : `${queryOf(table)} where ${bounds.join(' and ')}`
  })
}

function queryOf(table: PlannedTable): string {
  return hashQuery(
    qualifiedName(table.target),
    table.columns.map((column) => ({ quotedName: quoteIdentifier(column.target), ...column.conversion })),
    rowHashOf(table),
  )
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
