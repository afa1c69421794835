import type { TableName } from '../../../model/catalog.ts'
import { qualifiedName, quoteIdentifier, quoteLiteral } from '../identifiers.ts'
import { columnList } from '../schema/postgres-ddl.ts'
import { type MatchColumn, type TargetColumn, comparable } from './target-columns.ts'

/**
 * What each conflict strategy means in SQL: from rows in a staging table into the target, as one set-based statement. Pure text.
 *
 * No ON CONFLICT: its counts cannot tell "updated" from "unchanged", it refuses deferrable constraints, and it stops at
 * a row that occurs twice. All parts of a statement see the same snapshot; a row that somebody else inserts
 * meanwhile makes a unique violation, and the next, smaller attempt (bisect-batch.ts) finds it there.
 */

/** Column of staging tables: the row's index in its batch, plus 1. */
export const stagedRow = 'rowferry_row'

/** Foreign key whose parent was loaded with new keys: values are looked up in `rowferry.key_map`. Target names. */
export type KeyRemap = {
  readonly columns: readonly string[]
  readonly parent: TableName
  /** False while rows of the parent may still be missing (self reference, cycle): such values are NULL until `settlePendingSql` ran. */
  readonly complete: boolean
}

export type StagedLoad = {
  readonly transferId: string
  readonly target: TableName
  /** Qualified and quoted. */
  readonly staging: string
  readonly columns: readonly TargetColumn[]
  readonly matchKey: readonly MatchColumn[]
  readonly remaps: readonly KeyRemap[]
}

/** Every statement of a strategy takes the staged rows from $1 to $2 and gives one row `created, updated`. */
export function insertSql(load: StagedLoad): string {
  return `with ${incoming(load)},
created as (${insert(load)} returning 1)
${counts({ updated: false })}`
}

export function skipSql(load: StagedLoad): string {
  return `with ${incoming(load)},
created as (${insert(load)} ${whereAbsent(load)} returning 1)
${counts({ updated: false })}`
}

/** Updates only what differs, so that nothing is rewritten, and no trigger fires, for rows that are the same already. */
export function overwriteSql(load: StagedLoad): string {
  return upsert(load, (column) => `s.${quoteIdentifier(column.name)}`)
}

export function mergeSql(load: StagedLoad): string {
  return upsert(load, (column) => `coalesce(s.${quoteIdentifier(column.name)}, t.${quoteIdentifier(column.name)})`)
}

function upsert(load: StagedLoad, newValue: (column: TargetColumn) => string): string {
  const keys = new Set(load.matchKey.map(({ name }) => name))
  const updated = load.columns.filter((column) => !keys.has(column.name) && column.updatable)
  if (updated.length === 0) return skipSql(load)
  const assignments = updated.map((column) => `${quoteIdentifier(column.name)} = ${newValue(column)}`)
  const before = updated.map((column) => comparable(`t.${quoteIdentifier(column.name)}`, column.comparison))
  const after = updated.map((column) => comparable(newValue(column), column.comparison))
  return `with ${incoming(load)},
updated as (
  update ${qualifiedName(load.target)} as t set ${assignments.join(', ')}
  from incoming as s
  where ${sameKey(load)} and row(${before.join(', ')}) is distinct from row(${after.join(', ')})
  returning 1
),
created as (${insert(load)} ${whereAbsent(load)} returning 1)
${counts({ updated: true })}`
}

/** Rows from $1 to $2 whose match key occurs earlier among the staged rows. NULL in a key matches nothing. */
export function duplicatesSql(load: StagedLoad): string {
  const keys = load.matchKey.map(({ name }) => quoteIdentifier(name))
  return `with ${incoming({ ...load, remaps: [] })}
select ${stagedRow} from (
  select ${stagedRow}, row_number() over (partition by ${keys.join(', ')} order by ${stagedRow}) as occurrence
  from incoming where ${keys.map((key) => `${key} is not null`).join(' and ')}
) as numbered where occurrence > 1`
}

/** For `error`: how many staged rows have a key that exists in the target, and the first few of these keys as JSON. */
export function existingKeysSql(load: StagedLoad): string {
  const keys = load.matchKey.map(({ name }) => `s.${quoteIdentifier(name)}::text`)
  return `with ${incoming(load)},
existing as (
  select ${stagedRow}, json_build_array(${keys.join(', ')})::text as key
  from incoming as s where exists (select 1 from ${qualifiedName(load.target)} as t where ${sameKey(load)})
)
select (select count(*) from existing) as count,
  (select coalesce(json_agg(key::json order by ${stagedRow}), '[]') from (select * from existing order by ${stagedRow} limit 5) as first)::text as keys`
}

export function deleteStagedSql(load: Pick<StagedLoad, 'staging'>): string {
  return `delete from ${load.staging} where ${stagedRow} = any($1::bigint[])`
}

