import {
  allSet,
  incoming,
  insertSql,
  keyMapEntry,
  keyMapMatch,
  type KeyRemap,
  oldKey,
  type StagedLoad,
} from './conflict-sql.ts'
import { qualifiedName, quoteIdentifier, quoteLiteral } from '../identifiers.ts'
import { comparable } from './target-columns.ts'

/**
 * The SQL of strategy `append`: every row gets a new key, and foreign keys follow through `rowferry.key_map`.
 * Pure text.
 */

/**
 * Two statements, each takes the staged rows from $1 to $2. The first gives every row its new key; the second inserts, apart
 * from it because a row may point to another of its own batch, whose new key it could not see in one statement.
 *
 * Foreign keys whose parent may come later are noted in `pending`: an array with the old key of the parent, or null, per
 * open remap.
 */
export function appendSql(load: StagedLoad): { readonly map: string; readonly insert: string } {
  const keys = load.matchKey.map(({ name }) => name)
  const own: KeyRemap = { columns: keys, parent: load.target, complete: true }
  const place = [load.transferId, load.target.schema, load.target.name].map(quoteLiteral)
  return {
    map: `with ${incoming(load, [`${oldKey(load, keys)} as rowferry_old_key`, `${pendingKeys(load)} as rowferry_pending`])}
insert into rowferry.key_map (transfer_id, table_schema, table_name, old_key, new_key, pending)
select ${place.join(', ')}, s.rowferry_old_key, jsonb_build_array(${keys.map((key) => newKeyPart(load, key)).join(', ')}), s.rowferry_pending
from incoming as s`,
    insert: insertSql({ ...load, remaps: [...load.remaps, own] }),
  }
}

export function openRemaps(load: Pick<StagedLoad, 'remaps'>): KeyRemap[] {
  return load.remaps.filter((remap) => !remap.complete)
}

function pendingKeys(load: StagedLoad): string {
  const open = openRemaps(load)
  if (open.length === 0) return 'null::jsonb'
  const set = open.map((remap) => `(${allSet(remap.columns)})`)
  const values = open.map((remap, i) => `case when ${set[i]} then ${oldKey(load, remap.columns)} end`)
  return `case when ${set.join(' or ')} then jsonb_build_array(${values.join(', ')}) end`
}

/** A part of the key that is a remapped foreign key follows it; one that generates values gets a new one; any other stays. */
function newKeyPart(load: StagedLoad, key: string): string {
  const follows = load.remaps.some((remap) => remap.columns.includes(key))
  const column = load.columns.find((candidate) => candidate.name === key)
  return follows || !column?.newValue ? `s.${quoteIdentifier(key)}` : column.newValue
}

/**
 * After all rows are there: gives waiting foreign keys their new values, one statement per open remap (`place` is its index
 * among them). Values whose parent never came stay NULL.
 */
export function settlePendingSql(load: StagedLoad, remap: KeyRemap, place: number): string {
  const parts = remap.columns.map((name, index) => {
    const column = load.columns.find((candidate) => candidate.name === name)
    const value = `cast(m.new_key ->> ${index} as ${column?.type ?? 'text'})`
    const comparison = column?.comparison ?? 'text'
    return {
      assignment: `${quoteIdentifier(name)} = ${value}`,
      before: comparable(`t.${quoteIdentifier(name)}`, comparison),
      after: comparable(value, comparison),
    }
  })
  const keys = load.matchKey.map(({ name }, index) => {
    const type = load.columns.find((candidate) => candidate.name === name)?.type ?? 'text'
    return `t.${quoteIdentifier(name)} = cast(k.new_key ->> ${index} as ${type})`
  })
  return `update ${qualifiedName(load.target)} as t set ${parts.map(({ assignment }) => assignment).join(', ')}
from rowferry.key_map as k
cross join lateral (${keyMapEntry(load.transferId, remap.parent, `k.pending -> ${place}`)}) as m
where ${keyMapMatch('k', load.transferId, load.target)} and k.pending is not null and ${keys.join(' and ')}
  and row(${parts.map(({ before }) => before).join(', ')}) is distinct from row(${parts.map(({ after }) => after).join(', ')})`
}

/** Keys of rows whose parent never came, per open remap: they hold NULL instead. */
export function neverMappedSql(load: StagedLoad, remap: KeyRemap, place: number): string {
  return `select k.old_key::text as row_key, (k.pending -> ${place})::text as parent_key
from rowferry.key_map as k
left join lateral (${keyMapEntry(load.transferId, remap.parent, `k.pending -> ${place}`)}) as m on true
where ${keyMapMatch('k', load.transferId, load.target)} and k.pending is not null and k.pending -> ${place} <> 'null'::jsonb
  and m.old_key is null`
}

export function clearPendingSql(load: Pick<StagedLoad, 'transferId' | 'target'>): string {
  return `update rowferry.key_map as k set pending = null where ${keyMapMatch('k', load.transferId, load.target)} and k.pending is not null`
}
