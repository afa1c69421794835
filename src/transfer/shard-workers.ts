import { MessageChannel } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { RowferryError } from '../errors/errors.ts'
import { groupShards, isWorthThreads } from './group-shards.ts'
import type { ShardRunner } from './shard-runner.ts'
import type { GroupMessage, ShardGroup, ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

/** A shard that was asked for, and whoever waits for it. */
type Waiting = {
  readonly task: ShardTask
  readonly onMessage: (message: ShardMessage) => void
  readonly resolve: (result: ShardResult) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Worker threads that read, convert, encode and load shards. Idle threads end by themselves. Small shards that are asked for
 * in one go share a turn of a thread, with its connection; few small ones are carried in this thread.
 */
export class ShardWorkers implements ShardRunner, AsyncDisposable {
  readonly #threads: number
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #pool: Promise<Piscina<ShardGroup, void>> | null = null
  #waiting: Waiting[] = []

  constructor(threads: number) {
    this.#threads = threads
  }

  /** Ends every shard after the batch in hand. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  run(task: ShardTask, onMessage: (message: ShardMessage) => void): Promise<ShardResult> {
    const { promise, resolve, reject } = Promise.withResolvers<ShardResult>()
    // Those that follow in the same go are waited for.
    if (this.#waiting.length === 0) queueMicrotask(() => this.#start())
    this.#waiting.push({ task, onMessage, resolve, reject })
    return promise
  }

  #start(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const here = !isWorthThreads(waiting.map(({ task }) => task))
    for (const group of here ? [waiting] : groupShards(waiting, ({ task }) => task, this.#threads)) {
      const running = here ? this.#runHere(group) : this.#runInThread(group)
      running.catch((error: unknown) => {
        // Those that have ended have had their answer: a promise is settled once.
        for (const { reject } of group) reject(error)
      })
    }
  }

  async #runInThread(group: readonly Waiting[]): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    // The worker closes its end when it is done; by then every message has arrived here.
    const drained = new Promise<void>((resolve) => port1.once('close', resolve))
    port1.on('message', (message: GroupMessage) => answer(group, message))
    const shards = group.map(({ task }) => task)
    const pool = await (this.#pool ??= openPool(this.#threads))
    await pool.run({ shards, port: port2, stop: this.#stop }, { transferList: [port2] })
    await drained
  }

  async #runHere(group: readonly Waiting[]): Promise<void> {
    const { runShards } = await import('./shard-worker.ts')
    await runShards(
      group.map(({ task }) => task),
      this.#stop,
      (message) => answer(group, message),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.destroy()
  }
}

function answer(group: readonly Waiting[], message: GroupMessage): void {
  const asked = group[message.index]
  if (!asked) return
  if ('message' in message) asked.onMessage(message.message)
  else if ('failure' in message.ended) {
    asked.reject(new RowferryError(message.ended.failure.code, message.ended.failure))
  } else asked.resolve(message.ended)
}

/** Loaded only when there is enough to do: a small database never needs it. */
async function openPool(threads: number): Promise<Piscina<ShardGroup, void>> {
  const { Piscina } = await import('piscina')
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Piscina({
    filename: new URL(`./shard-worker.${extension}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 1000,
    // Rows die young; a small nursery keeps a thread's memory small.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
    // A thread takes the next group only when it has finished its own.
    concurrentTasksPerWorker: 1,
    // A thread that waits in Atomics.wait closes its port only when it wakes: every last shard took 1 s longer.
    atomics: 'disabled',
  })
}
