import type { ClientBase } from 'pg'
import type { BatchCheckpoint, ShardState } from '../databases/databases.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Issue } from '../model/batch.ts'
import { type TableName, tableLabel } from '../model/catalog.ts'
import type { LoadCounts } from '../model/conflict.ts'

/** Where every shard of the transfer stands, as committed. Read it again after every lost connection. */
export async function readShards(client: ClientBase, transferId: string): Promise<ShardState[]> {
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${stateColumns} from rowferry.shards where transfer_id = $1 order by table_schema, table_name, number`,
    [transferId],
  )
  return rows.map(shardState)
}

/** Where one shard stands; null: the store does not know it. */
export async function readShard(
  client: ClientBase,
  place: { readonly transferId: string; readonly table: TableName; readonly shard: number },
): Promise<ShardState | null> {
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${stateColumns} from rowferry.shards
     where transfer_id = $1 and table_schema = $2 and table_name = $3 and number = $4`,
    shardKey(place),
  )
  const [row] = rows
  return row === undefined ? null : shardState(row)
}

const stateColumns = `table_schema, table_name, number, position, done::int as done, rows_read, created, updated, unchanged,
  skipped, rejected, altered, declared_conversions, bytes, hash`

function shardState(row: Record<string, string | null>): ShardState {
  const count = (name: string): number => Number(row[name])
  return {
    table: { schema: row['table_schema'] ?? '', name: row['table_name'] ?? '' },
    shard: count('number'),
    position: row['position'] ?? null,
    done: count('done') === 1,
    rowsRead: count('rows_read'),
    counts: {
      created: count('created'),
      updated: count('updated'),
      unchanged: count('unchanged'),
      skipped: count('skipped'),
    },
    rejected: count('rejected'),
    altered: count('altered'),
    declaredConversions: count('declared_conversions'),
    bytes: count('bytes'),
    hash: row['hash'] ?? '0',
  }
}

/** What a batch adds to its shard. */
export type BatchResult = {
  readonly counts: LoadCounts
  /** Everything to list: found while converting, and refused by PostgreSQL. */
  readonly issues: readonly Issue[]
  /** Sum of the hashes of the rows that were loaded, modulo 2^64. */
  readonly hash: bigint
}

/**
 * Moves the shard's checkpoint on and stores the batch's issues; part of the batch's own transaction.
 *
 * The checkpoint moves only from exactly where this run believes it to be: the commit of a killed run can arrive after its
 * successor has read the checkpoint, and this is what keeps the successor from loading those rows again.
 */
export async function writeCheckpoint(
  client: ClientBase,
  checkpoint: BatchCheckpoint,
  result: BatchResult,
): Promise<void> {
  const { issues, counts } = result
  // Not the number of reject lines: a row may have one for each of several columns.
  const rejected = checkpoint.rowsRead - (counts.created + counts.updated + counts.unchanged + counts.skipped)
  const declared = issues.filter((issue) => issue.kind === 'altered' && issue.declared).length
  const altered = issues.filter(({ kind }) => kind === 'altered').length - declared
  const moved = await client.query(
    `update rowferry.shards set
       position = $5, done = $6, rows_read = rows_read + $7,
       created = created + $8, updated = updated + $9, unchanged = unchanged + $10, skipped = skipped + $11,
       rejected = rejected + $12, altered = altered + $13, declared_conversions = declared_conversions + $14,
       bytes = bytes + $15, hash = mod(hash + $16, 18446744073709551616)
     where transfer_id = $1 and table_schema = $2 and table_name = $3 and number = $4
       and position is not distinct from $17 and not done`,
    [
      ...shardKey(checkpoint),
      checkpoint.position,
      checkpoint.done,
      checkpoint.rowsRead,
      counts.created,
      counts.updated,
      counts.unchanged,
      counts.skipped,
      rejected,
      altered,
      declared,
      checkpoint.bytes,
      result.hash.toString(),
      checkpoint.after,
    ],
  )
  if (moved.rowCount !== 1) throw movedElsewhere(checkpoint)
  await writeIssues(client, checkpoint, issues)
}

/** Issues that do not come with a batch: orphans found after the load. Run it in the transaction that treats them. */
export async function writeIssues(
  client: ClientBase,
  place: { readonly transferId: string; readonly table: TableName; readonly shard: number },
  issues: readonly Issue[],
): Promise<void> {
  if (issues.length === 0) return
  await client.query(
    `insert into rowferry.issues (transfer_id, table_schema, table_name, shard, kind, line)
     select $1, $2, $3, $4, kind, line::json from unnest($5::text[], $6::text[]) with ordinality as listed (kind, line, place)
     order by place`,
    [...shardKey(place), issues.map(({ kind }) => kind), issues.map((issue) => JSON.stringify(issue))],
  )
}

/** Corrects what a shard counted, for rows that were taken out or changed after their batch. */
export type ShardCorrection = {
  readonly created: number
  readonly rejected: number
  readonly altered: number
  /** Added modulo 2^64; may be negative. */
  readonly hash: bigint
}

export async function correctShard(
  client: ClientBase,
  place: { readonly transferId: string; readonly table: TableName; readonly shard: number },
  correction: ShardCorrection,
): Promise<void> {
  await client.query(
    `update rowferry.shards set created = created + $5, rejected = rejected + $6, altered = altered + $7,
       hash = mod(hash + $8, 18446744073709551616)
     where transfer_id = $1 and table_schema = $2 and table_name = $3 and number = $4`,
    [
      ...shardKey(place),
      correction.created,
      correction.rejected,
      correction.altered,
      BigInt.asUintN(64, correction.hash).toString(),
    ],
  )
}

function shardKey(place: {
  readonly transferId: string
  readonly table: TableName
  readonly shard: number
}): unknown[] {
  return [place.transferId, place.table.schema, place.table.name, place.shard]
}

function movedElsewhere(checkpoint: BatchCheckpoint): RowferryError {
  return new RowferryError('CONNECT_TARGET_LOST', {
    message: `Shard ${checkpoint.shard} of ${tableLabel(checkpoint.table)} is no longer at ${checkpoint.after ?? 'its start'}: the commit of a connection that was given up arrived late, or another run took over.`,
    remedy: 'Run the same command again: it goes on from the checkpoint.',
    context: { transferId: checkpoint.transferId, after: checkpoint.after },
  })
}
