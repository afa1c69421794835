import { MessageChannel } from 'node:worker_threads'
import { RowferryError } from '../errors/errors.ts'
import type { Threads } from '../util/threads.ts'
import { bigFirst, isWorthThreads } from './order-shards.ts'
import type { ShardRunner } from './shard-runner.ts'
import { shardWorker } from './shard-threads.ts'
import type { AskForShard, TurnMessage, ShardTurn, ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

/** A shard that was asked for, and whoever waits for it. */
type Waiting = {
  readonly task: ShardTask
  readonly onMessage: (message: ShardMessage) => void
  readonly resolve: (result: ShardResult) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Carries shards in worker threads, which read, convert, encode and load them; when it is done with, the threads end. Shards that are
 * asked for in one go are shared out one by one, over one connection for each thread; few small ones are carried in this thread.
 */
export class ShardWorkers implements ShardRunner, AsyncDisposable {
  readonly #threads: Threads
  readonly #worker: URL
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #waiting: Waiting[] = []

  /** `worker`: the module that carries them. */
  constructor(threads: Threads, worker = shardWorker) {
    this.#threads = threads
    this.#worker = worker
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
    const shards = waiting.map(({ task }) => task)
    const running = isWorthThreads(shards)
      ? this.#runInThreads(bigFirst(waiting, ({ task }) => task))
      : this.#runHere(waiting)
    running.catch((error: unknown) => {
      // Those that have ended have had their answer: a promise is settled once.
      for (const { reject } of waiting) reject(error)
    })
  }

  /** `open` gets empty. A thread that dies takes the shards down that it had taken; the others go on, with those still open too. */
  async #runInThreads(open: Waiting[]): Promise<void> {
    const threads = Math.min(this.#threads.count, open.length)
    const ended = await Promise.allSettled(Array.from({ length: threads }, () => this.#runInThread(open)))
    const died = ended.find((one) => one.status === 'rejected')
    if (died) throw died.reason
  }

  async #runInThread(open: Waiting[]): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    // The worker closes its end when it is done; by then every message has arrived here.
    const drained = new Promise<void>((resolve) => port1.once('close', resolve))
    const taken: Waiting[] = []
    port1.on('message', (message: TurnMessage | AskForShard) => {
      if (!('ask' in message)) return answer(taken, message)
      const next = open.shift()
      if (next) taken.push(next)
      port1.postMessage(next?.task ?? null)
    })
    const work: ShardTurn = { shards: null, port: port2, stop: this.#stop }
    try {
      await this.#threads.run(this.#worker, work, { transferList: [port2] })
      await drained
    } catch (error) {
      for (const { reject } of taken) reject(error)
      throw error
    } finally {
      // Nobody closes the other end of one that never began, and it would keep the process alive.
      port1.close()
    }
  }

  async #runHere(all: readonly Waiting[]): Promise<void> {
    const { runShards } = await import('./shard-worker.ts')
    await runShards(
      all.map(({ task }) => task),
      this.#stop,
      (message) => answer(all, message),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads.end()
  }
}

function answer(taken: readonly Waiting[], message: TurnMessage): void {
  const asked = taken[message.index]
  if (!asked) return
  if ('message' in message) asked.onMessage(message.message)
  else if ('failure' in message.ended) {
    asked.reject(new RowferryError(message.ended.failure.code, message.ended.failure))
  } else asked.resolve(message.ended)
}
