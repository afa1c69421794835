import type { Client, ClientBase } from 'pg'
import {
  dropForeignKeys,
  type ForeignKeyAmong,
  readForeignKeysAmong,
  type RestoredForeignKey,
  restoreForeignKey,
  type StoredForeignKey,
} from '../databases/postgres/schema/foreign-keys.ts'
import { withTransaction } from '../databases/postgres/connection/postgres-connection.ts'
import { sameTable, type TableName } from '../model/catalog.ts'
import type { Plan } from '../model/plan.ts'
import { storeExists } from './store.ts'

/**
 * Foreign keys of existing tables that no order of loading satisfies (a table that refers to itself, tables in a circle) are
 * dropped for the time of the load, remembered in the same transaction, and made again whatever happens: when the load
 * is over, when it fails or is interrupted (then NOT VALID), and after a killed run by the next one.
 */
export async function suspendForeignKeys(client: ClientBase, transferId: string, plan: Plan): Promise<void> {
  const known = await foreignKeysToRestore(client, plan.target.schema)
  // Those of an earlier, interrupted run stand NOT VALID; how they were at first is what is remembered.
  await dropForeignKeys(client, known)
  const keys = (await readForeignKeysAmong(client, existingTables(plan))).filter((key) => isInTheWay(key, plan))
  await dropForeignKeys(client, keys)
  await rememberForeignKeys(client, transferId, keys)
}

/** Makes them again. `loaded`: all rows are there, so that rows are checked and the key need not be remembered any more. */
export async function restoreForeignKeys(
  client: Client,
  targetSchema: string,
  options: { readonly loaded: boolean },
): Promise<RestoredForeignKey[]> {
  const restored: RestoredForeignKey[] = []
  for (const key of await foreignKeysToRestore(client, targetSchema)) {
    const outcome = await withTransaction(client, async () => {
      const made = await restoreForeignKey(client, key, { check: options.loaded })
      if (options.loaded || made.outcome !== 'not-valid') await forgetForeignKey(client, key)
      return made
    })
    restored.push(outcome)
  }
  return restored
}

function existingTables(plan: Plan): TableName[] {
  return plan.tables
    .filter((table) => table.mode === 'into-empty' || (table.mode === 'into-existing' && table.strategy !== 'append'))
    .map((table) => table.target)
}

/** Whose parent is not loaded completely when the child begins. Without the right to drop it stays, and rows may be refused. */
function isInTheWay(key: ForeignKeyAmong, plan: Plan): boolean {
  const waves = plan.steps.flatMap((step) => (step.kind === 'copy-tables' ? step.waves : []))
  const waveOf = (table: TableName): number => waves.findIndex((wave) => wave.some((name) => sameTable(name, table)))
  return key.mayDrop && waveOf(key.parent) >= waveOf(key.table)
}

/** In the transaction that drops them. */
async function rememberForeignKeys(
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

async function forgetForeignKey(client: ClientBase, key: StoredForeignKey): Promise<void> {
  await client.query(
    'delete from rowferry.dropped_foreign_keys where table_schema = $1 and table_name = $2 and name = $3',
    [key.table.schema, key.table.name, key.name],
  )
}
