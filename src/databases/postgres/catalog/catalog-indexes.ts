import type { Client } from 'pg'
import type { Index } from '../../../model/catalog.ts'
import { readJson } from './read-json.ts'

/** Indexes of the given relations that serve no constraint, by relation. */
export async function readIndexes(client: Client, relations: readonly number[]): Promise<Map<number, Index[]>> {
  const rows = await readJson<{ relation: number; index: Index }>(client, indexesSql, [relations])
  return new Map(
    [...Map.groupBy(rows, (row) => row.relation)].map(([relation, own]) => [relation, own.map((row) => row.index)]),
  )
}

/**
 * A unique index that is not valid (its concurrent build failed) guarantees nothing, so it is not called unique.
 * indoption: bit 1 is DESC. indkey 0: an expression. Columns after indnkeyatts are INCLUDEd and no part of the key.
 */
const indexesSql = `
select json_build_object('relation', i.indrelid::int8, 'index', json_build_object(
  'name', c.relname,
  'unique', i.indisunique and i.indisvalid,
  'parts', (
    select json_agg(json_build_object(
      'column', a.attname,
      'expression', case when a.attname is null then pg_catalog.pg_get_indexdef(i.indexrelid, place, false) end,
      'collation', case when i.indcollation[place - 1] <> coalesce(a.attcollation, 0) and i.indcollation[place - 1] <> 100
        then o.collname end,
      'descending', (i.indoption[place - 1] & 1) = 1) order by place)
    from generate_series(1, i.indnkeyatts::int) place
    left join pg_catalog.pg_attribute a
      on a.attrelid = i.indrelid and a.attnum = i.indkey[place - 1] and i.indkey[place - 1] <> 0
    left join pg_catalog.pg_collation o on o.oid = i.indcollation[place - 1]),
  'where', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
  'sql', pg_catalog.pg_get_indexdef(i.indexrelid)))
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any ($1::oid[])
  and not exists (
    select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
order by i.indrelid, c.relname`
