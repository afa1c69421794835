import { createView } from '../databases/postgres/schema/postgres-ddl.ts'
import { translateView } from '../mapping/sqlite-to-postgres/views.ts'
import type { ResolvedRelation } from '../mapping/sqlite-to-postgres/query-scope.ts'
import { type Catalog, sameTable, type TableName } from '../model/catalog.ts'
import type { SchemaObject } from '../model/plan.ts'
import type { OrphanProfile } from '../model/profile.ts'
import { fitToServer } from './fit-server.ts'
import { orderTables } from './order-tables.ts'
import type { PlacedTables } from './place-tables.ts'
import { planForeignKeys, planKeys } from './plan-keys.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TablePlan } from './plan-table.ts'
import { planForeignKeyIndexes } from './zero-indexes.ts'
import { encodedColumns, leftOutColumns, scopeColumn } from './target-column.ts'

/** What is made after the rows, and what has no equivalent in PostgreSQL. */
export type ObjectsInput = {
  readonly target: { readonly version: string }
  readonly source: { readonly catalog: Catalog }
  readonly placed: PlacedTables
  readonly settings: PlanSettings
}

/** Keys and indexes first, then foreign keys, which need them, then views, which may need each other. */
export function planObjects(
  input: ObjectsInput,
  created: readonly TablePlan[],
  { bySource, orphans }: { bySource: ReadonlyMap<string, TablePlan>; orphans: readonly OrphanProfile[] },
): { carried: SchemaObject[]; notCarried: SchemaObject[] } {
  // Other choices leave no orphan behind, so that the foreign keys hold for every row.
  const strays = input.settings.orphans === 'keep' ? orphans : []
  const { settings } = input
  const { names } = input.placed
  const keyed = created.map((table) => ({ table, keys: planKeys(table, names) }))
  const objects = [
    ...leaveOut(input.settings.indexes, 'index', [
      ...keyed.flatMap(({ keys }) => keys),
      ...keyed.flatMap(({ table, keys }) => planForeignKeyIndexes(table, keys, { settings, names })),
    ]),
    ...leaveOut(
      input.settings.foreignKeys,
      'foreign-key',
      keyed.flatMap(({ table, keys }) => planForeignKeys(table, keys, bySource, strays)),
    ),
    ...leaveOut(input.settings.views, 'view', planViews(input, created, bySource)),
    ...whatHasNoEquivalent(input.source.catalog, created),
  ]
  const fitting = fitToServer(objects, input.target.version)
  return {
    carried: fitting.filter((object) => object.sql !== null),
    notCarried: fitting.filter((object) => object.sql === null),
  }
}

/** What the user does not want is listed, not forgotten. */
function leaveOut(wanted: boolean, kind: SchemaObject['kind'], objects: readonly SchemaObject[]): SchemaObject[] {
  if (wanted) return [...objects]
  return objects.map((object) =>
    object.kind === kind ? { ...object, sql: null, note: 'left out by the configuration' } : object,
  )
}

function planViews(
  input: ObjectsInput,
  created: readonly TablePlan[],
  bySource: ReadonlyMap<string, TablePlan>,
): SchemaObject[] {
  const { catalog } = input.source
  // Where no table is made again, views of an earlier run stay, with whatever depends on them.
  const kept = created.some(({ planned }) => planned.mode === 'recreate') ? [] : input.placed.ownViews
  const views = new Map(catalog.views.map((view) => [view.name.name.toLowerCase(), view]))
  const order = orderTables([...views.keys()], (name) => mentionedNames(views.get(name)?.select ?? '', views.keys()))
  const done = new Map<string, ResolvedRelation>()
  return order.waves.flat().flatMap((name): SchemaObject[] => {
    const view = views.get(name)
    if (!view) return []
    const object = { kind: 'view', table: null, name: view.name.name, sourceSql: view.sql } as const
    if (view.broken) return [{ ...object, sql: null, note: `SQLite itself cannot read it: ${view.broken}` }]
    const translated = translateView(
      view,
      (relation) => tableRelation(relation, bySource) ?? done.get(relation.toLowerCase()) ?? null,
    )
    if (!translated.ok) return [{ ...object, sql: null, note: translated.reason }]
    const target = { schema: input.settings.schema, name: input.placed.names.give(view.name.name, 'view_without_name') }
    done.set(name, { target, columns: translated.columns.map((column) => ({ ...column, target: column.name })) })
    if (kept.some((view) => sameTable(view, target))) return []
    const note = translated.notes.length > 0 ? translated.notes.join('; ') : null
    return [{ ...object, table: target, sql: createView(target, view.columns, translated.sql), note }]
  })
}

