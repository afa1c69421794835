import type { Client } from 'pg'
import type { TableName } from '../../model/catalog.ts'
import type { PlannedTable } from '../../model/plan.ts'
import type { RowDifference } from '../../model/report.ts'
import { keyMapEntry } from './load/conflict-sql.ts'
import { readRemapForeignKeys } from './load/key-remaps.ts'
import { qualifiedName, quoteIdentifier, quoteLiteral } from './identifiers.ts'
import {
  comparable,
  type MatchColumn,
  readMatchKey,
  readTargetColumns,
  type TargetColumn,
} from './load/target-columns.ts'

/** Values in a difference are cut at so many characters. */
const shownCharacters = 200

/** A join holds at most 1,664 columns of both sides together (MaxTupleAttributeNumber): wider tables are compared row by row as a whole. */
const widestJoin = 800

export type FindDifferencesOptions = {
  /** At most so many differences are listed; all are counted. */
  readonly limit: number
}

export type Differences = {
  readonly differences: readonly RowDifference[]
  readonly total: number
  /** `total` by problem. */
  readonly counts: Readonly<Record<RowDifference['problem'], number>>
}

/** Two sides to compare, as SQL. `s` is the staging table, `t` the target. */
type Comparison = {
  readonly columns: readonly TargetColumn[]
  /** Names of the columns that name a row; empty: rows are compared as a whole. */
  readonly key: readonly string[]
}

/**
 * Compares the table with a staging table that holds the source's converted rows (`staging.ts`), in SQL, value by value.
 *
 * A table of ours must hold the same rows, no more and no fewer. In an existing table with rows the rule of the strategy
 * must hold, and rows of its own are none of our business: `skip`: every key exists; `overwrite`, `error`: and every
 * transferred column is equal; `merge`: and every column is equal that is not NULL in the source; `append`: every row exists under its
 * new key, with equal columns but for keys and remapped foreign keys.
 */
export async function findDifferences(
  client: Client,
  table: PlannedTable,
  staging: TableName,
  options: FindDifferencesOptions,
): Promise<Differences> {
  await client.query(`analyze ${qualifiedName(staging)}`)
  const columns = await readTargetColumns(client, table)
  const merged = table.mode === 'into-existing' && table.matchKey.length > 0
  if (merged) {
    const match = await readMatchKey(client, table)
    const sql =
      table.strategy === 'append'
        ? appendedSql(table, columns, staging, await readAppended(client, table))
        : ruleSql(table, columns, staging, match)
    return await run(client, sql, columns, table.matchKey, options)
  }
  const key = columns.length > widestJoin ? [] : await usableKey(client, table, columns, staging)
  const comparison = { columns, key }
  const sql = key.length > 0 ? keyedSql(table, comparison, staging) : wholeRowsSql(table, columns, staging)
  return await run(client, sql, columns, key, options)
}

/** Each statement gives `problem`, and `key`, `source`, `target`, `differs` as JSON arrays (values as text), in the order of the columns. */
async function run(
  client: Client,
  sql: string,
  columns: readonly TargetColumn[],
  key: readonly string[],
  options: FindDifferencesOptions,
): Promise<Differences> {
  const { rows } = await client.query<Record<string, string>>(
    `select *, count(*) over () as total, count(*) filter (where problem = 'missing') over () as missing,
       count(*) filter (where problem = 'extra') over () as extra
     from (${sql}) as found order by key limit ${Math.max(1, options.limit)}`,
  )
  const differences = rows.slice(0, options.limit).map((row) => difference(row, columns, key))
  const [total, missing, extra] = ['total', 'missing', 'extra'].map((name) => Number(rows[0]?.[name] ?? 0)) as [
    number,
    number,
    number,
  ]
  return { differences, total, counts: { missing, extra, different: total - missing - extra } }
}

function difference(
  row: Record<string, string>,
  columns: readonly TargetColumn[],
  key: readonly string[],
): RowDifference {
  const parse = (name: string): unknown => JSON.parse(row[name] ?? '[]')
  const keys = parse('key') as (string | null)[]
  const source = parse('source') as (string | null)[]
  const target = parse('target') as (string | null)[]
  const differs = parse('differs') as boolean[]
  const shown = columns.map(({ name }, i) => ({ column: name, source: source[i] ?? null, target: target[i] ?? null }))
  const problem = row['problem'] as RowDifference['problem']
  // A row that is missing altogether is named by its key; without a key its values are all there is.
  const listed = problem === 'different' ? shown.filter((_, i) => differs[i]) : key.length === 0 ? shown : []
  return {
    table: row['table'] ?? '',
    key: Object.fromEntries(key.map((name, i) => [name, keys[i] ?? null])),
    problem,
    columns: listed,
  }
}

