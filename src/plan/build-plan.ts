import { rowHashFor } from '../databases/postgres/copy/hash-query.ts'
import {
  createSchema,
  createTable,
  dropTables,
  dropViews,
  truncateTables,
} from '../databases/postgres/schema/postgres-ddl.ts'
import type { Catalog, TableName } from '../model/catalog.ts'
import {
  isNewTable,
  isReplaced,
  type Plan,
  type PlannedTable,
  type SchemaObject,
  type SequenceReset,
  type Step,
} from '../model/plan.ts'
import type { OrphanProfile, Profile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import { alignKeyTypes, overrideKey, type Overrides } from './align-keys.ts'
import { foreignOrderWarnings } from './foreign-order.ts'
import { wideTableWarnings } from './wide-table-warnings.ts'
import { orderTables } from './order-tables.ts'
import type { PlacedTables } from './place-tables.ts'
import { toSnakeCase } from './name-objects.ts'
import { nameSequences } from './name-sequences.ts'
import { planObjects } from './plan-objects.ts'
import { orphanWarnings, planOrphanRules } from './plan-orphans.ts'
import { planSequences } from './plan-sequences.ts'
import type { PlanSettings } from './plan-settings.ts'
import { planTable, type TablePlan } from './plan-table.ts'
import { assertZeroRulesMatch } from './zero-rules.ts'
import { integersAsText, textInsteadOfIntegers, unreadableIntegers } from './zero-integers.ts'

/**
 * From catalogs, profile and settings to the plan. Pure: nothing here has a connection.
 *
 * It goes in two strides, because the profile reads the whole source: `placeTables` refuses what can be refused from the
 * catalogs alone, `buildPlan` does the rest once the values are known.
 */
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
  readonly salvaged: readonly { readonly table: string | null; readonly sentence: string }[]
  readonly settings: PlanSettings
  /** Slots of an attached Zero that is not running, to be dropped first; empty: none, or it is let be. */
  readonly idleSlots: readonly string[]
  /** What the records of migration tools on both sides say. */
  readonly versions: readonly Warning[]
  /** What an attached Zero would make of it, where it is to be told; null: there is none. */
  readonly attachedZero: string | null
}

export function buildPlan(input: PlanInput): Plan {
  const { settings } = input
  const { tables: unnamed, overrides } = planTables(input)
  // Before keys, indexes and views get their names: the sequences come with the tables.
  const named = nameSequences(
    unnamed.map((table) => table.planned),
    input.placed.names,
    wantedNames(input.source.catalog),
  )
  const tables = unnamed.map((table, at) => ({ ...table, planned: named[at] ?? table.planned }))
  assertZeroRulesMatch(settings.zero, tables, input.target.catalog)
  const bySource = new Map(tables.map((table) => [table.place.source.name.name.toLowerCase(), table]))
  const orphans = remainingOrphans(input.profile.orphans, bySource)
  const created = tables.filter((table) => isNewTable(table.planned))
  const objects = planObjects(input, created, { bySource, orphans })
  const rules = planOrphanRules(created, bySource, orphans, settings)
  const planned = tables.map((table) => ({
    ...table.planned,
    rowHash: rowHashFor(input.target.version),
    orphanRules: rules.get(table) ?? [],
  }))
  const sequences = planSequences(planned, input.placed.places, input.target.catalog)
  const order = orderTables(
    planned.map((table) => table.target.name),
    (name) => parentsInTarget(name, tables, bySource),
  )
  return {
    version: 1,
    source: { kind: 'sqlite', label: input.source.label, fingerprint: input.source.fingerprint },
    target: { kind: 'postgres', label: input.target.label, version: input.target.version, schema: settings.schema },
    tables: planned,
    steps: planSteps(
      { ...input, droppedViews: droppedViews(input, planned, objects.carried), sequences: sequences.resets },
      planned,
      objects.carried,
      order.waves,
    ),
    notCarried: [...tables.flatMap((table) => table.notCarried), ...objects.notCarried],
    warnings: [
      ...input.versions,
      ...input.placed.warnings,
      ...tables.flatMap((table) => table.warnings),
      ...unreadableIntegers(tables, settings),
      ...textInsteadOfIntegers(tables, overrides),
      ...orphanWarnings(orphans, tables, rules, settings),
      ...created.flatMap(foreignOrderWarnings),
      ...wideTableWarnings(tables, settings),
      ...skippedWarnings(input.source.catalog),
      ...input.salvaged.map(salvageWarning),
      ...sequences.warnings,
      ...attachedWarnings(input),
    ],
  }
}

function wantedNames({ views, tables }: Catalog): ReadonlySet<string> {
  const names = [
    ...views.map(({ name }) => name.name),
    ...tables.flatMap(({ indexes }) => indexes.map(({ name }) => name)),
  ]
  return new Set(names.flatMap((name) => [name, toSnakeCase(name)]))
}

