import {
  createSchema,
  createTable,
  createView,
  dropTables,
  dropViews,
  truncateTables,
} from '../databases/postgres/postgres-ddl.ts'
import { RowferryError } from '../errors/errors.ts'
import { type ResolvedRelation, translateView } from '../mapping/sqlite-to-postgres/views.ts'
import type { Catalog, TableName } from '../model/catalog.ts'
import type { OrphanRule, Plan, PlannedTable, SchemaObject, SequenceReset, Step } from '../model/plan.ts'
import type { OrphanProfile, Profile } from '../model/profile.ts'
import type { Warning } from '../model/report.ts'
import { alignKeyTypes, overrideKey } from './align-keys.ts'
import { decideModes, type TablePlace } from './decide-modes.ts'
import { NameGiver } from './name-objects.ts'
import { orderTables } from './order-tables.ts'
import { planForeignKeys, planKeys } from './plan-keys.ts'
import type { PlanSettings } from './plan-settings.ts'
import { assertFed, leftOutColumns, planTable, scopeColumn, type TablePlan } from './plan-table.ts'
import { selectTables } from './select-tables.ts'

/**
 * From catalogs, profile and settings to the plan. Pure: nothing here has a connection.
 *
 * It goes in two strides, because the profile reads the whole source: `placeTables` refuses what can be refused from the
 * catalogs alone, `buildPlan` does the rest once the values are known.
 */
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
  const names = new NameGiver({ naming: input.settings.naming, taken: takenNames(input.target, input.ownTables) })
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

export type PlanInput = {
  readonly source: { readonly label: string; readonly fingerprint: string; readonly catalog: Catalog }
  readonly target: {
    readonly label: string
    readonly version: string
    readonly schemaExists: boolean
    readonly catalog: Catalog | null
  }
  readonly placed: PlacedTables
  readonly profile: Profile
  /** Tables of a damaged source that could not be read whole. */
  readonly salvaged: readonly { readonly table: string; readonly sentence: string }[]
  readonly settings: PlanSettings
}

export function buildPlan(input: PlanInput): Plan {
  const { settings } = input
  const tables = planTables(input)
  const bySource = new Map(tables.map((table) => [table.place.source.name.name.toLowerCase(), table]))
  const orphans = remainingOrphans(input.profile.orphans, bySource)
  const created = tables.filter((table) => isNew(table.planned))
  const objects = planObjects(input, created, { bySource, orphans })
  const planned = tables.map((table) => ({
    ...table.planned,
    orphanRules: orphanRules(table, bySource, orphans, settings),
  }))
  const order = orderTables(
    planned.map((table) => table.target.name),
    (name) => parentsInTarget(name, tables, bySource),
  )
  return {
    version: 1,
    source: { kind: 'sqlite', label: input.source.label, fingerprint: input.source.fingerprint },
    target: { kind: 'postgres', label: input.target.label, version: input.target.version, schema: settings.schema },
    tables: planned,
    steps: planSteps(input, planned, objects.carried, order.waves),
    notCarried: [...tables.flatMap((table) => table.notCarried), ...objects.notCarried],
    warnings: [
      ...input.placed.warnings,
      ...tables.flatMap((table) => table.warnings),
      ...orphanWarnings(orphans, settings),
      ...skippedWarnings(input.source.catalog),
      ...input.salvaged.map(salvageWarning),
    ],
  }
}

/** Every table by itself, and those again whose columns foreign keys compare with columns of another type. */
function planTables({ placed, profile, settings }: PlanInput): TablePlan[] {
  const profiles = new Map(profile.tables.map((table) => [table.table, table]))
  const alone = placed.places.map((place) => {
    const tableProfile = profiles.get(place.source.name.name)
    if (!tableProfile) throw new Error(`no profile of ${place.source.name.name}`)
    return planTable(place, tableProfile, settings)
  })
  const overrides = alignKeyTypes(alone, settings)
  if (overrides.size === 0) return alone
  const affected = new Set([...overrides.keys()].map((key) => key.split('\0', 1)[0]))
  return alone.map((table) =>
    affected.has(table.place.source.name.name.toLowerCase())
      ? planTable(
          table.place,
          table.profile,
          settings,
          (name, column) => overrides.get(overrideKey(name, column)) ?? null,
        )
      : table,
  )
}

function isNew(table: PlannedTable): boolean {
  return table.mode === 'create' || table.mode === 'recreate'
}

