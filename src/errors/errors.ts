/**
 * The catalogue of errors: every code, once, with what it means. Imports nothing.
 *
 * The part before the first underscore is the family; it decides the policy (`policy.ts`) and the exit code. The sentence
 * that people read is written where the error is thrown: it has names and numbers in it, and a remedy that can be typed.
 */
export const errorCatalogue = {
  CONFIG_INVALID: 'The configuration file or an option has a value that is not allowed.',
  CONFIG_UNKNOWN_KEY: 'The configuration file has a key that does not exist.',
  CONFIG_FILE: 'The configuration file cannot be read or is not YAML.',
  CONFIG_CONFLICT: 'Two options exclude each other.',
  CONFIG_USAGE: 'The command line is not understood.',
  CONFIG_URL: 'A connection URL is not a PostgreSQL URL.',
  CONFIG_MISSING: 'A value that is needed was not given.',
  CONNECT_SOURCE_MISSING: 'The source file does not exist.',
  CONNECT_SOURCE_UNREADABLE: 'The source cannot be opened: a directory, no permission, or an empty file.',
  CONNECT_SOURCE_NOT_A_DATABASE: 'The source is no SQLite database, is cut off, or is encrypted.',
  CONNECT_SOURCE_LOCKED: 'Another program holds the source locked.',
  CONNECT_SOURCE_DAMAGED: 'The source is damaged.',
  CONNECT_SOURCE_CHANGED: 'The source changed while it was read.',
  CONNECT_SOURCE_DIFFERS: "A worker's copy of the source is not what the distributed transfer reads.",
  CONNECT_TARGET: 'The target cannot be reached after the retries.',
  CONNECT_TARGET_LOST: 'The connection to the target was lost and could not be made again.',
  CONNECT_TARGET_PASSWORD: 'The target refused the user or the password.',
  CONNECT_TARGET_NO_DATABASE: 'The database in the URL does not exist on the server.',
  CONNECT_EMBEDDED: 'The embedded PostgreSQL could not be started.',
  CATALOG_NO_SUCH_TABLE: 'A table that was asked for does not exist in the source.',
  CATALOG_NO_TABLES: 'The source has no table to migrate.',
  CATALOG_TARGET_NOT_EMPTY: 'A target table has rows and no strategy was chosen.',
  CATALOG_TARGET_CHANGED: 'A target table has changed since rowferry loaded it and no strategy was chosen.',
  CATALOG_VERSION_DIFFERS: "The application's schema is of another version in the target than in the source.",
  CATALOG_LOCKED: 'Another session holds a lock on a target table.',
  CATALOG_NEEDS_CONFIRMATION: 'Something would be replaced and nobody confirmed it.',
  CATALOG_PERMISSION: 'The user may not do what the transfer needs.',
  CATALOG_DDL_FAILED: 'PostgreSQL refused a statement that makes the tables; everything was rolled back.',
  CATALOG_TOO_MANY_COLUMNS: 'A table has more columns than PostgreSQL allows.',
  CATALOG_NOT_NULL_WITHOUT_SOURCE: 'A target column needs a value and the source has no such column.',
  CATALOG_NO_KEY: 'The conflict strategy needs a key and the table has none.',
  CATALOG_ORPHANS: 'Rows point to parents that do not exist, and orphans: fail was chosen.',
  CATALOG_UNSUPPORTED: 'The target has something rowferry cannot load into.',
  CATALOG_DISK_FULL: 'The target has no space left.',
  CATALOG_ZERO_ATTACHED: 'A Zero replicates tables that would be replaced.',
  CATALOG_PLAN_STALE: 'An unfinished transfer does not fit the source or the target any more.',
  DATA_MISFIT: 'A value does not fit the type of its column.',
  DATA_NOT_NULL: 'A NULL for a column that must not be NULL.',
  DATA_REFUSED: 'PostgreSQL refused the row.',
  DATA_NUL: 'Text with a NUL character, which PostgreSQL cannot hold.',
  DATA_INVALID_TEXT: 'Text that is not valid in its encoding.',
  DATA_ORPHAN: 'A row whose foreign key points to no row.',
  DATA_TOO_LONG: 'A value longer than PostgreSQL or the column allows.',
  DATA_DUPLICATE_KEY: 'A row whose unique key exists already.',
  JOB_RUNNING: 'Another transfer into the same target is running.',
  JOB_INTERRUPTED: 'The transfer was interrupted; it can be resumed.',
  JOB_NOT_FOUND: 'No such distributed transfer is running.',
  JOB_SHARD_LOST: 'Too many workers took the same shard and did not finish it.',
  INTERNAL: 'A defect of rowferry.',
} as const

export type ErrorCode = keyof typeof errorCatalogue

export type ErrorDetails = {
  /** One sentence with names and numbers. */
  readonly message: string
  /** What to type or to do; null where nothing helps. */
  readonly remedy: string | null
  readonly cause?: unknown
  /** Plain figures for the log. Never a password: pass URLs through `maskUrl`. */
  readonly context?: Readonly<Record<string, unknown>>
}

export class RowferryError extends Error {
  readonly code: ErrorCode
  readonly remedy: string | null
  readonly context: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'RowferryError'
    this.code = code
    this.remedy = details.remedy
    this.context = details.context ?? {}
  }
}