/** Every table by itself, and those again whose columns foreign keys compare with columns of another type. */
function planTables({ placed, profile, settings }: PlanInput): {
  readonly tables: TablePlan[]
  readonly overrides: Overrides
} {
  const profiles = new Map(profile.tables.map((table) => [table.table, table]))
  const alone = placed.places.map((place) => {
    const tableProfile = profiles.get(place.source.name.name)
    if (!tableProfile) throw new Error(`no profile of ${place.source.name.name}`)
    return planTable(place, tableProfile, settings)
  })
  const overrides = alignKeyTypes(alone, settings, integersAsText(alone, settings))
  if (overrides.size === 0) return { tables: alone, overrides }
  const affected = new Set([...overrides.keys()].map((key) => key.split('\0', 1)[0]))
  const tables = alone.map((table) =>
    affected.has(table.place.source.name.name.toLowerCase())
      ? planTable(
          table.place,
          table.profile,
          settings,
          (name, column) => overrides.get(overrideKey(name, column)) ?? null,
        )
      : table,
  )
  return { tables, overrides }
}

type StepsInput = PlanInput & {
  readonly droppedViews: readonly TableName[]
  readonly sequences: readonly SequenceReset[]
}

function planSteps(
  input: StepsInput,
  tables: readonly PlannedTable[],
  objects: readonly SchemaObject[],
  waves: readonly (readonly string[])[],
): Step[] {
  const { schema, verify } = input.settings
  const named = tables.map((table) => table.target)
  const existing = new Set(tables.filter((table) => !isNewTable(table)).map((table) => table.target.name))
  const steps: Step[] = [
    ...(input.idleSlots.length > 0 ? [{ kind: 'reset-zero', slots: input.idleSlots } as const] : []),
    createTables(input, tables),
    { kind: 'copy-tables', waves: copyWaves(schema, waves, existing) },
  ]
  const orphans = tables.filter((table) => table.orphanRules.length > 0).map((table) => table.target)
  if (orphans.length > 0) steps.push({ kind: 'treat-orphans', tables: orphans })
  steps.push({ kind: 'add-objects', objects })
  steps.push({ kind: 'reset-sequences', sequences: input.sequences })
  if (verify === 'counts') steps.push({ kind: 'verify-counts', tables: named })
  if (verify === 'content' || verify === 'full') steps.push({ kind: 'verify-content', tables: named })
  const { zero } = input.settings
  if (zero !== null) steps.push({ kind: 'prepare-zero', publication: zero.publication, schemaFile: zero.schemaFile })
  return steps
}

function createTables(input: StepsInput, tables: readonly PlannedTable[]): Step {
  const { unchanged } = input.placed
  return {
    kind: 'create-tables',
    objects: preDataObjects(input, tables),
    ...(unchanged.length > 0 && { unchanged: [...unchanged, ...input.droppedViews] }),
  }
}

/**
 * Views of an earlier run that are made again, or that the source has no more. One that is only left out this time stays, and
 * a table that it reads cannot be dropped.
 */
function droppedViews(
  { placed, source }: PlanInput,
  tables: readonly PlannedTable[],
  objects: readonly SchemaObject[],
): readonly TableName[] {
  if (tables.every(({ mode }) => mode !== 'recreate')) return []
  const made = new Set(objects.flatMap(({ kind, table }) => (kind === 'view' && table ? [table.name] : [])))
  const known = new Set(source.catalog.views.map((view) => view.name.name.toLowerCase()))
  return placed.ownViews.filter(({ name }) => made.has(name) || !known.has(name.toLowerCase()))
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

function preDataObjects(input: StepsInput, tables: readonly PlannedTable[]): SchemaObject[] {
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
  const views = input.droppedViews
  if (views.length > 0) push('view', null, nameList(views), dropViews(views), null)
  if (replaced.length > 0) push('table', null, nameList(replaced), dropTables(replaced), null)
  const emptied = tables
    .filter((table) => isReplaced(table) && table.mode === 'into-empty')
    .map((table) => table.target)
  if (emptied.length > 0) push('table', null, nameList(emptied), truncateTables(emptied), null)
  const sources = new Map(input.placed.places.map((place) => [place.target, place.source.sql]))
  for (const table of tables.filter(isNewTable)) {
    push('table', table.target, table.target.name, createTable(table), sources.get(table.target.name) ?? null)
  }
  return objects
}

function nameList(names: readonly TableName[]): string {
  const shown = names.slice(0, 5).map((name) => name.name)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
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

function attachedWarnings({ attachedZero, idleSlots }: PlanInput): Warning[] {
  if (attachedZero === null) return []
  const remedy = idleSlots.length > 0 ? null : 'migrate refuses it; with --reset-zero it drops idle slots first'
  return [{ code: 'zero-attached', table: null, column: null, message: attachedZero, remedy }]
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