/** The same rows on both sides. */
function keyedSql(table: PlannedTable, { columns, key }: Comparison, staging: TableName): string {
  const on = key.map((name) => {
    const column = columnNamed(columns, name)
    const side = (alias: string): string => comparable(`${alias}.${quoteIdentifier(name)}`, column.comparison)
    return `${side('s')} = ${side('t')}`
  })
  return `select ${result(
    table,
    columns,
    key.map((name) => `coalesce(${shown('s', name)}, ${shown('t', name)})`),
    everyColumn(columns),
  )}
from (${stagedRows(columns, staging)}) as s
full join (select true as is_there, ${nameList(columns)} from ${qualifiedName(table.target)}) as t on ${on.join(' and ')}
where s.is_there is null or t.is_there is null or ${anyDiffers(everyColumn(columns))}`
}

/** The strategy's rule: every staged row has its row in the target. */
function ruleSql(
  table: PlannedTable,
  columns: readonly TargetColumn[],
  staging: TableName,
  match: readonly MatchColumn[],
): string {
  const on = match.map(
    ({ name, operator }) => `t.${quoteIdentifier(name)} ${operator} ${castValue(columnNamed(columns, name))}`,
  )
  const keys = new Set(table.matchKey)
  const compared = table.strategy === 'skip' ? [] : columns.filter(({ name }) => !keys.has(name))
  const conditions = columns.map((column) => {
    if (!compared.includes(column)) return 'false'
    const distinct = columnDiffers(column)
    return table.strategy === 'merge' ? `(s.${quoteIdentifier(column.name)} is not null and ${distinct})` : distinct
  })
  return `select ${result(
    table,
    columns,
    table.matchKey.map((name) => shown('s', name)),
    conditions,
  )}
from (${stagedRows(columns, staging)}) as s
left join (select true as is_there, ${nameList(columns)} from ${qualifiedName(table.target)}) as t on ${on.join(' and ')}
where t.is_there is null or ${anyDiffers(conditions)}`
}

type Appended = {
  readonly transferId: string
  /** Columns of foreign keys that follow new keys. */
  readonly remapped: readonly string[]
}

/** Whose key map to use: only one transfer into a schema runs at a time. */
async function readAppended(client: Client, table: PlannedTable): Promise<Appended> {
  const { rows } = await client.query<{ id: string; name: string }>(
    `select distinct t.id, k.table_name as name from rowferry.transfers as t
     left join rowferry.key_map as k on k.transfer_id = t.id and k.table_schema = t.target_schema
     where t.id = (select id from rowferry.transfers where target_schema = $1 and status = 'running' order by started_at desc limit 1)`,
    [table.target.schema],
  )
  const parents = new Set(rows.map(({ name }) => name))
  const keys = await readRemapForeignKeys(client, table.target)
  return {
    transferId: rows[0]?.id ?? '',
    remapped: keys.filter(({ parent }) => parents.has(parent.name)).flatMap(({ columns }) => columns),
  }
}

/** `key` is the old key; the target's row is found by the new one. */
function appendedSql(
  table: PlannedTable,
  columns: readonly TargetColumn[],
  staging: TableName,
  append: Appended,
): string {
  const changed = new Set([...table.matchKey, ...append.remapped])
  const conditions = columns.map((column) => (changed.has(column.name) ? 'false' : columnDiffers(column)))
  const old = table.matchKey.map((name) => castValue(columnNamed(columns, name)))
  const on = table.matchKey.map((name, place) => {
    const column = columnNamed(columns, name)
    return `t.${quoteIdentifier(name)} = cast(k.new_key ->> ${place} as ${column.type})`
  })
  return `select ${result(
    table,
    columns,
    table.matchKey.map((name) => shown('s', name)),
    conditions,
  )}
from (${stagedRows(columns, staging)}) as s
left join lateral (${keyMapEntry(append.transferId, table.target, `jsonb_build_array(${old.join(', ')})`)}) as k on true
left join (select true as is_there, ${nameList(columns)} from ${qualifiedName(table.target)}) as t on ${on.join(' and ')}
where t.is_there is null or ${anyDiffers(conditions)}`
}

