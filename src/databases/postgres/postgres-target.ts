import type { TableName } from '../../model/catalog.ts'
import type { Emit } from '../../model/events.ts'
import type { PlannedTable, SchemaObject, SequenceReset } from '../../model/plan.ts'
import type { Finding, ObjectReport, SchemaDifference } from '../../model/report.ts'
import type { Warning } from '../../model/warning.ts'
import type { Abortable, EncodedBatch, Target, TargetOpening } from '../databases.ts'
import { checkTarget } from './connection/postgres-preflight.ts'
import { type ConnectionUrl, parseConnectionUrl } from './connection/connection-url.ts'
import { copyIn } from './copy/copy-in.ts'
import { type Differences, findDifferences, type FindDifferencesOptions } from './find-differences.ts'
import { countTables, hashTables, type HashTablesOptions, hashWhole, type TableHash } from './hash-tables.ts'
import { qualifiedName } from './identifiers.ts'
import { readPostgresCatalog } from './catalog/postgres-catalog.ts'
import { connect, type PostgresConnection, withTransaction } from './connection/postgres-connection.ts'
import { Lanes } from './lanes/lanes.ts'
import { explainPostgresError, isConnectionFailure, isDataError } from './postgres-errors.ts'
import { indexSettings, resetIndexSettings } from './schema/index-settings.ts'
import { resetSequences } from './schema/postgres-sequences.ts'
import { findSchemaDifferences, type PromisedSchema } from './schema/schema-differences.ts'
import { addObjects, type AddObjectsOptions, createObjects } from './schema/schema-objects.ts'
import { bisectBatch } from './load/bisect-batch.ts'
import { comparisonTable, copyIntoSql, createComparison, dropStagings } from './load/staging.ts'
import { lockTarget, unlockTarget } from './connection/target-lock.ts'

/** A PostgreSQL database as the target, over one session; loaders have sessions of their own (`batch-loader.ts`). */
export type PostgresTarget = Omit<Target, 'createTables' | 'addObjects' | 'resetSequences' | 'findDifferences'> & {
  /** The session, for the store. Dead after a lost connection until `reconnect`. */
  readonly client: PostgresConnection
  /** Connects again if the session was lost, and takes its locks again. */
  reconnect(): Promise<PostgresConnection>
  hasSchema(schema: string, options: Abortable): Promise<boolean>
  /** Keeps other transfers out of the schema until disposed. Throws JOB_RUNNING. */
  lock(schema: string): Promise<AsyncDisposable>
  /** What must hold before anything is planned. Changes nothing. */
  check(schema: string, options: Abortable): Promise<Finding[]>
  /** `first` and `beforeCommit` run in the same transaction: what they write holds exactly if the tables were made. */
  createTables(objects: readonly SchemaObject[], options: CreateTablesOptions): Promise<void>
  /** Over `lanes` where there are some. `beforeCommit` gets the reports of objects within their transaction. */
  addObjects(
    objects: readonly SchemaObject[],
    options: Abortable & { readonly emit: Emit; readonly lanes?: Lanes } & Pick<
        AddObjectsOptions,
        'isSmall' | 'rowsOf' | 'analyzed' | 'queued' | 'beforeCommit'
      >,
  ): Promise<ObjectReport[]>
  /** Further sessions for work side by side; nothing is opened until `widen` and some work. Without: all over the one. */
  openLanes(): Lanes
  /** As `countRows`, of many tables in few round trips; in the order of `tables`. */
  countTables(tables: readonly TableName[], options: Abortable): Promise<number[]>
  /** As `hashTable`, of many tables over the lanes, begun at once; each promise stands for one table. */
  hashTables(tables: readonly PlannedTable[], options: HashTablesOptions): ReadonlyMap<PlannedTable, Promise<TableHash>>
  resetSequences(resets: readonly SequenceReset[], options: Abortable): Promise<Warning[]>
  /** What of the schema is not as it was made; reads the catalog once more. */
  findSchemaDifferences(promised: PromisedSchema, options: Abortable): Promise<SchemaDifference[]>
  /** False where the server hashes otherwise than rowferry, as on big-endian machines and in other encodings than UTF8. */
  hashesAlike(): Promise<boolean>
  findDifferences(
    table: PlannedTable,
    staging: TableName,
    options: Abortable & FindDifferencesOptions,
  ): Promise<Differences>
  /** An empty temporary table for the source's converted rows, gone with the session or when disposed. One at a time. */
  openComparison(table: PlannedTable): Promise<Comparison>
  /** Drops what loaders of the transfer left in the schema `rowferry`. */
  dropStagings(transferId: string): Promise<void>
}

export type CreateTablesOptions = Abortable & {
  readonly first?: (client: PostgresConnection) => Promise<void>
  readonly beforeCommit?: (client: PostgresConnection) => Promise<void>
}

export type Comparison = AsyncDisposable & {
  readonly name: TableName
  /** Gives how many rows no table of these types can hold: wider than a page. */
  add(batch: EncodedBatch): Promise<number>
}

