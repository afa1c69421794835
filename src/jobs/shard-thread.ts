import { MessageChannel } from 'node:worker_threads'
import { RowferryError } from '../errors/errors.ts'
import { Threads } from '../util/threads.ts'
import { shardWorker } from '../transfer/shard-threads.ts'
import type { TurnMessage, ShardTurn, ShardMessage, ShardResult, ShardTask } from '../transfer/shard-tasks.ts'

/**
 * One thread that loads one shard at a time and can be given up: a cut network leaves it waiting for an answer that never
 * comes. Never in the main thread, which has to give signs of life meanwhile.
 */
export class ShardThread implements AsyncDisposable {
  #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #thread = new Threads(1)
  #running: Promise<unknown> = Promise.resolve()

  /** Ends the shard after the batch in hand. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  /** Resolves when no shard is in hand. */
  get idle(): Promise<unknown> {
    return this.#running
  }

  run(task: ShardTask, onMessage: (message: ShardMessage) => void): Promise<ShardResult> {
    const running = this.#run(task, onMessage)
    this.#running = running.catch(() => undefined) // told to whoever asked for the shard
    return running
  }

  async #run(task: ShardTask, onMessage: (message: ShardMessage) => void): Promise<ShardResult> {
    const { port1, port2 } = new MessageChannel()
    const drained = new Promise<void>((resolve) => port1.once('close', resolve))
    let ended: Extract<TurnMessage, { ended: unknown }>['ended'] | null = null
    port1.on('message', (message: TurnMessage) => {
      if ('ended' in message) ({ ended } = message)
      else onMessage(message.message)
    })
    const turn: ShardTurn = { shards: [task], port: port2, stop: this.#stop }
    try {
      await this.#thread.run(shardWorker, turn, { transferList: [port2] })
      await drained
    } finally {
      port1.close()
    }
    return resultOf(ended)
  }

  /** Ends the thread in the middle of whatever it does; the next shard begins with a new one. */
  async giveUp(): Promise<void> {
    this.#stop = new Int32Array(new SharedArrayBuffer(4))
    await this.#thread.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveUp()
  }
}

function resultOf(ended: Extract<TurnMessage, { ended: unknown }>['ended'] | null): ShardResult {
  if (ended === null) throw new RowferryError('INTERNAL', { message: 'A shard ended without a word.', remedy: null })
  if ('failure' in ended) throw new RowferryError(ended.failure.code, ended.failure)
  return ended
}
