import { type Catalog, tableLabel } from '../../model/catalog.ts'
import type { Warning } from '../../model/warning.ts'
import type { ZeroSettings } from '../../model/zero.ts'
import { rowferryVersion } from '../../util/version.ts'
import { relationshipStyle } from './name-style.ts'
import { importedName, printZeroSchema } from './print-zero-schema.ts'
import { findRelationships, type NamedTable } from './relationships.ts'
import { compareText, selectSynced } from './select-synced.ts'
import { chooseKeys, rowTypes, tableConsts } from './zero-names.ts'
import {
  everythingReplicated,
  type LeftOut,
  type ReplicationFacts,
  type SyncedTable,
  type ZeroColumn,
  type ZeroSchema,
  type ZeroTable,
} from './zero-table.ts'

/**
 * The schema for `@rocicorp/zero` of everything in the catalog that Zero can sync. Pure, and the same for the same database:
 * tables by name, columns in their order, relationships by foreign key. Nothing stands in it about permissions.
 */
export function generateZeroSchema(
  catalog: Catalog,
  settings: ZeroSettings,
  facts: ReplicationFacts = everythingReplicated,
): ZeroSchema {
  const { tables: synced, leftOut: unsorted } = selectSynced(sortTables(catalog), settings, facts)
  const named = nameTables(synced, settings)
  const relationships = findRelationships(named, facts, relationshipStyle(catalog, settings.naming))
  const imports = jsonImports(synced, settings)
  const types = rowTypes(
    named.map(({ key }) => key),
    new Set(imports?.names),
  )
  const tables = named
    .map((table): ZeroTable => ({
      name: table.synced.table.name,
      key: table.key,
      constName: table.constName,
      rowType: types.get(table.key) ?? table.key,
      columns: zeroColumns(table, settings),
      primaryKey: table.synced.keyColumns.map((name) => table.columnKeys.get(name) ?? name),
      relationships: relationships.get(table.key) ?? [],
    }))
    .toSorted((a, b) => compareText(a.key, b.key))
  const leftOut = unsorted.toSorted((a, b) => compareText(tableLabel(a.table), tableLabel(b.table)))
  const text = printZeroSchema({ tables, leftOut, version: rowferryVersion, imports })
  return { text, tables, leftOut, warnings: leftOut.map(leftOutWarning) }
}

/** The catalog is in the order in which the tables were made, which a restored database does not share. */
function sortTables(catalog: Catalog): Catalog {
  return { ...catalog, tables: catalog.tables.toSorted((a, b) => compareText(tableLabel(a.name), tableLabel(b.name))) }
}

function nameTables(synced: readonly SyncedTable[], { naming }: ZeroSettings): NamedTable[] {
  const names = synced.map(({ table }) => table.name.name)
  const keys = chooseKeys(names, naming, 'unnamed')
  const consts = tableConsts([...keys.values()])
  return synced.map((own) => {
    const key = keys.get(own.table.name.name) ?? own.table.name.name
    const columns = own.columns.map(({ column }) => column.name)
    return { synced: own, key, constName: consts.get(key) ?? key, columnKeys: chooseKeys(columns, naming, 'column') }
  })
}

function zeroColumns({ synced, columnKeys }: NamedTable, settings: ZeroSettings): ZeroColumn[] {
  return synced.columns.map(({ column, type }) => {
    const filled = column.default !== null || column.postgres?.identity !== null
    const mayBeLeft = settings.defaults === 'optional' && filled && !synced.keyColumns.includes(column.name)
    return {
      name: column.name,
      key: columnKeys.get(column.name) ?? column.name,
      type,
      // A generated column refuses values, so clients that insert must be able to leave it out.
      optional: !column.notNull || mayBeLeft || column.generated !== null,
    }
  })
}

function jsonImports(synced: readonly SyncedTable[], settings: ZeroSettings) {
  if (settings.jsonTypesFrom === null) return null
  const types = synced.flatMap(({ columns }) => columns.flatMap(({ type }) => (type.kind === 'json' ? type.of : null)))
  const names = types.flatMap((type) => (type === null ? [] : (importedName(type) ?? [])))
  return names.length === 0 ? null : { names: [...new Set(names)].toSorted(compareText), from: settings.jsonTypesFrom }
}

function leftOutWarning({ table, column, reason }: LeftOut): Warning {
  const label = tableLabel(table)
  if (column === null) {
    return {
      code: 'zero-table-left-out',
      table: label,
      column: null,
      message: `Zero cannot sync the table: ${reason}.`,
      remedy: reason === 'no primary key' ? `Give it one: alter table ${label} add primary key (…)` : null,
    }
  }
  return {
    code: 'zero-column-left-out',
    table: label,
    column,
    message: `Zero cannot sync the column: ${reason}.`,
    remedy: null,
  }
}
