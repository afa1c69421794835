import type { DatabaseSync } from 'node:sqlite'
import type { Catalog, Table, View, VirtualTable } from '../../../model/catalog.ts'
import { buildSqliteTable, tableName } from './build-sqlite-table.ts'
import { parseCreateView, parseVirtualTableModule } from '../parse/parse-create-view.ts'
import { findShadowTables } from './shadow-tables.ts'
import {
  readColumns,
  readColumnsOf,
  readForeignKeys,
  readIndexes,
  readSchemaRows,
  readSequences,
  readTableFlags,
  type SchemaRow,
  type TableFlags,
} from './sqlite-pragmas.ts'
import { foldName, quoteName } from '../sqlite-identifiers.ts'

/**
 * Everything a SQLite database says about itself: from the pragmas, and from the stored statements where the pragmas are
 * silent (CHECK, collations, generated expressions, constraint names, DEFERRABLE …). An odd statement never fails the
 * catalog: what could not be understood is listed in `notUnderstood` of its table.
 */
export function readSqliteCatalog(database: DatabaseSync): Catalog {
  const schema = readSchemaRows(database)
  const virtual = schema.filter((row) => row.type === 'table' && row.rootPage === 0)
  const virtualTables = virtual.map((row) => readVirtualTable(database, row))
  const flags = readTableFlags(database)
  const skipped = findSkipped(schema, virtualTables, flags)
  return {
    kind: 'sqlite',
    version: String(database.prepare('select sqlite_version() as version').get()?.['version']),
    encoding: String(database.prepare('pragma main.encoding').get()?.['encoding']),
    tables: readTables(database, { schema, skipped, flags }),
    views: schema.filter((row) => row.type === 'view').map((row) => readView(database, row)),
    triggers: schema
      .filter((row) => row.type === 'trigger')
      .map((row) => ({ name: row.name, table: row.tableName, sql: row.sql ?? '' })),
    virtualTables,
    skipped: [...skipped].map(([name, reason]) => ({ name, reason })),
  }
}

type Reading = {
  readonly schema: readonly SchemaRow[]
  readonly skipped: ReadonlyMap<string, string>
  readonly flags: ReadonlyMap<string, TableFlags>
}

function readTables(database: DatabaseSync, { schema, skipped, flags }: Reading): Table[] {
  const rows = schema.filter((row) => row.type === 'table' && row.rootPage > 0)
  const columns = readColumns(database)
  const indexes = readIndexes(database)
  const foreignKeys = readForeignKeys(database)
  const sequences = readSequences(database)
  const indexSql = new Map(schema.filter((row) => row.type === 'index').map((row) => [row.name, row.sql ?? '']))
  const parents = new Map(
    rows.map((row) => [foldName(row.name), { name: row.name, columns: columns.get(row.name) ?? [] }] as const),
  )
  return rows
    .filter((row) => !skipped.has(row.name))
    .map((row) =>
      buildSqliteTable({
        name: row.name,
        sql: row.sql,
        flags: flags.get(row.name) ?? { type: 'table', withoutRowid: false, strict: false },
        columns: columns.get(row.name) ?? [],
        indexes: indexes.get(row.name) ?? [],
        foreignKeys: foreignKeys.get(row.name) ?? [],
        sequenceValue: sequences.get(row.name) ?? null,
        indexSql,
        parents,
      }),
    )
}

function readVirtualTable(database: DatabaseSync, row: SchemaRow): VirtualTable {
  const sql = row.sql ?? ''
  const shared = { name: tableName(row.name), module: parseVirtualTableModule(sql) ?? '', sql }
  try {
    const columns = readColumnsOf(database, row.name)
    // One row is read: a module can be there and its content not.
    database.prepare(`select * from main.${quoteName(row.name)} limit 1`).all()
    return {
      ...shared,
      columns: columns.filter((column) => column.hidden !== 1).map((column) => column.name),
      readable: true,
    }
  } catch {
    // `no such module` and the like: that it cannot be read is the answer.
    return { ...shared, columns: [], readable: false }
  }
}

function readView(database: DatabaseSync, row: SchemaRow): View {
  const sql = row.sql ?? ''
  const shared = { name: tableName(row.name), sql, select: parseCreateView(sql) ?? '' }
  try {
    const statement = database.prepare(`select * from main.${quoteName(row.name)} limit 0`)
    return { ...shared, columns: statement.columns().map((column) => column.name), broken: null }
  } catch (error) {
    return { ...shared, columns: [], broken: error instanceof Error ? error.message : String(error) }
  }
}

/** Tables that are not the user's own, with the reason. */
function findSkipped(
  schema: readonly SchemaRow[],
  virtualTables: readonly VirtualTable[],
  flags: ReadonlyMap<string, TableFlags>,
): Map<string, string> {
  const tables = schema.filter((row) => row.type === 'table' && row.rootPage > 0).map((row) => row.name)
  const owners = findShadowTables(
    virtualTables.map((table) => ({ name: table.name.name, module: table.module })),
    tables,
  )
  const skipped = new Map<string, string>()
  for (const name of tables) {
    const owner = owners.get(name)
    if (foldName(name).startsWith('sqlite_')) skipped.set(name, internalReason(name))
    else if (owner !== undefined) skipped.set(name, `shadow table of the virtual table ${owner}`)
    else if (flags.get(name)?.type === 'shadow') skipped.set(name, 'shadow table of a virtual table')
  }
  return skipped
}

function internalReason(name: string): string {
  const folded = foldName(name)
  if (folded === 'sqlite_sequence') return 'internal: AUTOINCREMENT counters, carried into the sequences'
  if (/^sqlite_stat\d$/.test(folded)) return 'internal: statistics of ANALYZE, which PostgreSQL gathers itself'
  return 'internal table of SQLite'
}
