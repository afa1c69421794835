import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { findBinaries } from './embedded-binaries.ts'
import { makeCluster } from './embedded-cluster.ts'
import { embeddedError, giveUrl } from './embedded-error.ts'
import { type Lock, lockAlone, tryLockAlone, tryLockShared } from './embedded-lock.ts'
import { chooseOwner } from './embedded-owner.ts'
import { type ServerOptions, startServer, stopServer } from './embedded-server.ts'
import {
  checkMajor,
  filesOf,
  ignoreInGit,
  isPostgres,
  newPassword,
  readPostmasterFile,
  readState,
  type ServerState,
  writeState,
} from './embedded-state.ts'
import { codeOf, isConnectionFailure, messageOf } from '../postgres-errors.ts'

/** A real PostgreSQL of ours, on loopback only. Its URL is the same on every run as long as its port is free. */
export type EmbeddedPostgres = AsyncDisposable & {
  /** `postgres://postgres:…@127.0.0.1:PORT/postgres` */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The folder it is kept in; `server.log` is there. */
  readonly folder: string
  /** False when it was running already: for another rowferry, or left over by one that was killed. */
  readonly startedHere: boolean
  /** Lets go of it. The last one who does stops it (fast shutdown). May be called twice. */
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  /** Default: `.rowferry/postgres` under the working directory. Made when it is missing. */
  readonly dataDirectory?: string
  readonly signal?: AbortSignal
  /** Settings of the server beside ours: `{ fsync: 'off' }`. Without effect on one that runs already. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Starts the embedded PostgreSQL of a folder, or joins the one that runs there. Whoever uses it holds a shared lock that
 * the kernel takes back when its process dies; so the last user is known for certain, and a server that outlived a killed
 * rowferry is simply joined, and stopped, by the next.
 *
 * Throws CONNECT_EMBEDDED, or the signal's reason.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const signal = options.signal ?? new AbortController().signal
  const folder = resolve(options.dataDirectory ?? join('.rowferry', 'postgres'))
  try {
    prepareFolder(folder)
    const files = filesOf(folder)
    const starting = await lockAlone(files.startLock, signal)
    try {
      const owner = chooseOwner(files.cluster)
      const server = { files, owner, binaries: findBinaries(owner), settings: options.settings ?? {}, signal }
      const running = await findOrStart(folder, server)
      return inUse(running, folder, server)
    } finally {
      starting.release()
    }
  } catch (error) {
    signal.throwIfAborted()
    throw explainFailure(error, folder)
  }
}

type Running = ServerState & { readonly pid: number; readonly startedHere: boolean }

async function findOrStart(folder: string, server: ServerOptions): Promise<Running> {
  const { files, binaries } = server
  const state = readState(files.state) ?? { port: 0, password: newPassword() }
  if (existsSync(files.cluster)) {
    checkMajor(files.cluster, binaries.major)
    requireState(files, folder)
    const running = await findRunning(state, server)
    if (running !== null) return { ...keepPort(running.port, state, server), pid: running.pid, startedHere: false }
  } else {
    // The password first: a cluster whose password is lost would be of no use.
    writeState(files.state, state)
    await makeCluster(folder, files.cluster, { ...server, password: state.password })
  }
  const started = await startServer(state.port, server)
  return { ...keepPort(started.port, state, server), pid: started.pid, startedHere: true }
}

function keepPort(port: number, state: ServerState, { files }: ServerOptions): ServerState {
  const current = { ...state, port }
  if (port !== state.port) writeState(files.state, current)
  return current
}

/** The server that runs there and lets us in; null when there is none. */
async function findRunning(
  { password }: ServerState,
  { files, signal }: ServerOptions,
): Promise<{ readonly pid: number; readonly port: number } | null> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const file = readPostmasterFile(files.cluster)
    if (file === null || !isPostgres(file.pid)) return null
    const refusal = await tryLogin({ port: file.port, password })
    if (refusal === null) return file
    // It may be starting, recovering or just stopping: 57P03, or no answer yet.
    const passing = isConnectionFailure(refusal) && codeOf(refusal) !== '53300'
    if (!passing || Date.now() > deadline) {
      throw embeddedError(
        `A PostgreSQL runs in ${files.cluster} already (process ${file.pid}), and it does not let rowferry in: ${messageOf(refusal)}.`,
        `Stop it (kill -INT ${file.pid}) and try again.`,
        refusal,
      )
    }
    await wait(50, undefined, { signal })
  }
}

/** Null when it lets us in. */
async function tryLogin(state: ServerState): Promise<unknown> {
  // Its first lines are written before it knows its port.
  if (state.port === 0) return Object.assign(new Error('it does not listen yet'), { code: '57P03' })
  const client = new Client({ connectionString: urlOf(state), ssl: false, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.end()
    return null
  } catch (error) {
    client.connection.stream.destroy()
    return error
  }
}

function inUse(running: Running, folder: string, server: ServerOptions): EmbeddedPostgres {
  const { files } = server
  // Under the start lock nobody has it alone.
  let use = tryLockShared(files.useLock)
  if (use === null)
    throw embeddedError(`${files.useLock} is locked by another program.`, 'Close that program and try again.')
  // A process that ends without stop() at least asks the server to go, unless others use it.
  const atExit = (): void => {
    use?.release()
    const last = tryLockAlone(files.useLock)
    if (last !== null && process.platform !== 'win32' && isPostgres(running.pid)) process.kill(running.pid, 'SIGINT')
    last?.release()
  }
  process.once('exit', atExit)
  const stop = async (): Promise<void> => {
    if (use === null) return
    const held = use
    use = null
    process.removeListener('exit', atExit)
    await letGo(held, running.pid, server)
  }
  return {
    url: urlOf(running),
    port: running.port,
    pid: running.pid,
    folder,
    startedHere: running.startedHere,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function letGo(use: Lock, pid: number, server: ServerOptions): Promise<void> {
  const { files } = server
  // Not by the caller's signal: it has often fired already, and the server is to be stopped all the same.
  const stopping = await lockAlone(files.startLock, AbortSignal.timeout(120_000))
  try {
    use.release()
    const last = tryLockAlone(files.useLock)
    if (last === null) return
    try {
      await stopServer(pid, server)
    } finally {
      last.release()
    }
  } finally {
    stopping.release()
  }
}

function urlOf({ port, password }: ServerState): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

function prepareFolder(folder: string): void {
  const missing = !existsSync(folder)
  makeFolder(folder)
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  if (!missing) return
  // Root's server runs as another user, who goes through here to its data; nobody can list or write it.
  chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
  ignoreInGit(folder)
}

/** Not `recursive: true`, with which Node 24 loops forever where even a parent that exists answers ENOENT (`/proc/x`). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error // another process was faster
  }
}

function requireState(files: { readonly state: string; readonly cluster: string }, folder: string): void {
  if (readState(files.state) !== null) return
  throw embeddedError(
    `${files.cluster} is there, but ${files.state} with its password is missing or damaged.`,
    `Bring the file back, or move the folder away to begin with an empty one: mv ${folder} ${folder}-old`,
  )
}

function explainFailure(error: unknown, folder: string): unknown {
  if (error instanceof RowferryError) return error
  const denied = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'].includes(codeOf(error) ?? '')
  return embeddedError(
    `The embedded PostgreSQL cannot be kept in ${folder}: ${messageOf(error)}.`,
    denied
      ? `Run rowferry in a folder that you may write, or ${giveUrl}.`
      : `Remove the cause and try again, or ${giveUrl}.`,
    error,
  )
}
