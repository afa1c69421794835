import { randomBytes } from 'node:crypto'
import type { BatchCheckpoint, BatchLoader, LoadOutcome, ShardState } from '../../src/databases/databases.ts'
import { openBatchLoader, type BatchLoaderOptions } from '../../src/databases/postgres/load/batch-loader.ts'
import { connect, type PostgresConnection } from '../../src/databases/postgres/connection/postgres-connection.ts'
import type { PostgresValue } from '../../src/model/batch.ts'
import type { PlannedTable } from '../../src/model/plan.ts'
import { readShards, writeCheckpoint } from '../../src/store/checkpoints.ts'
import { openStore } from '../../src/store/store.ts'
import { createTransfer } from '../../src/store/transfers.ts'
import { givenDatabase, query, type TextRow } from './postgres.ts'
import { encodeRows, planOf } from './planned-tables.ts'

export type Rows = readonly (readonly PostgresValue[])[]

/** A transfer that has begun into a database of its own, as `transfer/` would have begun it. */
export type GivenTransfer = {
  readonly url: string
  readonly id: string
  /** A session with the settings of ours. */
  readonly client: PostgresConnection
  query(sql: string): Promise<TextRow[]>
  openLoader(table: PlannedTable, more?: Partial<BatchLoaderOptions>): Promise<BatchLoader>
  /** Loads the rows as the next batch of shard 0, over a loader of its own unless one is given. */
  load(
    table: PlannedTable,
    rows: Rows,
    more?: Partial<BatchLoaderOptions> & { loader?: BatchLoader },
  ): Promise<LoadOutcome>
  shard(table: PlannedTable): Promise<ShardState>
} & AsyncDisposable

export async function givenTransfer(
  tables: readonly PlannedTable[],
  options: { readonly setup?: string } = {},
): Promise<GivenTransfer> {
  const database = await givenDatabase()
  const { url } = database
  if (options.setup) await query(url, options.setup)
  const connecting = { signal: new AbortController().signal, what: 'the target' }
  const client = await connect(url, connecting)
  await openStore(client)
  const id = randomBytes(4).toString('hex')
  await createTransfer(client, {
    id,
    sourceIdentity: '/app.db',
    sourceFingerprint: 'f',
    targetSchema: 'public',
    plan: planOf(tables),
    optionsHash: 'o',
    rowferryVersion: '0',
  })
  const given: GivenTransfer = {
    url,
    id,
    client,
    query: (sql) => query(url, sql),
    openLoader: (table, more = {}) =>
      openBatchLoader({ url, ...connecting, table, transferId: id, writeCheckpoint, ...more }),
    async load(table, rows, { loader, ...more } = {}) {
      const { position } = await given.shard(table)
      const batch = encodeRows(table, rows)
      const checkpoint = checkpointAfter(given, table, position, rows.length)
      const keyOf = (index: number): Record<string, string> => ({ row: String(index) })
      if (loader) return loader.load(batch, checkpoint, keyOf)
      await using own = await given.openLoader(table, more)
      return await own.load(batch, checkpoint, keyOf)
    },
    async shard(table) {
      const shards = await readShards(client, id)
      const found = shards.find((shard) => shard.table.name === table.target.name && shard.shard === 0)
      if (!found) throw new Error(`no shard of ${table.target.name}`)
      return found
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
  return given
}

/** The checkpoint of a batch of so many rows; positions count rows. */
export function checkpointAfter(
  transfer: { readonly id: string },
  table: PlannedTable,
  after: string | null,
  rows: number,
  more: Partial<BatchCheckpoint> = {},
): BatchCheckpoint {
  return {
    transferId: transfer.id,
    table: table.target,
    shard: 0,
    after,
    position: String(Number(after ?? 0) + rows),
    rowsRead: rows,
    bytes: rows,
    issues: [],
    rowOfIssue: new Map(),
    done: false,
    ...more,
  }
}
