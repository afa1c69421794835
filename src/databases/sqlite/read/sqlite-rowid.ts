import type { DatabaseSync } from 'node:sqlite'
import { foldName, quoteName } from '../sqlite-identifiers.ts'

/**
 * A name under which the rowid of a table can be read: one of SQLite's three unless columns have taken it, or else the
 * column that is the rowid. Null for WITHOUT ROWID tables and where no name is left.
 */
export function readRowidName(db: DatabaseSync, table: string): string | null {
  const columns = db
    .prepare('select name, type, pk from pragma_table_xinfo(?)')
    .all(table)
    .map((column) => ({ name: String(column['name']), type: String(column['type']), pk: Number(column['pk']) }))
  const taken = new Set(columns.map((column) => foldName(column.name)))
  const free = ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name))
  // A WITHOUT ROWID table has no column of that name: asking is simpler than finding out.
  if (free !== undefined) return canRead(db, table, free) ? free : null
  const key = columns.filter((column) => column.pk > 0)
  const [only] = key
  if (only === undefined || key.length > 1 || foldName(only.type) !== 'integer') return null
  // `INTEGER PRIMARY KEY DESC` is an ordinary column: only then is there an index for the key.
  const keyIndex = db.prepare("select 1 from pragma_index_list(?) where origin = 'pk'").get(table)
  return keyIndex === undefined ? only.name : null
}

function canRead(db: DatabaseSync, table: string, rowidName: string): boolean {
  try {
    db.prepare(`select ${quoteName(rowidName)} from ${quoteName(table)} not indexed limit 0`).all()
    return true
  } catch {
    return false
  }
}
