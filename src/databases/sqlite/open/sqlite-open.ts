import { pathToFileURL } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import type { SourceOpening } from '../../databases.ts'
import { translateSqliteError } from '../sqlite-errors.ts'

export type SqliteOpening = Extract<SourceOpening, { kind: 'sqlite' }>

export const defaultBusyTimeoutMs = 5000

export function sqliteLabel(opening: SqliteOpening): string {
  return opening.label ?? opening.path
}

/**
 * Opens what `sqlite-snapshot.ts` decided on, read-only, and reads the schema once, so that whatever stands in the way
 * is reported here. Statements that read rows ask for bigint and arrays themselves. `readViews`: texts in double quotes, which
 * views of other programs hold, are texts; elsewhere a misspelt column must not pass for one.
 */
export function openSqlite(opening: SqliteOpening, options: { readonly readViews?: boolean } = {}): DatabaseSync {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(locationOf(opening), {
      readOnly: true,
      timeout: opening.busyTimeoutMs ?? defaultBusyTimeoutMs,
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: options.readViews ?? false,
    })
    // A damaged page is noticed when it is read, not by wrong values.
    db.exec('pragma cell_size_check = on; pragma cache_size = -16000')
    db.prepare('select count(*) from sqlite_schema').get()
    return db
  } catch (error) {
    db?.close()
    throw translateSqliteError(error, { label: sqliteLabel(opening) })
  }
}

/** As a URL every path works: spaces, `%`, `?`, `#` and other scripts are percent-encoded. */
function locationOf({ path, immutable }: SqliteOpening): URL {
  const url = pathToFileURL(path)
  // immutable: no locks and no -wal or -shm file are made, even when the header says WAL.
  url.search = immutable ? 'mode=ro&immutable=1' : 'mode=ro'
  return url
}
