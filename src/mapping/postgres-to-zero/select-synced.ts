import { type Catalog, type Column, type Table, tableLabel } from '../../model/catalog.ts'
import type { ZeroSettings, ZeroTableSettings } from '../../model/zero.ts'
import { labelsByChecks } from './check-labels.ts'
import type { LeftOut, ReplicationFacts, SyncedTable, ZeroType } from './zero-table.ts'
import { type EnumLabels, type TypeOfColumn, zeroTypeOf } from './zero-types.ts'

export type Selection = {
  readonly tables: readonly SyncedTable[]
  /** What Zero cannot sync; what the settings exclude is not listed. */
  readonly leftOut: readonly LeftOut[]
}

/** Tables and columns that Zero can sync and nobody excluded, each with its key. Columns in the database's own order. */
export function selectSynced(catalog: Catalog, settings: ZeroSettings, facts: ReplicationFacts): Selection {
  const enums = labelsOfEnums(catalog)
  const leftOut: LeftOut[] = []
  const tables = catalog.tables.flatMap((table) => {
    const own = tableSettings(settings, table)
    if (own?.exclude === true) return []
    const reason = reasonAgainst(table, facts)
    if (reason !== null) {
      leftOut.push({ table: table.name, column: null, reason })
      return []
    }
    const { columns, missing } = selectColumns(table, own, { catalog, facts, enums })
    const keyColumns = findKey(table, new Set(columns.map(({ column }) => column.name)), facts)
    if (keyColumns === null) {
      leftOut.push({ table: table.name, column: null, reason: reasonOfNoKey(table) })
      return []
    }
    leftOut.push(...missing)
    return [{ table, columns, keyColumns }]
  })
  return { tables, leftOut }
}

export function tableSettings(settings: ZeroSettings, table: Table): ZeroTableSettings | undefined {
  return settings.tables.get(tableLabel(table.name)) ?? settings.tables.get(table.name.name)
}

function reasonAgainst(table: Table, facts: ReplicationFacts): string | null {
  const { name } = table.name
  const never = facts.neverReplicated.get(name) ?? (table.postgres?.relationKind === 'f' ? 'foreign table' : undefined)
  if (never !== undefined) return never
  return facts.published !== null && !facts.published.has(name) ? 'not in the publication' : null
}

type Surroundings = { readonly catalog: Catalog; readonly facts: ReplicationFacts; readonly enums: EnumLabels }

function selectColumns(table: Table, own: ZeroTableSettings | undefined, around: Surroundings) {
  const columns: { column: Column; type: ZeroType }[] = []
  const missing: LeftOut[] = []
  const labels = labelsByChecks(table)
  for (const column of table.columns) {
    const wishes = own?.columns.get(column.name)
    if (wishes?.exclude === true) continue
    const found = typeOfReplicated(table, column, wishes?.jsonType ?? null, around)
    const listed = labels.get(column.name)
    if ('type' in found && listed !== undefined) columns.push({ column, type: { kind: 'enumeration', labels: listed } })
    else if ('type' in found) columns.push({ column, type: found.type })
    else missing.push({ table: table.name, column: column.name, reason: found.unsupported })
  }
  return { columns, missing }
}

function typeOfReplicated(
  table: Table,
  column: Column,
  jsonType: string | null,
  { catalog, facts, enums }: Surroundings,
): TypeOfColumn {
  const published = facts.published?.get(table.name.name)
  if (published !== undefined && !published.has(column.name)) return { unsupported: 'not in the publication' }
  // A publication without column lists leaves generated columns out; one with lists has them from PostgreSQL 18 on.
  if (column.generated !== null && (published === undefined || Number.parseInt(catalog.version, 10) < 18)) {
    return { unsupported: 'generated column' }
  }
  return zeroTypeOf(column, enums, jsonType)
}

/**
 * The columns that identify a row: the primary key, else the shortest unique index over columns that are NOT NULL and
 * synced, as zero-cache itself chooses. Null: there is none.
 */
function findKey(table: Table, synced: ReadonlySet<string>, facts: ReplicationFacts): readonly string[] | null {
  const required = new Set(table.columns.filter((column) => column.notNull).map((column) => column.name))
  const fits = (columns: readonly string[]): boolean =>
    columns.length > 0 && columns.every((name) => synced.has(name) && required.has(name))
  if (table.primaryKey !== null && fits(table.primaryKey.columns)) return table.primaryKey.columns
  const candidates = uniqueColumns(table, facts).filter(fits)
  return candidates.toSorted((a, b) => a.length - b.length || compareText(a.join('\0'), b.join('\0')))[0] ?? null
}

/** Column lists of unique constraints and plain unique indexes that can identify rows. */
export function uniqueColumns(table: Table, facts: ReplicationFacts): string[][] {
  const constraints = table.uniqueKeys.filter((key) => !facts.unusableKeys.has(key.name ?? ''))
  const indexes = table.indexes.filter(
    (index) => index.unique && index.where === null && !facts.unusableKeys.has(index.name),
  )
  return [
    ...constraints.map((key) => [...key.columns]),
    ...indexes
      .filter((index) => index.parts.every((part) => part.column !== null))
      .map((index) => index.parts.flatMap((part) => part.column ?? [])),
  ]
}

function reasonOfNoKey(table: Table): string {
  return table.primaryKey === null
    ? 'no primary key'
    : `its primary key (${table.primaryKey.columns.join(', ')}) cannot be synced`
}

function labelsOfEnums(catalog: Catalog): EnumLabels {
  const facts = catalog.tables.flatMap((table) => table.columns.flatMap((column) => column.postgres ?? []))
  return new Map(
    facts
      .filter((fact) => fact.typeKind === 'enum')
      .map((fact) => [`${fact.typeSchema}.${fact.typeName}`, fact.enumLabels]),
  )
}

/** By code units: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
