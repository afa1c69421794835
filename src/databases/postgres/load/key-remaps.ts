import type { ClientBase } from 'pg'
import { sameTable, type ForeignKey, type TableName } from '../../../model/catalog.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import type { KeyRemap } from './conflict-sql.ts'
import { isAppend } from './staged-apply.ts'

/** Columns are those of the target. */
export type RemapForeignKey = Pick<ForeignKey, 'columns' | 'parent' | 'parentColumns'>

/**
 * The foreign keys of `table` that must follow new keys: those that point to the key of a table loaded with `append`. A
 * reference to other columns of it stays right by itself. `completeTables`: tables whose rows are all loaded
 * when this one begins (earlier waves).
 */
export function keyRemaps(
  table: PlannedTable,
  foreignKeys: readonly RemapForeignKey[],
  tables: readonly PlannedTable[],
  completeTables: readonly TableName[],
): KeyRemap[] {
  const carried = new Set(table.columns.map(({ target }) => target))
  const remaps = foreignKeys.flatMap((key) => {
    const parent = tables.find((candidate) => sameTable(candidate.target, key.parent))
    if (!parent || !isAppend(parent) || !key.columns.every((column) => carried.has(column))) return []
    // The map holds keys in the order of the parent's match key.
    const columns = parent.matchKey.map((column) => key.columns[key.parentColumns.indexOf(column)])
    if (columns.length !== key.columns.length || columns.some((column) => column === undefined)) return []
    const complete = completeTables.some((done) => sameTable(done, parent.target))
    return [{ columns: columns.filter((column) => column !== undefined), parent: parent.target, complete }]
  })
  // The same reference may be declared twice (in source and target).
  return [...new Map(remaps.map((remap) => [JSON.stringify(remap), remap])).values()]
}

/** Foreign keys that the target has on the table. */
export async function readRemapForeignKeys(client: ClientBase, table: TableName): Promise<RemapForeignKey[]> {
  const { rows } = await client.query<{ columns: string; schema: string; name: string; parents: string }>(
    `select json_agg(a.attname order by k.place)::text as columns, json_agg(pa.attname order by k.place)::text as parents,
       pn.nspname as schema, p.relname as name
     from pg_catalog.pg_constraint f
     join pg_catalog.pg_class c on c.oid = f.conrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_class p on p.oid = f.confrelid
     join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
     cross join lateral unnest(f.conkey, f.confkey) with ordinality as k (child, parent, place)
     join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.child
     join pg_catalog.pg_attribute pa on pa.attrelid = f.confrelid and pa.attnum = k.parent
     where f.contype = 'f' and n.nspname = $1 and c.relname = $2
     group by f.oid, pn.nspname, p.relname order by f.oid`,
    [table.schema, table.name],
  )
  return rows.map((row) => ({
    columns: JSON.parse(row.columns) as string[],
    parent: { schema: row.schema, name: row.name },
    parentColumns: JSON.parse(row.parents) as string[],
  }))
}
