import { qualifiedName, quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { RowferryError } from '../errors/errors.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import { translateDefault } from '../mapping/sqlite-to-postgres/defaults.ts'
import { refusesEveryValue } from '../mapping/sqlite-to-postgres/printed/printed-type.ts'
import { conversionForExisting } from '../mapping/sqlite-to-postgres/existing-types.ts'
import { translateGenerated } from '../mapping/sqlite-to-postgres/expressions.ts'
import { countValues } from '../mapping/sqlite-to-postgres/fit.ts'
import type { Column, Table, TableName } from '../model/catalog.ts'
import { needsMatchKey } from '../model/conflict.ts'
import {
  isNewTable,
  type PlannedColumn,
  type PlannedGeneratedColumn,
  type PlannedTable,
  type SchemaObject,
} from '../model/plan.ts'
import type { TableProfile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import { type ColumnMatch, matchColumns } from './compare-catalogs.ts'
import type { TablePlace } from './table-place.ts'
import { withExistingRemedy } from './existing-remedies.ts'
import { heldBackWarnings } from './held-back-triggers.ts'
import { columnProfile, decideType, type FindOverride, type TypeChoices } from './decide-type.ts'
import { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'
import { refuseIdleRules } from './refuse-idle-settings.ts'
import { splitShards } from './split-shards.ts'
import { expressionScope, targetColumn, type TargetColumn } from './target-column.ts'
import { base64Default, decideForZero, existingForZero } from './zero-columns.ts'
import { maxColumns } from './split-wide-tables.ts'
import { planSurrogate } from './zero-keys.ts'

/** A table with everything that was found out about its columns on the way. */
export type TablePlan = {
  readonly place: TablePlace
  readonly planned: PlannedTable
  readonly profile: TableProfile
  /** Target name and type of every source column, generated ones included. */
  readonly columns: ReadonlyMap<string, TargetColumn>
  readonly warnings: readonly Warning[]
  readonly notCarried: readonly SchemaObject[]
}

type Notes = { warnings: Warning[]; notCarried: SchemaObject[] }

export function planTable(
  place: TablePlace,
  profile: TableProfile,
  settings: PlanSettings,
  findOverride: FindOverride = () => null,
): TablePlan {
  const notes: Notes = { warnings: [], notCarried: [] }
  return isNewTable(place)
    ? planNewTable(place, profile, { settings, findOverride }, notes)
    : planExistingTable(place, profile, settings, notes)
}

function planNewTable(place: TablePlace, profile: TableProfile, choices: TypeChoices, notes: Notes): TablePlan {
  const { source } = place
  const { settings } = choices
  const kept = keptColumns(source, settings)
  if (kept.length > maxColumns) throw tooManyColumns(source, kept.length)
  const { names, given } = nameColumns(source, kept, settings)
  const decisions = kept.map((column, at) => {
    const target = given[at] ?? column.name
    const decision = decideForZero(decideType(source, column, profile, choices), { place, column, target, settings })
    refuseIdleRules({ table: source, column, decision, existing: null }, settings)
    return { column, decision, target, profile: columnProfile(profile, column) }
  })
  const columns = new Map(decisions.map((entry) => [entry.column.name, targetColumn(entry)]))
  const scope = expressionScope(source, columns)
  const planned: PlannedColumn[] = []
  const generated: PlannedGeneratedColumn[] = []
  for (const { column, decision, target } of decisions) {
    notes.warnings.push(...decision.warnings)
    const expression = column.generated && translateGenerated(column.generated.expression, decision.type, scope)
    if (expression?.ok) {
      generated.push({
        source: column.name,
        target,
        type: decision.type,
        expression: expression.sql,
        conversion: decision.conversion,
      })
      continue
    }
    if (column.generated && expression) {
      notes.notCarried.push({
        kind: 'generated-column',
        table: source.name,
        name: column.name,
        sourceSql: column.generated.expression,
        sql: null,
        note: `its values are carried as an ordinary column: ${expression.reason}`,
      })
    }
    planned.push(newColumn(place, column, decision, target, columns, notes))
  }
  warnAboutNames(source, names, notes)
  const surrogate = planSurrogate({ place, settings, columns, planned, names })
  if (surrogate) notes.warnings.push(surrogate.warning)
  const plan = finish({ place, profile, settings, notes, columns, planned, generated, omitted: [] })
  const column = surrogate?.column ?? null
  return column === null ? plan : { ...plan, planned: { ...plan.planned, surrogateKey: column } }
}

function newColumn(
  place: TablePlace,
  column: Column,
  decision: TypeDecision,
  target: string,
  columns: ReadonlyMap<string, TargetColumn>,
  notes: Notes,
): PlannedColumn {
  const { source } = place
  const isRowid = source.sqlite?.rowidColumn === column.name && decision.conversion.wireType !== 'text'
  const nulls = columns.get(column.name)?.nulls ?? 0
  const notNull = column.notNull && nulls === 0
  if (column.notNull && !notNull) {
    notes.notCarried.push({
      kind: 'not-null',
      table: source.name,
      name: column.name,
      sourceSql: `${column.declaredType} NOT NULL`,
      sql: null,
      note: `${nulls} rows hold NULL (or '' that becomes NULL)`,
    })
  }
  return {
    source: column.name,
    target,
    type: decision.type,
    conversion: { ...decision.conversion, notNull: false },
    notNull,
    identity: isRowid,
    default: isRowid ? null : columnDefault(source, column, decision, notes),
    declaredType: column.declaredType,
    reason: decision.reason,
    evidence: decision.evidence,
  }
}

function columnDefault(source: Table, column: Column, decision: TypeDecision, notes: Notes): string | null {
  if (column.default === null || column.generated) return null
  const translated =
    decision.conversion.asBase64 === true
      ? base64Default(column.default)
      : translateDefault(column.default, decision.type, decision.conversion)
  if (translated.ok) {
    for (const note of translated.notes) {
      notes.warnings.push({
        code: 'default-changed',
        table: source.name.name,
        column: column.name,
        message: `DEFAULT ${column.default} becomes ${translated.sql}: ${note}`,
        remedy: null,
      })
    }
    return translated.sql
  }
  notes.notCarried.push({
    kind: 'default',
    table: source.name,
    name: column.name,
    sourceSql: `DEFAULT ${column.default}`,
    sql: null,
    note: translated.reason,
  })
  return null
}

function keptColumns(source: Table, settings: PlanSettings): Column[] {
  const excluded = new Set(settings.table(source.name.name).excludedColumns.map((name) => name.toLowerCase()))
  return source.columns.filter((column) => !excluded.has(column.name.toLowerCase()))
}

/** The names that the columns of a new table get. */
function nameColumns(
  source: Table,
  columns: readonly Column[],
  settings: PlanSettings,
): { readonly names: NameGiver; readonly given: string[] } {
  const { columnNames } = settings.table(source.name.name)
  const names = new NameGiver({ naming: settings.naming, columns: true, zero: settings.zero !== null })
  const given = columns.map((column) =>
    names.give(columnNames.get(column.name.toLowerCase()) ?? column.name, `column_${column.position}`),
  )
  return { names, given }
}

function matchExisting(source: Table, existing: Table, settings: PlanSettings): ColumnMatch {
  const kept = keptColumns(source, settings)
  const { columnNames } = settings.table(source.name.name)
  const names = kept.map((column) => columnNames.get(column.name.toLowerCase()) ?? column.name)
  return matchColumns(kept, existing, { names, given: nameColumns(source, kept, settings).given })
}

/** Refuses a target table that needs values the source does not have, before anything is loaded. */
export function assertFed(place: TablePlace, settings: PlanSettings): void {
  const { source, existing } = place
  if (!existing || place.mode === 'recreate') return
  const { pairs, unfed } = matchExisting(source, existing, settings)
  if (unfed.length > 0) throw unfedColumns(source, existing, unfed)
  const closed = pairs.find(({ target }) => refusesEveryValue(target.postgres?.baseType ?? target.declaredType))
  if (closed !== undefined) throw closedColumn(source, existing, closed.target)
}

function omittedWarning(
  { source, existing }: TablePlace,
  { column, reason, values }: { readonly column: string; readonly reason: string; readonly values: number },
): Warning {
  const lost = values === 0 ? '' : `; ${values} ${values === 1 ? 'value is' : 'values are'} left behind`
  const table = existing === null ? source.name.name : qualifiedName(existing.name)
  return {
    code: 'column-omitted',
    table: source.name.name,
    column,
    message: `${source.name.name}.${column} is not carried: ${reason}${lost}.`,
    remedy:
      values === 0
        ? null
        : `To carry it: alter table ${table} add column ${quoteIdentifier(column)} text; to leave it out on purpose: tables: ${source.name.name}: columns: ${column}: {exclude: true}`,
  }
}

function closedColumn(source: Table, existing: Table, column: Column): RowferryError {
  return new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The column ${column.name} of the target table ${existing.name.name} is ${column.declaredType}, a type of PostgreSQL's own that takes no value from outside.`,
    remedy: `Leave the column out: tables: ${source.name.name}: columns: ${column.name}: {exclude: true}`,
  })
}

function planExistingTable(place: TablePlace, profile: TableProfile, settings: PlanSettings, notes: Notes): TablePlan {
  const { source, existing } = place
  if (!existing) throw new Error(`no target table for ${source.name.name}`)
  const match = matchExisting(source, existing, settings)
  const { pairs } = match
  if (pairs.length === 0) throw noCommonColumn(source, existing)
  const omitted = match.omitted.map(({ column, reason, computed }) => {
    const stored = source.columns.find(({ name }) => name === column)
    const values = stored === undefined || computed ? 0 : countValues(columnProfile(profile, stored))
    return { column, reason, values }
  })
  notes.warnings.push(...omitted.map((one) => omittedWarning(place, one)))
  if (!settings.fireTriggers) notes.warnings.push(...heldBackWarnings(source.name.name, existing, match.untouched))
  const columns = new Map<string, TargetColumn>()
  const planned = pairs.map((pair): PlannedColumn => {
    const columnFacts = columnProfile(profile, pair.source)
    const decision = existingForZero(
      conversionForExisting(pair.target, pair.source, columnFacts, settings.column(source.name.name, pair.source.name)),
      { place, column: pair.source, target: pair.target.name, settings, profile },
    )
    refuseIdleRules({ table: source, column: pair.source, decision, existing: pair.target }, settings)
    const scene = { table: existing, column: pair.target, conversion: decision.conversion }
    const told = decision.warnings.map((warning) => withExistingRemedy(warning, scene))
    notes.warnings.push(...told.map((warning) => ({ ...warning, table: source.name.name })))
    columns.set(
      pair.source.name,
      targetColumn({ column: pair.source, decision, target: pair.target.name, profile: columnFacts }),
    )
    return {
      source: pair.source.name,
      target: pair.target.name,
      type: decision.type,
      conversion: { ...decision.conversion, notNull: pair.target.notNull },
      notNull: pair.target.notNull,
      identity: pair.target.postgres?.identity !== null && pair.target.postgres?.identity !== undefined,
      default: pair.target.default,
      declaredType: pair.source.declaredType,
      reason: decision.reason,
      evidence: decision.evidence,
    }
  })
  return finish({ place, profile, settings, notes, columns, planned, generated: [], omitted })
}

function finish(parts: {
  place: TablePlace
  profile: TableProfile
  settings: PlanSettings
  notes: Notes
  columns: ReadonlyMap<string, TargetColumn>
  planned: readonly PlannedColumn[]
  generated: readonly PlannedGeneratedColumn[]
  omitted: PlannedTable['omitted']
}): TablePlan {
  const { place, profile, settings, notes, columns } = parts
  const { source } = place
  const target: TableName = { schema: settings.schema, name: place.target }
  const planned: PlannedTable = {
    source: source.name,
    ...(source.sqlite?.storedIn !== undefined && { storedIn: { ...source.name, name: source.sqlite.storedIn } }),
    target,
    mode: place.mode,
    strategy: place.strategy,
    matchKey: matchKey(place, settings, columns),
    columns: parts.planned,
    generated: parts.generated,
    omitted: parts.omitted,
    rowKey: source.primaryKey?.columns ?? [],
    rows: profile.rows,
    bytes: profile.bytes,
    widestRowBytes: profile.widestRowBytes,
    shards: splitShards(profile, settings),
    ...(place.existing?.postgres?.relationKind === 'p' && { partitioned: true }),
    orphanRules: [],
  }
  return { place, planned, profile, columns, warnings: notes.warnings, notCarried: notes.notCarried }
}

/** Target columns that identify a row: those the user names, else the target's primary key, else its first unique key. */
function matchKey(place: TablePlace, settings: PlanSettings, columns: ReadonlyMap<string, TargetColumn>): string[] {
  const named = settings.table(place.source.name.name).matchKey
  const carried = new Set([...columns.values()].map((column) => column.target))
  const existing = place.existing
  if (place.mode !== 'into-existing' || !existing) return []
  const keys = [existing.primaryKey, ...existing.uniqueKeys].filter((key) => key !== null)
  const key = named
    ? { columns: named }
    : keys.find((candidate) => candidate.columns.every((column) => carried.has(column)))
  if (key) return [...key.columns]
  if (!needsMatchKey(place.strategy)) return []
  throw new RowferryError('CATALOG_NO_KEY', {
    message: `${place.target} has no primary or unique key among the transferred columns, so "${place.strategy}" cannot find rows again.`,
    remedy: `Name a key in the configuration (tables: ${place.source.name.name}: matchKey: [column]), or use --strategy append, replace or error`,
  })
}

function warnAboutNames(source: Table, names: NameGiver, notes: Notes): void {
  for (const { from, to, reason } of names.changed) {
    notes.warnings.push({
      code: 'name-changed',
      table: source.name.name,
      column: from,
      message: `Column ${JSON.stringify(from)} of ${source.name.name} becomes ${JSON.stringify(to)}: ${reason}.`,
      remedy: null,
    })
  }
}

function tooManyColumns(source: Table, count: number): RowferryError {
  return new RowferryError('CATALOG_TOO_MANY_COLUMNS', {
    message: `${source.name.name} has ${count} columns; PostgreSQL allows ${maxColumns} in a table.`,
    remedy: `Carry it as several tables with the same key: --wide-tables split; or leave the table out (--exclude ${source.name.name}), or leave columns out in the configuration (tables: ${source.name.name}: columns: <name>: {exclude: true})`,
  })
}

function unfedColumns(source: Table, existing: Table, unfed: readonly Column[]): RowferryError {
  const names = unfed.map((column) => column.name).join(', ')
  return new RowferryError('CATALOG_NOT_NULL_WITHOUT_SOURCE', {
    message: `${existing.name.name} needs a value for ${names} (NOT NULL without default), and the source table ${source.name.name} has no such column.`,
    remedy: `Give the target column a default (alter table … alter column … set default …), map a column onto it in the configuration, or leave the table out: --exclude ${source.name.name}`,
  })
}

function noCommonColumn(source: Table, existing: Table): RowferryError {
  return new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The source table ${source.name.name} and the target table ${existing.name.name} have no column in common.`,
    remedy: `Leave the table out (--exclude ${source.name.name}) or load into another schema (--schema name)`,
  })
}
