import type { Client } from 'pg'
import type {
  BareSequence,
  Catalog,
  InsertTrigger,
  OtherRelation,
  Table,
  TableAccess,
  TableName,
  Trigger,
  View,
} from '../../../model/catalog.ts'
import { readColumns } from './catalog-columns.ts'
import { readConstraints } from './catalog-constraints.ts'
import { readIndexes } from './catalog-indexes.ts'
import { readJson } from './read-json.ts'
import { qualifiedName } from '../identifiers.ts'
import { boundLockWait, explainLockWait } from '../connection/lock-wait.ts'
import { withTransaction } from '../connection/postgres-connection.ts'

/**
 * What a schema of a PostgreSQL database holds, as of one moment, in a handful of queries whatever the number of tables.
 * A schema that does not exist is empty. Partitioned tables, partitions and foreign tables are tables; materialized views
 * are views. Begins a transaction of its own: not to be called inside another.
 */
export async function readPostgresCatalog(client: Client, schema: string): Promise<Catalog> {
  const parts = await withTransaction(client, () => readParts(client, schema), readOnce)
  // Outside that transaction, which would keep the locks of all these looks to its end.
  const withRows = await findTablesWithRows(client, parts.tables)
  return {
    kind: 'postgres',
    version: parts.version,
    encoding: parts.encoding,
    tables: parts.tables.map((row) => toTable(row, parts, withRows)),
    views: parts.views.map(toView),
    triggers: parts.triggers.map(({ name, table, sql }): Trigger => ({ name, table, sql })),
    virtualTables: [],
    others: parts.others.map(({ kind, ...other }): OtherRelation => ({ ...other, kind: otherKinds[kind] })),
    bareSequences: parts.bareSequences,
    skipped: [],
  }
}

/** Another session may have locked a table altogether. */
const lookOnce = `begin read only; ${boundLockWait}`

const readOnce = 'begin isolation level repeatable read read only'

type Parts = Awaited<ReturnType<typeof readParts>>

async function readParts(client: Client, schema: string) {
  const [server] = await readJson<{ version: string; encoding: string }>(client, serverSql, [])
  const relations = await readJson<RelationRow>(client, relationsSql, [schema])
  const [views, tables] = [relations.filter(isView), relations.filter((row) => !isView(row))]
  const oids = tables.map((row) => row.oid)
  return {
    version: server?.version ?? '',
    encoding: server?.encoding ?? '',
    tables,
    views,
    columns: await readColumns(client, oids),
    constraints: await readConstraints(client, oids),
    indexes: await readIndexes(client, oids),
    triggers: await readJson<TriggerRow>(client, triggersSql, [oids]),
    others: await readJson<OtherRow>(client, othersSql, [schema]),
    bareSequences: await readJson<BareSequence>(client, bareSequencesSql, [schema]),
  }
}

function toTable(row: RelationRow, parts: Parts, withRows: ReadonlySet<number>): Table {
  const { referencedBy, ...keys } = parts.constraints(row.oid)
  return {
    name: row.name,
    sql: null,
    columns: parts.columns.get(row.oid) ?? [],
    ...keys,
    indexes: parts.indexes.get(row.oid) ?? [],
    comment: row.comment,
    sqlite: null,
    postgres: {
      empty: !withRows.has(row.oid),
      owner: row.owner,
      relationKind: row.kind,
      insertTriggers: parts.triggers
        .filter((own) => own.relation === row.oid && own.onInsert)
        .map(({ name, onUpdateOf, body, arguments: given }) => ({ name, onUpdateOf, body, arguments: given })),
      rowSecurity: row.rowSecurity,
      access: row.access,
      referencedBy,
    },
  }
}

type RelationRow = {
  readonly oid: number
  readonly name: TableName
  /** Ordinary, partitioned, foreign table, view, materialized view. */
  readonly kind: 'r' | 'p' | 'f' | 'v' | 'm'
  readonly owner: string
  readonly comment: string | null
  /** Policies would hide rows from this user. */
  readonly rowSecurity: boolean
  readonly access: TableAccess
  readonly readable: boolean
  readonly select: string | null
  readonly viewColumns: readonly string[]
}

const otherKinds = { v: 'view', m: 'materialized view', S: 'sequence', c: 'composite type' } as const

type OtherRow = Omit<OtherRelation, 'kind'> & { readonly kind: keyof typeof otherKinds }

type TriggerRow = Trigger & InsertTrigger & { readonly relation: number; readonly onInsert: boolean }

function isView(row: RelationRow): boolean {
  return row.kind === 'v' || row.kind === 'm'
}

