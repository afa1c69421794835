import type { PostgresConnection } from '../connection/postgres-connection.ts'
import { LaneQueue, type QueuedWork } from './lane-queue.ts'

/** What a piece of work gets to run over. */
export type Lane = {
  readonly client: PostgresConnection
  /** Every lane has something to do: PostgreSQL's own parallel workers would only take turns with other work of ours. */
  readonly crowded: boolean
}

export type LaneWork<Result> = QueuedWork & {
  readonly signal: AbortSignal
  readonly run: (lane: Lane) => Promise<Result>
}

export type LaneSessions = {
  /** A further session, one of `width`; throws where the server gives none. The signal stops its statement and ends it. */
  readonly open: (signal: AbortSignal, width: number) => Promise<PostgresConnection>
  /** Work over the session that is there anyway. */
  readonly own: <Result>(work: (client: PostgresConnection) => Promise<Result>, signal: AbortSignal) => Promise<Result>
  /** What an error of the driver means to people. */
  readonly explain: (error: unknown) => unknown
}

type Pending = QueuedWork & {
  readonly signal: AbortSignal
  readonly run: (lane: Lane) => Promise<void>
  readonly fail: (reason: unknown) => void
}

type Session = { readonly client: PostgresConnection; readonly ending: AbortController }

/**
 * Runs statements side by side over several sessions, never two at once whose locks disagree (`table-locks.ts`). Sessions are
 * opened when there is work for them; where the server gives none, everything runs over the own session, one after another.
 */
export class Lanes implements AsyncDisposable {
  readonly #sessions: LaneSessions
  readonly #queue = new LaneQueue<Pending>()
  readonly #open = new Set<Session>()
  readonly #idle: Session[] = []
  /** Null: the server gave none. */
  readonly #prepared: Promise<Session | null>[] = []
  readonly #connecting = new Set<Promise<unknown>>()
  readonly #disposed = new AbortController()
  #limit = 1
  /** 0: the own session alone. */
  #mostSessions = 0
  #pumping = false
  #opening = 0
  #active = 0
  #closed: Promise<void> | null = null

  constructor(sessions: LaneSessions) {
    this.#sessions = sessions
  }

  /** How much runs at once from now on. With 1 it is the own session that does everything. */
  widen(limit: number): void {
    this.#limit = limit
    this.#mostSessions = limit > 1 ? limit : 0
  }

  /**
   * Opens so many sessions for work that is about to come, of which `limit` will run at once, and waits for nothing. Those that the server does
   * not give are asked for again when the work is there.
   */
  prepare(sessions: number, limit: number): void {
    for (let i = 0; i < sessions; i++) this.#prepared.push(this.#connect(limit).catch(() => null))
  }

  get width(): number {
    return this.#limit
  }

  /**
   * Rejects with what `run` threw, or with the signal's reason; work that was stopped has ended by then. What is asked for in one go is known
   * as a whole before the first of it begins.
   */
  run<Result>({ rank, locks, isLong = false, signal, run }: LaneWork<Result>): Promise<Result> {
    const either = AbortSignal.any([signal, this.#disposed.signal])
    if (either.aborted) return Promise.reject(either.reason as Error)
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const pending: Pending = {
      rank,
      locks,
      isLong,
      signal: either,
      run: async (lane) => resolve(await run(lane)),
      fail: reject,
    }
    const giveUp = (): void => this.#giveUp(pending)
    either.addEventListener('abort', giveUp, { once: true })
    this.#queue.add(pending)
    this.#pumpSoon()
    return promise.finally(() => either.removeEventListener('abort', giveUp))
  }

  /** Stops what still runs; resolves when every session has ended. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#disposed.abort(new Error('the lanes are closed'))
    await Promise.allSettled(this.#connecting)
    await Promise.all([...this.#open].map(close))
  }

  /** Work that has not begun never will; what runs is stopped by its session. */
  #giveUp(pending: Pending): void {
    if (!this.#queue.isWaiting(pending)) return
    this.#queue.remove(pending)
    pending.fail(pending.signal.reason)
    this.#pump()
  }

  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#active < this.#limit && this.#hasSession()) {
      const pending = this.#queue.take()
      if (!pending) return
      this.#active++
      void this.#start(pending)
    }
  }

