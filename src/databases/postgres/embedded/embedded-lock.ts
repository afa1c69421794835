import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Locks between processes that the kernel takes back when their holder dies, however it dies: those of SQLite, since Node
 * has no flock. A file of pids would need a guess whether a pid is still the same process.
 */
export type Lock = { release(): void }

/** Waits until nobody else holds the lock. */
export async function lockAlone(file: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    signal.throwIfAborted()
    const lock = tryLockAlone(file)
    if (lock !== null) return lock
    await wait(20, undefined, { signal })
  }
}

/** Null when somebody holds the lock, alone or shared. */
export function tryLockAlone(file: string): Lock | null {
  return lockWith(file, 'begin exclusive')
}

/** Several may share; nobody then has it alone. Null when somebody has it alone. */
export function tryLockShared(file: string): Lock | null {
  return lockWith(file, 'begin; select count(*) from sqlite_schema')
}

function lockWith(file: string, statements: string): Lock | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    chmodSync(file, 0o600)
    database.exec(statements)
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw error
  }
}

/** SQLITE_BUSY, its extended codes included. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5
  )
}
