import type { ClientBase } from 'pg'
import type { TableName } from '../../model/catalog.ts'
import { isDataError, messageOf } from './postgres-errors.ts'
import { qualifiedName, quoteIdentifier } from './identifiers.ts'

/** A foreign key in PostgreSQL's own words. */
export type StoredForeignKey = {
  readonly table: TableName
  readonly name: string
  /** `FOREIGN KEY (boss) REFERENCES public.people(id) ON DELETE CASCADE …`, from pg_get_constraintdef. */
  readonly definition: string
}

/** Foreign keys of the tables that point to one of the tables themselves: those that can stand in the way of an order. */
export async function readForeignKeysAmong(client: ClientBase, tables: readonly TableName[]): Promise<StoredForeignKey[]> {
  const { rows } = await client.query<{ schema: string; table: string; name: string; definition: string }>(
    `with listed as (
       select c.oid from unnest($1::text[], $2::text[]) as wanted (schema, name)
       join pg_catalog.pg_namespace n on n.nspname = wanted.schema
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
     )
     select n.nspname as schema, c.relname as "table", f.conname as name, pg_get_constraintdef(f.oid) as definition
     from pg_catalog.pg_constraint f
     join pg_catalog.pg_class c on c.oid = f.conrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where f.contype = 'f' and f.conparentid = 0
       and f.conrelid in (select oid from listed) and f.confrelid in (select oid from listed)
     order by n.nspname, c.relname, f.conname`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  return rows.map(({ schema, table, name, definition }) => ({ table: { schema, name: table }, name, definition }))
}

/** Run it in the transaction that remembers the keys (`store/dropped-foreign-keys.ts`), so that none is ever forgotten. */
export async function dropForeignKeys(client: ClientBase, keys: readonly StoredForeignKey[]): Promise<void> {
  for (const key of keys) {
    await client.query(`alter table ${qualifiedName(key.table)} drop constraint ${quoteIdentifier(key.name)}`)
  }
}

export type RestoredForeignKey = {
  readonly key: StoredForeignKey
  /** `not-valid`: rows contradict it; it stands again and holds for new rows. `gone`: its table is not there any more. */
  readonly outcome: 'restored' | 'not-valid' | 'gone'
  /** PostgreSQL's reason for anything but `restored`. */
  readonly reason: string | null
}

/**
 * Makes each key again, in a transaction of its own together with `forget`, so that it may be repeated after a crash. A
 * key that stands already (same name) counts as restored.
 */
export async function restoreForeignKeys(
  client: ClientBase,
  keys: readonly StoredForeignKey[],
  forget: (client: ClientBase, key: StoredForeignKey) => Promise<void>,
): Promise<RestoredForeignKey[]> {
  const restored: RestoredForeignKey[] = []
  for (const key of keys) {
    await client.query('begin')
    try {
      const outcome = await restoreKey(client, key)
      await forget(client, key)
      await client.query('commit')
      restored.push({ key, ...outcome })
    } catch (error) {
      await client.query('rollback').catch(() => undefined) // the first error says what happened
      throw error
    }
  }
  return restored
}

async function restoreKey(client: ClientBase, key: StoredForeignKey): Promise<Omit<RestoredForeignKey, 'key'>> {
  const { rows } = await client.query<{ tables: string; keys: string }>(
    `select count(*) as tables, count(f.oid) as keys
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_constraint f on f.conrelid = c.oid and f.conname = $3
     where n.nspname = $1 and c.relname = $2`,
    [key.table.schema, key.table.name, key.name],
  )
  if (Number(rows[0]?.tables) === 0) return { outcome: 'gone', reason: 'its table does not exist any more' }
  if (Number(rows[0]?.keys) > 0) return { outcome: 'restored', reason: null }
  const add = `alter table ${qualifiedName(key.table)} add constraint ${quoteIdentifier(key.name)} ${key.definition}`
  await client.query('savepoint restore')
  try {
    await client.query(add)
    return { outcome: 'restored', reason: null }
  } catch (error) {
    if (!isDataError(error)) throw error
    await client.query('rollback to savepoint restore')
    await client.query(/\bnot valid$/i.test(add) ? add : `${add} not valid`)
    return { outcome: 'not-valid', reason: messageOf(error) }
  }
}
