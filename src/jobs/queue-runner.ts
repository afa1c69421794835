import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { ShardState } from '../databases/databases.ts'
import { awaitLeases, vigilantSession } from '../databases/postgres/connection/shard-lease.ts'
import { isConnectionFailure } from '../databases/postgres/postgres-errors.ts'
import { RowferryError } from '../errors/errors.ts'
import type { TableName } from '../model/catalog.ts'
import { addCounts } from '../model/conflict.ts'
import type { Plan } from '../model/plan.ts'
import { readShards } from '../store/checkpoints.ts'
import type { RunnerScene, ShardRunner } from '../transfer/shard-runner.ts'
import type { ShardDelta, ShardMessage, ShardResult, ShardTask } from '../transfer/shard-tasks.ts'
import { rowferryVersion } from '../util/version.ts'
import { BoundedSession } from './bounded-session.ts'
import { loadShards } from './load-shards.ts'
import { patienceMs, pause, persist } from './persist.ts'
import type { Announcement, ShardJob, WorkResult } from './queue-messages.ts'
import { locationForWorkers, sharedPath } from './source-for-workers.ts'
import { type Claim, TransferQueue } from './transfer-queue.ts'
import { digestFile } from './worker-source.ts'

const pollMs = 400
const signOfLifeMs = 1000
/** After the last shard, a session of a loader has this long to say goodbye. */
const goodbyeMs = 3000
/** After a stop the batch in hand is waited for on every machine. */
const batchInHandMs = 10_000

const notFinished: ShardResult = { finished: false, rows: 0, hash: 0n }

/** A shard that somebody loads somewhere, and how much of it has been told. */
type Pending = {
  /** Of its job in the queue. */
  readonly id: string
  readonly task: ShardTask
  readonly onMessage: (message: ShardMessage) => void
  readonly ended: PromiseWithResolvers<ShardResult>
  told: ShardState | null
  started: boolean
  /** Its worker said that it is loaded, and from the right source. */
  vouched: boolean
}

/**
 * The coordinator's side of a distributed transfer: puts shards into the queue, takes part in loading them, and learns from
 * the checkpoints how far they are, whoever loads them.
 */
export class QueueRunner implements ShardRunner, AsyncDisposable {
  readonly #scene: RunnerScene
  readonly #queue: TransferQueue
  readonly #store: BoundedSession
  readonly #leases: ShardLeases
  readonly #pending = new Map<string, Pending>()
  readonly #over = new AbortController()
  readonly #watching: Promise<void>
  #unsent: Pending[] = []
  #claim: Claim<Announcement>
  /** False once another coordinator has taken the transfer over: the queue is its own then. */
  #isOurs = true
  #loading: Promise<void> | null = null
  #watchingShards: Promise<void> | null = null
  #stopping: Promise<void> | null = null

