import { RowferryError } from '../errors/errors.ts'
import type { Catalog, TableName } from '../model/catalog.ts'
import { isReplaced } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import { decideModes } from './decide-modes.ts'
import type { TablePlace } from './table-place.ts'
import { NameGiver } from './name-objects.ts'
import { isUntouched, type OwnTables } from './own-tables.ts'
import type { PlanSettings } from './plan-settings.ts'
import { assertFed } from './plan-table.ts'
import { selectTables } from './select-tables.ts'

/** Where every table goes, as far as the catalogs tell. */
export type PlacedTables = {
  readonly places: readonly TablePlace[]
  readonly names: NameGiver
  /** Views in the target that an earlier run made from this very source; they go with its tables. */
  readonly ownViews: readonly TableName[]
  /** Tables that are replaced without a strategy, because they still hold what the last run left or are empty. */
  readonly unchanged: readonly TableName[]
  readonly warnings: readonly Warning[]
}

export function placeTables(input: {
  readonly source: Catalog
  readonly target: Catalog | null
  readonly own: OwnTables
  readonly settings: PlanSettings
}): PlacedTables {
  const tables = selectTables(input.source.tables, input.settings)
  if (tables.length === 0 && (input.source.tables.length > 0 || isBare(input.source))) {
    throw new RowferryError('CATALOG_NO_TABLES', {
      message:
        input.source.tables.length === 0
          ? 'The source has no table.'
          : `None of the ${input.source.tables.length} tables of the source is left after --tables and --exclude.`,
      remedy: 'Look at what it holds: rowferry inspect SOURCE',
    })
  }
  const names = new NameGiver({
    naming: input.settings.naming,
    taken: takenNames(input.target, input.own),
    zero: input.settings.zero !== null,
  })
  const { places, warnings } = decideModes({
    tables,
    targetCatalog: input.target,
    own: input.own,
    settings: input.settings,
    names,
  })
  for (const place of places) assertFed(place, input.settings)
  for (const { from, to, reason } of names.changed) {
    warnings.push({
      code: 'name-changed',
      table: from,
      column: null,
      message: `Table ${JSON.stringify(from)} becomes ${JSON.stringify(to)}: ${reason}.`,
      remedy: null,
    })
  }
  const ownViews = (input.target?.views ?? []).map((view) => view.name).filter((view) => input.own.has(view.name))
  if (places.some(({ mode }) => mode === 'recreate')) assertViewsUnchanged(ownViews, input.own)
  return { places, names, ownViews, unchanged: places.flatMap((place) => replacedUnnamed(place, input)), warnings }
}

/** Without a strategy only what an earlier run loaded is replaced. */
function replacedUnnamed(place: TablePlace, { settings }: { readonly settings: PlanSettings }): TableName[] {
  const { source, target } = place
  const named = settings.table(source.name.name).strategy ?? settings.strategy
  return isReplaced(place) && named === null ? [{ schema: settings.schema, name: target }] : []
}

/** Views go with the tables that they read, and so would what was changed about them. */
function assertViewsUnchanged(views: readonly TableName[], own: OwnTables): void {
  const changed = views.flatMap(({ name }) => {
    const state = own.get(name)?.state
    return state?.kind === 'changed' ? [`${name}: ${state.what}`] : []
  })
  if (changed.length === 0) return
  throw new RowferryError('CATALOG_TARGET_CHANGED', {
    message: `${changed.length === 1 ? 'A view' : `${changed.length} views`} changed since rowferry made ${changed.length === 1 ? 'it' : 'them'}: ${changed.join('; ')}. Nothing was replaced.`,
    remedy:
      'Reload the rows and keep tables and views as they are: --strategy replace; or load beside them: --schema another_name',
  })
}

/** A source without tables may still hold virtual ones or views, which then are listed as not carried. */
function isBare(catalog: Catalog): boolean {
  return catalog.virtualTables.length === 0 && catalog.views.length === 0
}

/** Tables, views and indexes share their names within a schema; those of tables that will be dropped become free. */
function takenNames(target: Catalog | null, own: OwnTables): string[] {
  if (!target) return []
  const isFreed = (table: TableName | null): boolean => table !== null && isUntouched(own.get(table.name))
  return [
    ...target.views.map((view) => view.name.name).filter((name) => !own.has(name)),
    // Those of tables that will be dropped go with them.
    ...(target.others ?? [])
      .filter(({ kind, table }) => (kind === 'sequence' || kind === 'composite type') && !isFreed(table))
      .map(({ name }) => name.name),
    ...target.tables.flatMap((table) =>
      isUntouched(own.get(table.name.name))
        ? [table.name.name]
        : [
            table.name.name,
            ...table.indexes.map((index) => index.name),
            ...[table.primaryKey, ...table.uniqueKeys].flatMap((key) => (key?.name ? [key.name] : [])),
          ],
    ),
  ]
}