function toView(row: RelationRow): View {
  const select = (row.select ?? '').trim().replace(/;$/, '')
  return {
    name: row.name,
    sql: `create ${row.kind === 'm' ? 'materialized view' : 'view'} ${qualifiedName(row.name)} as ${select}`,
    select,
    columns: row.viewColumns,
    broken: null,
  }
}

/** A statement for 10,000 tables would hold more locks (one per table and index) than PostgreSQL keeps room for. */
const tablesPerStatement = 200

/**
 * Tables with at least one row: looked up, since `reltuples` is an estimate. Where this user may not look (no right, hidden
 * by policies, on another server) there may be rows, so the table counts as one that has some.
 */
async function findTablesWithRows(client: Client, tables: readonly RelationRow[]): Promise<Set<number>> {
  const found = new Set<number>()
  const visible: RelationRow[] = []
  for (const table of tables) {
    if (table.readable && !table.rowSecurity && table.kind !== 'f') visible.push(table)
    else found.add(table.oid)
  }
  for (let from = 0; from < visible.length; from += tablesPerStatement) {
    const looks = visible
      .slice(from, from + tablesPerStatement)
      .map((table) => `select ${table.oid} where exists (select from ${qualifiedName(table.name)})`)
    const some = visible.slice(from, from + tablesPerStatement).map((table) => table.name)
    const oids = await explainLockWait(client, some, () =>
      withTransaction(client, () => readJson<number>(client, looks.join(' union all '), []), lookOnce),
    )
    for (const oid of oids) found.add(oid)
  }
  return found
}

const serverSql = `
select json_build_object(
  'version', split_part(pg_catalog.current_setting('server_version'), ' ', 1),
  'encoding', pg_catalog.getdatabaseencoding())`

const relationsSql = `
select json_build_object(
  'oid', c.oid::int8,
  'name', json_build_object('schema', n.nspname, 'name', c.relname),
  'kind', c.relkind,
  'owner', pg_catalog.pg_get_userbyid(c.relowner),
  'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
  'rowSecurity', c.relrowsecurity and pg_catalog.row_security_active(c.oid),
  'access', json_build_object(
    'user', current_user,
    'owns', pg_catalog.pg_has_role(c.relowner, 'usage'),
    'rights', array(
      select wanted from unnest(array['select', 'insert', 'update', 'truncate']) as wanted
      where pg_catalog.has_table_privilege(c.oid, wanted))),
  'readable', pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_schema_privilege(n.oid, 'usage'),
  'select', case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
  'viewColumns', case when c.relkind in ('v', 'm') then array(
    select a.attname from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) end)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p', 'f', 'v', 'm')
order by c.oid`

/** A sequence that belongs to a column depends on it: `i` identity, `a` serial or OWNED BY. */
const othersSql = `
select json_build_object(
  'name', json_build_object('schema', n.nspname, 'name', c.relname),
  'kind', c.relkind,
  'table', (
    select json_build_object('schema', ns.nspname, 'name', t.relname)
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class t on t.oid = d.refobjid
    join pg_catalog.pg_namespace ns on ns.oid = t.relnamespace
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.deptype in ('a', 'i') and c.relkind = 'S'
    limit 1))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('v', 'm', 'S', 'c')
order by c.oid`

/** No column owns it, no default calls it. */
const bareSequencesSql = `
select json_build_object(
  'name', json_build_object('schema', n.nspname, 'name', c.relname),
  'increment', q.seqincrement::text)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_sequence q on q.seqrelid = c.oid
where n.nspname = $1
  and not exists (select 1 from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i'))
  and not exists (select 1 from pg_catalog.pg_depend d
    where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
      and d.classid = 'pg_catalog.pg_attrdef'::regclass)
order by c.oid`

/** tgtype: bit 4 is INSERT. tgenabled: O in ordinary sessions, A always, R only in replicas, D never. */
const triggersSql = String.raw`
select json_build_object(
  'relation', t.tgrelid::int8,
  'table', c.relname,
  'name', t.tgname,
  'sql', pg_catalog.pg_get_triggerdef(t.oid),
  'onInsert', (t.tgtype & 4) <> 0 and t.tgenabled in ('O', 'A'),
  'onUpdateOf', case when (t.tgtype & 16) <> 0 then coalesce((
    select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
    where a.attrelid = t.tgrelid and a.attnum = any (t.tgattr::int2[])), '[]') end,
  'body', p.prosrc,
  -- Each argument ends with a zero byte.
  'arguments', coalesce((select json_agg(argument order by place)
    from unnest(string_to_array(encode(t.tgargs, 'escape'), '\000')) with ordinality as given (argument, place)
    where place <= t.tgnargs), '[]'))
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_proc p on p.oid = t.tgfoid
where t.tgrelid = any ($1::oid[]) and not t.tgisinternal
order by t.tgrelid, t.tgname`
