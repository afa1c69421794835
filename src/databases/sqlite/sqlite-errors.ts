import { RowferryError } from '../../errors/errors.ts'

/** Primary result codes of SQLite that say something about the file. https://sqlite.org/rescode.html */
const resultCode = {
  error: 1,
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  cantopen: 14,
  notadb: 26,
} as const

/** A read-only connection met a journal that has to be rolled back first (SQLITE_READONLY_ROLLBACK). */
const readonlyRollback = 776

/** SQLite's result code without its extension; null when the error is not one of SQLite's. */
function primaryResultCode(error: unknown): number | null {
  const code = extendedResultCode(error)
  return code === null ? null : code & 0xff
}

function extendedResultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}

/** True when the file's content is at fault: a page that is no page, or bytes that the disk does not give. */
export function isDamage(error: unknown): boolean {
  const code = primaryResultCode(error)
  return code === resultCode.corrupt || code === resultCode.notadb || code === resultCode.ioerr
}

function isLocked(error: unknown): boolean {
  const code = primaryResultCode(error)
  return code === resultCode.busy || code === resultCode.locked
}

export function needsRollback(error: unknown): boolean {
  return extendedResultCode(error) === readonlyRollback
}

/** Where an error happened, for its sentence: `table "users" after 4,096 rows`. */
export type ReadingPlace = { readonly label: string; readonly place?: string; readonly table?: string }

/** The program that made the file has functions and collations of its own, which stock SQLite does not know. */
export function needsForeignCode(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /no such (collation|function|module)|unknown function|no query solution/.test(message)
}

/** The same error in our words; what SQLite says that has nothing to do with the file stays as it is. */
export function translateSqliteError(error: unknown, { label, place, table }: ReadingPlace): unknown {
  if (isLocked(error)) return lockedError(label, error)
  if (isDamage(error)) return damagedError(label, place, error)
  if (table !== undefined && needsForeignCode(error)) return foreignCodeError(label, table, error)
  if (table !== undefined && isUnknownName(error)) return unknownNameError(label, table, error)
  if (isUnsupportedFormat(error)) return newerFormatError(label, error)
  const code = primaryResultCode(error)
  if (code !== resultCode.cantopen && code !== resultCode.perm && code !== resultCode.readonly) return error
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `SQLite cannot open ${label}: ${messageOf(error)}.`,
    remedy:
      'Check that this user may read the file and enter its folder, or copy the file elsewhere and give the copy.',
    cause: error,
  })
}

/** SQLite has no result code of its own for it. */
function isUnsupportedFormat(error: unknown): boolean {
  return primaryResultCode(error) === resultCode.error && messageOf(error) === 'unsupported file format'
}

function newerFormatError(label: string, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `${label} has a schema format (byte 47 of its header) that SQLite ${process.versions['sqlite']} does not know: formats 1 to 4 exist.`,
    remedy:
      'If a newer SQLite made the file, dump it with that one: sqlite3 FILE .dump | sqlite3 new.db; else the header is damaged: take an undamaged copy.',
    cause,
  })
}

/** Names come from the catalog: one that SQLite does not find again holds bytes that are no UTF-8. */
function isUnknownName(error: unknown): boolean {
  return primaryResultCode(error) === resultCode.error && /^no such (column|table)/.test(messageOf(error))
}

function unknownNameError(label: string, table: string, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `Table "${table}" of ${label} has a name, or a column with a name, that is not valid UTF-8: ${messageOf(cause)}.`,
    remedy: `Leave the table out with --exclude '${table}', or rename it and the column in a copy of the file; a damaged file has such names too.`,
    cause,
  })
}

function foreignCodeError(label: string, table: string, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `Table "${table}" of ${label} needs a function or collation of the program that made it: ${messageOf(cause)}.`,
    remedy: `Leave out --snapshot never, with which no private copy can be made that is readable; or leave the table out with --exclude ${table}.`,
    cause,
  })
}

function lockedError(label: string, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_LOCKED', {
    message: `Another program holds ${label} locked for writing.`,
    remedy: 'Stop that program, or wait until it has finished, and run the same command again.',
    cause,
  })
}

function damagedError(label: string, place: string | undefined, cause: unknown): RowferryError {
  return new RowferryError('CONNECT_SOURCE_DAMAGED', {
    message: `${label} is damaged${place === undefined ? '' : ` in ${place}`}: ${messageOf(cause)}.`,
    remedy:
      'Take an undamaged copy if there is one; --salvage carries over what can still be read and lists what cannot.',
    cause,
  })
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
