import type { CustomTypesConfig, QueryResult } from 'pg'
import { connect, type PostgresConnection } from '../databases/postgres/connection/postgres-connection.ts'
import { vigilantSession } from '../databases/postgres/connection/shard-lease.ts'
import { isConnectionFailure, translatePostgresError } from '../databases/postgres/postgres-errors.ts'
import { RowferryError } from '../errors/errors.ts'

/**
 * A session that never waits for ever: a use that gets no answer in time fails as a lost connection, and the next use
 * connects anew. TCP alone would notice a cut network after 15 minutes. One use at a time, in their order.
 */
export class BoundedSession implements AsyncDisposable {
  readonly #url: string
  readonly #what: string
  readonly #limitMs: number
  #client: PostgresConnection | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  /** `what` it leads to, for messages: `the queue`. */
  constructor(url: string, what: string, limitMs = 5000) {
    this.#url = url
    this.#what = what
    this.#limitMs = limitMs
  }

  /** Errors of the connection are CONNECT_TARGET…; others come as they are. */
  async use<Result>(work: (client: PostgresConnection) => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(() => this.#run(work))
    this.#turn = mine.catch(() => undefined) // whoever asked gets the error; the next one begins all the same
    return mine
  }

  async rows<Row extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.use(async (client) => (await client.query<Row>(sql, [...values])).rows)
  }

  /** As another library wants it, with its own idea of types; several statements at once where there are no values. */
  async raw(text: string, values: unknown[] | undefined, types: CustomTypesConfig): Promise<QueryResult> {
    return this.use(async (client) => client.query({ text, types, ...(values === undefined ? {} : { values }) }))
  }

  async #run<Result>(work: (client: PostgresConnection) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw this.#lost('it was closed')
    const client = (this.#client ??= await this.#open())
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(this.#lost(`no answer within ${this.#limitMs / 1000} s`)), this.#limitMs)
    try {
      return await Promise.race([work(client), late.promise])
    } catch (error) {
      if (isConnectionFailure(error)) this.#drop(client)
      throw isConnectionFailure(error) ? translatePostgresError(error, { target: this.#what }) : error
    } finally {
      clearTimeout(timer)
    }
  }

  async #open(): Promise<PostgresConnection> {
    const client = await connect(this.#url, {
      signal: new AbortController().signal,
      what: this.#what,
      pauses: [],
      timeout: this.#limitMs,
    })
    await client.query(vigilantSession)
    return client
  }

  #drop(client: PostgresConnection): void {
    this.#client = null
    client.connection.stream.destroy()
  }

  #lost(why: string): RowferryError {
    return new RowferryError('CONNECT_TARGET_LOST', {
      message: `The connection to ${this.#what} was lost: ${why}.`,
      remedy: 'Check the server and the network, then run the same command again.',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#turn
    await this.#client?.[Symbol.asyncDispose]()
  }
}
