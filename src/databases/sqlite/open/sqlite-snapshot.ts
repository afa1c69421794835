import { chmod, copyFile, constants, mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { RowferryError } from '../../../errors/errors.ts'
import { assertComplete, missingBytes, type SqliteFile } from './check-sqlite-file.ts'
import { isDamage, messageOf, needsRollback, translateSqliteError } from '../sqlite-errors.ts'
import { readFilesFingerprint, readFingerprint, readStart, statIfExists } from './sqlite-fingerprint.ts'
import { readHeader } from './sqlite-header.ts'
import { openSqlite, type SqliteOpening } from './sqlite-open.ts'

/** Whether a private copy is read: `auto` where it is needed, `always`, or `never` (then some sources are refused). */
export type SnapshotMode = 'auto' | 'always' | 'never'

export type SnapshotOptions = {
  /** As the user wrote it, for messages. */
  readonly label: string
  readonly snapshot: SnapshotMode
  /** A folder of ours; copies are made in a sub-folder that only this user can read. */
  readonly workFolder: string
  readonly busyTimeoutMs: number
  readonly salvage: boolean
  readonly signal: AbortSignal
}

export type Snapshot = {
  readonly opening: SqliteOpening
  /** Of the source, taken at the moment that is read. */
  readonly fingerprint: string
  /** The private folder, to be removed in the end; null when the source itself is read. */
  readonly folder: string | null
}

export type Reading = 'plain' | 'immutable' | 'copy-files' | 'backup' | 'probe' | 'refuse'

/** The decision table of docs/design/snapshot.md. `probe`: only SQLite can tell whether the journal has to be rolled back. */
export function decideReading(file: Omit<SqliteFile, 'path' | 'size'>, snapshot: SnapshotMode): Reading {
  // SQLite applies a -wal file whatever the header says (pager.c, pagerOpenWalIfPresent).
  if (file.walBytes > 0) return snapshot === 'never' ? 'refuse' : 'copy-files'
  if (file.journal) return 'probe'
  if (!file.header.wal) return snapshot === 'always' ? 'backup' : 'plain'
  if (snapshot === 'always') return 'copy-files'
  // A -shm file without a log: a program has the database open, and may write at any moment.
  return file.shm && snapshot === 'auto' ? 'copy-files' : 'immutable'
}

/** Finds the way to one unchanging moment of the source that creates and changes nothing beside it. */
export async function takeSnapshot(file: SqliteFile, options: SnapshotOptions): Promise<Snapshot> {
  const cutOff = missingBytes(file.size, file.header) > 0
  let reading = options.salvage && cutOff ? 'copy-files' : decideReading(file, options.snapshot)
  if (reading === 'probe') reading = probeJournal(file, options)
  switch (reading) {
    case 'plain':
    case 'immutable':
      return readInPlace(file, options, reading === 'immutable')
    case 'copy-files':
      return inPrivateFolder(options, (folder) => copyFiles(file, folder, options))
    case 'backup':
      return inPrivateFolder(options, (folder) => copyByBackup(file, folder, options))
    case 'probe':
    case 'refuse':
      throw refuseWithoutCopy(file, options)
  }
}

async function readInPlace(file: SqliteFile, options: SnapshotOptions, immutable: boolean): Promise<Snapshot> {
  const fingerprint = await readFingerprint(file.path)
  const opening = openingOf(file.path, immutable, options)
  openSqlite(opening).close()
  return { opening, fingerprint, folder: null }
}

/** A journal lies beside the database: either a writer is at work, or one crashed and its changes must be rolled back. */
function probeJournal(file: SqliteFile, options: SnapshotOptions): Reading {
  const db = new DatabaseSync(file.path, { readOnly: true, timeout: options.busyTimeoutMs })
  try {
    db.prepare('select count(*) from sqlite_schema').get()
    return options.snapshot === 'never' ? 'plain' : 'backup'
  } catch (error) {
    if (needsRollback(error)) return options.snapshot === 'never' ? 'refuse' : 'copy-files'
    throw translateSqliteError(error, options)
  } finally {
    db.close()
  }
}

function refuseWithoutCopy(file: SqliteFile, { label }: SnapshotOptions): RowferryError {
  const what =
    file.walBytes > 0
      ? `${label}-wal holds ${file.walBytes} bytes of changes that are not in ${label} yet`
      : `${label}-journal holds a transaction that was not finished and must be rolled back`
  return new RowferryError('CONFIG_CONFLICT', {
    message: `With --snapshot never ${label} cannot be read: ${what}, and that needs a private copy.`,
    remedy: 'Leave out --snapshot never, or close the database properly in the program that writes it.',
  })
}

async function inPrivateFolder(
  options: SnapshotOptions,
  copy: (folder: string) => Promise<Snapshot>,
): Promise<Snapshot> {
  await mkdir(options.workFolder, { recursive: true })
  // mkdtemp gives 0700: the copy is as private as the source.
  const folder = await mkdtemp(join(options.workFolder, 'rowferry-'))
  try {
    return await copy(folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw diskFull(error) ? noRoom(options, error) : error
  }
}

const copyAttempts = 4

/** Copies database, log and journal as files until nothing changed meanwhile, and lets SQLite merge them in the copy. */
async function copyFiles(file: SqliteFile, folder: string, options: SnapshotOptions): Promise<Snapshot> {
  const copy = join(folder, 'snapshot.db')
  for (let attempt = 1; attempt <= copyAttempts; attempt++) {
    options.signal.throwIfAborted()
    await settle(file.path)
    const before = await readFilesFingerprint(file.path)
    const fingerprint = await readFingerprint(file.path)
    for (const suffix of ['', '-wal', '-journal']) await copyIfExists(`${file.path}${suffix}`, `${copy}${suffix}`)
    if ((await readFilesFingerprint(file.path)) === before) {
      await finishCopy(copy, options)
      return { opening: openingOf(copy, true, options), fingerprint, folder }
    }
    await sleep(100 * attempt, undefined, { signal: options.signal })
  }
  if (await statIfExists(`${file.path}-shm`)) return copyByBackup(file, folder, options)
  throw new RowferryError('CONNECT_SOURCE_LOCKED', {
    message: `${options.label} changes all the time: ${copyAttempts} copies were each out of date before they were complete.`,
    remedy: 'Stop the program that writes it, and run the same command again.',
  })
}

/**
 * The kernel stamps files by its timer tick (1 to 10 ms): a write in the same tick as the fingerprint would not show.
 * So the last write must be older than that before a fingerprint is taken.
 */
async function settle(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-journal']) {
    const found = await statIfExists(`${path}${suffix}`)
    if (found !== null && Math.abs(Date.now() - Number(found.mtimeNs / 1_000_000n)) < 30) await sleep(30)
  }
}

async function copyIfExists(from: string, to: string): Promise<void> {
  await rm(to, { force: true })
  if ((await statIfExists(from)) === null) return
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  // The copy inherits the mode, and a read-only copy could not be recovered.
  await chmod(to, 0o600)
}

/** Through a connection to the live database: with a -shm file that another program keeps, nothing is created. */
async function copyByBackup(file: SqliteFile, folder: string, options: SnapshotOptions): Promise<Snapshot> {
  const copy = join(folder, 'snapshot.db')
  for (const suffix of ['', '-wal', '-journal']) await rm(`${copy}${suffix}`, { force: true })
  const fingerprint = await readFingerprint(file.path)
  const started = Date.now()
  try {
    const db = new DatabaseSync(file.path, { readOnly: true, timeout: options.busyTimeoutMs })
    try {
      db.prepare('select count(*) from sqlite_schema').get()
      // All pages in one step: one moment, and no starting over each time the writer commits.
      await backup(db, copy, { rate: 0x7fffffff, progress: () => giveUpAfter(started, options) })
    } finally {
      db.close()
    }
  } catch (error) {
    throw translateSqliteError(error, options)
  }
  await finishCopy(copy, options)
  return { opening: openingOf(copy, true, options), fingerprint, folder }
}

/** Called only when a step could not take all pages: the source is locked. */
function giveUpAfter(started: number, { busyTimeoutMs, label, signal }: SnapshotOptions): void {
  signal.throwIfAborted()
  if (Date.now() - started < busyTimeoutMs * 2) return
  throw new RowferryError('CONNECT_SOURCE_LOCKED', {
    message: `Another program holds ${label} locked for writing.`,
    remedy: 'Stop that program, or wait until it has finished, and run the same command again.',
  })
}

/** Merges log and journal into the copy and leaves WAL mode, so that any number of readers can open it without locks. */
async function finishCopy(copy: string, options: SnapshotOptions): Promise<void> {
  if (options.salvage) await fillUp(copy)
  try {
    const db = new DatabaseSync(copy)
    try {
      db.exec('pragma journal_mode = delete')
      db.prepare('select count(*) from sqlite_schema').get()
    } finally {
      db.close()
    }
  } catch (error) {
    if (!(options.salvage && isDamage(error))) throw translateSqliteError(error, options)
  }
  const header = readHeader((await readStart(copy, 100)) ?? Buffer.alloc(0))
  if (header !== null && !options.salvage) assertComplete(options.label, (await stat(copy)).size, header)
}

/** SQLite refuses a file that is shorter than its header says; with zero pages at the end what is left can be read. */
async function fillUp(copy: string): Promise<void> {
  const header = readHeader((await readStart(copy, 100)) ?? Buffer.alloc(0))
  const { size } = await stat(copy)
  if (header !== null && missingBytes(size, header) > 0) await truncate(copy, size + missingBytes(size, header))
}

function openingOf(path: string, immutable: boolean, options: SnapshotOptions): SqliteOpening {
  const { label, busyTimeoutMs, salvage } = options
  return { kind: 'sqlite', path, immutable, label, busyTimeoutMs, salvage }
}

function diskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return true
  return 'errcode' in error && error.errcode === 13
}

function noRoom({ label, workFolder }: SnapshotOptions, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `There is no room in ${workFolder} for a private copy of ${label}: ${messageOf(cause)}.`,
    remedy: 'Free space there, or close the database in the program that writes it and use --snapshot never.',
    cause,
  })
}
