import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { openBatchLoader } from '../databases/postgres/load/batch-loader.ts'
import { issuesWithout } from '../databases/postgres/load/refused-issues.ts'
import { takeLease } from '../databases/postgres/connection/shard-lease.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Issue, PostgresValue, SqliteValue, WireType } from '../model/batch.ts'
import { formatDate, formatDateTime, formatTime } from '../util/date-time-text.ts'
import { readShard, writeCheckpoint } from '../store/checkpoints.ts'
import { type ConvertedBatch, encodeRows } from './encode-rows.ts'
import { quoteValue } from './issue-collector.ts'
import { retryLostConnection } from './retry-lost-connection.ts'
import { rereadShard } from './second-reading/reread-shard.ts'
import { ShardRoute } from './shard-route.ts'
import type {
  AskForShard,
  TurnMessage,
  ShardFailure,
  ShardTurn,
  ShardMessage,
  ShardResult,
  ShardTask,
} from './shard-tasks.ts'

/** Runs in a worker thread. */
export default async function runTurn({ shards, port, stop }: ShardTurn): Promise<void> {
  try {
    await runShards(shards ?? askedFor(port), stop, (message) => port.postMessage(message))
  } finally {
    port.close()
  }
}

/** One shard after the other, so that whichever thread is free first takes the next one. */
async function* askedFor(port: MessagePort): AsyncGenerator<ShardTask> {
  const closed = once(port, 'close').then(() => [null])
  for (;;) {
    port.postMessage({ ask: true } satisfies AskForShard)
    const [task] = (await Promise.race([once(port, 'message'), closed])) as [ShardTask | null]
    if (task === null) return
    yield task
  }
}

/** To have loaded this module is all (`Threads.prepare`). */
export function prepare(): void {}

type Post = (message: ShardMessage) => void

/** What a shard is carried with. */
type Carrier = { readonly route: ShardRoute; readonly stop: Int32Array; readonly post: Post }

/**
 * The shards one after the other, each from where its checkpoint stands to its end, over one reader and one connection. A
 * shard that fails says so and leaves the others alone; those not yet begun are not begun any more once `stop` is set.
 */
export async function runShards(
  shards: Iterable<ShardTask> | AsyncIterable<ShardTask>,
  stop: Int32Array,
  post: (message: TurnMessage) => void,
): Promise<void> {
  await using route = new ShardRoute()
  let index = -1
  for await (const task of shards) {
    const at = ++index
    post({ index: at, ended: await runShard(task, { route, stop, post: (message) => post({ index: at, message }) }) })
  }
}

async function runShard(task: ShardTask, carrier: Carrier): Promise<ShardResult | ShardFailure> {
  if (isStopped(carrier)) return { finished: false, rows: 0, hash: 0n }
  carrier.post({ kind: 'started' })
  try {
    switch (task.kind) {
      case 'hash':
        return hashShard(task, carrier)
      case 'reread':
        return rereadShard(task, { reader: carrier.route.readerOf(task.source), stopped: () => isStopped(carrier) })
      case 'load':
        return await loadWithRetries(task, carrier)
    }
  } catch (error) {
    await carrier.route.renew()
    return { failure: failureOf(error) }
  }
}

/** Also of errors that nobody expected: they are this shard's own and no reason to give up the others of its turn. */
function failureOf(error: unknown): ShardFailure['failure'] {
  if (!(error instanceof RowferryError)) {
    const message = error instanceof Error ? error.message : String(error)
    return { code: 'INTERNAL', message, remedy: null, cause: error instanceof Error ? error : message }
  }
  const { code, message, remedy, context } = error
  return { code, message, remedy, context }
}

function isStopped({ stop }: Carrier): boolean {
  return Atomics.load(stop, 0) === 1
}

/** Interruption comes through `stop`: a batch in hand is finished, not cut. */
const never = new AbortController().signal

/**
 * A lost connection leaves open whether the last batch was committed, so every attempt begins at the checkpoint, which is
 * committed with its rows.
 */
function loadWithRetries(task: ShardTask, carrier: Carrier): Promise<ShardResult> {
  // Another attempt is only for whoever still has the shard, which is not known here.
  if (task.lease) return loadShard(task, carrier, () => undefined)
  const { standsAt: _, ...again } = task
  let attempt: ShardTask = task
  const load = (progressed: () => void): Promise<ShardResult> => {
    const running = loadShard(attempt, carrier, progressed)
    attempt = again
    return running
  }
  return retryLostConnection(load, {
    onRetry: (notice) => carrier.post({ kind: 'retry', table: task.table.target.name, ...notice }),
  })
}

