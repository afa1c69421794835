import { MessageChannel } from 'node:worker_threads'
import { RowferryError } from '../errors/errors.ts'
import type { Threads } from '../util/threads.ts'
import { groupShards, isWorthThreads } from './group-shards.ts'
import type { ShardRunner } from './shard-runner.ts'
import type { GroupMessage, ShardGroup, ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

export const shardWorker = new URL(`./shard-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** A shard that was asked for, and whoever waits for it. */
type Waiting = {
  readonly task: ShardTask
  readonly onMessage: (message: ShardMessage) => void
  readonly resolve: (result: ShardResult) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Carries shards in worker threads, which read, convert, encode and load them; when it is done with, the threads end. Small shards that are asked for
 * in one go share a turn of a thread, with its connection; few small ones are carried in this thread.
 */
export class ShardWorkers implements ShardRunner, AsyncDisposable {
  readonly #threads: Threads
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #waiting: Waiting[] = []

  constructor(threads: Threads) {
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
    for (const group of here ? [waiting] : groupShards(waiting, ({ task }) => task, this.#threads.count)) {
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
    const work: ShardGroup = { shards, port: port2, stop: this.#stop }
    await this.#threads.run(shardWorker, work, { transferList: [port2] })
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
    await this.#threads.end()
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