/** Names that occur in a query as words; too many are harmless, they only order. */
function mentionedNames(select: string, names: Iterable<string>): string[] {
  const text = select.toLowerCase()
  return [...names].filter((name) => text.includes(name))
}

function tableRelation(name: string, bySource: ReadonlyMap<string, TablePlan>): ResolvedRelation | null {
  const table = bySource.get(name.toLowerCase())
  if (!table) return null
  return {
    target: table.planned.target,
    columns: [...table.columns]
      .filter(([, column]) => !column.encoded)
      .map(([source, column]) => ({ name: source, ...scopeColumn(column) })),
    // What a query does with bytes it would not do with their base64.
    leftOut: [...leftOutColumns(table.place.source, table.columns), ...encodedColumns(table.columns)],
  }
}

function whatHasNoEquivalent(catalog: Catalog, created: readonly TablePlan[]): SchemaObject[] {
  const triggers = catalog.triggers.map((trigger): SchemaObject => ({
    kind: 'trigger',
    table: { schema: 'main', name: trigger.table },
    name: trigger.name,
    sourceSql: trigger.sql,
    sql: null,
    note: 'triggers are not translated; its SQL stands beside for you to write anew',
  }))
  const virtualTables = catalog.virtualTables.map((table): SchemaObject => ({
    kind: 'virtual-table',
    table: table.name,
    name: table.name.name,
    sourceSql: table.sql,
    sql: null,
    note: table.readable
      ? `a virtual table (${table.module}); --include-virtual carries its rows as a plain table`
      : `a virtual table whose module ${table.module} is not here, so that nobody can read it`,
  }))
  const clauses = created.flatMap(({ place, planned }) => [
    ...(place.source.sqlite?.conflictClauses ?? []).map((clause) =>
      reported(planned.target, clause, 'PostgreSQL has no ON CONFLICT clause on constraints'),
    ),
    ...(place.source.sqlite?.unreadable ?? []).map((column): SchemaObject => ({
      kind: 'generated-column',
      table: planned.target,
      name: column.name,
      sourceSql: column.expression,
      sql: null,
      note: `its values are not in the file: ${column.reason}`,
    })),
    ...(place.source.sqlite?.notUnderstood ?? []).map((text) =>
      reported(planned.target, text, 'this part of the statement was not understood'),
    ),
    ...place.source.columns
      .filter((column) => column.collation !== null && !['BINARY', 'NOCASE'].includes(column.collation.toUpperCase()))
      .map((column): SchemaObject => ({
        kind: 'collation',
        table: planned.target,
        name: column.name,
        sourceSql: `COLLATE ${column.collation}`,
        sql: null,
        note: 'PostgreSQL has no such collation; comparisons are exact',
      })),
    ...place.source.columns
      .filter((column) => column.collation?.toUpperCase() === 'NOCASE')
      .map((column): SchemaObject => ({
        kind: 'collation',
        table: planned.target,
        name: column.name,
        sourceSql: 'COLLATE NOCASE',
        sql: null,
        note: 'comparisons in queries are exact unless they use lower(); unique keys and indexes were made on lower()',
      })),
  ])
  return [...triggers, ...virtualTables, ...clauses]
}

function reported(table: TableName, sourceSql: string, note: string): SchemaObject {
  return { kind: 'table', table, name: table.name, sourceSql, sql: null, note }
}
