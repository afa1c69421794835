import type { Client } from 'pg'
import type { TableName } from '../../model/catalog.ts'
import { readJson } from '../../databases/postgres/catalog/read-json.ts'

/** What zero-cache asks of the server, its settings, and the role that we are logged in as. */
export type ServerFacts = {
  readonly version: string
  readonly versionNumber: number
  readonly walLevel: string
  readonly maxSlots: number
  readonly usedSlots: number
  readonly maxSenders: number
  readonly usedSenders: number
  readonly maxConnections: number
  readonly usedConnections: number
  /** zero-cache has a slot for this database already. */
  readonly attached: boolean
  readonly role: string
  readonly superuser: boolean
  readonly mayReplicate: boolean
  /** The setting that a hosting company has instead of wal_level; null elsewhere. */
  readonly hostedSetting: string | null
}

export type PublicationFacts = {
  readonly name: string
  readonly allOperations: boolean
  readonly tables: readonly { readonly table: number; readonly columns: readonly string[] }[]
}

export type ColumnFacts = {
  readonly name: string
  /** As declared: `numeric(10,2)`. */
  readonly declaredType: string
  /** pg_type.typname, domains not resolved: zero-cache does not resolve them either. */
  readonly typeName: string
  /** pg_type.typtype: `b` base, `c` composite, `d` domain, `e` enum, `r` range, `m` multirange. */
  readonly typeClass: string
  /** What a domain stands for: `character varying(20)`. */
  readonly baseType: string | null
  /** Name of the type of elements; also of types like point, which have parts. */
  readonly elementType: string | null
  readonly dimensions: number
  readonly typmod: number
  readonly notNull: boolean
  readonly generated: '' | 's' | 'v'
}

export type IndexFacts = {
  readonly name: string
  /** Key columns in order. */
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly primary: boolean
  readonly immediate: boolean
  readonly replicaIdentity: boolean
  /** Has no expression, no predicate, and is no exclusion constraint: zero-cache makes the same one in its replica. */
  readonly copied: boolean
  /** A valid B-tree without predicate: the smallest and largest value are found at once. */
  readonly ordered: boolean
}

export type ForeignKeyFacts = { readonly name: string; readonly columns: readonly string[]; readonly parent: number }

export type TableFacts = {
  readonly oid: number
  readonly name: TableName
  /** `r` ordinary, `p` partitioned, `f` foreign. */
  readonly kind: 'r' | 'p' | 'f'
  readonly partition: boolean
  readonly unlogged: boolean
  readonly replicaIdentity: 'd' | 'n' | 'f' | 'i'
  /** This user may read all its rows. */
  readonly readable: boolean
  readonly columns: readonly ColumnFacts[]
  readonly indexes: readonly IndexFacts[]
  readonly foreignKeys: readonly ForeignKeyFacts[]
}

export async function readServerFacts(client: Client): Promise<ServerFacts | undefined> {
  const [facts] = await readJson<ServerFacts>(client, serverSql, [])
  return facts
}

/** Null when there is none of that name. */
export async function readPublication(client: Client, name: string): Promise<PublicationFacts | null> {
  const [facts] = await readJson<PublicationFacts>(client, publicationSql, [name])
  return facts ?? null
}

/** Tables of the given schemas, and those that are named by pg_class.oid. */
export async function readTables(
  client: Client,
  schemas: readonly string[],
  tables: readonly number[],
): Promise<TableFacts[]> {
  return readJson<TableFacts>(client, tablesSql, [schemas, tables])
}

/** Roles of hosting companies replicate by membership: their superusers are none. */
const serverSql = `
select json_build_object(
  'version', split_part(pg_catalog.current_setting('server_version'), ' ', 1),
  'versionNumber', pg_catalog.current_setting('server_version_num')::int,
  'walLevel', pg_catalog.current_setting('wal_level'),
  'maxSlots', pg_catalog.current_setting('max_replication_slots')::int,
  'usedSlots', (select count(*) from pg_catalog.pg_replication_slots),
  'maxSenders', pg_catalog.current_setting('max_wal_senders')::int,
  'usedSenders', (select count(*) from pg_catalog.pg_stat_replication),
  'maxConnections', pg_catalog.current_setting('max_connections')::int
    - pg_catalog.current_setting('superuser_reserved_connections')::int,
  'usedConnections', (select coalesce(sum(numbackends), 0) from pg_catalog.pg_stat_database),
  'attached', exists (
    select from pg_catalog.pg_namespace n
    join pg_catalog.pg_class config on config.relnamespace = n.oid and config.relname = 'shardConfig'
    join pg_catalog.pg_replication_slots s
      on s.database = pg_catalog.current_database() and pg_catalog.starts_with(s.slot_name::text, n.nspname || '_')),
  'role', current_user,
  'superuser', r.rolsuper,
  'mayReplicate', r.rolsuper or r.rolreplication or exists (
    select from pg_catalog.pg_roles hosted
    where hosted.rolname in ('rds_replication', 'rds_superuser', 'cloudsqlsuperuser', 'neon_superuser')
      and pg_catalog.pg_has_role(r.oid, hosted.oid, 'member')),
  'hostedSetting', (
    select min(name) from pg_catalog.pg_settings
    where name in ('rds.logical_replication', 'cloudsql.logical_decoding')))
from pg_catalog.pg_roles r
where r.rolname = current_user`

