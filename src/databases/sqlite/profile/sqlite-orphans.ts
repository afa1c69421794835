import type { DatabaseSync } from 'node:sqlite'
import type { SqliteRow } from '../../../model/batch.ts'
import { type ForeignKey, storedName, type Table } from '../../../model/catalog.ts'
import type { OrphanProfile, ValueSample } from '../../../model/profile.ts'
import { mostSamples } from './profile-column.ts'
import { foldName, isBuiltInCollation, quoteName } from '../sqlite-identifiers.ts'
import { findKeys } from './sqlite-lookup.ts'
import { rowKeyOf, valueText } from './value-text.ts'
import { prepareRows } from '../read/walk-rows.ts'

/** A foreign key to check. Plain data: it is posted to worker threads. */
export type OrphanTask = {
  readonly table: string
  readonly keyColumns: readonly string[]
  readonly rowidName: string | null
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
  /** The parent's keys may be in the order of a collation that only another program knows. */
  readonly foreignOrder: boolean
  /** Names of the tables in the file; `table` and `parent` may be parts of them. */
  readonly stored: { readonly table: string; readonly parent: string }
}

export function orphanTasks(tables: readonly Table[]): OrphanTask[] {
  const byName = new Map(tables.map((table) => [foldName(table.name.name), table]))
  const parentOf = ({ parent }: ForeignKey): Table | undefined => byName.get(foldName(parent.name))
  return tables.flatMap((table) =>
    table.foreignKeys
      .filter((key) => key.columns.length > 0 && key.columns.length === key.parentColumns.length)
      .map((key) => ({
        table: table.name.name,
        keyColumns: table.primaryKey?.columns ?? [],
        rowidName: table.sqlite?.rowidName ?? null,
        columns: key.columns,
        parent: key.parent.name,
        parentColumns: key.parentColumns,
        // Of a parent that is not read nothing is known.
        foreignOrder: hasForeignCollation(parentOf(key)),
        stored: { table: storedName(table), parent: storedName(parentOf(key) ?? { name: key.parent, sqlite: null }) },
      })),
  )
}

function hasForeignCollation(table: Table | undefined): boolean {
  if (table === undefined) return true
  const { columns, indexes } = table
  const names = [...columns, ...indexes.flatMap(({ parts }) => parts)].map(({ collation }) => collation)
  return names.some((name) => name !== null && !isBuiltInCollation(name))
}

/**
 * Rows that point to no row, as SQLite itself would say, null when there are none: the parent's affinity and collation
 * decide, and a NULL in any column of the key points nowhere and is none. `pragma foreign_key_check` is of no use here: it
 * fails as a whole where a parent key is not unique.
 */
export function findOrphans(db: DatabaseSync, task: OrphanTask): OrphanProfile | null {
  const { table, columns, parent, stored } = task
  if (!hasColumns(db, stored.parent, task.parentColumns)) return null
  const where = orphanCondition(db, task)
  const samples = readSamples(db, task, where)
  if (samples.length === 0) return null
  const [only = ''] = columns
  const isEmpty = columns.length === 1 ? `c.${quoteName(only)} is '' collate binary` : '0'
  const counted = db.prepare(
    `select count(*) as count, sum(${isEmpty}) as empty from ${quoteName(stored.table)} as c not indexed where ${where}`,
  )
  const { count, empty } = counted.get() ?? {}
  return { table, columns, parent, count: Number(count), emptyTexts: Number(empty), samples }
}

function hasColumns(db: DatabaseSync, table: string, columns: readonly string[]): boolean {
  const found = db.prepare('select name from pragma_table_xinfo(?)').all(table)
  const names = new Set(found.map((row) => foldName(String(row['name']))))
  return columns.every((column) => names.has(foldName(column)))
}

function orphanCondition(db: DatabaseSync, { columns, stored, parentColumns, foreignOrder }: OrphanTask): string {
  const keys = findKeys(db, stored.parent, { columns: parentColumns, foreignOrder })
  const children = columns.map((column) => `c.${quoteName(column)}`)
  // The `+` takes away the child's affinity: https://sqlite.org/foreignkeys.html, section 3. The parent stands on the
  // left, so that its collation decides.
  const matches = keys.columns.map((column, at) => `p.${column} = +${children[at]}`)
  const present = children.map((child) => `${child} is not null`)
  return `${present.join(' and ')} and not exists (select 1 from ${keys.from} as p where ${matches.join(' and ')})`
}

/** The first in row order. */
function readSamples(db: DatabaseSync, task: OrphanTask, where: string): ValueSample[] {
  const selected = [...task.columns, ...task.keyColumns, ...(task.rowidName === null ? [] : [task.rowidName])]
  const statement = prepareRows(
    db,
    `select ${selected.map((column) => `c.${quoteName(column)}`).join(', ')} ` +
      `from ${quoteName(task.stored.table)} as c not indexed where ${where} limit ${mostSamples}`,
  )
  const width = task.columns.length
  const places = {
    columns: task.keyColumns.map((name, at) => ({ name, at: width + at })),
    rowidAt: task.rowidName === null ? null : selected.length - 1,
  }
  const rows = statement.all() as unknown as SqliteRow[]
  return rows.map((row) => ({
    key: rowKeyOf(row, places),
    value: row
      .slice(0, width)
      .map((value) => valueText(value))
      .join(', '),
  }))
}
