import type { RowReader } from '../databases/databases.ts'
import { openRowReader } from '../databases/open-database.ts'
import { KeptConnection } from '../databases/postgres/load/kept-connection.ts'
import type { ShardTask } from './shard-tasks.ts'

/**
 * What shards are carried over, one after the other: a reader of the source and a connection to the target. Both are opened
 * when first needed. For each of 1,000 tables anew they took 13 of 15 s: SQLite parses the whole schema at every opening,
 * and every session of PostgreSQL begins with empty caches.
 */
export class ShardRoute implements AsyncDisposable {
  readonly connection = new KeptConnection()
  #reader: RowReader | null = null

  /** The same source each time. */
  readerOf(source: ShardTask['source']): RowReader {
    return (this.#reader ??= openRowReader(source))
  }

  /** After a failure: what comes next begins with a reader and a connection of its own. */
  async renew(): Promise<void> {
    this.#reader?.[Symbol.dispose]()
    this.#reader = null
    await this.connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.renew()
  }
}
