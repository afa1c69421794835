import type { ClientBase } from 'pg'
import type { TableName } from '../../../model/catalog.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'

/** Statements that keep the triggers of a table's owner from firing; empty when there are none. */
export type TriggerSwitch = { readonly off: string; readonly on: string }

/** Bits of pg_trigger.tgtype: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_trigger.h */
const insertBit = 4
const updateBit = 16

/**
 * Triggers that would fire when rows are loaded, as one statement to disable and one to put each back into its state.
 *
 * Meant to stand in one transaction with the load: whatever happens, SIGKILL included, the rollback restores them, and
 * no other session ever sees them disabled. The price is a SHARE ROW EXCLUSIVE lock on the table until the commit:
 * reading goes on, other writers wait, and shards of this table load one after the other. Never through
 * `session_replication_role`, which needs a superuser and would also disable the checks of foreign keys.
 */
export async function readTriggerSwitch(client: ClientBase, table: TableName): Promise<TriggerSwitch> {
  const { rows } = await client.query<{ name: string; state: string }>(
    `select t.tgname as name, t.tgenabled as state
     from pg_catalog.pg_trigger t
     join pg_catalog.pg_class c on c.oid = t.tgrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and not t.tgisinternal and t.tgenabled in ('O', 'A')
       and t.tgtype & ${insertBit | updateBit} <> 0
     order by t.tgname`,
    [table.schema, table.name],
  )
  if (rows.length === 0) return { off: '', on: '' }
  const alter = `alter table ${qualifiedName(table)}`
  const off = rows.map(({ name }) => `disable trigger ${quoteIdentifier(name)}`)
  const on = rows.map(({ name, state }) => `enable ${state === 'A' ? 'always ' : ''}trigger ${quoteIdentifier(name)}`)
  return { off: `${alter} ${off.join(', ')}`, on: `${alter} ${on.join(', ')}` }
}
