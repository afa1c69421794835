import type { Piscina } from 'piscina'
import type { Transferable } from 'node:worker_threads'

type RunOptions = { readonly signal?: AbortSignal; readonly transferList?: readonly Transferable[] }

/**
 * Worker threads that do one thing after another, since each of them takes some 50 ms to start and as long again until its code is
 * compiled. Started when first needed.
 *
 * A worker is a module, whose default export is called with the task and whose export `prepare` does nothing.
 */
export class Threads implements AsyncDisposable {
  readonly count: number
  #pool: Promise<Piscina> | null = null

  constructor(count: number) {
    this.count = count
  }

  /** Starts the threads and has each load a module that will be needed, beside whatever the caller does meanwhile. */
  prepare(worker: URL): void {
    // What cannot be loaded says so to whoever runs it.
    for (let i = 0; i < this.count; i++) this.#run(worker, null, { name: 'prepare' }).catch(() => undefined)
  }

  run<Result>(worker: URL, task: unknown, options: RunOptions = {}): Promise<Result> {
    return this.#run(worker, task, options) as Promise<Result>
  }

  async #run(worker: URL, task: unknown, options: RunOptions & { readonly name?: string }): Promise<unknown> {
    const pool = await (this.#pool ??= openPool(this.count))
    return pool.run(task, { filename: worker.href, ...options } as Parameters<Piscina['run']>[1])
  }

  /** Ends the threads, whatever they are doing. They can be used again. */
  async end(): Promise<void> {
    const pool = this.#pool
    this.#pool = null
    // One that could not be opened has told whoever wanted to run something.
    await (await pool?.catch(() => null))?.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

/** Loaded only when there is enough to do: a small database never needs it. */
async function openPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  const pool = new Piscina({
    minThreads: 0,
    maxThreads: threads,
    // What comes after the load leaves them idle, with some 30 MB each.
    idleTimeout: 1000,
    // Rows are no objects: what little there is dies young, and more room would only be filled with garbage.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    // A thread takes the next task only when it has finished its own.
    concurrentTasksPerWorker: 1,
    // A thread that waits in Atomics.wait sees messages to other ports only when it wakes: every last shard took 1 s longer.
    atomics: 'disabled',
  })
  // Of a thread that dies while it does nothing; another one takes its place. Whoever has it do something gets the error.
  pool.on('error', () => undefined)
  return pool
}
