import type { Client } from 'pg'
import type { Issue } from '../../../model/batch.ts'
import type { TableName } from '../../../model/catalog.ts'
import { type OrphanRule, type PlannedTable, rowHashOf } from '../../../model/plan.ts'
import { rowHashExpression } from '../copy/hash-query.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'

/** What treating the orphans of one table came to. */
export type TreatedOrphans = {
  readonly table: TableName
  /** Rows deleted. */
  readonly rejected: number
  /** Cells set to NULL. */
  readonly altered: number
  /** To be added to the table's sum of row hashes, so that it still describes what the table holds. */
  readonly hash: bigint
  readonly issues: readonly Issue[]
}

/**
 * Applies the orphan rules of the tables after all rows are loaded and before foreign keys are made: rows that point to no
 * row are deleted (`reject`) or their reference becomes NULL (`null`). Deleting a row can make orphans of others, so it
 * goes round until nothing changes. `parents` are all tables that a rule may name. Run it in one transaction together with storing what it gives.
 */
export async function treatOrphans(
  client: Client,
  tables: readonly PlannedTable[],
  parents: readonly PlannedTable[],
): Promise<TreatedOrphans[]> {
  const treated: TreatedOrphans[] = []
  for (let changed = true; changed;) {
    changed = false
    for (const table of tables) {
      for (const rule of table.orphanRules) {
        const result = await treatRule(client, table, rule, parents)
        if (result.issues.length === 0) continue
        changed = true
        treated.push(result)
      }
    }
  }
  return treated
}

async function treatRule(
  client: Client,
  table: PlannedTable,
  rule: OrphanRule,
  parents: readonly PlannedTable[],
): Promise<TreatedOrphans> {
  const names = orphanNames(table, rule, parents)
  const { rows } = await client.query<OrphanRow>(rule.action === 'reject' ? rejectSql(names) : nullSql(names))
  const issues = rows.flatMap((row) => orphanIssues(table, rule, names, row))
  const hash = rows.reduce((sum, row) => sum + BigInt(row.after ?? 0) - BigInt(row.before), 0n)
  const rejected = rule.action === 'reject' ? rows.length : 0
  return { table: table.target, rejected, altered: issues.length - rejected, hash, issues }
}

type OrphanRow = {
  readonly key: string
  readonly values: string
  readonly before: string
  readonly after: string | null
}

/** A rule in the target's names. */
export type OrphanNames = {
  readonly child: TableName
  readonly columns: readonly string[]
  readonly nullColumns: readonly string[]
  readonly parent: TableName
  readonly parentColumns: readonly string[]
  /** Columns that name a row in the lists. */
  readonly key: readonly string[]
  /** SQL for the hash of a row `c`. */
  readonly rowHash: string
}

/** Deletes the orphans; gives their keys, references and hashes. */
export function rejectSql(names: OrphanNames): string {
  return `delete from ${qualifiedName(names.child)} as c where ${isOrphan(names)}
returning ${textArray('c', names.key)} as key, ${textArray('c', names.columns)} as values,
  (${names.rowHash})::text as before, null::text as after`
}

/**
 * Sets the references to NULL; gives keys, the references as they were and the hashes before and after. Joined by ctid, because
 * the update's own RETURNING shows only the new row; nobody else writes to a table that is still being loaded.
 */
export function nullSql(names: OrphanNames): string {
  const nulls = names.nullColumns.map((column) => `${quoteIdentifier(column)} = null`)
  return `with orphans as materialized (
  select c.ctid as place, ${textArray('c', names.key)} as key, ${textArray('c', names.columns)} as values,
    (${names.rowHash})::text as before
  from ${qualifiedName(names.child)} as c where ${isOrphan(names)}
)
update ${qualifiedName(names.child)} as c set ${nulls.join(', ')}
from orphans as o where c.ctid = o.place
returning o.key, o.values, o.before, (${names.rowHash})::text as after`
}

/** A reference with a NULL in it points nowhere and is no orphan (MATCH SIMPLE, as in SQLite). */
function isOrphan(names: OrphanNames): string {
  const set = names.columns.map((column) => `c.${quoteIdentifier(column)} is not null`)
  const same = names.columns.map(
    (column, i) => `p.${quoteIdentifier(names.parentColumns[i] ?? '')} = c.${quoteIdentifier(column)}`,
  )
  return `${set.join(' and ')} and not exists (select 1 from ${qualifiedName(names.parent)} as p where ${same.join(' and ')})`
}

function textArray(alias: string, columns: readonly string[]): string {
  return `array_to_json(array[${columns.map((column) => `${alias}.${quoteIdentifier(column)}::text`).join(', ')}]::text[])::text`
}

function orphanNames(table: PlannedTable, rule: OrphanRule, parents: readonly PlannedTable[]): OrphanNames {
  const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  const parent = parents.find(({ source }) => sameName(source.name, rule.parent))
  const key = table.rowKey.length > 0 ? table.rowKey : rule.columns
  return {
    child: table.target,
    columns: rule.columns.map((column) => targetName(table, column)),
    nullColumns: rule.nullColumns.map((column) => targetName(table, column)),
    parent: parent?.target ?? { schema: table.target.schema, name: rule.parent },
    parentColumns: rule.parentColumns.map((column) => (parent ? targetName(parent, column) : column)),
    key: key.map((column) => targetName(table, column)),
    rowHash: rowHash(table),
  }
}

function rowHash(table: PlannedTable): string {
  return rowHashExpression(
    table.columns.map(({ target, conversion }) => ({ quotedName: `c.${quoteIdentifier(target)}`, ...conversion })),
    rowHashOf(table),
  )
}

function targetName(table: PlannedTable, source: string): string {
  const found = [...table.columns, ...table.generated].find(
    (column) => column.source.toLowerCase() === source.toLowerCase(),
  )
  return found?.target ?? source
}

function orphanIssues(table: PlannedTable, rule: OrphanRule, names: OrphanNames, row: OrphanRow): Issue[] {
  const keys = JSON.parse(row.key) as (string | null)[]
  const values = JSON.parse(row.values) as (string | null)[]
  const sources = table.rowKey.length > 0 ? table.rowKey : rule.columns
  const key = Object.fromEntries(sources.map((name, i) => [name, asRead(table, name, keys[i] ?? null)]))
  if (rule.action === 'reject') return [rejectIssue(table, rule, key, values)]
  return rule.columns.flatMap((column, i): Issue[] =>
    rule.nullColumns.includes(column)
      ? [
          {
            kind: 'altered',
            table: table.source.name,
            key,
            column,
            before: values[i] ?? null,
            after: null,
            rule: 'orphan-to-null',
            declared: false,
          },
        ]
      : [],
  )
}

/** Whole numbers as the lists of other rows have them, so that one row has one name. */
function asRead(table: PlannedTable, source: string, text: string | null): string | number | null {
  const found = table.columns.find((column) => column.source.toLowerCase() === source.toLowerCase())
  const whole = found !== undefined && /^int[248]$/.test(found.conversion.wireType)
  return whole && text !== null && Number.isSafeInteger(Number(text)) ? Number(text) : text
}

function rejectIssue(
  table: PlannedTable,
  rule: OrphanRule,
  key: Issue['key'],
  values: readonly (string | null)[],
): Issue {
  return {
    kind: 'reject',
    table: table.source.name,
    key,
    column: rule.columns.length === 1 ? (rule.columns[0] ?? null) : null,
    reason: `${rule.columns.join(', ')} = ${values.join(', ')} points to no row of ${rule.parent}`,
    code: 'DATA_ORPHAN',
    value: values.join(', '),
  }
}
