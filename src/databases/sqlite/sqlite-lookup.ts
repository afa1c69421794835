import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type SqliteValue, TextBytes } from '../../model/batch.ts'
import { readSqliteCatalog } from './sqlite-catalog.ts'
import { quoteName, sameName } from './sqlite-identifiers.ts'

/**
 * A test whether a table has a row with given values, by SQLite's own comparison: the column's affinity is applied to the
 * value and its collation decides, as in a foreign key. Without an index on the columns a temporary one is made once.
 */
export function prepareLookup(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
): (values: readonly SqliteValue[]) => boolean {
  const { from, columns: left } = findKeys(db, table, columns)
  const sqlFor = (right: readonly string[]) =>
    `select 1 from ${from} where ${left.map((column, at) => `${column} = ${right[at]}`).join(' and ')} limit 1`
  const statement = db.prepare(sqlFor(columns.map(() => '?')))
  return (values) => {
    if (values.includes(null)) return false
    const bound = values.map((value) => (value instanceof TextBytes ? value.bytes : value)) as SQLInputValue[]
    if (!values.some((value) => value instanceof TextBytes)) return statement.get(...bound) !== undefined
    // The `+` takes away the affinity that a cast has, so that it compares like a value.
    const right = values.map((value) => (value instanceof TextBytes ? '+cast(? as text)' : '?'))
    return db.prepare(sqlFor(right)).get(...bound) !== undefined
  }
}

/** SQL of what to search: a table, and columns of it with their collation. */
export type Keys = { readonly from: string; readonly columns: readonly string[] }

/** The table itself where an index serves the columns, else a temporary copy of the columns that has one. */
export function findKeys(db: DatabaseSync, table: string, columns: readonly string[]): Keys {
  const direct = { from: quoteName(table), columns: columns.map(quoteName) }
  return isSearched(db, direct.from, direct.columns) ? direct : copyKeys(db, table, columns)
}

function isSearched(db: DatabaseSync, from: string, columns: readonly string[]): boolean {
  const where = columns.map((column) => `${column} = ?`).join(' and ')
  const plan = db.prepare(`explain query plan select 1 from ${from} where ${where} limit 1`).all()
  return plan.some((line) => String(line['detail']).startsWith('SEARCH'))
}

let copies = 0

/** A temporary table keeps the columns' affinities; their collations have to be repeated. */
function copyKeys(db: DatabaseSync, table: string, columns: readonly string[]): Keys {
  const found = readSqliteCatalog(db).tables.find((candidate) => sameName(candidate.name.name, table))
  const collated = columns.map((name, at) => {
    const collation = found?.columns.find((column) => sameName(column.name, name))?.collation ?? null
    return collation === null ? `c${at}` : `c${at} collate ${quoteName(collation)}`
  })
  const copy = `rowferry_keys_${++copies}`
  const selected = columns.map((name, at) => `${quoteName(name)} as c${at}`).join(', ')
  db.exec(`create temp table ${copy} as select ${selected} from ${quoteName(table)}`)
  db.exec(`create index temp.${copy}_keys on ${copy} (${collated.join(', ')})`)
  return { from: `temp.${copy}`, columns: collated }
}