/** Without a key: rows that one side has more often than the other. */
function wholeRowsSql(table: PlannedTable, columns: readonly TargetColumn[], staging: TableName): string {
  const compared = columns.map(
    ({ name, comparison }) => `${comparable(quoteIdentifier(name), comparison)} as ${quoteIdentifier(name)}`,
  )
  const source = `select ${compared.join(', ')} from (${stagedRows(columns, staging)}) as s`
  const target = `select ${compared.join(', ')} from ${qualifiedName(table.target)}`
  const values = `array_to_json(array[${columns.map(({ name }) => shown('d', name)).join(', ')}]::text[])::text`
  const side = (problem: string, sql: string, at: 'source' | 'target'): string =>
    `select ${quoteLiteral(problem)}::text as problem, ${quoteLiteral(table.source.name)}::text as "table", '[]'::text as key,
  ${at === 'source' ? values : `'[]'::text`} as source, ${at === 'target' ? values : `'[]'::text`} as target, '[]'::text as differs
from (${sql}) as d`
  return `${side('missing', `${source} except all ${target}`, 'source')} union all ${side('extra', `${target} except all ${source}`, 'target')}`
}

/** Source key columns by their target names, if no two rows on either side share a key and none is NULL: else none. */
async function usableKey(
  client: Client,
  table: PlannedTable,
  columns: readonly TargetColumn[],
  staging: TableName,
): Promise<string[]> {
  const names = table.rowKey.map((source) => table.columns.find((column) => column.source === source)?.target)
  const key = names.filter((name) => name !== undefined)
  if (key.length === 0 || key.length < names.length) return []
  const parts = key.map((name) => comparable(quoteIdentifier(name), columnNamed(columns, name).comparison)).join(', ')
  const unusable = (from: string): string =>
    `exists (select 1 from ${from} as x group by ${parts} having count(*) > 1 or not (row(${key
      .map(quoteIdentifier)
      .map((name) => `min(${name}::text)`)
      .join(', ')}) is not null))`
  const { rows } = await client.query<{ unusable: string }>(
    `select (${unusable(`(${stagedRows(columns, staging)})`)} or ${unusable(qualifiedName(table.target))})::int as unusable`,
  )
  return rows[0]?.unusable === '1' ? [] : key
}

/** A value that PostgreSQL casts stays the text that was sent: compared with what PostgreSQL prints, and never with a second cast. */
function stagedRows(columns: readonly TargetColumn[], staging: TableName): string {
  return `select true as is_there, ${nameList(columns)} from ${qualifiedName(staging)}`
}

/** The staged value in the column's type, to find its row by. */
function castValue({ name, castTo }: TargetColumn): string {
  const value = `s.${quoteIdentifier(name)}`
  return castTo === null ? value : `cast(${value} as ${castTo})`
}

/** `differs`: one condition per column. */
function result(
  table: PlannedTable,
  columns: readonly TargetColumn[],
  key: readonly string[],
  differs: readonly string[],
): string {
  const values = (alias: string): string =>
    array(
      columns.map(({ name }) => shown(alias, name)),
      'text',
    )
  return `case when t.is_there is null then 'missing' when s.is_there is null then 'extra' else 'different' end as problem,
  ${quoteLiteral(table.source.name)}::text as "table", ${array(key, 'text')} as key,
  ${values('s')} as source, ${values('t')} as target, ${array(differs, 'boolean')} as differs`
}

/** Not json_build_array: a function takes at most 100 arguments, a table has up to 1,600 columns. */
function array(values: readonly string[], type: string): string {
  return `array_to_json(array[${values.join(', ')}]::${type}[])::text`
}

function everyColumn(columns: readonly TargetColumn[]): string[] {
  return columns.map(columnDiffers)
}

function columnDiffers({ name, comparison }: TargetColumn): string {
  const side = (alias: string): string => comparable(`${alias}.${quoteIdentifier(name)}`, comparison)
  return `${side('s')} is distinct from ${side('t')}`
}

function anyDiffers(conditions: readonly string[]): string {
  return `(${conditions.join(' or ')})`
}

function shown(alias: string, name: string): string {
  const text = `${alias}.${quoteIdentifier(name)}::text`
  return `case when length(${text}) > ${shownCharacters} then left(${text}, ${shownCharacters}) || '… (cut, ' || length(${text}) || ' characters)' else ${text} end`
}

function nameList(columns: readonly TargetColumn[]): string {
  return columns.map(({ name }) => quoteIdentifier(name)).join(', ')
}

function columnNamed(columns: readonly TargetColumn[], name: string): TargetColumn {
  const found = columns.find((column) => column.name === name)
  if (!found) throw new Error(`${name} is no transferred column`)
  return found
}