/** Keys and indexes first, then foreign keys, which need them, then views, which may need each other. */
function planObjects(
  input: PlanInput,
  created: readonly TablePlan[],
  { bySource, orphans }: { bySource: ReadonlyMap<string, TablePlan>; orphans: readonly OrphanProfile[] },
): { carried: SchemaObject[]; notCarried: SchemaObject[] } {
  // Other choices leave no orphan behind, so that the foreign keys hold for every row.
  const strays = input.settings.orphans === 'keep' ? orphans : []
  const keyed = created.map((table) => ({ table, keys: planKeys(table, input.placed.names) }))
  const objects = [
    ...leaveOut(
      input.settings.indexes,
      'index',
      keyed.flatMap(({ keys }) => keys),
    ),
    ...leaveOut(
      input.settings.foreignKeys,
      'foreign-key',
      keyed.flatMap(({ table, keys }) => planForeignKeys(table, keys, bySource, strays)),
    ),
    ...leaveOut(input.settings.views, 'view', planViews(input, bySource)),
    ...whatHasNoEquivalent(input.source.catalog, created),
  ]
  return {
    carried: objects.filter((object) => object.sql !== null),
    notCarried: objects.filter((object) => object.sql === null),
  }
}

/** What the user does not want is listed, not forgotten. */
function leaveOut(wanted: boolean, kind: SchemaObject['kind'], objects: readonly SchemaObject[]): SchemaObject[] {
  if (wanted) return [...objects]
  return objects.map((object) =>
    object.kind === kind ? { ...object, sql: null, note: 'left out by the configuration' } : object,
  )
}

