import { join } from 'node:path'
import { Client } from 'pg'
import { startEmbeddedPostgres } from '../src/databases/postgres/embedded/embedded-postgres.ts'
import { cpuOfServer, timesOf } from './process-tree.ts'

/** The PostgreSQL that all contenders load into. */
export type Server = AsyncDisposable & {
  readonly version: string
  /** Those that numbers depend on. */
  readonly settings: Readonly<Record<string, string>>
  urlOf(database: string): string
  create(database: string, template?: string): Promise<void>
  drop(database: string): Promise<void>
  /** Writes out what the contender before has left behind, so that it does not burden the next. */
  checkpoint(): Promise<void>
  /** CPU seconds of all its processes so far; null when it runs on another machine. */
  cpu(): number | null
}

/**
 * PostgreSQL's defaults, but for what would fall into one contender's time and not into another's: autovacuum of the tables
 * of the one before, and checkpoints in the middle of a load.
 */
const settings = {
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
  max_locks_per_transaction: '512',
  wal_level: 'replica',
}

export async function openServer(options: {
  readonly target: string | undefined
  readonly scratch: string
  readonly settings: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}): Promise<Server> {
  if (options.target !== undefined) return await joinServer(options.target, async () => undefined)
  const chosen = { ...settings, ...options.settings }
  const embedded = await startEmbeddedPostgres({
    dataDirectory: join(options.scratch, 'postgres'),
    settings: chosen,
    signal: options.signal,
  })
  return await joinServer(embedded.url, () => embedded.stop())
}

async function joinServer(url: string, stop: () => Promise<void>): Promise<Server> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const row = await client.query<{ version: string; pid: number }>(
      `select current_setting('server_version') as version, pg_backend_pid() as pid`,
    )
    const { version, pid } = row.rows[0] ?? { version: 'unknown', pid: 0 }
    const postmaster = findPostmaster(url, pid)
    const created = new Set<string>()
    const run = async (sql: string): Promise<void> => {
      await client.query(sql)
    }
    return {
      version,
      settings: await readSettings(client),
      urlOf: (database) => Object.assign(new URL(url), { pathname: `/${database}` }).href,
      create: async (database, template) => {
        created.add(database)
        await run(`drop database if exists "${database}" with (force)`)
        await run(`create database "${database}"${template === undefined ? '' : ` template "${template}"`}`)
      },
      drop: async (database) => run(`drop database if exists "${database}" with (force)`),
      checkpoint: async () => run('checkpoint'),
      cpu: () => (postmaster === null ? null : cpuOfServer(postmaster)),
      [Symbol.asyncDispose]: async () => {
        for (const database of created) await run(`drop database if exists "${database}" with (force)`)
        await client.end()
        await stop()
      },
    }
  } catch (error) {
    await client.end()
    await stop()
    throw error
  }
}

const relevantSettings = [
  'autovacuum',
  'checkpoint_timeout',
  'fsync',
  'full_page_writes',
  'maintenance_work_mem',
  'max_parallel_maintenance_workers',
  'max_wal_size',
  'shared_buffers',
  'synchronous_commit',
  'wal_level',
]

async function readSettings(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from pg_settings where name = any($1) order by name',
    [relevantSettings],
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/** The parent of our backend, when the server runs on this machine. */
function findPostmaster(url: string, backend: number): number | null {
  const local = ['127.0.0.1', 'localhost', '[::1]', ''].includes(new URL(url).hostname)
  return local ? (timesOf(backend)?.parent ?? null) : null
}
