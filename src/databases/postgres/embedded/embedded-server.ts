import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, closeSync, fchmodSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Binaries } from './embedded-binaries.ts'
import { ownersView, serverEnvironment } from './embedded-cluster.ts'
import { embeddedError, giveUrl } from './embedded-error.ts'
import type { Owner } from './embedded-owner.ts'
import { isPostgres, lastLines, readPostmasterFile, type ServerFiles } from './embedded-state.ts'

export type ServerOptions = {
  readonly files: ServerFiles
  readonly binaries: Binaries
  readonly owner: Owner
  /** More settings, as in postgresql.conf. */
  readonly settings: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Crash recovery replays at most `max_wal_size`; it takes seconds, on a slow disk a minute. */
const patience = 120_000

/** Starts the server on the port, or on another one when that is taken, and waits until it takes connections. */
export async function startServer(port: number, options: ServerOptions): Promise<{ port: number; pid: number }> {
  const deadline = Date.now() + patience
  let wanted = port
  for (let attempt = 1; ; attempt++) {
    const free = await freePort(wanted)
    const outcome = await launch(free, options)
    if (outcome === 'ready') return { port: free, pid: readPostmasterFile(options.files.cluster)?.pid ?? 0 }
    const reason = lastLines(options.files.log)
    const portTaken = /Address already in use|could not create any TCP\/IP sockets/.test(reason)
    // Backends of a server that was killed live on for a moment and hold its shared memory.
    const remains = /shared memory block|lock file "postmaster.pid"/.test(reason)
    if (Date.now() > deadline || attempt > 40 || !(portTaken || remains)) throw startFailure(reason || outcome, options)
    if (portTaken) wanted = 0
    await wait(100, undefined, { signal: options.signal })
  }
}

/** Fast shutdown: sessions are ended, what is committed is on disk. Returns when the server is gone. */
export async function stopServer(
  pid: number,
  { files, binaries }: Pick<ServerOptions, 'files' | 'binaries'>,
): Promise<void> {
  await requestStop(pid, files, binaries)
  const deadline = Date.now() + patience
  while (isPostgres(pid)) {
    // The file goes last; the process itself may stay for a moment, or for ever where nobody reaps it.
    const written = readPostmasterFile(files.cluster)?.pid !== pid
    if (written && Date.now() > deadline - patience + 2000) return
    if (Date.now() > deadline) throw stopFailure(pid, files)
    await wait(5)
  }
}

function stopFailure(pid: number, files: ServerFiles): Error {
  return embeddedError(
    `The embedded PostgreSQL (process ${pid}) does not stop.`,
    `Look into ${files.log}; kill -QUIT ${pid} stops it at once.`,
  )
}

async function requestStop(pid: number, files: ServerFiles, binaries: Binaries): Promise<void> {
  if (process.platform === 'win32') {
    // Node's signals kill there, which would leave a crash recovery to the next start.
    await promisify(execFile)(binaries.pgCtl, ['stop', '-D', files.cluster, '-m', 'fast', '-w'])
    return
  }
  if (isPostgres(pid)) process.kill(pid, 'SIGINT')
}

async function launch(port: number, options: ServerOptions): Promise<string> {
  const { files, owner, binaries, signal } = options
  dropStaleFile(files.cluster)
  const log = openSync(files.log, 'w', 0o600)
  fchmodSync(log, 0o600)
  let child: ChildProcess
  try {
    // Detached: Ctrl-C in the terminal goes to the whole group and is ours to answer, not the server's.
    child = spawn(binaries.postgres, ['-D', ownersView(files.cluster, owner), ...settingsOf(port, options)], {
      ...owner,
      cwd: files.cluster,
      env: serverEnvironment(),
      stdio: ['ignore', log, log],
      detached: true,
    })
  } finally {
    closeSync(log)
  }
  child.unref()
  return await untilReady(child, files, signal)
}

/** `ready`, or why not. */
async function untilReady(child: ChildProcess, files: ServerFiles, signal: AbortSignal): Promise<string> {
  let ended: string | null = null
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, killer) => (ended = `it ended with ${code ?? killer}`))
  for (const deadline = Date.now() + patience; Date.now() < deadline;) {
    const file = readPostmasterFile(files.cluster)
    if (file !== null && file.pid === child.pid && file.status === 'ready') return 'ready'
    if (ended !== null) return ended
    if (signal.aborted) child.kill('SIGINT')
    signal.throwIfAborted()
    await wait(5)
  }
  child.kill('SIGINT')
  return `it was not ready after ${patience / 1000} seconds`
}

/** A pid file whose process is not a PostgreSQL is a remnant; PostgreSQL would refuse if that process is the same user's. */
function dropStaleFile(cluster: string): void {
  const file = readPostmasterFile(cluster)
  if (file !== null && !isPostgres(file.pid)) rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

function settingsOf(port: number, { settings }: ServerOptions): string[] {
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    ...(process.platform !== 'win32' && { unix_socket_directories: '' }),
    // Zero and other subscribers need it, and it can only be set at the start.
    wal_level: 'logical',
    // A load writes much in a short time: fewer checkpoints.
    max_wal_size: '2GB',
    // Thousands of tables are made in one transaction, with some five locks each; the usual 64 are enough for 1,400 tables.
    max_locks_per_transaction: '512',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The wanted port when it is free, else one that the kernel names. */
async function freePort(wanted: number): Promise<number> {
  const found = await tryPort(wanted)
  return found ?? (await tryPort(0)) ?? wanted
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null))
    })
  })
}

function startFailure(reason: string, { files, binaries }: ServerOptions): Error {
  chmodSync(files.log, 0o600)
  const muslLinux = process.platform === 'linux' && /ENOENT/.test(reason)
  return embeddedError(
    `The embedded PostgreSQL did not start: ${reason.replace(/\.$/, '')}.`,
    muslLinux
      ? `${binaries.postgres} needs glibc, which Alpine does not have: use a Debian image, or ${giveUrl}.`
      : `Look into ${files.log}, or ${giveUrl}.`,
  )
}
