import type { Client } from 'pg'
import type { Column, PostgresColumnFacts, TableName } from '../../../model/catalog.ts'
import { readJson } from './read-json.ts'

type ColumnRow = {
  readonly relation: number
  readonly name: string
  readonly position: number
  readonly declaredType: string
  readonly notNull: boolean
  readonly expression: string | null
  readonly domainDefault: string | null
  readonly generated: '' | 's' | 'v'
  readonly collation: string | null
  readonly comment: string | null
  readonly typeName: string
  readonly typeSchema: string
  readonly typeKind: PostgresColumnFacts['typeKind']
  readonly domain: string | null
  readonly typmod: number
  readonly baseType: string
  readonly enumLabels: readonly string[] | null
  readonly identity: '' | 'a' | 'd'
  readonly sequence: TableName | null
}

/** Columns of the given relations (pg_class.oid), by relation. */
export async function readColumns(client: Client, relations: readonly number[]): Promise<Map<number, Column[]>> {
  const rows = await readJson<ColumnRow>(client, columnsSql, [relations])
  return new Map([...Map.groupBy(rows, (row) => row.relation)].map(([oid, own]) => [oid, own.map(toColumn)]))
}

function toColumn(row: ColumnRow): Column {
  const ownDefault = row.generated === '' ? row.expression : null
  return {
    name: row.name,
    position: row.position,
    declaredType: row.declaredType,
    notNull: row.notNull,
    default: withoutNull(ownDefault ?? row.domainDefault),
    generated:
      row.generated === '' || row.expression === null
        ? null
        : { expression: row.expression, stored: row.generated === 's' },
    collation: row.collation,
    comment: row.comment,
    postgres: {
      typeName: row.typeName,
      typeSchema: row.typeSchema,
      typeKind: row.typeKind,
      domain: row.domain,
      typmod: row.typmod,
      baseType: row.baseType,
      enumLabels: row.enumLabels ?? [],
      identity: row.identity === 'a' ? 'always' : row.identity === 'd' ? 'by default' : null,
      sequence: row.sequence,
    },
  }
}

/** `default null` is kept only for types with a length: `NULL::character varying`. */
function withoutNull(expression: string | null): string | null {
  return expression !== null && /^NULL(::[\w ."]+(\(\d+(,\d+)?\))?)?$/.test(expression) ? null : expression
}

/**
 * A domain is followed down to its base type; NOT NULL, length and default may stand at any level on the way, and the
 * nearest to the column wins.
 *
 * A column's sequence is the one that belongs to it (identity `i`, serial or OWNED BY `a`), else the one that its default
 * calls: https://www.postgresql.org/docs/current/catalog-pg-depend.html
 */
const columnsSql = `
with recursive attributes as materialized (
  select a.*, row_number() over (partition by a.attrelid order by a.attnum) as position
  from pg_catalog.pg_attribute a
  where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
),
levels (type, base, depth, typmod, not_null, default_text) as (
  select t.oid, t.oid, 0, -1, false, null::text collate "C"
  from pg_catalog.pg_type t
  where t.oid in (select atttypid from attributes)
  union all
  select l.type, d.typbasetype, l.depth + 1,
    case when l.typmod = -1 then d.typtypmod else l.typmod end,
    l.not_null or d.typnotnull,
    coalesce(l.default_text, pg_catalog.pg_get_expr(d.typdefaultbin, 0))
  from levels l
  join pg_catalog.pg_type d on d.oid = l.base and d.typtype = 'd'
),
types as (
  select distinct on (type) * from levels order by type, depth desc
),
labels as (
  select e.enumtypid, json_agg(e.enumlabel order by e.enumsortorder) as enum_labels
  from pg_catalog.pg_enum e
  where e.enumtypid in (select base from types)
  group by e.enumtypid
),
owned as (
  select d.refobjid as relation, d.refobjsubid as attnum, d.objid as sequence, case d.deptype when 'i' then 0 else 1 end as rank
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
  where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.refobjid = any ($1::oid[]) and d.deptype in ('a', 'i')
  union all
  select f.adrelid, f.adnum, d.refobjid, 2
  from pg_catalog.pg_attrdef f
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass
  join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind = 'S'
  where f.adrelid = any ($1::oid[])
),
sequences as (
  select distinct on (o.relation, o.attnum) o.relation, o.attnum, n.nspname, s.relname
  from owned o
  join pg_catalog.pg_class s on s.oid = o.sequence
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  order by o.relation, o.attnum, o.rank, o.sequence
)
select json_build_object(
  'relation', a.attrelid::int8,
  'name', a.attname,
  'position', a.position,
  'declaredType', pg_catalog.format_type(a.atttypid, a.atttypmod),
  'notNull', a.attnotnull or t.not_null,
  'expression', pg_catalog.pg_get_expr(f.adbin, f.adrelid),
  'domainDefault', t.default_text,
  'generated', a.attgenerated,
  'collation', case when a.attcollation <> own.typcollation then c.collname end,
  'comment', pg_catalog.col_description(a.attrelid, a.attnum),
  'typeName', b.typname,
  'typeSchema', n.nspname,
  'typeKind', case
    when b.typtype = 'e' then 'enum'
    when b.typtype = 'c' then 'composite'
    when b.typtype in ('r', 'm') then 'range'
    when b.typtype = 'b' and b.typelem <> 0 and b.typcategory = 'A' then 'array'
    when b.typtype = 'b' then 'base'
    else 'other' end,
  'domain', case when own.typtype = 'd' then own.typname end,
  'typmod', case when a.atttypmod = -1 then t.typmod else a.atttypmod end,
  'baseType', pg_catalog.format_type(t.base, case when a.atttypmod = -1 then t.typmod else a.atttypmod end),
  'enumLabels', l.enum_labels,
  'identity', a.attidentity,
  'sequence', case when s.relname is not null then json_build_object('schema', s.nspname, 'name', s.relname) end)
from attributes a
join pg_catalog.pg_type own on own.oid = a.atttypid
join types t on t.type = a.atttypid
join pg_catalog.pg_type b on b.oid = t.base
join pg_catalog.pg_namespace n on n.oid = b.typnamespace
left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum and a.atthasdef
left join pg_catalog.pg_collation c on c.oid = a.attcollation
left join labels l on l.enumtypid = t.base
left join sequences s on s.relation = a.attrelid and s.attnum = a.attnum
order by a.attrelid, a.attnum`
