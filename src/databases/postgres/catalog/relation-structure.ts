import type { Client } from 'pg'
import type { TableName } from '../../../model/catalog.ts'
import { readJson } from './read-json.ts'

/**
 * Everything that stands on a table or view and is lost when it is dropped, as texts to be compared. Read at the end of a
 * transfer, and again by the next one.
 */
export type RelationStructure = {
  /** pg_class.relkind */
  readonly kind: string
  readonly owner: string
  /** Major version of the server that printed the definitions. */
  readonly printedBy: number
  readonly parts: readonly StructurePart[]
}

export type StructurePart = {
  /** For people, as it continues "… x was added": `column`, `index`, `foreign key of another table`. */
  readonly kind: string
  readonly name: string
  readonly definition: string
}

/** A column in the structure, for what depends on the columns alone. */
export type StructureColumn = { readonly name: string; readonly type: string; readonly generated: boolean }

const columnKind = 'column'

/** The columns of the relation, in order. */
export function structureColumns({ parts }: RelationStructure): StructureColumn[] {
  return parts
    .filter(({ kind }) => kind === columnKind)
    .map(({ name, definition }) => {
      const { type, generated } = JSON.parse(definition) as { type: string; generated: string }
      return { name, type, generated: generated !== '' }
    })
}

/**
 * The same definition as another major version prints it: since 16 without the table's name before a column where there is only
 * one, parentheses come and go, and 17 has a right more that GRANT ALL includes.
 */
function withoutStyle(definition: string): string {
  return definition
    .replaceAll(/(?:"[^"]*"|\w+)\./g, '')
    .replaceAll(/ ?MAINTAIN(true|false)/g, '')
    .replaceAll(/[\s()]/g, '')
}

/** What differs, as sentences without a subject of their own: `column "nickname" was added`. */
export function structureChanges(before: RelationStructure, now: RelationStructure): string[] {
  const key = ({ kind, name }: StructurePart): string => `${kind} ${JSON.stringify(name)}`
  const form = before.printedBy === now.printedBy ? (text: string): string => text : withoutStyle
  const [old, current] = [before, now].map(
    ({ parts }) => new Map(parts.map((part) => [key(part), form(part.definition)])),
  )
  if (!old || !current) return []
  return [
    ...(before.kind === now.kind ? [] : [`it is a ${relationKinds[now.kind] ?? 'different relation'} now`]),
    ...[...current.keys()].filter((name) => !old.has(name)).map((name) => `${name} was added`),
    ...[...old.keys()]
      .filter((name) => !current.has(name) && !isFromOutside(name))
      .map((name) => `${name} was dropped`),
    ...[...old].filter(([name, text]) => (current.get(name) ?? text) !== text).map(([name]) => `${name} was changed`),
  ]
}

/** What only pointed to the relation: once it is gone there is nothing to lose. */
function isFromOutside(key: string): boolean {
  return /^(view on it,|foreign key of another table|child table) /.test(key)
}

/** The same for columns alone: name and type. What else stands on the table stays when only its rows are replaced. */
export function columnChanges(before: RelationStructure, now: RelationStructure): string[] {
  const columnsOf = (structure: RelationStructure): RelationStructure => ({
    ...structure,
    parts: structureColumns(structure).map(({ name, type }) => ({ kind: columnKind, name, definition: type })),
  })
  return structureChanges(columnsOf(before), columnsOf(now))
}

/** pg_class.relkind in words. */
export const relationKinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  f: 'foreign table',
  v: 'view',
  m: 'materialized view',
  S: 'sequence',
  c: 'composite type',
  i: 'index',
  I: 'index',
}

/** Of the relations of the schema with these names that exist. */
export async function readStructures(
  client: Client,
  schema: string,
  names: readonly string[],
): Promise<Map<string, RelationStructure>> {
  if (names.length === 0) return new Map()
  type Row = RelationStructure & { readonly name: string }
  const rows = await readJson<Row>(client, structureSql, [schema, names])
  return new Map(rows.map(({ name, ...structure }) => [name, structure]))
}

export function namesOf(tables: readonly TableName[]): string[] {
  return tables.map(({ name }) => name)
}

/**
 * NOT NULL is told by the columns: that PostgreSQL 18 keeps it as constraints too would look like a change after an upgrade.
 * NOT VALID is left out, because a constraint that is validated later is no change that could be lost.
 */
