import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Random, seedOf } from '../random.ts'
import { rowsText } from '../report/text.ts'
import type { Shape, Table } from './shape.ts'

/** Raised when a generator changes, so that files of an older one are not taken for new ones. */
const revision = 1

/** The SQLite file of a shape; made when it is not there yet. Always the same bytes for the same shape and size. */
export function sqliteFile(folder: string, shape: Shape, rows: number, say: (text: string) => void): string {
  const path = join(folder, `${shape.file}-${rows}-${revision}.db`)
  if (existsSync(path)) return path
  say(`Making ${shape.file} with ${rowsText(rows)} …`)
  const unfinished = `${path}.part`
  rmSync(unfinished, { force: true })
  writeSqlite(unfinished, shape.tables(rows))
  renameSync(unfinished, path)
  return path
}

function writeSqlite(path: string, tables: readonly Table[]): void {
  const database = new DatabaseSync(path)
  try {
    // Nothing of it has to survive a crash: the file gets its name when it is complete.
    database.exec('pragma journal_mode = off; pragma synchronous = off; begin')
    for (const table of tables) writeTable(database, table)
    database.exec('commit')
  } finally {
    database.close()
  }
}

function writeTable(database: DatabaseSync, table: Table): void {
  const random = new Random(seedOf(table.name))
  database.exec(createTable(table))
  const insert = database.prepare(`insert into "${table.name}" values (${table.columns.map(() => '?').join(', ')})`)
  for (let row = 1; row <= table.rows; row++) {
    insert.run(...table.columns.map((column) => column.value(row, random)))
  }
  for (const column of table.indexes) {
    database.exec(`create index "${table.name}_${column}" on "${table.name}" ("${column}")`)
  }
}

function createTable(table: Table): string {
  const lines = [
    ...table.columns.map(({ name, sqlite }) => `"${name}" ${sqlite}`),
    ...table.uniques.map((column) => `unique ("${column}")`),
    ...table.foreignKeys.map((key) => `foreign key ("${key.column}") references "${key.table}" ("id")`),
  ]
  return `create table "${table.name}" (${lines.join(', ')})`
}