  #hasSession(): boolean {
    if (this.#mostSessions === 0) return true
    return this.#idle.length + this.#prepared.length > 0 || this.#open.size + this.#opening < this.#mostSessions
  }

  async #start(pending: Pending): Promise<void> {
    const session = this.#mostSessions === 0 ? 'own' : (this.#idle.pop() ?? (await this.#openSession()))
    if (session === 'none') {
      this.#active--
      this.#queue.putBack(pending)
      return pending.signal.aborted ? this.#giveUp(pending) : this.#pump()
    }
    try {
      await (session === 'own' ? this.#runOwn(pending) : this.#runOver(session, pending))
    } catch (error) {
      pending.fail(pending.signal.aborted ? pending.signal.reason : this.#sessions.explain(error))
    }
    this.#queue.remove(pending)
    this.#active--
    this.#pump()
  }

  #runOwn(pending: Pending): Promise<void> {
    return this.#sessions.own((client) => {
      // A connection that was lost took other work with it, which this may need: a key before the foreign key to it.
      pending.signal.throwIfAborted()
      return pending.run(this.#laneOf(client, pending))
    }, pending.signal)
  }

  async #runOver(session: Session, pending: Pending): Promise<void> {
    const stop = (): void => session.ending.abort(pending.signal.reason)
    pending.signal.addEventListener('abort', stop, { once: true })
    try {
      pending.signal.throwIfAborted()
      await pending.run(this.#laneOf(session.client, pending))
      // Stopped just as its work ended, it will end as well, in the middle of whatever came next.
      if (session.ending.signal.aborted) await this.#end(session)
      else this.#idle.push(session)
    } catch (error) {
      // Whatever it was, a new session has neither a transaction nor settings left over.
      await this.#end(session)
      throw error
    } finally {
      pending.signal.removeEventListener('abort', stop)
    }
  }

  async #end(session: Session): Promise<void> {
    this.#open.delete(session)
    await close(session)
  }

  #laneOf(client: PostgresConnection, pending: Pending): Lane {
    return {
      client,
      crowded: this.#limit > 1 && this.#active + this.#queue.waitingBeside(pending) >= this.#limit,
    }
  }

  /** Where the server gives no further session, those that are there have to do. */
  async #openSession(): Promise<Session | 'own' | 'none'> {
    this.#opening++
    try {
      const prepared = await this.#prepared.shift()
      // It may have ended since.
      return prepared && this.#open.has(prepared) ? prepared : await this.#connect(this.#limit)
    } catch {
      // Those that are on their way count as well.
      await Promise.all(this.#prepared)
      // The reason shows when the own session is not to be had either.
      this.#mostSessions = this.#open.size + this.#opening - 1
      if (this.#mostSessions > 0) return 'none'
      this.#limit = 1
      return this.#active > 1 ? 'none' : 'own'
    } finally {
      this.#opening--
    }
  }

  #connect(width: number): Promise<Session> {
    const connecting = this.#openOne(width).finally(() => this.#connecting.delete(connecting))
    this.#connecting.add(connecting)
    return connecting
  }

  async #openOne(width: number): Promise<Session> {
    const ending = new AbortController()
    const stop = (): void => ending.abort(this.#disposed.signal.reason)
    if (this.#disposed.signal.aborted) stop()
    this.#disposed.signal.addEventListener('abort', stop, { once: true })
    try {
      const client = await this.#sessions.open(ending.signal, width)
      const session: Session = { client, ending }
      if (this.#disposed.signal.aborted) {
        await close(session)
        throw this.#disposed.signal.reason
      }
      this.#open.add(session)
      const forget = (): void => {
        this.#open.delete(session)
        const index = this.#idle.indexOf(session)
        if (index >= 0) this.#idle.splice(index, 1)
      }
      // Ended by the server it says so first, and takes nothing more.
      client.once('error', forget)
      client.once('end', forget)
      return session
    } finally {
      this.#disposed.signal.removeEventListener('abort', stop)
    }
  }
}

/** A session that broke is closed already. */
async function close({ client }: Session): Promise<void> {
  try {
    await client[Symbol.asyncDispose]()
  } catch {
    // What broke it has been told by the statement that ran over it.
  }
}