const structureSql = `
with relations as materialized (
  select c.* from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = any ($2::text[]) and c.relkind in ('r', 'p', 'f', 'v', 'm')
),
parts (relation, rank, kind, name, definition) as (
  select a.attrelid, a.attnum::int, 'column', a.attname::text, json_build_object(
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'expression', pg_catalog.pg_get_expr(f.adbin, f.adrelid), 'generated', a.attgenerated, 'identity', a.attidentity,
    'collation', case when a.attcollation <> 0 then a.attcollation::pg_catalog.regcollation::text end)::text
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  union all
  select k.conrelid, 10000, 'constraint', k.conname, regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '')
  from relations r join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype in ('c', 'p', 'u', 'f', 'x')
  union all
  select k.confrelid, 10001, 'foreign key of another table', k.conrelid::regclass::text || ' ' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
  from relations r join pg_catalog.pg_constraint k on k.confrelid = r.oid and k.contype = 'f' and k.conrelid <> k.confrelid and k.conparentid = 0
  union all
  select i.indrelid, 10002, 'index', x.relname, pg_catalog.pg_get_indexdef(i.indexrelid)
  from relations r join pg_catalog.pg_index i on i.indrelid = r.oid join pg_catalog.pg_class x on x.oid = i.indexrelid
  where not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid)
  union all
  select t.tgrelid, 10003, 'trigger', t.tgname, t.tgenabled::text || ' ' || pg_catalog.pg_get_triggerdef(t.oid)
  from relations r join pg_catalog.pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
  union all
  select w.ev_class, 10004, 'rule', w.rulename, pg_catalog.pg_get_ruledef(w.oid)
  from relations r join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
  union all
  select p.polrelid, 10005, 'policy', p.polname, json_build_array(p.polcmd, p.polpermissive, p.polroles::regrole[]::text,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))::text
  from relations r join pg_catalog.pg_policy p on p.polrelid = r.oid
  union all
  select r.oid, 10006, 'setting', 'row level security', r.relforcerowsecurity::text from relations r where r.relrowsecurity
  union all
  select r.oid, 10007, 'setting', 'storage', json_build_array(r.reloptions, r.relpersistence, s.spcname)::text
  from relations r left join pg_catalog.pg_tablespace s on s.oid = r.reltablespace where r.relkind in ('r', 'p')
  union all
  select r.oid, 10007, 'setting', 'replica identity', r.relreplident::text from relations r where r.relkind in ('r', 'p')
  union all
  select r.oid, 10008, 'grant to', case a.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(a.grantee)::text end, string_agg(a.privilege_type || a.is_grantable::text, ' ' order by a.privilege_type)
  from relations r cross join lateral pg_catalog.aclexplode(r.relacl) a where a.grantee <> r.relowner group by r.oid, a.grantee
  union all
  select a.attrelid, 10009, 'grant on column', a.attname, a.attacl::text
  from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attacl is not null and not a.attisdropped
  union all
  select d.objoid, 10010, 'comment on', coalesce(a.attname, r.relname), d.description
  from relations r join pg_catalog.pg_description d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_class'::regclass
  left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.objsubid and d.objsubid > 0
  union all
  select distinct r.oid, 10011, 'view on it,', v.oid::regclass::text, ''
  from relations r
  join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = r.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
  join pg_catalog.pg_rewrite w on w.oid = d.objid join pg_catalog.pg_class v on v.oid = w.ev_class and v.oid <> r.oid
  union all
  select s.stxrelid, 10012, 'statistics', s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid)
  from relations r join pg_catalog.pg_statistic_ext s on s.stxrelid = r.oid
  union all
  select p.prrelid, 10013, 'publication', b.pubname, ''
  from relations r join pg_catalog.pg_publication_rel p on p.prrelid = r.oid join pg_catalog.pg_publication b on b.oid = p.prpubid
  union all
  select i.inhparent, 10014, 'child table', i.inhrelid::regclass::text, '' from relations r join pg_catalog.pg_inherits i on i.inhparent = r.oid
  union all
  select i.inhrelid, 10015, 'parent table', i.inhparent::regclass::text, '' from relations r join pg_catalog.pg_inherits i on i.inhrelid = r.oid
  union all
  select r.oid, 10016, 'query of', r.relname, pg_catalog.pg_get_viewdef(r.oid) from relations r where r.relkind in ('v', 'm')
)
select json_build_object(
  'name', r.relname, 'kind', r.relkind, 'owner', pg_catalog.pg_get_userbyid(r.relowner),
  'printedBy', pg_catalog.current_setting('server_version_num')::int / 10000,
  'parts', coalesce(p.parts, '[]'))
from relations r
left join (
  select relation, json_agg(json_build_object('kind', kind, 'name', name, 'definition', definition) order by rank, name) as parts
  from parts group by relation
) p on p.relation = r.oid`
