import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pRetry from 'p-retry'
import { Client, DatabaseError } from 'pg'

/**
 * The real zero-cache, as a process of its own, against one database. Nothing here knows vitest: `scripts/prove-zero.ts`
 * uses it as well.
 */
export type ZeroCacheOptions = {
  /** Of the database; its user must be allowed what zero-cache does with it. */
  readonly url: string
  /** Default: none, then zero-cache makes one over the whole schema public. */
  readonly publications?: readonly string[]
  /** Where clients' queries are answered; see `query-endpoint.ts`. */
  readonly queryUrl?: string
  /** zero-cache's own settings: `{ ZERO_LOG_LEVEL: 'debug' }`. */
  readonly env?: Readonly<Record<string, string>>
}

export type ZeroCache = AsyncDisposable & {
  /** What clients connect to. */
  readonly url: string
  readonly appId: string
  /** Milliseconds from its start until it answered. */
  readonly startedInMs: number
  /** All it has logged so far. */
  log(): string
  /** Throws what it died of, if it did. */
  assertAlive(): void
  /** Ends the process and leaves everything in the database as it was left by it: slots, schemas, replica. */
  stop(): Promise<void>
  /** Starts it again after `stop`, with what it has kept. */
  restart(): Promise<void>
}

/** zero-cache ended by itself; the message is what it said last. */
export class ZeroCacheDied extends Error {
  override readonly name = 'ZeroCacheDied'
  readonly log: string

  constructor(log: string) {
    super(dyingWords(log))
    this.log = log
  }
}

const patienceMs = 120_000

/**
 * Starts zero-cache and waits until it serves; throws ZeroCacheDied. Disposing ends it and takes everything of it out of the
 * database again, so that the database can be dropped.
 */
