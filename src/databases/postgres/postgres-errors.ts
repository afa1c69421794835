import { RowferryError } from '../../errors/errors.ts'

/**
 * The one place that knows what errors of the driver and of PostgreSQL mean. SQLSTATE classes:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** What an error is about, for its sentence. */
export type ErrorScene = {
  /** The server for people, without password: the label of its URL. */
  readonly target: string
  /** What was being done, as it continues "while …": `creating table users`. */
  readonly doing?: string
}

/** System errors of sockets and name look-ups after which another attempt can succeed. */
const socketFailures = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'ENOENT', // the file of a unix socket
  'EADDRNOTAVAIL',
])

/** 53300 too many connections, 57P01 shut down by an administrator, 57P02 crash of another backend, 57P03 starting up, 57P05 idle. */
const connectionStates = new Set(['53300', '57P01', '57P02', '57P03', '57P05'])

/** The driver gives these no code at all (pg 8.23, `lib/client.js`, `lib/connection.js`, `lib/stream.js`). */
const driverMessages =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client was closed and is not queryable|Client has encountered a connection error and is not queryable|Client has already been connected|write after end|This socket has been ended by the other party|Cannot call write after a stream was destroyed|Client network socket disconnected|The server closed the connection)/

/** SQLSTATE of a PostgreSQL error or code of a system error; null for anything else. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** The server was not reached or the connection broke: the same work may succeed over a new connection. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionFailure)
  if (error instanceof RowferryError) return error.code === 'CONNECT_TARGET' || error.code === 'CONNECT_TARGET_LOST'
  const code = codeOf(error)
  if (code !== null && (socketFailures.has(code) || connectionStates.has(code) || /^08...$/.test(code))) return true
  return error instanceof Error && driverMessages.test(error.message)
}

/** P0001 raised by a trigger, 44000 check option of a view, 54000 row too big or index row too long. */
const dataStates = new Set(['P0001', 'P0004', '44000', '54000'])

/**
 * PostgreSQL refused what was in the rows (classes 22 data exception and 23 constraint violation, and those above): other
 * rows of the batch may load, so the batch is bisected. Not so: no such table, no permission, disk full, dead-lock, lost line.
 */
export function isDataError(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return /^2[23]...$/.test(code) || dataStates.has(code)
}

/** 40 rolled back, 42501 permission, 53 resources, 57 cancelled or shut down, 58 the system: never about what is in a row. */
const serverStates = /^(?:08|25|40|53|57|58|72|F0)...$|^42501$|^42P01$|^55P0[36]$/

/**
 * A row may be what made PostgreSQL fail, with whatever SQLSTATE: input functions of extensions raise XX000, triggers and functions of the application anything. Whether
 * it was the row shows when the batch is bisected (`bisect-batch.ts`).
 */
export function isRowFault(error: unknown): boolean {
  return isServerError(error) && !serverStates.test(codeOf(error) ?? '')
}

/** As `isRowFault`, for statements that only cast: `regclass` looks for the table that its value names. */
export function isCastFault(error: unknown): boolean {
  return isRowFault(error) || codeOf(error) === '42P01'
}

/** PostgreSQL refused the statement, and the session goes on. */
export function isServerError(error: unknown): boolean {
  return !isConnectionFailure(error) && /^[0-9A-Z]{5}$/.test(codeOf(error) ?? '')
}

/** 40001 serialization failure, 40P01 dead-lock, 55P03 a lock that was not to be had: the same transaction may succeed when it is run again. */
export function isTransactionConflict(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40001' || code === '40P01' || code === '55P03'
}

