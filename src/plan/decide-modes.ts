import type { Catalog, OtherRelation, Table } from '../model/catalog.ts'
import type { ConflictStrategy } from '../model/conflict.ts'
import { isReplaced } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import { missingRight, nameTaken, type Obstacle, obstacleOf, referredTo, refuseObstacles } from './assert-loadable.ts'
import { bookkeepingOf } from './bookkeeping-tables.ts'
import { matchNames } from './compare-catalogs.ts'
import { NameGiver } from './name-objects.ts'
import { isUntouched, type OwnTable, type OwnTables } from './own-tables.ts'
import type { PlanSettings } from './plan-settings.ts'
import { type RefusedTable, refuseTables } from './refuse-tables.ts'
import type { TablePlace } from './table-place.ts'

export type PlaceInput = {
  readonly tables: readonly Table[]
  /** Null: nothing is there, or it is not looked at. */
  readonly targetCatalog: Catalog | null
  /** Target tables that an earlier run loaded from this very source, as they are now. */
  readonly own: OwnTables
  readonly settings: PlanSettings
  readonly names: NameGiver
}

/**
 * Where each table goes and how. A table with rows that are not, or not only, those of an earlier run is never touched
 * unless a strategy was named: all such tables are named in one refusal. So are those that cannot be loaded at all.
 */
export function decideModes(input: PlaceInput): { places: TablePlace[]; warnings: Warning[] } {
  const { settings, targetCatalog, own } = input
  const existingTables = targetCatalog?.tables ?? []
  const places: TablePlace[] = []
  const warnings: Warning[] = []
  const refused: RefusedTable[] = []
  const obstacles: Obstacle[] = []
  const matches = matchTables(input.tables, existingTables, settings)
  const others = (targetCatalog?.others ?? []).filter((other) => isInTheWay(other, own))
  for (const [at, source] of input.tables.entries()) {
    const wanted = settings.table(source.name.name)
    const existing = matches[at] ?? null
    if (existing && !own.has(existing.name.name) && !askedByName(source, settings)) {
      const tool = toolOfBoth(source, existing)
      if (tool !== null) {
        warnings.push(bookkeepingWarning(source, tool))
        continue
      }
    }
    if (!existing) {
      const [other] = matchTables([source], others.map(asTable), settings)
      const lying = others.find(({ name }) => name.name === other?.name.name)
      if (lying) {
        obstacles.push(nameTaken(lying, source.name.name))
        continue
      }
      const name = input.names.give(wanted.rename ?? source.name.name, tableWithoutName, 'table')
      places.push({ source, target: name, existing: null, mode: 'create', strategy: 'error' })
      continue
    }
    const obstacle = obstacleOf(existing, source.name.name)
    if (obstacle) {
      obstacles.push(obstacle)
      continue
    }
    const ownTable = own.get(existing.name.name)
    const way = wayInto(existing, wanted.strategy ?? settings.strategy, ownTable)
    if (way === null) refused.push({ existing, own: ownTable })
    else places.push({ source, target: existing.name.name, existing, ...way })
  }
  const emptied = withReferring(places)
  obstacles.push(...emptied.flatMap((place) => missingRight(place) ?? referredTo(place, emptied) ?? []))
  if (obstacles.length > 0) throw refuseObstacles(obstacles)
  if (refused.length > 0) {
    const loaded = [...places.map(({ target }) => target), ...refused.map(({ existing }) => existing.name.name)]
    throw refuseTables(refused, { schema: settings.schema, transferred: new Set(loaded) })
  }
  return { places: emptied, warnings }
}

/** PostgreSQL empties a table only together with those that refer to it: also with empty ones, which else would be let be. */
function withReferring(places: readonly TablePlace[]): TablePlace[] {
  const isEmptied = (place: TablePlace): boolean => isReplaced(place) && place.mode === 'into-empty'
  const emptied = new Set(places.filter(isEmptied).map(({ target }) => target))
  const refers = ({ existing }: TablePlace): boolean =>
    existing?.foreignKeys.some(({ parent }) => emptied.has(parent.name)) ?? false
  const more = places.filter((place) => place.mode === 'into-empty' && !emptied.has(place.target) && refers(place))
  if (more.length === 0) return [...places]
  return withReferring(places.map((place) => (more.includes(place) ? { ...place, strategy: 'replace' } : place)))
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

/** Null: the table has rows that are not only ours, and no strategy was named. */
function wayInto(
  existing: Table,
  strategy: ConflictStrategy | null,
  own: OwnTable | undefined,
): Pick<TablePlace, 'mode' | 'strategy'> | null {
  const empty = existing.postgres?.empty ?? false
  if (strategy !== null) return { mode: empty || strategy === 'replace' ? 'into-empty' : 'into-existing', strategy }
  if (isUntouched(own)) return { mode: 'recreate', strategy: 'replace' }
  if (own?.state.kind === 'unchanged' || own?.state.kind === 'emptied')
    return { mode: 'into-empty', strategy: 'replace' }
  // Not `replace`: it would empty a table that the application may fill before the load begins.
  return empty ? { mode: 'into-empty', strategy: 'error' } : null
}

/** What is dropped with rowferry's own tables is not: their sequences, and views of an earlier run. */
function isInTheWay({ name, table }: OtherRelation, own: OwnTables): boolean {
  return !own.has(name.name) && !(table !== null && isUntouched(own.get(table.name)))
}

/** The tool that keeps both; another table of that name is an application's own. */
function toolOfBoth(source: Table, existing: Table): string | null {
  const [ours, theirs] = [source, existing].map(({ name, columns }) =>
    bookkeepingOf(
      name.name,
      columns.map((column) => column.name),
    ),
  )
  return ours && theirs ? ours.tool : null
}

/** Its name is all that counts. */
function asTable({ name }: OtherRelation): Table {
  return {
    name,
    sql: null,
    columns: [],
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checkConstraints: [],
    indexes: [],
    comment: null,
    sqlite: null,
    postgres: null,
  }
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
    remedy: `Carry it by naming it: --tables ${table.name.name}`,
  }
}
