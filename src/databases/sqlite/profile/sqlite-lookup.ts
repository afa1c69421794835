import type { DatabaseSync } from 'node:sqlite'
import { readSqliteCatalog } from '../catalog/sqlite-catalog.ts'
import { needsForeignCode } from '../sqlite-errors.ts'
import { isBuiltInCollation, quoteName, sameName } from '../sqlite-identifiers.ts'

/** SQL of what to search: a table, and columns of it with their collation. */
export type Keys = { readonly from: string; readonly columns: readonly string[] }

/**
 * The table itself where an index serves the columns, else a temporary copy of the columns that has one. `foreignOrder`: an index
 * of the table may be in an order that only another program knows.
 */
export function findKeys(
  db: DatabaseSync,
  table: string,
  { columns, foreignOrder }: { readonly columns: readonly string[]; readonly foreignOrder: boolean },
): Keys {
  const direct = { from: quoteName(table), columns: columns.map(quoteName) }
  return !foreignOrder && isSearched(db, direct.from, direct.columns) ? direct : copyKeys(db, table, columns)
}

function isSearched(db: DatabaseSync, from: string, columns: readonly string[]): boolean {
  const where = columns.map((column) => `${column} = ?`).join(' and ')
  try {
    const plan = db.prepare(`explain query plan select 1 from ${from} where ${where} limit 1`).all()
    return plan.some((line) => String(line['detail']).startsWith('SEARCH'))
  } catch (error) {
    if (needsForeignCode(error)) return false
    throw error
  }
}

let copies = 0

/**
 * A temporary table keeps the columns' affinities; their collations have to be repeated. One that only another program
 * knows is left out: values are then compared byte by byte, as PostgreSQL will.
 */
function copyKeys(db: DatabaseSync, table: string, columns: readonly string[]): Keys {
  const found = readSqliteCatalog(db).tables.find((candidate) => sameName(candidate.name.name, table))
  const collated = columns.map((name, at) => {
    const collation = found?.columns.find((column) => sameName(column.name, name))?.collation ?? null
    return collation === null || !isBuiltInCollation(collation) ? `c${at}` : `c${at} collate ${quoteName(collation)}`
  })
  const copy = `rowferry_keys_${++copies}`
  const selected = columns.map((name, at) => `${quoteName(name)} collate binary as c${at}`).join(', ')
  db.exec(`create temp table ${copy} as select ${selected} from ${quoteName(table)} not indexed`)
  db.exec(`create index temp.${copy}_keys on ${copy} (${collated.join(', ')})`)
  return { from: `temp.${copy}`, columns: collated }
}
