import type { ClientBase } from 'pg'
import type { Plan } from '../model/plan.ts'
import { storeExists } from './store.ts'

export type TransferStatus = 'running' | 'interrupted' | 'failed' | 'completed'

export type StoredTransfer = {
  readonly id: string
  readonly sourceIdentity: string
  readonly sourceFingerprint: string
  readonly targetSchema: string
  readonly plan: Plan
  /** Of the options that shaped the plan: with others the plan does not fit any more. */
  readonly optionsHash: string
  readonly status: TransferStatus
  readonly rowferryVersion: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
}

export type NewTransfer = Omit<StoredTransfer, 'status' | 'startedAt'>

/** The transfer, and an empty checkpoint for every shard of its plan. Run it in a transaction. */
export async function createTransfer(client: ClientBase, transfer: NewTransfer): Promise<void> {
  await client.query(
    `insert into rowferry.transfers
       (id, source_identity, source_fingerprint, target_schema, plan, options_hash, rowferry_version, status)
     values ($1, $2, $3, $4, $5, $6, $7, 'running')`,
    [
      transfer.id,
      transfer.sourceIdentity,
      transfer.sourceFingerprint,
      transfer.targetSchema,
      JSON.stringify(transfer.plan),
      transfer.optionsHash,
      transfer.rowferryVersion,
    ],
  )
  const shards = transfer.plan.tables.flatMap(({ target, shards }) => shards.map(({ number }) => ({ target, number })))
  await client.query(
    `insert into rowferry.shards (transfer_id, table_schema, table_name, number)
     select $1, * from unnest($2::text[], $3::text[], $4::int[])`,
    [
      transfer.id,
      shards.map(({ target }) => target.schema),
      shards.map(({ target }) => target.name),
      shards.map(({ number }) => number),
    ],
  )
}

/** The newest transfer of this source into this schema that did not complete; null where there is none, or no store. */
export async function findUnfinishedTransfer(
  client: ClientBase,
  sourceIdentity: string,
  targetSchema: string,
): Promise<StoredTransfer | null> {
  if (!(await storeExists(client))) return null
  const { rows } = await client.query<Record<string, string>>(
    `select id, source_identity, source_fingerprint, target_schema, plan::text as plan, options_hash, status, rowferry_version,
       to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
     from rowferry.transfers
     where source_identity = $1 and target_schema = $2 and status <> 'completed'
     order by rowferry.transfers.started_at desc limit 1`,
    [sourceIdentity, targetSchema],
  )
  return rows[0] ? storedTransfer(rows[0]) : null
}

/** The plan of a transfer that has not been forgotten; null where there is none, or no store. */
export async function readTransferPlan(client: ClientBase, transferId: string): Promise<Plan | null> {
  if (!(await storeExists(client))) return null
  const { rows } = await client.query<{ plan: string }>(
    'select plan::text as plan from rowferry.transfers where id = $1',
    [transferId],
  )
  return rows[0] ? (JSON.parse(rows[0].plan) as Plan) : null
}

function storedTransfer(row: Record<string, string>): StoredTransfer {
  const text = (name: string): string => row[name] ?? ''
  return {
    id: text('id'),
    sourceIdentity: text('source_identity'),
    sourceFingerprint: text('source_fingerprint'),
    targetSchema: text('target_schema'),
    plan: JSON.parse(text('plan')) as Plan,
    optionsHash: text('options_hash'),
    status: text('status') as TransferStatus,
    rowferryVersion: text('rowferry_version'),
    startedAt: text('started_at'),
  }
}

/** Numbers of the steps that are done. */
export async function readDoneSteps(client: ClientBase, transferId: string): Promise<Set<number>> {
  const { rows } = await client.query<{ number: string }>('select number from rowferry.steps where transfer_id = $1', [
    transferId,
  ])
  return new Set(rows.map((row) => Number(row.number)))
}

/**
 * Notes that a step is done. For a step that changes the schema run it in the very transaction of the change
 * (`beforeCommit` of `createTables`), so that a killed run neither repeats nor skips it.
 */
export async function markStep(client: ClientBase, transferId: string, number: number): Promise<void> {
  await client.query(
    'insert into rowferry.steps (transfer_id, number) values ($1, $2) on conflict (transfer_id, number) do nothing',
    [transferId, number],
  )
}

/** Sets how the transfer stands. With `completed` it is no longer found as unfinished. */
export async function finishTransfer(
  client: ClientBase,
  transferId: string,
  status: Exclude<TransferStatus, 'running'>,
): Promise<void> {
  await client.query('update rowferry.transfers set status = $2, finished_at = clock_timestamp() where id = $1', [
    transferId,
    status,
  ])
}

/** A transfer that is resumed runs again. */
export async function restartTransfer(client: ClientBase, transferId: string): Promise<void> {
  await client.query(`update rowferry.transfers set status = 'running', finished_at = null where id = $1`, [transferId])
}

/** Ids of other transfers of the same source into the same schema that did not complete: this one takes their place. */
export async function findSupersededTransfers(client: ClientBase, transferId: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select other.id from rowferry.transfers as own
     join rowferry.transfers as other using (source_identity, target_schema)
     where own.id = $1 and other.id <> own.id and other.status <> 'completed'`,
    [transferId],
  )
  return rows.map(({ id }) => id)
}

/**
 * Removes everything that is kept for one transfer, also its key map; which tables were loaded from which source and
 * foreign keys that still wait to be made again stay. Staging tables are dropped by `dropStagings`.
 */
export async function forgetTransfer(client: ClientBase, transferId: string): Promise<void> {
  await client.query('delete from rowferry.transfers where id = $1', [transferId])
}
