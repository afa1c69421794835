import { connect, type ConnectOptions, type PostgresConnection } from '../connection/postgres-connection.ts'

/**
 * One connection for loaders that follow each other: opened when one is first needed, and again when it was lost while
 * nobody used it. A loader that failed does not give it back, so that nobody meets what it left behind.
 */
export class KeptConnection implements AsyncDisposable {
  #idle: PostgresConnection | null = null

  async take(url: string, options: ConnectOptions): Promise<PostgresConnection> {
    const idle = this.#idle
    this.#idle = null
    if (idle !== null) return idle
    const client = await connect(url, options)
    client.once('end', () => {
      if (this.#idle === client) this.#idle = null
    })
    return client
  }

  /** The session must be as it was taken: no temporary table, the settings of `session-settings.ts`. */
  give(client: PostgresConnection): void {
    this.#idle = client
  }

  async close(): Promise<void> {
    const client = this.#idle
    this.#idle = null
    await client?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
