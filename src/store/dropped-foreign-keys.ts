import type { ClientBase } from 'pg'
import type { StoredForeignKey } from '../databases/postgres/foreign-keys.ts'
import { storeExists } from './store.ts'

/** In the transaction that drops them. */
export async function rememberForeignKeys(
  client: ClientBase,
  transferId: string,
  keys: readonly StoredForeignKey[],
): Promise<void> {
  await client.query(
    `insert into rowferry.dropped_foreign_keys (transfer_id, table_schema, table_name, name, definition)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])
     on conflict (table_schema, table_name, name) do nothing`,
    [
      transferId,
      keys.map(({ table }) => table.schema),
      keys.map(({ table }) => table.name),
      keys.map(({ name }) => name),
      keys.map(({ definition }) => definition),
    ],
  )
}

/** Keys of tables in the schema that some transfer dropped and nobody made again yet: also those of a run that was killed. */
export async function foreignKeysToRestore(client: ClientBase, targetSchema: string): Promise<StoredForeignKey[]> {
  if (!(await storeExists(client))) return []
  const { rows } = await client.query<{ table_schema: string; table_name: string; name: string; definition: string }>(
    `select table_schema, table_name, name, definition from rowferry.dropped_foreign_keys
     where table_schema = $1 order by table_name, name`,
    [targetSchema],
  )
  return rows.map((row) => ({
    table: { schema: row.table_schema, name: row.table_name },
    name: row.name,
    definition: row.definition,
  }))
}

/** In the transaction that makes it again. */
export async function forgetForeignKey(client: ClientBase, key: StoredForeignKey): Promise<void> {
  await client.query(
    'delete from rowferry.dropped_foreign_keys where table_schema = $1 and table_name = $2 and name = $3',
    [key.table.schema, key.table.name, key.name],
  )
}