  /** Makes the transfer known to workers. */
  static async open(scene: RunnerScene): Promise<QueueRunner> {
    const { config, target, transferId, source, signal } = scene
    // The same goes for the session that keeps other transfers out of the schema.
    await (await target.reconnect()).query(vigilantSession)
    const digest = await digestFile(sharedPath(source), signal)
    const queue = await TransferQueue.open(config.queue ?? target.opening.url, { install: true })
    if (queue === null) throw new Error('the queue was not installed')
    try {
      const claim = await queue.announce({
        kind: 'transfer',
        transferId,
        version: rowferryVersion,
        source: { label: source.label, location: locationForWorkers(source, config), ...digest },
        target: target.label,
        schema: config.schema,
      })
      return new QueueRunner(scene, queue, claim)
    } catch (error) {
      await queue[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(scene: RunnerScene, queue: TransferQueue, claim: Claim<Announcement>) {
    this.#scene = scene
    this.#queue = queue
    this.#claim = claim
    this.#store = new BoundedSession(scene.target.opening.url, 'the target')
    this.#leases = leasesOf(scene.transferId, scene.plan)
    this.#watching = this.#watchAnnouncement()
  }

  run(task: ShardTask, onMessage: (message: ShardMessage) => void): Promise<ShardResult> {
    // Reading for comparison needs no queue.
    if (task.kind !== 'load') return this.#scene.threads.run(task, onMessage)
    if (this.#stopping !== null) return Promise.resolve(notFinished)
    const pending: Pending = {
      id: randomUUID(),
      task,
      onMessage,
      ended: Promise.withResolvers<ShardResult>(),
      told: null,
      started: false,
      vouched: false,
    }
    // Those that follow in the same go are sent together.
    if (this.#unsent.length === 0) queueMicrotask(() => void this.#send())
    this.#unsent.push(pending)
    return pending.ended.promise
  }

  stop(): void {
    this.#scene.threads.stop()
    this.#stopping ??= this.#stop()
  }

  async #send(): Promise<void> {
    const unsent = this.#unsent
    this.#unsent = []
    for (const pending of unsent)
      this.#pending.set(keyOf(pending.task.table.target, pending.task.shard.number), pending)
    try {
      const states = await this.#readShards()
      for (const pending of unsent) pending.told = states.get(keyOfTask(pending.task)) ?? null
      await this.#enqueue(unsent)
      this.#takePart()
      this.#watchingShards ??= this.#watchShards()
    } catch (error) {
      this.#rejectAll(error)
    }
  }

  async #enqueue(pending: readonly Pending[]): Promise<void> {
    const jobs = pending.map(({ id, task }) => ({ id, data: this.#jobOf(task) }))
    await persist(() => this.#queue.enqueue(this.#scene.transferId, jobs), this.#over.signal)
  }

  #jobOf(task: ShardTask): ShardJob {
    return {
      kind: 'shard',
      table: task.table.target,
      shard: task.shard.number,
      lease: this.#leases.of(keyOfTask(task)),
      batchRows: task.batchRows,
      batchBytes: task.batchBytes,
      fireTriggers: task.fireTriggers,
      remaps: task.remaps,
    }
  }

  #takePart(): void {
    const { config, transferId, plan, source, target, emit } = this.#scene
    if (config.coordinateOnly || this.#loading !== null) return
    this.#loading = loadShards({
      queue: this.#queue,
      transferId,
      plan,
      source: source.opening,
      target: target.opening,
      threads: config.parallel,
      worker: workerName(),
      debug: config.logLevel === 'debug',
      signal: this.#over.signal,
      onMessage: (message) => {
        // What was committed is read from the checkpoints, for all machines alike.
        if (message.kind === 'retry') emit('retry', { what: `loading ${message.table}`, ...message })
        else if (message.kind === 'converted') this.#pending.values().next().value?.onMessage(message)
      },
    }).catch((error: unknown) => this.#rejectAll(error))
  }

  /** Until nothing is pending: what has been committed, by whomever, and what workers have to say. */
  async #watchShards(): Promise<void> {
    let reachedAt = performance.now()
    while (this.#pending.size > 0 && this.#stopping === null) {
      const began = performance.now()
      try {
        for (const result of await this.#queue.takeResults(this.#scene.transferId)) this.#hear(result)
        await this.#settle(await this.#readShards())
        reachedAt = performance.now()
      } catch (error) {
        if (!isConnectionFailure(error) || performance.now() - reachedAt > patienceMs) this.#rejectAll(error)
      }
      // 100,000 shards take a while to read: then they are read less often.
      await pause(Math.max(pollMs, (performance.now() - began) * 5), this.#over.signal)
    }
    this.#watchingShards = null
  }

  #hear(result: WorkResult): void {
    const { emit } = this.#scene
    const key = keyOf(result.table, result.shard)
    const pending = this.#pending.get(key)
    if (result.kind === 'loaded') {
      // A second worker, to whom it came because the first was slow to say so, found nothing left to do.
      if (!pending || pending.vouched) return
      pending.vouched = true
      emit('shard:loaded', {
        table: result.table.name,
        shard: result.shard,
        worker: result.worker,
        rows: result.rows,
      })
      return
    }
    this.#pending.delete(key)
    pending?.ended.reject(
      result.kind === 'failed' ? new RowferryError(result.failure.code, result.failure) : givenBackTooOften(result),
    )
  }

  async #settle(states: ReadonlyMap<string, ShardState>): Promise<void> {
    const done: Pending[] = []
    for (const [key, pending] of this.#pending) {
      const state = states.get(key)
      if (!state) continue
      this.#tell(pending, state)
      if (state.done && pending.vouched) done.push(pending)
    }
    // The last one ends only when no late session of a loader can stand in the way of what follows.
    if (done.length === this.#pending.size && done.length > 0) await this.#awaitLoaders(goodbyeMs)
    for (const pending of done) {
      this.#pending.delete(keyOfTask(pending.task))
      pending.ended.resolve({ finished: true, rows: 0, hash: 0n })
    }
  }

  #tell(pending: Pending, state: ShardState): void {
    const delta = deltaOf(pending.told, state)
    if (!pending.started && (delta.rowsRead > 0 || state.done)) {
      pending.started = true
      pending.onMessage({ kind: 'started' })
    }
    if (delta.rowsRead > 0) {
      pending.onMessage({ kind: 'batch', table: state.table.name, shard: state.shard, delta })
    }
    pending.told = state
  }

  async #readShards(): Promise<Map<string, ShardState>> {
    const states = await this.#store.use((client) => readShards(client, this.#scene.transferId))
    return new Map(states.map((state) => [keyOf(state.table, state.shard), state]))
  }

  #awaitLoaders(graceMs: number): Promise<void> {
    return awaitLeases((sql, values) => this.#store.rows(sql, values), this.#leases.transfer, graceMs)
  }

  /** For as long as the transfer runs: says that its coordinator lives, and hears when somebody cancels it. */
  async #watchAnnouncement(): Promise<void> {
    const { signal } = this.#over
    for (;;) {
      await pause(signOfLifeMs, signal)
      if (signal.aborted) return
      try {
        await this.#answer(await this.#queue.holdAnnouncement(this.#claim))
      } catch {
        // Without the queue nobody new joins; what runs, runs on, and the shards' own watch decides when it was too long.
      }
    }
  }

  async #answer(state: Awaited<ReturnType<TransferQueue['holdAnnouncement']>>): Promise<void> {
    const { transferId, cancel } = this.#scene
    this.#isOurs = state !== 'superseded'
    switch (state) {
      case 'held':
        return
      case 'lapsed':
        this.#claim = await this.#queue.announceAgain(this.#claim.job)
        return
      case 'dropped':
        this.#claim = await this.#queue.announce(this.#claim.job)
        return this.#enqueue([...this.#pending.values()])
      case 'cancelled':
        cancel(cancelled(transferId))
        return this.stop()
      case 'superseded':
        cancel(superseded(transferId))
        return this.stop()
    }
  }

  async #stop(): Promise<void> {
    this.#over.abort()
    try {
      if (this.#isOurs) await this.#queue.removeShards(this.#scene.transferId)
      await this.#loading
      if (this.#isOurs) await this.#awaitLoaders(batchInHandMs)
    } catch {
      // What cannot be reached cannot be stopped from here; the checkpoints keep what it does from being done twice.
    } finally {
      this.#endAll((pending) => pending.ended.resolve(notFinished))
    }
  }

  #rejectAll(error: unknown): void {
    this.#endAll((pending) => pending.ended.reject(error))
  }

  #endAll(end: (pending: Pending) => void): void {
    for (const pending of [...this.#pending.values(), ...this.#unsent]) end(pending)
    this.#pending.clear()
    this.#unsent = []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#stopping
    await this.#loading
    await this.#watching
    await this.#watchingShards
    // Where it cannot be reached, its claim lapses, and the next run of this transfer clears it away.
    if (this.#isOurs) await this.#queue.forget(this.#scene.transferId).catch(() => undefined)
    await this.#queue[Symbol.asyncDispose]()
    await this.#store[Symbol.asyncDispose]()
  }
}

type ShardLeases = { readonly transfer: number; of(key: string): ShardJob['lease'] }

/** A number of its own for every shard of the plan. */
function leasesOf(transferId: string, plan: Plan): ShardLeases {
  const keys = plan.tables.flatMap(({ target, shards }) => shards.map(({ number }) => keyOf(target, number)))
  const numbers = new Map(keys.map((key, number) => [key, number]))
  const transfer = createHash('sha256').update(transferId).digest().readUInt32BE(0) >>> 1
  return { transfer, of: (key) => ({ transfer, shard: numbers.get(key) ?? 0 }) }
}

function keyOf(table: TableName, shard: number): string {
  return `${table.schema}\0${table.name}\0${shard}`
}

function keyOfTask({ table, shard }: ShardTask): string {
  return keyOf(table.target, shard.number)
}

function deltaOf(before: ShardState | null, now: ShardState): ShardDelta {
  const less = before?.counts ?? { created: 0, updated: 0, unchanged: 0, skipped: 0 }
  const minus = {
    created: -less.created,
    updated: -less.updated,
    unchanged: -less.unchanged,
    skipped: -less.skipped,
  }
  return {
    rowsRead: now.rowsRead - (before?.rowsRead ?? 0),
    counts: addCounts(now.counts, minus),
    rejected: now.rejected - (before?.rejected ?? 0),
    altered: now.altered - (before?.altered ?? 0),
    declaredConversions: now.declaredConversions - (before?.declaredConversions ?? 0),
    bytes: now.bytes - (before?.bytes ?? 0),
  }
}

/** How this process is called in logs: `host 4711`. */
export function workerName(): string {
  return `${hostname()} ${process.pid}`
}

function cancelled(transferId: string): RowferryError {
  return new RowferryError('JOB_INTERRUPTED', {
    message: `The transfer ${transferId} was cancelled from elsewhere; everything loaded so far is kept.`,
    remedy: 'Run the same command again: it goes on from there',
  })
}

function superseded(transferId: string): RowferryError {
  return new RowferryError('JOB_RUNNING', {
    message: `The transfer ${transferId} is run by another process by now, while this one could not reach the queue.`,
    remedy: 'Leave it to that one: rowferry work --queue URL --status shows how far it is',
  })
}

function givenBackTooOften({ table, shard }: ShardJob): RowferryError {
  return new RowferryError('JOB_SHARD_LOST', {
    message: `Shard ${shard} of ${table.name} was taken by more than 20 workers, and none of them finished it.`,
    remedy: 'Look why workers end, then run the same command again: it goes on from the checkpoint',
  })
}
