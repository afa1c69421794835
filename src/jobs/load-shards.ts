import { setTimeout as wait } from 'node:timers/promises'
import type { SourceOpening, TargetOpening } from '../databases/databases.ts'
import { RowferryError } from '../errors/errors.ts'
import { sameTable } from '../model/catalog.ts'
import type { Plan } from '../model/plan.ts'
import { isLostConnection } from '../transfer/retry-lost-connection.ts'
import type { ShardMessage, ShardResult, ShardTask } from '../transfer/shard-tasks.ts'
import { pause, persist } from './persist.ts'
import { failureOf, type ShardJob } from './queue-messages.ts'
import { ShardThread } from './shard-thread.ts'
import { type Claim, heartbeatSeconds, type TransferQueue } from './transfer-queue.ts'

export type LoadShardsOptions = {
  readonly queue: TransferQueue
  readonly transferId: string
  readonly plan: Plan
  readonly source: SourceOpening
  readonly target: TargetOpening
  /** Shards that are loaded at once. */
  readonly threads: number
  /** Name of this worker for others. */
  readonly worker: string
  readonly debug: boolean
  /** Before a loaded shard counts. */
  readonly assertSource?: () => Promise<void>
  readonly onMessage?: (message: ShardMessage) => void
  readonly onLoaded?: (shard: { readonly table: string; readonly shard: number; readonly rows: number }) => void
  /** Aborted when the transfer is over or this worker is to end: shards in hand end after their batch and are given back. */
  readonly signal: AbortSignal
}

const signOfLifeMs = 1000
/** Without an answer for so long the claim is as good as lost: sooner than the queue gives the shard to somebody else. */
const cutOffMs = heartbeatSeconds * 1000 - 1500
const batchInHandMs = 2000
const idleMs = 250
/** Pauses between attempts while the claim holds: a restart of the server ends no worker. */
const retryPauses = [500, 1500, 4000, 8000]

/**
 * Takes shards from the queue and loads them until the signal aborts. Throws when this machine cannot go on: the target or
 * the queue cannot be reached. What is wrong with a shard is told to the coordinator instead.
 */
