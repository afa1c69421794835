import type { Client } from 'pg'
import type { CheckConstraint, ForeignKey, ForeignKeyAction, Key, TableName } from '../../../model/catalog.ts'
import { readJson } from './read-json.ts'

export type TableConstraints = {
  readonly primaryKey: Key | null
  readonly uniqueKeys: readonly Key[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checkConstraints: readonly CheckConstraint[]
  readonly referencedBy: readonly TableName[]
}

type ConstraintRow = {
  readonly relation: number
  readonly table: TableName
  readonly kind: 'p' | 'u' | 'f' | 'c'
  readonly name: string
  readonly columns: readonly string[]
  readonly expression: string | null
  readonly parentRelation: number
  readonly parent: TableName | null
  readonly parentColumns: readonly string[]
  readonly onUpdate: string
  readonly onDelete: string
  readonly deferrable: boolean
  readonly initiallyDeferred: boolean
}

/** Constraints of the given relations, and who refers to them, from other schemas too. */
export async function readConstraints(
  client: Client,
  relations: readonly number[],
): Promise<(relation: number) => TableConstraints> {
  const rows = await readJson<ConstraintRow>(client, constraintsSql, [relations])
  const own = Map.groupBy(rows, (row) => row.relation)
  const pointing = Map.groupBy(
    rows.filter((row) => row.kind === 'f'),
    (row) => row.parentRelation,
  )
  return (relation) => ({
    ...toConstraints(own.get(relation) ?? []),
    referencedBy: referrers(relation, pointing.get(relation)),
  })
}

function toConstraints(rows: readonly ConstraintRow[]): Omit<TableConstraints, 'referencedBy'> {
  const keys = (kind: 'p' | 'u'): Key[] =>
    rows.filter((row) => row.kind === kind).map(({ name, columns }) => ({ name, columns }))
  return {
    primaryKey: keys('p')[0] ?? null,
    uniqueKeys: keys('u'),
    foreignKeys: rows.filter((row) => row.kind === 'f').flatMap(toForeignKey),
    checkConstraints: rows
      .filter((row) => row.kind === 'c')
      .map(({ name, expression }) => ({ name, expression: expression ?? '' })),
  }
}

function toForeignKey(row: ConstraintRow): ForeignKey[] {
  if (row.parent === null) return []
  return [
    {
      name: row.name,
      columns: row.columns,
      parent: row.parent,
      parentColumns: row.parentColumns,
      onUpdate: actions[row.onUpdate] ?? 'no action',
      onDelete: actions[row.onDelete] ?? 'no action',
      deferrable: row.deferrable,
      initiallyDeferred: row.initiallyDeferred,
    },
  ]
}

const actions: Readonly<Record<string, ForeignKeyAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}

/** Each once; a table that refers to itself does not count. */
function referrers(relation: number, rows: readonly ConstraintRow[] = []): TableName[] {
  const others = rows.filter((row) => row.relation !== relation)
  return [...new Map(others.map((row) => [row.relation, row.table])).values()]
}

/**
 * A foreign key to a partitioned table has one more row per partition; those (a parent of the same table) are left out.
 * NOT NULL constraints, rows of their own since PostgreSQL 18, stand with the columns.
 */
const constraintsSql = `
select json_build_object(
  'relation', k.conrelid::int8,
  'table', json_build_object('schema', n.nspname, 'name', r.relname),
  'kind', k.contype,
  'name', k.conname,
  'columns', array(
    select a.attname from unnest(k.conkey) with ordinality u (attnum, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.place),
  'expression', case when k.contype = 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid) end,
  'parentRelation', k.confrelid::int8,
  'parent', case when k.contype = 'f' then json_build_object('schema', pn.nspname, 'name', p.relname) end,
  'parentColumns', array(
    select a.attname from unnest(k.confkey) with ordinality u (attnum, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum order by u.place),
  'onUpdate', k.confupdtype,
  'onDelete', k.confdeltype,
  'deferrable', k.condeferrable,
  'initiallyDeferred', k.condeferred)
from pg_catalog.pg_constraint k
join pg_catalog.pg_class r on r.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
left join pg_catalog.pg_class p on p.oid = k.confrelid
left join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where (k.conrelid = any ($1::oid[]) or k.confrelid = any ($1::oid[]))
  and k.contype in ('p', 'u', 'f', 'c')
  and not exists (
    select from pg_catalog.pg_constraint above where above.oid = k.conparentid and above.conrelid = k.conrelid)
order by k.conrelid, k.oid`
