import { RowferryError } from '../errors/errors.ts'
import type { Catalog, Table } from '../model/catalog.ts'
import type { ConflictStrategy } from '../model/conflict.ts'
import type { TableMode } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import { bookkeepingTool } from './bookkeeping-tables.ts'
import { matchNames } from './compare-catalogs.ts'
import { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'

/** One source table with its place in the target. */
export type TablePlace = {
  readonly source: Table
  /** Name in the target schema. */
  readonly target: string
  readonly existing: Table | null
  readonly mode: TableMode
  readonly strategy: ConflictStrategy
}

export type PlaceInput = {
  readonly tables: readonly Table[]
  /** Null: nothing is there, or it is not looked at. */
  readonly targetCatalog: Catalog | null
  /** Target tables that an earlier run made from this very source. */
  readonly ownTables: ReadonlySet<string>
  readonly settings: PlanSettings
  readonly names: NameGiver
}

/**
 * Where each table goes and how. Someone else's table that has rows is never touched unless a strategy was chosen:
 * all such tables are named in one refusal.
 */
export function decideModes(input: PlaceInput): { places: TablePlace[]; warnings: Warning[] } {
  const { settings, targetCatalog } = input
  const existingTables = targetCatalog?.tables ?? []
  const places: TablePlace[] = []
  const warnings: Warning[] = []
  const refused: string[] = []
  const matches = matchTables(input.tables, existingTables, settings)
  for (const [at, source] of input.tables.entries()) {
    const wanted = settings.table(source.name.name)
    const existing = matches[at] ?? null
    const tool = bookkeepingTool(
      source.name.name,
      source.columns.map((column) => column.name),
    )
    if (existing && tool && !input.ownTables.has(existing.name.name) && !askedByName(source, settings)) {
      warnings.push(bookkeepingWarning(source, tool))
      continue
    }
    if (!existing) {
      const name = input.names.give(wanted.rename ?? source.name.name, tableWithoutName, 'table')
      places.push({ source, target: name, existing: null, mode: 'create', strategy: 'error' })
      continue
    }
    const strategy = wanted.strategy ?? settings.strategy
    const mode = existingMode(existing, strategy, input.ownTables.has(existing.name.name))
    if (mode === null) refused.push(existing.name.name)
    else places.push({ source, target: existing.name.name, existing, mode, strategy: strategy ?? 'replace' })
  }
  if (refused.length > 0) throw notEmpty(refused, settings.schema)
  return { places, warnings }
}

/** What a table is called whose name is empty, which only SQLite allows. */
const tableWithoutName = 'table_without_name'

/** The target's table for each source table, or null. A table that an earlier run made is found under the name it was given. */
export function matchTables(
  sources: readonly Table[],
  targets: readonly Table[],
  settings: PlanSettings,
): (Table | null)[] {
  const wanted = sources.map((source) => settings.table(source.name.name).rename ?? source.name.name)
  const names = new NameGiver({ naming: settings.naming, zero: settings.zero !== null })
  const given = wanted.map((name) => names.give(name, tableWithoutName, 'table'))
  return matchNames(wanted, targets, (table) => table.name.name, given)
}

/** Null: the table has rows and nobody said what to do with them. */
function existingMode(existing: Table, strategy: ConflictStrategy | null, own: boolean): TableMode | null {
  if (own && strategy === null) return 'recreate'
  if (existing.postgres?.empty || strategy === 'replace') return 'into-empty'
  return strategy === null ? null : 'into-existing'
}

function askedByName(table: Table, settings: PlanSettings): boolean {
  return settings.include.some((name) => name.toLowerCase() === table.name.name.toLowerCase())
}

function bookkeepingWarning(table: Table, tool: string): Warning {
  return {
    code: 'bookkeeping-skipped',
    table: table.name.name,
    column: null,
    message: `${table.name.name} is where ${tool} notes its own migrations; the target keeps its own rows.`,
    remedy: `To carry it all the same, name it: --tables ${table.name.name}`,
  }
}

function notEmpty(tables: readonly string[], schema: string): RowferryError {
  const names = tables.slice(0, 8).join(', ') + (tables.length > 8 ? ` and ${tables.length - 8} more` : '')
  return new RowferryError('CATALOG_TARGET_NOT_EMPTY', {
    message:
      tables.length === 1
        ? `The table ${names} in schema ${schema} has rows that rowferry did not put there from this source.`
        : `${tables.length} tables in schema ${schema} have rows that rowferry did not put there from this source: ${names}.`,
    remedy:
      'Choose what happens to existing rows: --strategy skip, overwrite, merge, append, replace or error; or load beside them: --schema another_name',
  })
}