/** The staged rows from $1 to $2 with their casts done and foreign keys remapped; `more` are further expressions over `s`. */
export function incoming(load: StagedLoad, more: readonly string[] = []): string {
  const aliases = new Map<string, string>()
  const joins = load.remaps.map((remap, index) => {
    for (const [place, column] of remap.columns.entries()) aliases.set(column, remappedValue(load, remap, index, place))
    return keyMapJoin(load, remap, index)
  })
  const columns = load.columns.map(
    (column) => `${aliases.get(column.name) ?? staged(column)} as ${quoteIdentifier(column.name)}`,
  )
  return `incoming as materialized (
  select s.${stagedRow}, ${[...columns, ...more].join(', ')}
  from ${load.staging} as s${joins.join('')}
  where s.${stagedRow} between $1 and $2
)`
}

function staged(column: Pick<TargetColumn, 'name' | 'castTo'>): string {
  const value = `s.${quoteIdentifier(column.name)}`
  return column.castTo === null ? value : `cast(${value} as ${column.castTo})`
}

/** The parent's new key in the child's type; a key that is partly NULL points nowhere and stays as it is. */
function remappedValue(load: StagedLoad, remap: KeyRemap, index: number, place: number): string {
  const column = load.columns.find((candidate) => candidate.name === remap.columns[place])
  if (!column) return 'null'
  const mapped = `cast(m${index}.new_key ->> ${place} as ${column.type})`
  return `case when ${allSet(remap.columns)} then ${mapped} else ${staged(column)} end`
}

function keyMapJoin(load: StagedLoad, remap: KeyRemap, index: number): string {
  return `
  left join lateral (${keyMapEntry(load.transferId, remap.parent, oldKey(load, remap.columns))}) as m${index} on true`
}

/**
 * The entry of the key map for one old key. `offset 0` keeps it a look-up by the whole primary key: as a plain join the
 * planner, which has no statistics of the map yet, expects one row for the three constants and then reads all of them per row.
 */
export function keyMapEntry(transferId: string, table: TableName, key: string): string {
  return `select m.old_key, m.new_key from rowferry.key_map as m where ${keyMapMatch('m', transferId, table)} and m.old_key = ${key} offset 0`
}

export function keyMapMatch(alias: string, transferId: string, table: TableName): string {
  return [
    `${alias}.transfer_id = ${quoteLiteral(transferId)}`,
    `${alias}.table_schema = ${quoteLiteral(table.schema)}`,
    `${alias}.table_name = ${quoteLiteral(table.name)}`,
  ].join(' and ')
}

/** Numbers of all integer types give the same JSON, so a bigint finds the int4 key it points to. */
export function oldKey(load: StagedLoad, columns: readonly string[]): string {
  const values = columns.map((name) => {
    const column = load.columns.find((candidate) => candidate.name === name)
    return column ? staged(column) : 'null'
  })
  return `jsonb_build_array(${values.join(', ')})`
}

function insert(load: StagedLoad): string {
  const columns = columnList(load.columns.map(({ name }) => name))
  // OVERRIDING SYSTEM VALUE lets GENERATED ALWAYS identities take the source's keys; elsewhere it means nothing.
  return `insert into ${qualifiedName(load.target)} (${columns}) overriding system value select ${columns} from incoming as s`
}

function whereAbsent(load: StagedLoad): string {
  return `where not exists (select 1 from ${qualifiedName(load.target)} as t where ${sameKey(load)})`
}

function sameKey(load: StagedLoad): string {
  return load.matchKey
    .map(({ name, operator }) => `t.${quoteIdentifier(name)} ${operator} s.${quoteIdentifier(name)}`)
    .join(' and ')
}

function counts(options: { readonly updated: boolean }): string {
  return `select (select count(*) from created) as created, ${options.updated ? '(select count(*) from updated)' : '0'} as updated`
}

/**
 * Rows from $1 to $2 with a foreign key that has a value, but points to no row that was transferred. Only remaps whose
 * parent is complete.
 */
export function unmappedSql(load: StagedLoad): string | null {
  const complete = load.remaps.map((remap, index) => ({ remap, index })).filter(({ remap }) => remap.complete)
  if (complete.length === 0) return null
  const joins = complete.map(({ remap, index }) => keyMapJoin(load, remap, index))
  const lost = complete.map(({ remap, index }) => `(${allSet(remap.columns)} and m${index}.old_key is null)`)
  return `select s.${stagedRow} as ${stagedRow} from ${load.staging} as s${joins.join('')}
where s.${stagedRow} between $1 and $2 and (${lost.join(' or ')})`
}

export function allSet(columns: readonly string[]): string {
  return columns.map((column) => `s.${quoteIdentifier(column)} is not null`).join(' and ')
}
