import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

/** Salts and checksum of the log's header stand in its first 32 bytes. https://sqlite.org/fileformat2.html#walformat */
const walHeaderBytes = 32
const firstPageBytes = 4096

/**
 * Differs as soon as the content may have changed: size and modification time of the database and its log, and a hash
 * of their first bytes, which hold the change counter, the schema cookie and the log's salts. Reading does not change it.
 *
 * Closing any descriptor of a file drops this process's POSIX locks on it (https://sqlite.org/howtocorrupt.html, 2.2),
 * so this must not be called while a connection of this process relies on a lock: it runs before and after the reading.
 */
export function readFingerprint(path: string): Promise<string> {
  return joinFingerprints(fingerprintOf(path, firstPageBytes), fingerprintOf(`${path}-wal`, walHeaderBytes))
}

/** The same with the rollback journal, which comes and goes without a change of content: for copying all three. */
export function readFilesFingerprint(path: string): Promise<string> {
  return joinFingerprints(readFingerprint(path), fingerprintOf(`${path}-journal`, walHeaderBytes))
}

async function joinFingerprints(...fingerprints: readonly Promise<string>[]): Promise<string> {
  const parts = await Promise.all(fingerprints)
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}

async function fingerprintOf(path: string, bytes: number): Promise<string> {
  const found = await statIfExists(path)
  // A log or journal that is there but empty holds nothing: readers come and go without a change of content.
  if (found === null || found.size === 0n) return 'none'
  const start = await readStart(path, bytes)
  return `${found.size} ${found.mtimeNs} ${start === null ? 'none' : createHash('sha256').update(start).digest('hex')}`
}

export async function statIfExists(path: string): Promise<{ readonly size: bigint; readonly mtimeNs: bigint } | null> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** The first bytes of a file, fewer when it is shorter; null when it does not exist (any more). */
export async function readStart(path: string, bytes: number): Promise<Buffer | null> {
  try {
    await using file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