/** What PostgreSQL gives on little-endian machines, in UTF8. */
const hashOfProbe = '7205993694984414645'

export type OpenTargetOptions = Abortable & { readonly url: string; readonly emit: Emit }

/** Throws CONFIG_URL and CONNECT_TARGET…; the first connection is made here. */
export async function openPostgresTarget(options: OpenTargetOptions): Promise<PostgresTarget> {
  const parsed = parseConnectionUrl(options.url)
  const client = await openSession(options)
  const version = await readVersion(client).catch((error: unknown) => {
    if (isConnectionFailure(error)) return null
    throw error
  })
  if (version !== null) return new OpenPostgresTarget(options, parsed, client, version)
  // Lost in that moment: a server that restarts is waited for by the second session.
  await Promise.allSettled([client[Symbol.asyncDispose]()])
  const second = await openSession(options)
  try {
    return new OpenPostgresTarget(options, parsed, second, await readVersion(second))
  } catch (error) {
    throw explainPostgresError(error, { target: parsed.label, doing: 'asking for its version' })
  }
}

async function readVersion(client: PostgresConnection): Promise<string> {
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`)
  // Distributions append to it: "15.14 (Debian 15.14-0+deb12u1)".
  return (rows[0]?.version ?? '').split(' ')[0] ?? ''
}

/**
 * The signal ends attempts to connect, but not the session: after Ctrl-C the transfer still has to note how far it came.
 * Statements are cancelled one by one (`cancelOnAbort`).
 */
async function openSession({ url, signal, emit }: OpenTargetOptions): Promise<PostgresConnection> {
  const connecting = new AbortController()
  const abort = (): void => connecting.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await connect(url, { signal: connecting.signal, emit, what: 'the target' })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

class OpenPostgresTarget implements PostgresTarget {
  readonly kind = 'postgres'
  readonly label: string
  readonly version: string
  readonly opening: TargetOpening
  readonly #options: OpenTargetOptions
  readonly #locks = new Set<string>()
  #client: PostgresConnection
  #lost = false

  constructor(options: OpenTargetOptions, url: ConnectionUrl, client: PostgresConnection, version: string) {
    this.#options = options
    this.#client = client
    this.label = url.label
    this.version = version
    this.opening = { kind: 'postgres', url: options.url }
    this.#watch(client)
  }

  get client(): PostgresConnection {
    return this.#client
  }

  async reconnect(): Promise<PostgresConnection> {
    if (!this.#lost) return this.#client
    // It may be another session that was lost, and this one would keep its locks; one that broke has ended already.
    await Promise.allSettled([this.#client[Symbol.asyncDispose]()])
    const client = await openSession({ ...this.#options, signal: new AbortController().signal })
    for (const schema of this.#locks) await lockTarget(client, schema)
    this.#client = client
    this.#lost = false
    this.#watch(client)
    return client
  }

  async lock(schema: string): Promise<AsyncDisposable> {
    await this.#run('taking the lock', this.#options, (client) => lockTarget(client, schema))
    this.#locks.add(schema)
    return {
      [Symbol.asyncDispose]: async () => {
        this.#locks.delete(schema)
        if (this.#lost) return
        // With the session the lock is gone as well; the loss is told where it hinders something.
        await unlockTarget(this.#client, schema).catch((error: unknown) => {
          if (!isConnectionFailure(error)) throw error
          this.#lost = true
        })
      },
    }
  }

  check(schema: string, options: Abortable): Promise<Finding[]> {
    return this.#run('checking the target', options, (client) =>
      checkTarget(client, { schema, url: this.#options.url }),
    )
  }

  hasSchema(schema: string, options: Abortable): Promise<boolean> {
    return this.#run('looking for the schema', options, async (client) => {
      const { rowCount } = await client.query('select from pg_catalog.pg_namespace where nspname = $1', [schema])
      return rowCount === 1
    })
  }

  readCatalog(schema: string, options: Abortable): ReturnType<Target['readCatalog']> {
    return this.#run('reading the catalog', options, (client) => readPostgresCatalog(client, schema))
  }

  createTables(objects: readonly SchemaObject[], options: CreateTablesOptions): Promise<void> {
    return this.#run('making the tables', options, (client) =>
      withTransaction(client, async () => {
        await options.first?.(client)
        await createObjects(client, objects, this.label)
        await options.beforeCommit?.(client)
      }),
    )
  }

  addObjects(
    objects: readonly SchemaObject[],
    options: Abortable & { readonly emit: Emit; readonly lanes?: Lanes } & Pick<
        AddObjectsOptions,
        'isSmall' | 'rowsOf' | 'analyzed' | 'queued' | 'beforeCommit'
      >,
  ): Promise<ObjectReport[]> {
    return this.#run('adding keys and indexes', options, async (client) => {
      const lanes = options.lanes ?? this.openLanes()
      await client.query(indexSettings(lanes.width))
      try {
        return await addObjects(objects, { ...options, lanes, target: this.label })
      } finally {
        if (!this.#lost) await client.query(resetIndexSettings)
      }
    })
  }

  openLanes(): Lanes {
    return new Lanes({
      open: async (signal, width) => {
        const client = await connect(this.#options.url, { signal, what: 'the target', pauses: [] })
        try {
          await client.query(indexSettings(width))
          return client
        } catch (error) {
          await client[Symbol.asyncDispose]()
          throw error
        }
      },
      own: (work, signal) => this.#run('working on the tables', { signal }, work),
      explain: (error) => explainPostgresError(error, { target: this.label, doing: 'working on the tables' }),
    })
  }

  resetSequences(resets: readonly SequenceReset[], options: Abortable): Promise<Warning[]> {
    return this.#run('setting sequences', options, (client) => resetSequences(client, resets))
  }

  async countRows(table: TableName, options: Abortable): Promise<number> {
    const [count] = await this.countTables([table], options)
    return count ?? 0
  }

  countTables(tables: readonly TableName[], options: Abortable): Promise<number[]> {
    const doing = tables.length === 1 ? `counting ${tables[0]?.name}` : 'counting rows'
    return this.#run(doing, options, (client) => countTables(client, tables))
  }

  hashTable(table: PlannedTable, options: Abortable): ReturnType<Target['hashTable']> {
    return this.#run(`hashing ${table.target.name}`, options, (client) => hashWhole(client, table))
  }

  hashTables(
    tables: readonly PlannedTable[],
    options: HashTablesOptions,
  ): ReadonlyMap<PlannedTable, Promise<TableHash>> {
    return hashTables(tables, options)
  }

  findSchemaDifferences(promised: PromisedSchema, options: Abortable): Promise<SchemaDifference[]> {
    return this.#run('verifying the schema', options, (client) => findSchemaDifferences(client, promised))
  }

  hashesAlike(): Promise<boolean> {
    return this.#run('comparing hashes', this.#options, async (client) => {
      const { rows } = await client.query<{ hash: string }>(`select hashtextextended('rowferry ä', 0) as hash`)
      return rows[0]?.hash === hashOfProbe
    })
  }

  findDifferences(
    table: PlannedTable,
    staging: TableName,
    options: Abortable & FindDifferencesOptions,
  ): Promise<Differences> {
    return this.#run(`comparing ${table.target.name}`, options, (client) =>
      findDifferences(client, table, staging, options),
    )
  }

  async openComparison(table: PlannedTable): Promise<Comparison> {
    await this.#run('comparing', this.#options, (client) => createComparison(client, table))
    const copy = copyIntoSql(comparisonTable, table)
    return {
      name: comparisonTable,
      add: (batch) =>
        this.#run(`comparing ${table.target.name}`, this.#options, async (client) => {
          const { faults } = await bisectBatch(
            { from: 0, to: batch.rows },
            {
              attempt: ({ from, to }) => copyIn(client, copy, batch.copyStream(from, to)),
              isRowFault: isDataError,
              mayPassLater: () => false,
            },
          )
          return faults.length
        }),
      [Symbol.asyncDispose]: async () => {
        if (!this.#lost) await this.#client.query(`drop table if exists ${qualifiedName(comparisonTable)}`)
      },
    }
  }

  dropStagings(transferId: string): Promise<void> {
    return this.#run('cleaning up', { signal: new AbortController().signal }, (client) =>
      dropStagings(client, transferId),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }

  /** Over a live session; errors of the connection and of rights come translated. The signal cancels the statement. */
  async #run<Result>(
    doing: string,
    { signal }: Abortable,
    work: (client: PostgresConnection) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const client = await this.reconnect()
    let stopWatching = (): void => undefined
    try {
      stopWatching = await this.#cancelOnAbort(client, signal)
      return await work(client)
    } catch (error) {
      if (isConnectionFailure(error)) this.#lost = true
      signal.throwIfAborted()
      throw explainPostgresError(error, { target: this.label, doing })
    } finally {
      stopWatching()
    }
  }

  /** Cancelling goes over a connection of its own; the session stays. */
  async #cancelOnAbort(client: PostgresConnection, signal: AbortSignal): Promise<() => void> {
    const { rows } = await client.query<{ pid: string }>('select pg_backend_pid() as pid')
    const pid = rows[0]?.pid
    const cancel = async (): Promise<void> => {
      await using other = await connect(this.#options.url, {
        signal: AbortSignal.timeout(5000),
        what: 'the target',
        pauses: [],
      })
      await other.query('select pg_cancel_backend($1::int)', [pid])
    }
    // Where that does not get through the statement simply runs to its end.
    const abort = (): void => void cancel().catch(() => undefined)
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  }

  #watch(client: PostgresConnection): void {
    client.once('end', () => {
      if (client === this.#client) this.#lost = true
    })
  }
}
