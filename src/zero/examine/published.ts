import { tableLabel } from '../../model/catalog.ts'
import type { ZeroSettings } from '../../model/zero.ts'
import { legalForZero } from '../../plan/zero-names.ts'
import { columnSupport } from './column-support.ts'
import type { ColumnFacts, IndexFacts, PublicationFacts, TableFacts } from './read-facts.ts'

/** A table as zero-cache sees it: only what is published of it. */
export type PublishedTable = {
  readonly table: TableFacts
  readonly columns: readonly ColumnFacts[]
  /** Those that zero-cache makes in its replica: plain ones, over published columns. */
  readonly indexes: readonly IndexFacts[]
}

/** What decides what is published. */
export type Scope = {
  readonly settings: ZeroSettings
  readonly versionNumber: number
  /** The schema that is examined; other tables are published by the default publication only. */
  readonly schema: string
  /** The publication as it is; null: none of that name, or it is about to be made by the settings. */
  readonly publication: PublicationFacts | null
}

/** What zero-cache's own publication covers, and nothing else. */
export const defaultSchema = 'public'

export function publishedTables(tables: readonly TableFacts[], scope: Scope): PublishedTable[] {
  const listed = new Map(scope.publication?.tables.map((own) => [own.table, new Set(own.columns)]))
  return tables.flatMap((table) => {
    const columns = publishedColumns(table, listed.get(table.oid), scope)
    if (columns === null) return []
    return [{ table, columns, indexes: indexesOver(table, columns) }]
  })
}

export function indexesOver(table: TableFacts, columns: readonly ColumnFacts[]): IndexFacts[] {
  const names = new Set(columns.map((column) => column.name))
  return table.indexes.filter((index) => index.copied && index.columns.every((column) => names.has(column)))
}

/** Whether clients can tell its rows apart: unique, never NULL, and of types that clients get. */
export function hasKey({ columns, indexes }: PublishedTable): boolean {
  const fits = new Set(
    columns.filter((column) => column.notNull && columnSupport(column) === 'synced').map((column) => column.name),
  )
  return indexes.some(
    (index) => index.unique && index.columns.length > 0 && index.columns.every((name) => fits.has(name)),
  )
}

/** Null when the table is not published. Unlogged and foreign tables cannot be; partitions come as rows of their table. */
function publishedColumns(
  table: TableFacts,
  listed: ReadonlySet<string> | undefined,
  scope: Scope,
): readonly ColumnFacts[] | null {
  if (table.unlogged || table.kind === 'f') return null
  const { publication, settings } = scope
  if (publication !== null) {
    if (listed === undefined) return null
    // PostgreSQL 15 lists generated columns that it does not send.
    return table.columns.filter(
      (column) => listed.has(column.name) && (column.generated === '' || scope.versionNumber >= 160_000),
    )
  }
  if (table.partition) return null
  if (settings.publication === null) {
    return table.name.schema === defaultSchema ? table.columns.filter((column) => column.generated === '') : null
  }
  return isInScope(table, scope) ? plannedColumns(table, scope) : null
}

/** What rowferry would put into the publication: nothing that zero-cache cannot sync. */
function plannedColumns(table: TableFacts, scope: Scope): readonly ColumnFacts[] | null {
  const columns = table.columns.filter((column) => isWanted(table, column, scope))
  const whole = { table, columns, indexes: indexesOver(table, columns) }
  const legal = legalForZero(table.name.name, 'table').reason === null
  return legal && hasKey(whole) ? columns : null
}

function isWanted(table: TableFacts, column: ColumnFacts, scope: Scope): boolean {
  if (settingsOf(table, scope)?.columns.get(column.name)?.exclude === true) return false
  const support = columnSupport(column)
  if (support !== 'synced' && support !== 'without-dimensions') return false
  return column.generated === '' || (column.generated === 's' && scope.versionNumber >= 180_000)
}

/** Tables of the schema that nobody left out; partitions come as rows of their table. */
export function isInScope(table: TableFacts, scope: Scope): boolean {
  if (table.partition || table.name.schema !== scope.schema) return false
  return settingsOf(table, scope)?.exclude !== true
}

export function settingsOf(table: TableFacts, { settings }: Scope): ReturnType<ZeroSettings['tables']['get']> {
  return settings.tables.get(tableLabel(table.name)) ?? settings.tables.get(table.name.name)
}
