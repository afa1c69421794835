import { query } from './postgres.ts'

/** Schemas that PostgreSQL itself owns. */
const ours = `n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`

/** What pg_dump would tell, from the catalogs, so that it works against any server version; then every row. */
const catalogQueries = [
  `select 'schema ' || n.nspname as line from pg_namespace n where ${ours}`,
  `select format('%s %I.%I %s %s', c.relkind, n.nspname, c.relname, c.relpersistence, c.reloptions) as line
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind <> 'i'`,
  `select format('column %I.%I.%I %s notnull=%s identity=%s generated=%s default=%s collation=%s dropped=%s', n.nspname, c.relname, a.attname,
       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attcollation, a.attisdropped) as line
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where ${ours} and a.attnum > 0 and c.relkind in ('r', 'p', 'v', 'm')`,
  `select format('constraint %s on %s: %s valid=%s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid), k.convalidated) as line
     from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${ours}`,
  `select 'index ' || pg_get_indexdef(i.indexrelid) as line from pg_index i join pg_class c on c.oid = i.indexrelid
     join pg_namespace n on n.oid = c.relnamespace where ${ours}`,
  `select format('sequence %I.%I last=%s start=%s by=%s', schemaname, sequencename, last_value, start_value, increment_by) as line
     from pg_sequences n where schemaname !~ '^pg_'`,
  `select format('view %I.%I: %s', schemaname, viewname, definition) as line from pg_views n where schemaname !~ '^pg_' and schemaname <> 'information_schema'`,
  `select format('trigger %s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled) as line from pg_trigger t
     join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where ${ours} and not t.tgisinternal`,
  `select format('function %s', pg_get_functiondef(p.oid)) as line from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${ours} and p.prokind in ('f', 'p')`,
  `select format('type %I.%I %s', n.nspname, t.typname, array(select enumlabel from pg_enum e where e.enumtypid = t.oid order by enumsortorder)) as line
     from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${ours} and t.typtype in ('e', 'd')`,
]

/** The whole content of a database as lines of text in a stable order: equal before and after means that nothing changed. */
export async function dumpTarget(url: string): Promise<string[]> {
  const lines: string[] = []
  for (const sql of catalogQueries) {
    const rows = await query(url, sql)
    lines.push(...rows.map((row) => row['line'] ?? '').toSorted())
  }
  for (const { name } of await query(url, tablesQuery)) {
    const rows = await query(url, `select t::text as line from ${name} t order by (t::text) collate "C"`)
    lines.push(...rows.map((row) => `${name}: ${row['line']}`))
  }
  return lines
}

const tablesQuery = `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind in ('r', 'm') order by 1`
