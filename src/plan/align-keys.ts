import { typeFamily } from '../databases/sqlite/declared-type.ts'
import type { ForeignKey, Table } from '../model/catalog.ts'
import { isNewTable } from '../model/plan.ts'
import type { ColumnProfile } from '../model/profile.ts'
import type { PlanSettings } from './plan-settings.ts'
import { columnProfile, type ColumnOverride } from './decide-type.ts'
import type { TablePlan } from './plan-table.ts'
import { sameKeyType } from './target-column.ts'

/** Table and column → what the column has to become. Keyed by source names in lower case. */
export type Overrides = Map<string, ColumnOverride>

export function overrideKey(table: string, column: string): string {
  return `${table.toLowerCase()}\0${column.toLowerCase()}`
}

/**
 * Columns of a foreign key whose types have no common equality in PostgreSQL, although SQLite compares them happily: both
 * become text, which holds every value exactly. A rowid cannot become text, and a type that the user chose stays: then the
 * foreign key is reported instead. `decided` stands already and is part of the result.
 */
export function alignKeyTypes(
  tables: readonly TablePlan[],
  settings: PlanSettings,
  decided: Overrides = new Map(),
): Overrides {
  const overrides: Overrides = new Map(decided)
  const bySource = new Map(tables.map((table) => [table.place.source.name.name.toLowerCase(), table]))
  for (const table of tables) {
    for (const key of table.place.source.foreignKeys) {
      const parent = bySource.get(key.parent.name.toLowerCase())
      if (parent) alignKey(table, parent, key, { overrides, settings })
    }
  }
  return overrides
}

function alignKey(
  table: TablePlan,
  parent: TablePlan,
  key: ForeignKey,
  context: { overrides: Overrides; settings: PlanSettings },
): void {
  for (const [index, name] of key.columns.entries()) {
    const sides = [side(table, name, context), side(parent, key.parentColumns[index] ?? '', context)]
    const [child, other] = sides
    if (!child || !other || sameKeyType(child.type, other.type)) continue
    if (other.fixed && !child.fixed && child.type === 'text' && other.type === 'bigint' && child.allIntegers) {
      context.overrides.set(child.key, {
        type: 'bigint',
        reason: `bigint like ${other.label}, which it refers to; every value is an integer`,
      })
      continue
    }
    if (child.fixed || other.fixed) continue
    const partner = (of: Side): Side => (of === child ? other : child)
    for (const own of [child, other]) {
      if (own.type === 'text') continue
      const reason = `text, because a foreign key compares it with ${partner(own).label}`
      context.overrides.set(own.key, { type: 'text', reason })
    }
  }
}

type Side = {
  readonly key: string
  readonly label: string
  readonly type: string
  /** Neither a rowid nor a type that the user chose can be changed, nor a column of an existing table. */
  readonly fixed: boolean
  /** Every value is an integer, or a text that is one and nothing else. */
  readonly allIntegers: boolean
}

/**
 * The tables as the profile shall examine them: a text column that refers to an integer key is looked at as a column of
 * integers, so that `alignKeyTypes` can tell whether its texts are numbers.
 */
export function withKeyHints(tables: readonly Table[]): Table[] {
  const byName = new Map(tables.map((table) => [table.name.name.toLowerCase(), table]))
  return tables.map((table) => {
    const hinted = new Set(table.foreignKeys.flatMap((key) => columnsOfIntegerKeys(key, byName)))
    if (hinted.size === 0) return table
    const columns = table.columns.map((column) =>
      hinted.has(column.name.toLowerCase()) && typeFamily(column.declaredType) === 'text'
        ? { ...column, declaredType: 'INTEGER' }
        : column,
    )
    return { ...table, columns }
  })
}

function columnsOfIntegerKeys(key: ForeignKey, tables: ReadonlyMap<string, Table>): string[] {
  const parent = tables.get(key.parent.name.toLowerCase())
  const rowid = parent?.sqlite?.rowidColumn?.toLowerCase()
  return key.columns
    .filter((_, index) => rowid !== undefined && key.parentColumns[index]?.toLowerCase() === rowid)
    .map((name) => name.toLowerCase())
}

function holdsOnlyIntegers(facts: ColumnProfile): boolean {
  const integers: readonly string[] = ['integer-bit', 'integer', 'text-integer']
  const present = Object.keys(facts.classes)
  return present.length > 0 && present.every((name) => integers.includes(name))
}

function side(
  table: TablePlan,
  column: string,
  { overrides, settings }: { overrides: Overrides; settings: PlanSettings },
): Side | null {
  const { source } = table.place
  const entry = [...table.columns].find(([name]) => name.toLowerCase() === column.toLowerCase())
  if (!entry) return null
  const [name, target] = entry
  const key = overrideKey(source.name.name, name)
  const chosen = settings.column(source.name.name, name).type !== null
  return {
    key,
    label: `${source.name.name}.${name}`,
    type: overrides.get(key)?.type ?? target.type,
    fixed: !isNewTable(table.place) || chosen || source.sqlite?.rowidColumn === name,
    allIntegers: holdsOnlyIntegers(columnFacts(table, name)),
  }
}

function columnFacts(table: TablePlan, name: string): ColumnProfile {
  const column = table.place.source.columns.find((candidate) => candidate.name === name)
  if (!column) throw new Error(`${table.place.source.name.name} has no column ${name}`)
  return columnProfile(table.profile, column)
}
