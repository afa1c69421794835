import type { Catalog, Table, VirtualTable } from '../model/catalog.ts'

/**
 * The catalog with its readable virtual tables as plain tables (`--include-virtual`): columns without declared type, so that
 * their values decide. They have no rowid that could be relied on, so they are read in their own order.
 */
export function withVirtualTables(catalog: Catalog): Catalog {
  return {
    ...catalog,
    tables: [...catalog.tables, ...catalog.virtualTables.filter((table) => table.readable).map(asTable)],
    virtualTables: catalog.virtualTables.filter((table) => !table.readable),
  }
}

function asTable(table: VirtualTable): Table {
  return {
    name: table.name,
    sql: table.sql,
    columns: table.columns.map((name, index) => ({
      name,
      position: index + 1,
      declaredType: '',
      notNull: false,
      default: null,
      generated: null,
      collation: null,
      comment: null,
      postgres: null,
    })),
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checkConstraints: [],
    indexes: [],
    comment: null,
    sqlite: {
      strict: false,
      withoutRowid: false,
      rowidColumn: null,
      rowidName: null,
      autoincrement: false,
      sequenceValue: null,
      conflictClauses: [],
      notUnderstood: [],
    },
    postgres: null,
  }
}
