import { type Affinity, affinity, typeFamily } from '../databases/sqlite/declared-type.ts'
import { RowferryError } from '../errors/errors.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import { translateDefault } from '../mapping/sqlite-to-postgres/defaults.ts'
import { conversionForExisting } from '../mapping/sqlite-to-postgres/existing-types.ts'
import {
  type ExpressionScope,
  type ScopeColumn,
  translateGenerated,
} from '../mapping/sqlite-to-postgres/expressions.ts'
import { chooseType } from '../mapping/sqlite-to-postgres/types.ts'
import type { Column, Table, TableName } from '../model/catalog.ts'
import { needsMatchKey } from '../model/conflict.ts'
import type { PlannedColumn, PlannedGeneratedColumn, PlannedTable, SchemaObject } from '../model/plan.ts'
import type { ColumnProfile, TableProfile } from '../model/profile.ts'
import type { Warning } from '../model/report.ts'
import { matchColumns } from './compare-catalogs.ts'
import type { TablePlace } from './decide-modes.ts'
import { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'
import { splitShards } from './split-shards.ts'

/** PostgreSQL's MaxHeapAttributeNumber. https://www.postgresql.org/docs/current/limits.html */
const maxColumns = 1600

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

export type TargetColumn = {
  readonly target: string
  readonly type: string
  readonly collation: string | null
  readonly timeUnit: PlannedColumn['conversion']['timeUnit']
  readonly affinity: Affinity
  readonly generated: boolean
  /** NULLs that the target column will hold, `''` that becomes NULL included. */
  readonly nulls: number
  readonly emptyToNull: boolean
}

/** A type that is decided by something outside the column itself. */
export type ColumnOverride = { readonly type: string; readonly reason: string }

export type FindOverride = (table: string, column: string) => ColumnOverride | null

type Notes = { warnings: Warning[]; notCarried: SchemaObject[] }

export function planTable(
  place: TablePlace,
  profile: TableProfile,
  settings: PlanSettings,
  findOverride: FindOverride = () => null,
): TablePlan {
  const notes: Notes = { warnings: [], notCarried: [] }
  return place.mode === 'create' || place.mode === 'recreate'
    ? planNewTable(place, profile, { settings, findOverride }, notes)
    : planExistingTable(place, profile, settings, notes)
}

type Choices = { readonly settings: PlanSettings; readonly findOverride: FindOverride }

function planNewTable(place: TablePlace, profile: TableProfile, choices: Choices, notes: Notes): TablePlan {
  const { source } = place
  const { settings } = choices
  const wanted = settings.table(source.name.name)
  const kept = source.columns.filter((column) => !wanted.excludedColumns.includes(column.name))
  if (kept.length > maxColumns) throw tooManyColumns(source, kept.length)
  const names = new NameGiver({ naming: settings.naming, columns: true })
  const decisions = kept.map((column) => {
    const decision = decideType(source, column, profile, choices)
    const target = names.give(wanted.columnNames[column.name] ?? column.name, `column_${column.position}`)
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
  return finish({ place, profile, settings, notes, columns, planned, generated, omitted: [] })
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
  const isRowid = source.sqlite?.rowidColumn === column.name
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
    collation: null,
    declaredType: column.declaredType,
    reason: decision.reason,
    evidence: decision.evidence,
  }
}

function columnDefault(source: Table, column: Column, decision: TypeDecision, notes: Notes): string | null {
  if (column.default === null || column.generated) return null
  const translated = translateDefault(column.default, decision.type, decision.conversion)
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

/** Refuses a target table that needs values the source does not have, before anything is loaded. */
export function assertFed(place: TablePlace, settings: PlanSettings): void {
  const { source, existing } = place
  if (!existing || place.mode === 'recreate') return
  const wanted = settings.table(source.name.name)
  const { unfed } = matchColumns(source, existing, (name) => wanted.columnNames[name] ?? name)
  if (unfed.length > 0) throw unfedColumns(source, existing, unfed)
}

function planExistingTable(place: TablePlace, profile: TableProfile, settings: PlanSettings, notes: Notes): TablePlan {
  const { source, existing } = place
  if (!existing) throw new Error(`no target table for ${source.name.name}`)
  const wanted = settings.table(source.name.name)
  const match = matchColumns(source, existing, (name) => wanted.columnNames[name] ?? name)
  const pairs = match.pairs.filter((pair) => !wanted.excludedColumns.includes(pair.source.name))
  if (pairs.length === 0) throw noCommonColumn(source, existing)
  for (const { column, reason } of match.omitted) {
    notes.warnings.push({
      code: 'column-omitted',
      table: source.name.name,
      column,
      message: `${source.name.name}.${column} is not carried: ${reason}.`,
      remedy: null,
    })
  }
  const columns = new Map<string, TargetColumn>()
  const planned = pairs.map((pair): PlannedColumn => {
    const columnFacts = columnProfile(profile, pair.source)
    const decision = conversionForExisting(
      pair.target,
      pair.source,
      columnFacts,
      settings.column(source.name.name, pair.source.name),
    )
    notes.warnings.push(...decision.warnings.map((warning) => ({ ...warning, table: source.name.name })))
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
      collation: null,
      declaredType: pair.source.declaredType,
      reason: decision.reason,
      evidence: decision.evidence,
    }
  })
  return finish({ place, profile, settings, notes, columns, planned, generated: [], omitted: match.omitted })
}

function finish(parts: {
  place: TablePlace
  profile: TableProfile
  settings: PlanSettings
  notes: Notes
  columns: ReadonlyMap<string, TargetColumn>
  planned: readonly PlannedColumn[]
  generated: readonly PlannedGeneratedColumn[]
  omitted: readonly { column: string; reason: string }[]
}): TablePlan {
  const { place, profile, settings, notes, columns } = parts
  const { source } = place
  const target: TableName = { schema: settings.schema, name: place.target }
  const planned: PlannedTable = {
    source: source.name,
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
    shards: splitShards(profile, settings.parallel),
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

function decideType(source: Table, column: Column, profile: TableProfile, choices: Choices): TypeDecision {
  const policy = choices.settings.column(source.name.name, column.name)
  const facts = columnProfile(profile, column)
  const isRowid = source.sqlite?.rowidColumn === column.name
  const family = isRowid ? 'integer' : typeFamily(column.declaredType)
  const override = choices.findOverride(source.name.name, column.name)
  const own = chooseType(column, family, facts, policy)
  const reason = override?.reason ?? defaultMisfit(column, own, facts, profile)
  const decision =
    reason === null || policy.type !== null || isRowid
      ? own
      : {
          ...chooseType(column, 'text', facts, { ...policy, type: override?.type ?? 'text' }),
          reason,
          warnings: own.warnings,
        }
  return { ...decision, warnings: decision.warnings.map((warning) => ({ ...warning, table: source.name.name })) }
}

/**
 * A column without a single value is known only by its declaration and its default. A default that does not fit the
 * declaration is a value that the application will store, so it counts.
 */
function defaultMisfit(
  column: Column,
  decision: TypeDecision,
  facts: ColumnProfile,
  profile: TableProfile,
): string | null {
  if (column.default === null || column.generated || facts.nulls < profile.rows) return null
  if (translateDefault(column.default, decision.type, decision.conversion).ok) return null
  if (!translateDefault(column.default, 'text', { timeUnit: null }).ok) return null
  return `text, because it holds no value yet and its default ${column.default} is no ${decision.type}`
}

export function columnProfile(profile: TableProfile, column: Column): ColumnProfile {
  const found = profile.columns.find((candidate) => candidate.column === column.name)
  if (!found) throw new Error(`the profile of ${profile.table} has no column ${column.name}`)
  return found
}

function targetColumn(entry: {
  column: Column
  decision: TypeDecision
  target: string
  profile: ColumnProfile
}): TargetColumn {
  const { conversion } = entry.decision
  const empty = conversion.emptyToNull ? (entry.profile.classes['text-empty']?.count ?? 0) : 0
  return {
    target: entry.target,
    type: entry.decision.type,
    collation: entry.column.collation?.toUpperCase() ?? null,
    timeUnit: conversion.timeUnit,
    affinity: affinity(entry.column.declaredType),
    generated: entry.column.generated !== null,
    nulls: entry.profile.nulls + empty,
    emptyToNull: conversion.emptyToNull,
  }
}

/** SQLite finds columns without regard to case. */
export function expressionScope(source: Table, columns: ReadonlyMap<string, TargetColumn>): ExpressionScope {
  const byName = new Map([...columns].map(([name, column]) => [name.toLowerCase(), scopeColumn(column)]))
  const leftOut = new Set(leftOutColumns(source, columns).map((name) => name.toLowerCase()))
  return {
    column: (name) => byName.get(name.toLowerCase()) ?? null,
    isLeftOut: (name) => leftOut.has(name.toLowerCase()),
  }
}

export function scopeColumn({ target, type, collation, timeUnit, affinity, generated }: TargetColumn): ScopeColumn {
  const known = collation === 'NOCASE' || collation === 'RTRIM' ? collation : null
  return { target, type, collation: known, timeUnit, affinity, generated }
}

export function leftOutColumns(source: Table, columns: ReadonlyMap<string, TargetColumn>): string[] {
  return source.columns.map((column) => column.name).filter((name) => !columns.has(name))
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

const numberTypes = /^(bigint|integer|smallint|numeric|double precision|real)\b/

/** PostgreSQL has an equality between the number types, and between equal types. */
export function sameKeyType(a: string, b: string): boolean {
  return a === b || (numberTypes.test(a) && numberTypes.test(b)) || (isText(a) && isText(b))
}

function isText(type: string): boolean {
  return /^(text|character varying|varchar|character|char)\b/.test(type)
}

function tooManyColumns(source: Table, count: number): RowferryError {
  return new RowferryError('CATALOG_TOO_MANY_COLUMNS', {
    message: `${source.name.name} has ${count} columns; PostgreSQL allows ${maxColumns} in a table.`,
    remedy: `Leave the table out (--exclude ${source.name.name}), or leave columns out in the configuration (tables: ${source.name.name}: columns: <name>: {exclude: true})`,
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
