import { RowferryError } from '../errors/errors.ts'
import type { Catalog, TableName } from '../model/catalog.ts'
import type { Warning } from '../model/warning.ts'
import { decideModes, type TablePlace } from './decide-modes.ts'
import { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'
import { assertFed } from './plan-table.ts'
import { selectTables } from './select-tables.ts'

/** Where every table goes, as far as the catalogs tell. */
export type PlacedTables = {
  readonly places: readonly TablePlace[]
  readonly names: NameGiver
  /** Views in the target that an earlier run made from this very source; they go with its tables. */
  readonly ownViews: readonly TableName[]
  readonly warnings: readonly Warning[]
}

export function placeTables(input: {
  readonly source: Catalog
  readonly target: Catalog | null
  readonly ownTables: ReadonlySet<string>
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
    taken: takenNames(input.target, input.ownTables),
    zero: input.settings.zero !== null,
  })
  const { places, warnings } = decideModes({
    tables,
    targetCatalog: input.target,
    ownTables: input.ownTables,
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
  const ownViews = (input.target?.views ?? []).map((view) => view.name).filter((view) => input.ownTables.has(view.name))
  return { places, names, ownViews, warnings }
}

/** A source without tables may still hold virtual ones or views, which then are listed as not carried. */
function isBare(catalog: Catalog): boolean {
  return catalog.virtualTables.length === 0 && catalog.views.length === 0
}

/** Tables, views and indexes share their names within a schema; those of tables that will be dropped become free. */
function takenNames(target: Catalog | null, ownTables: ReadonlySet<string>): string[] {
  if (!target) return []
  return [
    ...target.views.map((view) => view.name.name).filter((name) => !ownTables.has(name)),
    ...target.tables.flatMap((table) =>
      ownTables.has(table.name.name)
        ? [table.name.name]
        : [
            table.name.name,
            ...table.indexes.map((index) => index.name),
            ...[table.primaryKey, ...table.uniqueKeys].flatMap((key) => (key?.name ? [key.name] : [])),
          ],
    ),
  ]
}
