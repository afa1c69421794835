import { openSqlite, type SqliteOpening } from '../open/sqlite-open.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import type { FewRows } from '../../databases.ts'

/** Null where it has more rows, or rows that cannot be read: the transfer itself tells why. */
export function readFewRows(
  opening: SqliteOpening,
  { table, columns, mostRows, mostCharacters }: FewRows,
): (string | null)[][] | null {
  const list = columns.map((column, at) => `substr(cast(${quoteName(column)} as text), 1, ${mostCharacters}) as c${at}`)
  const db = openSqlite(opening)
  try {
    const rows = db.prepare(`select ${list.join(', ')} from ${quoteName(table.name)} limit ${mostRows + 1}`).all()
    if (rows.length > mostRows) return null
    return rows.map((row) => columns.map((_, at) => (typeof row[`c${at}`] === 'string' ? String(row[`c${at}`]) : null)))
  } catch {
    return null
  } finally {
    db.close()
  }
}