export async function loadShards(options: LoadShardsOptions): Promise<void> {
  const failing = new AbortController()
  const signal = AbortSignal.any([options.signal, failing.signal])
  const results = await Promise.allSettled(
    Array.from({ length: options.threads }, async () => {
      try {
        await runLane({ ...options, signal })
      } catch (error) {
        failing.abort()
        throw error
      }
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function runLane(options: LoadShardsOptions): Promise<void> {
  const { queue, transferId, signal } = options
  await using thread = new ShardThread()
  while (!signal.aborted) {
    const claim = await persist(() => queue.claimShard(transferId), signal).catch((error: unknown) => {
      // Who is leaving anyway need not hear that the queue is away.
      if (signal.aborted && isLostConnection(error)) return null
      throw error
    })
    if (claim === null) await pause(idleMs, signal)
    else await loadClaimed(claim, thread, options)
  }
}

/** Loads one shard and tells the queue what came of it, unless the claim is lost: then it is somebody else's. */
async function loadClaimed(claim: Claim<ShardJob>, thread: ShardThread, options: LoadShardsOptions): Promise<void> {
  const { queue, transferId, signal, worker } = options
  const { table, shard } = claim.job
  using claimed = holdClaim(claim, options)
  const stop = (): void => thread.stop()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    let rows = 0
    const onMessage = (message: ShardMessage): void => {
      if (message.kind === 'batch') rows += message.delta.rowsRead
      options.onMessage?.(message)
    }
    const result = await whileHeld(claimed, () => loadWithRetries(claim, thread, onMessage, options))
    if (result === 'lost') return await letGo(thread)
    if (!result.finished) return await queue.returnShard(transferId, claim, `${worker} was stopped`)
    await options.assertSource?.()
    const loaded = { kind: 'loaded', table, shard, worker, rows } as const
    await persist(() => queue.settleShard(transferId, claim, loaded), signal)
    options.onLoaded?.({ table: table.name, shard, rows })
  } catch (error) {
    await thread.giveUp()
    if (isLostConnection(error)) {
      await queue.returnShard(transferId, claim, `${worker} lost its connection`).catch(() => undefined)
      throw error
    }
    const reason = await whyReally(error, options)
    if (!(reason instanceof RowferryError)) throw reason
    if (isOnlyHere(reason)) {
      await queue.returnShard(transferId, claim, `${worker} cannot read the source any more`)
      throw reason
    }
    const failed = { kind: 'failed', table, shard, worker, failure: failureOf(reason) } as const
    await persist(() => queue.settleShard(transferId, claim, failed), signal)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** This machine lost its source, and nothing wrong was loaded: others can go on. */
function isOnlyHere({ code }: RowferryError): boolean {
  return code === 'CONNECT_SOURCE_MISSING' || code === 'CONNECT_SOURCE_UNREADABLE' || code === 'CONNECT_SOURCE_LOCKED'
}

/** A source that was changed meanwhile looks like a damaged one. */
async function whyReally(error: unknown, { assertSource }: LoadShardsOptions): Promise<unknown> {
  try {
    await assertSource?.()
    return error
  } catch (changed) {
    return changed
  }
}

/** The batch in hand may end, since it does no harm; a thread that gets no answer any more is ended. */
async function letGo(thread: ShardThread): Promise<void> {
  thread.stop()
  await Promise.race([thread.idle, wait(batchInHandMs)])
  await thread.giveUp()
}

/** Only while the claim holds: the lease that an attempt begins with would take the shard from its new owner. */
async function loadWithRetries(
  claim: Claim<ShardJob>,
  thread: ShardThread,
  onMessage: (message: ShardMessage) => void,
  options: LoadShardsOptions,
): Promise<ShardResult> {
  for (let failed = 0; ;) {
    let moved = false
    try {
      return await thread.run(taskOf(claim.job, options), (message) => {
        moved ||= message.kind === 'batch'
        onMessage(message)
      })
    } catch (error) {
      failed = moved ? 1 : failed + 1
      const waitMs = retryPauses[failed - 1]
      if (!isLostConnection(error) || waitMs === undefined || options.signal.aborted) throw error
      onMessage({
        kind: 'retry',
        table: claim.job.table.name,
        attempt: failed + 1,
        attempts: retryPauses.length + 1,
        waitMs,
        reason: error instanceof Error ? error.message : String(error),
      })
      await wait(waitMs)
      if (!(await options.queue.holdShard(options.transferId, claim))) return await new Promise(() => undefined) // `whileHeld` ends it
    }
  }
}

function taskOf(job: ShardJob, { plan, source, target, transferId, debug }: LoadShardsOptions): ShardTask {
  const table = plan.tables.find((candidate) => sameTable(candidate.target, job.table))
  const shard = table?.shards.find(({ number }) => number === job.shard)
  if (!table || !shard) throw new Error(`the plan has no shard ${job.shard} of ${job.table.name}`)
  const { batchRows, batchBytes, fireTriggers, remaps, lease } = job
  const limits = { batchRows, batchBytes, fireTriggers, remaps, lease }
  return { kind: 'load', source, target, transferId, table, shard, debug, ...limits }
}

type HeldClaim = Disposable & {
  /** Resolves when the claim is lost. */
  readonly lost: Promise<'lost'>
}

/** Gives signs of life. The claim is lost when the queue says so, or when it has been silent for too long. */
function holdClaim(claim: Claim<ShardJob>, { queue, transferId }: LoadShardsOptions): HeldClaim {
  const lost = Promise.withResolvers<'lost'>()
  let heardAt = performance.now()
  let asking = false
  const ask = async (): Promise<void> => {
    const askedAt = performance.now()
    asking = true
    try {
      if (await queue.holdShard(transferId, claim)) heardAt = askedAt
      else lost.resolve('lost')
    } catch {
      // What counts is for how long: it is asked again.
    } finally {
      asking = false
    }
  }
  const timer = setInterval(() => {
    if (performance.now() - heardAt > cutOffMs) lost.resolve('lost')
    if (!asking) void ask()
  }, signOfLifeMs)
  return { lost: lost.promise, [Symbol.dispose]: () => clearInterval(timer) }
}

async function whileHeld<Result>(claimed: HeldClaim, work: () => Promise<Result>): Promise<Result | 'lost'> {
  const working = work()
  working.catch(() => undefined) // after the claim is lost nobody asks any more how it ended
  return Promise.race([working, claimed.lost])
}
