import { constants } from 'node:fs'
import { access, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type ErrorCode, RowferryError } from '../../../errors/errors.ts'
import { nearest } from '../../../util/nearest.ts'
import { readStart, statIfExists } from './sqlite-fingerprint.ts'
import { describeForeignFile, readHeader, type SqliteHeader } from './sqlite-header.ts'

export type SqliteFile = {
  /** Absolute, with symbolic links resolved: SQLite looks for -wal and -journal beside the real file. */
  readonly path: string
  readonly size: number
  readonly header: SqliteHeader
  /** Bytes of the -wal file that hold anything. */
  readonly walBytes: number
  /** A -shm file exists: another program has the database open, or had when it died. */
  readonly shm: boolean
  /** A -journal file with a header: a transaction that is under way, or that a crash left behind. */
  readonly journal: boolean
}

/** Looks at a source file without SQLite, and refuses with one sentence whatever is no complete database. */
export async function checkSqliteFile(path: string, options: { readonly salvage: boolean }): Promise<SqliteFile> {
  const realPath = await resolvePath(path)
  const size = await checkReadable(realPath, path)
  const start = (await readStart(realPath, 4096)) ?? Buffer.alloc(0)
  const header = readHeader(start)
  if (header === null) throw notADatabase(path, start, size)
  const file = { path: realPath, size, header, ...(await lookBeside(realPath)) }
  // While a log or a journal has to be applied, the length of the file itself says nothing.
  const pending = file.walBytes > 0 || file.journal
  if (!pending && !options.salvage) assertComplete(path, size, header)
  return file
}

/** Throws when the file is shorter than its header says: it was cut off, or is still being copied here. */
export function assertComplete(label: string, size: number, header: SqliteHeader): void {
  const missing = missingBytes(size, header)
  if (missing === 0 || header.pageCount === null) return
  throw new RowferryError('CONNECT_SOURCE_NOT_A_DATABASE', {
    message:
      `${label} is cut off: its header says ${header.pageCount} pages of ${header.pageSize} bytes, ` +
      `but the file has ${size} of these ${size + missing} bytes.`,
    remedy: 'Copy the file again, completely; --salvage carries over what is left in this one.',
  })
}

export function missingBytes(size: number, header: SqliteHeader): number {
  return header.pageCount === null ? 0 : Math.max(0, header.pageCount * header.pageSize - size)
}

async function resolvePath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(path, error)
    const leadsTo = await readlink(path).catch(() => null)
    if (leadsTo !== null) {
      const sentence = `${path} is a symbolic link to ${leadsTo}, which does not exist.`
      throw refusal('CONNECT_SOURCE_MISSING', sentence, 'Give the path of the SQLite file itself.', error)
    }
    const near = await nearestName(path)
    throw refusal(
      'CONNECT_SOURCE_MISSING',
      `There is no file ${path}.`,
      near ?? 'Check the path of the SQLite file.',
      error,
    )
  }
}

/** `Did you mean …?`, or what there is in the folder. */
async function nearestName(path: string): Promise<string | null> {
  const folder = dirname(path)
  const names = await readdir(folder).catch(() => null)
  if (names === null) return `The folder ${folder} does not exist either; check the path.`
  const candidates = names.filter((name) => !/-(wal|shm|journal)$/.test(name))
  const near = nearest(basename(path), candidates)
  if (near !== null) return `Did you mean ${join(folder, near)}?`
  const databases = candidates.filter((name) => /\.(db|db3|sqlite|sqlite3|sqlitedb|s3db)$/i.test(name)).slice(0, 3)
  return databases.length === 0 ? null : `Check the path; in that folder there is ${databases.join(', ')}.`
}

async function checkReadable(path: string, label: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(label, error)
  })
  if (found.isDirectory()) {
    const near = (await readdir(path).catch(() => [])).filter((name) => /\.(db|sqlite3?)$/i.test(name))[0]
    const remedy = `Give the SQLite file itself${near === undefined ? '' : `, for example ${join(label, near)}`}.`
    throw refusal('CONNECT_SOURCE_UNREADABLE', `${label} is a folder, not a database file.`, remedy)
  }
  if (!found.isFile()) {
    throw refusal('CONNECT_SOURCE_UNREADABLE', `${label} is no ordinary file.`, 'Give the path of a SQLite file.')
  }
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw unreadable(label, error)
  })
  if (found.size === 0) {
    const remedy = 'Give the file that holds the data; a mistyped path may have created this one.'
    throw refusal('CONNECT_SOURCE_UNREADABLE', `${label} is empty (0 bytes): there is nothing to migrate.`, remedy)
  }
  return found.size
}

async function lookBeside(path: string): Promise<Pick<SqliteFile, 'walBytes' | 'shm' | 'journal'>> {
  const wal = await statIfExists(`${path}-wal`)
  const shm = await statIfExists(`${path}-shm`)
  const journalStart = await readStart(`${path}-journal`, 28)
  return {
    walBytes: Number(wal?.size ?? 0n),
    shm: shm !== null,
    // journal_mode=persist leaves a journal whose header is zeroed: it holds nothing (pager.c, hasHotJournal).
    journal: journalStart !== null && journalStart.length > 0 && journalStart[0] !== 0,
  }
}

function notADatabase(label: string, start: Buffer, size: number): RowferryError {
  const what = describeForeignFile(start, size)
  const message = `${label} is not a SQLite database: it ${what}.`
  return refusal('CONNECT_SOURCE_NOT_A_DATABASE', message, remedyFor(what))
}

function remedyFor(what: string): string {
  if (what.includes('encrypted')) {
    return "Decrypt it into a new file first (SQLCipher: attach database 'plain.db' as plain key ''; select sqlcipher_export('plain');)."
  }
  if (what.includes('compressed') || what.includes('archive')) return 'Unpack it and give the database inside.'
  if (what.includes('SQL text')) return 'Make a database of it first: sqlite3 new.db < FILE'
  if (what.includes('SQLite 2')) return 'Convert it first: sqlite OLD .dump | sqlite3 new.db'
  if (what.includes('not the database')) return 'Give the database file: the same name without -wal or -journal.'
  return 'Check that this is the right file, and copied completely.'
}

function unreadable(label: string, cause: unknown): RowferryError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const denied = reason === 'EACCES' || reason === 'EPERM'
  const message = denied ? `This user may not read ${label}.` : `${label} cannot be read (${reason}).`
  const remedy = denied
    ? `Allow it (chmod a+r ${label}), or run as the user who owns the file.`
    : 'Check the path and the disk.'
  return refusal('CONNECT_SOURCE_UNREADABLE', message, remedy, cause)
}

function refusal(code: ErrorCode, message: string, remedy: string, cause?: unknown): RowferryError {
  return new RowferryError(code, cause === undefined ? { message, remedy } : { message, remedy, cause })
}
