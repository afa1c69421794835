import { createIndex } from '../databases/postgres/schema/postgres-ddl.ts'
import type { Index } from '../model/catalog.ts'
import type { SchemaObject } from '../model/plan.ts'
import { zeroTable } from '../config/zero-settings.ts'
import type { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TablePlan } from './plan-table.ts'

/**
 * Indexes over foreign key columns that have none: zero-cache follows relations in its own copy, with the plain indexes that
 * PostgreSQL has, and without one it reads the whole table for every parent. `made`: what else becomes of the table.
 */
export function planForeignKeyIndexes(
  table: TablePlan,
  made: readonly SchemaObject[],
  { settings, names }: { readonly settings: PlanSettings; readonly names: NameGiver },
): SchemaObject[] {
  const { zero } = settings
  const { source } = table.place
  if (zero === null || !zero.indexForeignKeys) return []
  if (zero.publication !== null && zeroTable(zero, table.place.target).exclude) return []
  const covered = coveredColumns(table, made)
  const added: SchemaObject[] = []
  for (const key of source.foreignKeys) {
    const columns = key.columns.map((name) => targetName(table, name))
    if (columns.some((name) => name === null) || covered.some((lead) => startsWith(lead, key.columns))) continue
    covered.push(key.columns.map((name) => name.toLowerCase()))
    const { target } = table.planned
    const wanted = `${target.name}_${columns.join('_')}_idx`
    const name = names.give(wanted, 'foreign_key_index')
    const parts = columns.map((column) => ({ column, expression: null, collation: null, descending: false }))
    added.push({
      kind: 'index',
      table: target,
      name,
      sourceSql: null,
      sql: createIndex(target, { name, unique: false, parts, where: null }),
      note: `added for Zero: the foreign key to ${key.parent.name} had no index`,
    })
  }
  return added
}

/** Source names in lower case of the columns that an index leads with, for each index that zero-cache will have. */
function coveredColumns({ place: { source } }: TablePlan, made: readonly SchemaObject[]): string[][] {
  const carried = (index: Index): boolean =>
    made.some((object) => object.kind === 'index' && object.sourceSql === index.sql && object.sql !== null)
  const nocase = new Set(source.columns.filter((one) => one.collation !== null).map((one) => one.name.toLowerCase()))
  const keys = [source.primaryKey, ...source.uniqueKeys].flatMap((key) => (key ? [key.columns] : []))
  const indexes = source.indexes
    .filter((index) => index.where === null && carried(index))
    .filter((index) => index.parts.every((part) => part.column !== null && part.collation === null))
    .map((index) => index.parts.map((part) => part.column ?? ''))
  return [...keys, ...indexes]
    .map((columns) => columns.map((name) => name.toLowerCase()))
    .filter((columns) => !columns.some((name) => nocase.has(name)))
}

/** The columns of a key in any order: each is looked up with an equals sign. */
function startsWith(lead: readonly string[], columns: readonly string[]): boolean {
  const first = new Set(lead.slice(0, columns.length))
  return columns.every((name) => first.has(name.toLowerCase()))
}

function targetName({ columns }: TablePlan, source: string): string | null {
  for (const [name, column] of columns) if (name.toLowerCase() === source.toLowerCase()) return column.target
  return null
}
