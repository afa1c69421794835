import { openRowReader } from '../databases/open-database.ts'
import { openBatchLoader } from '../databases/postgres/load/batch-loader.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Issue, PostgresValue, SqliteValue, WireType } from '../model/batch.ts'
import { formatDate, formatDateTime, formatTime } from '../util/date-time-text.ts'
import { sameTable } from '../model/catalog.ts'
import { readShards, writeCheckpoint } from '../store/checkpoints.ts'
import { type ConvertedBatch, encodeRows } from './encode-rows.ts'
import { quoteValue } from './issue-collector.ts'
import { retryLostConnection } from './retry-lost-connection.ts'
import type { ShardFailure, ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

/** Runs in a worker thread: one shard from where its checkpoint stands to its end. */
export default async function runShard(task: ShardTask): Promise<ShardResult | ShardFailure> {
  post(task, { kind: 'started' })
  try {
    return task.kind === 'hash' ? hashShard(task) : await loadWithRetries(task)
  } catch (error) {
    if (!(error instanceof RowferryError)) throw error
    const { code, message, remedy, context } = error
    return { failure: { code, message, remedy, context } }
  } finally {
    task.port.close()
  }
}

/** Interruption comes through `stop`: a batch in hand is finished, not cut. */
const never = new AbortController().signal

/**
 * A lost connection leaves open whether the last batch was committed, so every attempt begins at the checkpoint, which is
 * committed with its rows.
 */
function loadWithRetries(task: ShardTask): Promise<ShardResult> {
  return retryLostConnection((progressed) => loadShard(task, progressed), {
    onRetry: (notice) => post(task, { kind: 'retry', table: task.table.target.name, ...notice }),
  })
}

async function loadShard(task: ShardTask, progressed: () => void): Promise<ShardResult> {
  using reader = openRowReader(task.source)
  const place = { transferId: task.transferId, table: task.table.target, shard: task.shard.number }
  await using loader = await openBatchLoader({
    url: task.target.url,
    table: task.table,
    transferId: task.transferId,
    writeCheckpoint,
    remaps: task.remaps,
    fireTriggers: task.fireTriggers,
    signal: never,
    what: 'the target',
    pauses: [],
  })
  const states = await readShards(loader.client, task.transferId)
  const state = states.find((candidate) => candidate.shard === place.shard && sameTable(candidate.table, place.table))
  if (state?.done) return { finished: true, rows: 0, hash: 0n }
  let after = state?.position ?? null
  let done = false
  for (const converted of encode(task, reader, after)) {
    const { batch, rowsRead, bytes, issues } = converted
    const position = converted.position ?? after
    const checkpoint = { ...place, after, position, rowsRead, bytes, issues, done: converted.done }
    const outcome = await loader.load(batch, checkpoint, converted.keyOf)
    progressed()
    after = position
    done = converted.done
    post(task, { kind: 'batch', table: place.table.name, shard: place.shard, delta: batchDelta(converted, outcome) })
  }
  return { finished: done, rows: 0, hash: 0n }
}

function batchDelta(
  converted: ConvertedBatch,
  outcome: {
    readonly counts: Extract<ShardMessage, { kind: 'batch' }>['delta']['counts']
    readonly refused: readonly unknown[]
  },
): Extract<ShardMessage, { kind: 'batch' }>['delta'] {
  const count = (of: (issue: Issue) => boolean): number => converted.issues.filter(of).length
  return {
    rowsRead: converted.rowsRead,
    counts: outcome.counts,
    rejected: count((issue) => issue.kind === 'reject') + outcome.refused.length,
    altered: count((issue) => issue.kind === 'altered' && !issue.declared),
    declaredConversions: count((issue) => issue.kind === 'altered' && issue.declared),
    bytes: converted.bytes,
  }
}

function hashShard(task: ShardTask): ShardResult {
  using reader = openRowReader(task.source)
  let hash = 0n
  let rows = 0
  let done = false
  for (const { batch, done: last } of encode(task, reader, null)) {
    hash = BigInt.asUintN(64, hash + batch.hash(0, batch.rows))
    rows += batch.rows
    done = last
  }
  return { finished: done, rows, hash }
}

function encode(
  task: ShardTask,
  reader: ReturnType<typeof openRowReader>,
  after: string | null,
): Generator<ConvertedBatch> {
  return encodeRows({
    reader,
    table: task.table,
    shard: task.shard,
    after,
    batchRows: task.batchRows,
    batchBytes: task.batchBytes,
    stopped: () => Atomics.load(task.stop, 0) === 1,
    onConverted: task.debug
      ? (column, key, before, after) => postConverted(task, { column, key, before, after })
      : null,
  })
}

/** A value that was stored otherwise than it was read, both as people read them. What merely changed hands is not worth a line. */
function postConverted(
  task: ShardTask,
  { column, key, before, after }: { column: string; key: Issue['key']; before: SqliteValue; after: PostgresValue },
): void {
  const wireType = task.table.columns.find((candidate) => candidate.source === column)?.conversion.wireType ?? 'text'
  const [from, to] = [quoteValue(before), shownValue(wireType, after)]
  if (String(from) === String(to)) return
  post(task, {
    kind: 'converted',
    table: task.table.source.name,
    column,
    key,
    before: from,
    after: to,
    rule: `to ${wireType}`,
  })
}

/** Times are counted in units since 2000 on their way; people want to see them as times. */
function shownValue(wireType: WireType, value: PostgresValue): string | number | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return quoteValue(value)
  switch (wireType) {
    case 'timestamp':
    case 'timestamptz':
      return formatDateTime(value)
    case 'date':
      return formatDate(Number(value))
    case 'time':
      return formatTime(Number(value))
    default:
      return quoteValue(value)
  }
}

function post(task: ShardTask, message: ShardMessage): void {
  task.port.postMessage(message)
}