export async function startZeroCache(options: ZeroCacheOptions): Promise<ZeroCache> {
  // Slots belong to the whole server: two databases of one server must not use the same names.
  const appId = `zt${randomBytes(5).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-zero-'))
  const logFile = join(folder, 'zero-cache.log')
  const [port, streamerPort] = [await freePort(), await freePort()]
  const env = { ...environment(options, { appId, folder, port, streamerPort }), ...options.env }
  const url = `http://127.0.0.1:${port}`
  let child = launch(logFile, env)
  const log = (): string => readFileSync(logFile, 'utf8')
  const assertAlive = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) throw new ZeroCacheDied(log())
  }
  const dispose = async (): Promise<void> => {
    await endProcess(child)
    await removeFromDatabase(options.url, appId)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  const started = performance.now()
  try {
    await untilServing(url, assertAlive)
  } catch (error) {
    const told = error instanceof ZeroCacheDied ? error : new Error(`${String(error)}\n${log()}`)
    await dispose()
    throw told
  }
  return {
    url,
    appId,
    startedInMs: performance.now() - started,
    log,
    assertAlive,
    stop: async () => endProcess(child),
    async restart() {
      child = launch(logFile, env)
      await untilServing(url, assertAlive)
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Null when zero-cache starts, else what it died of. */
export async function whyZeroCacheDies(options: ZeroCacheOptions): Promise<string | null> {
  try {
    await using _cache = await startZeroCache(options)
    return null
  } catch (error) {
    if (error instanceof ZeroCacheDied) return error.message
    throw error
  }
}

async function untilServing(url: string, assertAlive: () => void): Promise<void> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(50)) {
    assertAlive()
    if (await isServing(url)) return
  }
  throw new Error(`zero-cache was not ready after ${patienceMs / 1000} seconds.`)
}

async function isServing(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/keepalive`)).ok
  } catch {
    return false // it does not listen yet
  }
}

function environment(
  { url, publications, queryUrl }: ZeroCacheOptions,
  own: { readonly appId: string; readonly folder: string; readonly port: number; readonly streamerPort: number },
): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(ZERO_|PG|VITEST|NODE_OPTIONS|ROWFERRY)/.test(name))
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    NODE_ENV: 'development',
    DO_NOT_TRACK: '1',
    ZERO_UPSTREAM_DB: url,
    ZERO_REPLICA_FILE: join(own.folder, 'replica.db'),
    ZERO_PORT: String(own.port),
    ZERO_CHANGE_STREAMER_PORT: String(own.streamerPort),
    ZERO_CHANGE_STREAMER_STARTUP_DELAY_MS: '0',
    ZERO_NUM_SYNC_WORKERS: '1',
    ZERO_UPSTREAM_MAX_CONNS: '3',
    ZERO_CVR_MAX_CONNS: '3',
    ZERO_CHANGE_MAX_CONNS: '2',
    ZERO_ADMIN_PASSWORD: 'test',
    ZERO_APP_ID: own.appId,
    // Its own default is random, and its workers die of one that looks like an option ("-" and no digit after it, or "--"): one start in some 1,700.
    ZERO_TASK_ID: own.appId,
    ...(publications === undefined ? {} : { ZERO_APP_PUBLICATIONS: publications.join(',') }),
    ...(queryUrl === undefined ? {} : { ZERO_QUERY_URL: queryUrl }),
  }
}

function launch(logFile: string, env: Record<string, string>): ChildProcess {
  const program = createRequire(import.meta.url)
    .resolve('@rocicorp/zero')
    .replace(/zero\.js$/, 'cli.js')
  const log = openSync(logFile, 'a')
  try {
    return spawn(process.execPath, [program], { stdio: ['ignore', log, log], env })
  } finally {
    closeSync(log)
  }
}

/** At once: asked politely (SIGTERM) it waits for its clients to go. Its workers are processes that it ends itself. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGQUIT')
  await ended
}

/**
 * Everything that zero-cache has made there. One that has ended by itself leaves workers behind that end some moments later: they still use its
 * slot, and PostgreSQL may end this instead of them when both lock its objects.
 */
export async function removeFromDatabase(url: string, appId: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const remove = async (): Promise<void> => {
    await dropSlots(client, appId)
    await client.query(`
      drop event trigger if exists ${appId}_ddl_start_0;
      drop event trigger if exists ${appId}_ddl_end_0;
      drop publication if exists _${appId}_public_0;
      drop publication if exists _${appId}_metadata_0;
      drop schema if exists ${appId}, ${appId}_0, "${appId}_0/cdc", "${appId}_0/cvr" cascade`)
  }
  try {
    await pRetry(remove, { retries: 20, minTimeout: 200, factor: 1, shouldRetry: ({ error }) => isConcurrency(error) })
  } finally {
    await client.end()
  }
}

/** A deadlock, or an object that another session changed or dropped at that moment, which has no code of its own. */
function isConcurrency(error: Error): boolean {
  return error instanceof DatabaseError && (error.code === '40P01' || error.code === 'XX000')
}

async function dropSlots(client: Client, appId: string): Promise<void> {
  const pattern = [`^${appId}_`]
  for (const deadline = Date.now() + 10_000; ; await wait(50)) {
    await client.query(
      'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name ~ $1 and not active',
      pattern,
    )
    const left = await client.query('select from pg_replication_slots where slot_name ~ $1', pattern)
    if (left.rowCount === 0) return
    if (Date.now() > deadline) throw new Error(`A replication slot of ${appId} is still in use.`)
  }
}

/**
 * The first reason that stands in the log: later lines are workers that end because another did. A worker whose error nobody
 * awaited ends as well, in other words. The initial sync says why it failed when it drops its slot; with the slot goes the snapshot, and a
 * connection that was just about to take it fails with an error that nobody awaits, sometimes before the worker has ended by itself.
 */
export function dyingWords(log: string): string {
  const reason = /exiting with error:? ([^\n{]*)/.exec(log)?.[1]?.trim()
  if (reason !== undefined && reason !== '') return reason
  const logged =
    errorMessage(log, 'dropping replication slot \\S+') ?? errorMessage(log, 'uncaughtException|unhandledRejection')
  return logged ?? `zero-cache ended without a reason; its log:\n${log.trimEnd()}`
}

/** The message of the first error that was logged after such words. */
function errorMessage(log: string, words: string): string | null {
  const message = new RegExp(`(?:${words}) \\{.*?"errorMsg":("(?:[^"\\\\]|\\\\.)*")`).exec(log)?.[1]
  return message === undefined ? null : (JSON.parse(message) as string)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