/** The RowferryError that an error of the driver stands for; errors that have no such meaning come back as they are. */
export function translatePostgresError(error: unknown, scene: ErrorScene): unknown {
  if (error instanceof RowferryError) return error
  const code = codeOf(error)
  const during = scene.doing === undefined ? '' : ` while ${scene.doing}`
  const details = { cause: error, context: { target: scene.target, sqlstate: code } }
  if (code === '28P01' || code === '28000') {
    return new RowferryError('CONNECT_TARGET_PASSWORD', {
      ...details,
      message: `${scene.target} refused the login: ${messageOf(error)}.`,
      remedy: 'Check user and password of the URL (special characters percent-encoded), PGPASSWORD or ~/.pgpass.',
    })
  }
  if (code === '3D000') {
    return new RowferryError('CONNECT_TARGET_NO_DATABASE', {
      ...details,
      message: `${scene.target}: ${messageOf(error)}.`,
      remedy: `Create it (createdb ${databaseOf(scene.target)}) or name another database at the end of the URL.`,
    })
  }
  const shard = code === '42501' ? zeroSchema(error) : null
  if (shard !== null) {
    const role = userOf(scene.target)
    return new RowferryError('CATALOG_PERMISSION', {
      ...details,
      message: `A Zero watches ${scene.target}${during}, and its event triggers may not write into the schema ${shard} as this user: ${messageOf(error)}.`,
      remedy: `grant usage on schema ${shard} to ${role}; grant select, insert, update, delete on all tables in schema ${shard} to ${role};`,
    })
  }
  if (code === '42501') {
    return new RowferryError('CATALOG_PERMISSION', {
      ...details,
      message: `${scene.target} does not allow it${during}: ${messageOf(error)}.`,
      remedy: 'Connect as the owner of the tables, or let an administrator grant the right.',
    })
  }
  if (code === '53100' || code === 'ENOSPC') {
    return new RowferryError('CATALOG_DISK_FULL', {
      ...details,
      message: `${scene.target} has no disk space left${during}: ${messageOf(error)}.`,
      remedy: 'Free space on the server and run the same command again: it goes on where it stopped.',
    })
  }
  if (isConnectionFailure(error)) {
    return new RowferryError('CONNECT_TARGET_LOST', {
      ...details,
      message: `The connection to ${scene.target} was lost${during}: ${messageOf(error)}.`,
      remedy: 'Check the server and the network, then run the same command again: it goes on where it stopped.',
    })
  }
  return error
}

/**
 * As `translatePostgresError`, for statements of rowferry's own: an error that a function raised comes from an event trigger or
 * from another trigger of the target, since rowferry calls no function that others wrote.
 */
export function explainPostgresError(error: unknown, scene: ErrorScene): unknown {
  const translated = translatePostgresError(error, scene)
  if (translated instanceof RowferryError) return translated
  const raisedBy = functionOf(error)
  if (raisedBy === null) return translated
  const during = scene.doing === undefined ? '' : ` while ${scene.doing}`
  return new RowferryError('CATALOG_DDL_FAILED', {
    message: `The function ${raisedBy} in ${scene.target} refused a statement${during}: ${messageOf(error)}.`,
    remedy:
      'Event triggers run it (select evtname, evtfoid::regproc from pg_event_trigger). Let an administrator disable the trigger for the time of the transfer: alter event trigger NAME disable',
    cause: error,
    context: { target: scene.target, sqlstate: codeOf(error) },
  })
}

/** The function in which an error arose, by PostgreSQL's context: `PL/pgSQL function f() line 1 at RAISE`. */
function functionOf(error: unknown): string | null {
  const context = error instanceof Error && 'where' in error && typeof error.where === 'string' ? error.where : ''
  return /(?:^|\n)(?:\S+ )?function "?([^\n]+?)"?(?: line \d+.*| statement \d+.*)?(?:\n|$)/.exec(context)?.[1] ?? null
}

/** What went wrong in one line, without a final full stop; for several attempts in parallel (IPv4 and IPv6) each of them once. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return [...new Set(error.errors.map(messageOf))].join('; ')
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
}

/** The schema of a zero-cache (`zero_0`), if that is what was not allowed: event triggers write there whoever changes a table. */
function zeroSchema(error: unknown): string | null {
  return /permission denied for schema "?(\w+_\d+)"?$/.exec(messageOf(error))?.[1] ?? null
}

function userOf(target: string): string {
  return /^[a-z]+:\/\/([^:@/]+)@/i.exec(target)?.[1] ?? 'the_user'
}

function databaseOf(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1)
}