function planViews(input: PlanInput, bySource: ReadonlyMap<string, TablePlan>): SchemaObject[] {
  const { catalog } = input.source
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
    columns: [...table.columns].map(([source, column]) => ({ name: source, ...scopeColumn(column) })),
    leftOut: leftOutColumns(table.place.source, table.columns),
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

function planSteps(
  input: PlanInput,
  tables: readonly PlannedTable[],
  objects: readonly SchemaObject[],
  waves: readonly (readonly string[])[],
): Step[] {
  const { schema, verify } = input.settings
  const named = tables.map((table) => table.target)
  const existing = new Set(tables.filter((table) => !isNew(table)).map((table) => table.target.name))
  const steps: Step[] = [
    { kind: 'create-tables', objects: preDataObjects(input, tables) },
    { kind: 'copy-tables', waves: copyWaves(schema, waves, existing) },
  ]
  const orphans = tables.filter((table) => table.orphanRules.length > 0).map((table) => table.target)
  if (orphans.length > 0) steps.push({ kind: 'treat-orphans', tables: orphans })
  steps.push({ kind: 'add-objects', objects })
  steps.push({ kind: 'reset-sequences', sequences: tables.flatMap((table) => sequenceResets(table, input)) })
  if (verify === 'counts') steps.push({ kind: 'verify-counts', tables: named })
  if (verify === 'content') steps.push({ kind: 'verify-content', tables: named })
  return steps
}

/** New tables have no foreign keys while they are loaded, so they all go in the first wave; existing ones wait for their parents. */
function copyWaves(
  schema: string,
  waves: readonly (readonly string[])[],
  existing: ReadonlySet<string>,
): TableName[][] {
  const fresh = waves.flat().filter((name) => !existing.has(name))
  const rest = waves.map((wave) => wave.filter((name) => existing.has(name)))
  const [first = [], ...later] = rest
  return [[...fresh, ...first], ...later]
    .filter((wave) => wave.length > 0)
    .map((wave) => wave.map((name) => ({ schema, name })))
}

function preDataObjects(input: PlanInput, tables: readonly PlannedTable[]): SchemaObject[] {
  const { schema } = input.settings
  const objects: SchemaObject[] = []
  const push = (
    kind: SchemaObject['kind'],
    table: TableName | null,
    name: string,
    sql: string,
    sourceSql: string | null,
  ): void => {
    objects.push({ kind, table, name, sourceSql, sql, note: null })
  }
  if (!input.target.schemaExists) push('schema', null, schema, createSchema(schema), null)
  const replaced = tables.filter((table) => table.mode === 'recreate').map((table) => table.target)
  const views = replaced.length > 0 ? input.placed.ownViews : []
  if (views.length > 0) push('view', null, nameList(views), dropViews(views), null)
  if (replaced.length > 0) push('table', null, nameList(replaced), dropTables(replaced), null)
  const emptied = tables
    .filter((table) => table.mode === 'into-empty' && table.strategy === 'replace')
    .map((table) => table.target)
  if (emptied.length > 0) push('table', null, nameList(emptied), truncateTables(emptied), null)
  const sources = new Map(input.placed.places.map((place) => [place.target, place.source.sql]))
  for (const table of tables.filter(isNew)) {
    push('table', table.target, table.target.name, createTable(table), sources.get(table.target.name) ?? null)
  }
  return objects
}

function nameList(names: readonly TableName[]): string {
  const shown = names.slice(0, 5).map((name) => name.name)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
}

function sequenceResets(table: PlannedTable, input: PlanInput): SequenceReset[] {
  const place = input.placed.places.find((candidate) => candidate.target === table.target.name)
  const atLeast = place?.source.sqlite?.sequenceValue ?? null
  const rowidColumn = place?.source.sqlite?.rowidColumn ?? null
  return table.columns
    .filter((column) => column.identity || (column.default?.includes('nextval(') ?? false))
    .map((column) => ({
      table: table.target,
      column: column.target,
      atLeast: column.source === rowidColumn && atLeast !== null ? String(atLeast) : null,
    }))
}

function parentsInTarget(
  name: string,
  tables: readonly TablePlan[],
  bySource: ReadonlyMap<string, TablePlan>,
): string[] {
  const table = tables.find((candidate) => candidate.planned.target.name === name)
  if (!table) return []
  const declared = table.place.source.foreignKeys.flatMap((key) => {
    const parent = bySource.get(key.parent.name.toLowerCase())
    return parent ? [parent.planned.target.name] : []
  })
  const existing = (table.place.existing?.foreignKeys ?? []).map((key) => key.parent.name)
  return [...new Set([...declared, ...existing])]
}

function orphanRules(
  table: TablePlan,
  bySource: ReadonlyMap<string, TablePlan>,
  orphans: readonly OrphanProfile[],
  settings: PlanSettings,
): OrphanRule[] {
  const own = orphans.filter((orphan) => orphan.table === table.place.source.name.name)
  if (own.length === 0 || settings.orphans === 'keep') return []
  if (settings.orphans === 'fail') throw orphansRefused(orphans)
  // Foreign keys of an existing table are PostgreSQL's to enforce while rows are loaded.
  if (!isNew(table.planned)) return []
  const action = settings.orphans
  return own.flatMap((orphan) => {
    const key = table.place.source.foreignKeys.find(
      (candidate) => candidate.columns.join('\0') === orphan.columns.join('\0'),
    )
    const parent = key && bySource.get(key.parent.name.toLowerCase())
    return key && parent
      ? [{ columns: key.columns, parent: parent.place.source.name.name, parentColumns: key.parentColumns, action }]
      : []
  })
}

function orphansRefused(orphans: readonly OrphanProfile[]): RowferryError {
  const list = orphans.map((orphan) => `${orphan.count} in ${orphan.table}.${orphan.columns.join(',')}`).join('; ')
  return new RowferryError('CATALOG_ORPHANS', {
    message: `Rows point to parents that do not exist (${list}), and orphans: fail was chosen.`,
    remedy: 'Repair the source, or choose --orphans keep, reject or null',
  })
}

function orphanWarnings(orphans: readonly OrphanProfile[], settings: PlanSettings): Warning[] {
  const treated = {
    keep: 'they are carried, and the foreign key is added NOT VALID',
    reject: 'they are rejected',
    null: 'their reference becomes NULL',
    fail: '',
  }[settings.orphans]
  return orphans.map((orphan) => ({
    code: 'orphans',
    table: orphan.table,
    column: orphan.columns.join(', '),
    message: `Rows of ${orphan.table} that point to no row of ${orphan.parent}: ${orphan.count}; ${treated}.${firstOrphans(orphan)}`,
    remedy: 'Choose otherwise: --orphans keep, reject, null or fail',
  }))
}

function firstOrphans({ samples }: OrphanProfile): string {
  if (samples.length === 0) return ''
  const texts = samples.map(({ key, value }) => `${JSON.stringify(key)} → ${value === '' ? "''" : value}`)
  return ` First: ${texts.join(', ')}`
}

/** Empty texts that become NULL point nowhere in the target. */
function remainingOrphans(
  orphans: readonly OrphanProfile[],
  bySource: ReadonlyMap<string, TablePlan>,
): readonly OrphanProfile[] {
  return orphans.flatMap((orphan) => {
    const columns = bySource.get(orphan.table.toLowerCase())?.columns ?? []
    const becomesNull = [...columns].some(
      ([name, column]) => column.emptyToNull && name.toLowerCase() === orphan.columns[0]?.toLowerCase(),
    )
    if (orphan.emptyTexts === 0 || !becomesNull) return [orphan]
    const count = orphan.count - orphan.emptyTexts
    const samples = orphan.samples.filter(({ value }) => value !== '')
    return count === 0 ? [] : [{ ...orphan, count, emptyTexts: 0, samples }]
  })
}

function salvageWarning({ table, sentence }: PlanInput['salvaged'][number]): Warning {
  return { code: 'rows-unreadable', table, column: null, message: sentence, remedy: null }
}

function skippedWarnings(catalog: Catalog): Warning[] {
  // SQLite's own counters and statistics hold nothing of the user's.
  const told = catalog.skipped.filter(({ name }) => !name.startsWith('sqlite_'))
  return told.map(({ name, reason }) => ({
    code: 'table-skipped',
    table: name,
    column: null,
    message: `${name} is not carried: ${reason}.`,
    remedy: null,
  }))
}
