import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { embeddedError } from './embedded-error.ts'

/** Where things are below the folder of an embedded server. */
export function filesOf(folder: string) {
  return {
    /** PostgreSQL's data directory. */
    cluster: join(folder, 'data'),
    /** Port and password, so that the URL stays the same from run to run. */
    state: join(folder, 'state.json'),
    /** What the server prints, since its last start. */
    log: join(folder, 'server.log'),
    /** Held while the server is being started or stopped. */
    startLock: join(folder, 'start.lock'),
    /** Shared by all who use the server. */
    useLock: join(folder, 'use.lock'),
  }
}

export type ServerFiles = ReturnType<typeof filesOf>

export type ServerState = { readonly port: number; readonly password: string }

export function readState(file: string): ServerState | null {
  if (!existsSync(file)) return null
  const state: unknown = parseJson(readFileSync(file, 'utf8'))
  if (typeof state !== 'object' || state === null || !('port' in state) || !('password' in state)) return null
  const { port, password } = state
  return typeof port === 'number' && typeof password === 'string' ? { port, password } : null
}

/** Replaced in one move: a run that is killed meanwhile leaves the old or the new one, never half of it. */
export function writeState(file: string, state: ServerState): void {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${JSON.stringify(state)}\n`, { mode: 0o600 })
  const { uid, gid } = statSync(dirname(file))
  // Root in somebody else's folder must not lock its owner out.
  if (process.getuid?.() === 0) chownSync(fresh, uid, gid)
  renameSync(fresh, file)
}

export function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

/** What `postmaster.pid` says; https://www.postgresql.org/docs/current/storage-file-layout.html */
export type PostmasterFile = { readonly pid: number; readonly port: number; readonly status: string }

export function readPostmasterFile(cluster: string): PostmasterFile | null {
  let lines: string[]
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  // The file is written in several steps; a server that has just begun has not said its port.
  return Number.isInteger(pid) && pid > 0 ? { pid, port: port || 0, status: lines[7]?.trim() ?? '' } : null
}

/** A process of another user cannot be signalled (EPERM), but it is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * True when the process is a PostgreSQL. After a restart of the machine or container its old pid may be anybody's, this
 * very process's even; PostgreSQL itself would then refuse to start.
 */
export function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  try {
    if (process.platform === 'linux') {
      // A dead server that nobody has reaped yet is still listed, as a zombie.
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return /^Name:\s*postgres$/m.test(status) && !/^State:\s*Z/m.test(status)
    }
    return /postgres/.test(execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }))
  } catch {
    return false // gone between the two looks
  }
}

/** Throws where the cluster needs another major version than the programs are. */
export function checkMajor(cluster: string, major: string): void {
  const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  if (found === major) return
  throw embeddedError(
    `${cluster} was made by PostgreSQL ${found}, and this version of rowferry brings PostgreSQL ${major}.`,
    `Move it away (mv ${cluster} ${cluster}-${found}) to begin with an empty one, or use the version of rowferry that made it.`,
  )
}

/** Nothing in the folder belongs into a repository, the password least of all. */
export function ignoreInGit(folder: string): void {
  const file = join(folder, '.gitignore')
  if (!existsSync(file)) writeFileSync(file, '*\n')
}

/** The last lines of the log, for a message. */
export function lastLines(log: string, count = 3): string {
  if (!existsSync(log)) return ''
  chmodSync(log, 0o600)
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /\b(FATAL|PANIC|ERROR|error|HINT|DETAIL):/.test(line))
  return lines.slice(-count).join(' ').replace(/\s+/g, ' ').trim()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