async function loadShard(task: ShardTask, carrier: Carrier, progressed: () => void): Promise<ShardResult> {
  const place = { transferId: task.transferId, table: task.table.target, shard: task.shard.number }
  await using loader = await openBatchLoader({
    url: task.target.url,
    connection: carrier.route.connection,
    table: task.table,
    transferId: task.transferId,
    writeCheckpoint,
    remaps: task.remaps,
    fireTriggers: task.fireTriggers,
    signal: never,
    what: 'the target',
    pauses: [],
  })
  const state = await readState(loader, task, place)
  if (state.done) return { finished: true, rows: 0, hash: 0n }
  let after = state.position
  let done = false
  for (const converted of encode(task, carrier, after)) {
    const { batch, rowsRead, bytes, issues, rowOfIssue } = converted
    const position = converted.position ?? after
    const checkpoint = { ...place, after, position, rowsRead, bytes, issues, rowOfIssue, done: converted.done }
    const outcome = await loader.load(batch, checkpoint, converted.keyOf)
    progressed()
    after = position
    done = converted.done
    carrier.post({ kind: 'batch', table: place.table.name, shard: place.shard, delta: batchDelta(converted, outcome) })
  }
  return { finished: done, rows: 0, hash: 0n }
}

/** A checkpoint that moved since `standsAt` was read refuses the first batch, and the next attempt asks for it. */
async function readState(
  loader: Awaited<ReturnType<typeof openBatchLoader>>,
  task: ShardTask,
  place: Parameters<typeof readShard>[1],
): Promise<{ readonly position: string | null; readonly done: boolean }> {
  if (task.standsAt !== undefined && !task.lease) return { position: task.standsAt, done: false }
  const state = await loader.read(async (client) => {
    if (task.lease) await takeLease(client, task.lease)
    return readShard(client, place)
  })
  return state ?? { position: null, done: false }
}

function batchDelta(
  converted: ConvertedBatch,
  outcome: {
    readonly counts: Extract<ShardMessage, { kind: 'batch' }>['delta']['counts']
    readonly refused: readonly { readonly index: number }[]
  },
): Extract<ShardMessage, { kind: 'batch' }>['delta'] {
  const issues = issuesWithout(converted, outcome.refused)
  const count = (of: (issue: Issue) => boolean): number => issues.filter(of).length
  return {
    rowsRead: converted.rowsRead,
    counts: outcome.counts,
    rejected: count((issue) => issue.kind === 'reject') + outcome.refused.length,
    altered: count((issue) => issue.kind === 'altered' && !issue.declared),
    declaredConversions: count((issue) => issue.kind === 'altered' && issue.declared),
    bytes: converted.bytes,
  }
}

function hashShard(task: ShardTask, carrier: Carrier): ShardResult {
  let hash = 0n
  let rows = 0
  let done = false
  for (const { batch, done: last } of encode(task, carrier, null)) {
    hash = BigInt.asUintN(64, hash + batch.hash(0, batch.rows))
    rows += batch.rows
    done = last
  }
  return { finished: done, rows, hash }
}

function encode(task: ShardTask, carrier: Carrier, after: string | null): Generator<ConvertedBatch> {
  return encodeRows({
    reader: carrier.route.readerOf(task.source),
    table: task.table,
    shard: task.shard,
    after,
    batchRows: task.batchRows,
    batchBytes: task.batchBytes,
    stopped: () => isStopped(carrier),
    onConverted: task.debug
      ? (column, key, before, after) => postConverted(task, carrier.post, { column, key, before, after })
      : null,
  })
}

/** A value that was stored otherwise than it was read, both as people read them. What merely changed hands is not worth a line. */
function postConverted(
  task: ShardTask,
  post: Post,
  { column, key, before, after }: { column: string; key: Issue['key']; before: SqliteValue; after: PostgresValue },
): void {
  const wireType = task.table.columns.find((candidate) => candidate.source === column)?.conversion.wireType ?? 'text'
  const [from, to] = [quoteValue(before), shownValue(wireType, after)]
  if (String(from) === String(to)) return
  post({
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