/** PostgreSQL 15 brought pg_publication_tables.attnames; an older server ends before this is asked. */
const publicationSql = `
select json_build_object(
  'name', p.pubname,
  'allOperations', p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate,
  'tables', (
    select coalesce(json_agg(json_build_object('table', c.oid::int8, 'columns', t.attnames)), '[]')
    from pg_catalog.pg_publication_tables t
    join pg_catalog.pg_namespace n on n.nspname = t.schemaname
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
    where t.pubname = p.pubname))
from pg_catalog.pg_publication p
where p.pubname = $1`

/**
 * typelem is not zero for arrays and for types with parts (point, name, oidvector). indkey counts from 0, and what comes
 * after indnkeyatts is only INCLUDEd.
 */
const tablesSql = `
with wanted as materialized (
  select c.*, n.nspname
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
    and (n.nspname = any ($1::text[]) or c.oid = any ($2::oid[]))
),
columns as (
  select a.attrelid, json_agg(json_build_object(
    'name', a.attname,
    'declaredType', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'typeName', t.typname,
    'typeClass', t.typtype,
    'baseType', case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end,
    'elementType', e.typname,
    'dimensions', a.attndims,
    'typmod', a.atttypmod,
    'notNull', a.attnotnull,
    'generated', a.attgenerated) order by a.attnum) as list
  from wanted w
  join pg_catalog.pg_attribute a on a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_type e on e.oid = t.typelem
  group by a.attrelid
),
indexes as (
  select i.indrelid, json_agg(json_build_object(
    'name', c.relname,
    'columns', array(
      select a.attname from generate_series(1, i.indnkeyatts::int) place
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[place - 1] order by place),
    'unique', i.indisunique,
    'primary', i.indisprimary,
    'immediate', i.indimmediate,
    'replicaIdentity', i.indisreplident,
    'copied', i.indexprs is null and i.indpred is null and not exists (
      select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype = 'x'),
    'ordered', i.indisvalid and i.indpred is null and i.indkey[0] <> 0 and m.amname = 'btree') order by c.relname) as list
  from wanted w
  join pg_catalog.pg_index i on i.indrelid = w.oid
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam
  group by i.indrelid
),
foreign_keys as (
  select k.conrelid, json_agg(json_build_object(
    'name', k.conname,
    'columns', array(
      select a.attname from unnest(k.conkey) with ordinality u (attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.place),
    'parent', k.confrelid::int8) order by k.conname) as list
  from wanted w
  join pg_catalog.pg_constraint k on k.conrelid = w.oid and k.contype = 'f'
  where not exists (
    select from pg_catalog.pg_constraint above where above.oid = k.conparentid and above.conrelid = k.conrelid)
  group by k.conrelid
)
select json_build_object(
  'oid', w.oid::int8,
  'name', json_build_object('schema', w.nspname, 'name', w.relname),
  'kind', w.relkind,
  'partition', w.relispartition,
  'unlogged', w.relpersistence = 'u',
  'replicaIdentity', w.relreplident,
  'readable', pg_catalog.has_table_privilege(w.oid, 'select')
    and pg_catalog.has_schema_privilege(w.relnamespace, 'usage')
    and not (w.relrowsecurity and pg_catalog.row_security_active(w.oid)),
  'columns', coalesce(c.list, '[]'),
  'indexes', coalesce(i.list, '[]'),
  'foreignKeys', coalesce(f.list, '[]'))
from wanted w
left join columns c on c.attrelid = w.oid
left join indexes i on i.indrelid = w.oid
left join foreign_keys f on f.conrelid = w.oid
order by w.nspname, w.relname`
