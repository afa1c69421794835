import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { RowferryError } from '../errors/errors.ts'
import type { ShardFailure, ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

/** Worker threads that read, convert, encode and load shards. Idle threads end by themselves. */
export class ShardWorkers implements AsyncDisposable {
  readonly #pool: Piscina<ShardTask, ShardResult | ShardFailure>
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))

  constructor(threads: number) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#pool = new Piscina({
      filename: new URL(`./shard-worker.${extension}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 1000,
      // Rows die young; a small nursery keeps a thread's memory small.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
      // A thread takes the next shard only when it has finished its own.
      concurrentTasksPerWorker: 1,
      // A thread that waits in Atomics.wait closes its port only when it wakes: every last shard took 1 s longer.
      atomics: 'disabled',
    })
  }

  /** Ends every shard after the batch in hand. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  async run(task: Omit<ShardTask, 'port' | 'stop'>, onMessage: (message: ShardMessage) => void): Promise<ShardResult> {
    const { port1, port2 } = new MessageChannel()
    // The worker closes its end when it is done; by then every message has arrived here.
    const drained = new Promise<void>((resolve) => port1.once('close', resolve))
    port1.on('message', onMessage)
    const result = await this.#pool.run({ ...task, port: port2, stop: this.#stop }, { transferList: [port2] })
    await drained
    if ('failure' in result) throw new RowferryError(result.failure.code, result.failure)
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }
}
