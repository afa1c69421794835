import type { ClientBase } from 'pg'
import type { TableName } from '../../../model/catalog.ts'
import { codeOf, isDataError, messageOf } from '../postgres-errors.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'

/** A foreign key in PostgreSQL's own words. */
export type StoredForeignKey = {
  readonly table: TableName
  readonly name: string
  /** `FOREIGN KEY (boss) REFERENCES public.people(id) ON DELETE CASCADE …`, from pg_get_constraintdef. */
  readonly definition: string
}

export type ForeignKeyAmong = StoredForeignKey & {
  readonly parent: TableName
  /** Whether this user may drop it and make it again: as owner of the table, and with REFERENCES on the parent. */
  readonly mayDrop: boolean
}

/** Foreign keys that point from one of the tables to one of the tables: those that can stand in the way of an order. */
export async function readForeignKeysAmong(
  client: ClientBase,
  tables: readonly TableName[],
): Promise<ForeignKeyAmong[]> {
  const { rows } = await client.query<
    Record<'schema' | 'table' | 'name' | 'definition' | 'parentSchema' | 'parent' | 'mayDrop', string>
  >(
    `with listed as (
       select c.oid from unnest($1::text[], $2::text[]) as wanted (schema, name)
       join pg_catalog.pg_namespace n on n.nspname = wanted.schema
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
     )
     select n.nspname as schema, c.relname as "table", f.conname as name, pg_get_constraintdef(f.oid) as definition,
       pn.nspname as "parentSchema", p.relname as parent,
       (pg_has_role(c.relowner, 'usage') and has_table_privilege(p.oid, 'references'))::int as "mayDrop"
     from pg_catalog.pg_constraint f
     join pg_catalog.pg_class c on c.oid = f.conrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_class p on p.oid = f.confrelid
     join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
     where f.contype = 'f' and f.conparentid = 0
       and f.conrelid in (select oid from listed) and f.confrelid in (select oid from listed)
     order by n.nspname, c.relname, f.conname`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  return rows.map(({ schema, table, name, definition, parentSchema, parent, mayDrop }) => ({
    table: { schema, name: table },
    name,
    definition,
    parent: { schema: parentSchema, name: parent },
    mayDrop: mayDrop === '1',
  }))
}

/** Keys that are gone already stay gone. Run it in the transaction that remembers them, so that none is ever forgotten. */
export async function dropForeignKeys(client: ClientBase, keys: readonly StoredForeignKey[]): Promise<void> {
  for (const key of keys) {
    await client.query(`alter table ${qualifiedName(key.table)} drop constraint if exists ${quoteIdentifier(key.name)}`)
  }
}

export type RestoredForeignKey = {
  readonly key: StoredForeignKey
  /**
   * `not-valid`: it holds for new rows; rows that are there contradict it, or were not looked at. `gone`: somebody has
   * dropped a table, column or key that it needs.
   */
  readonly outcome: 'restored' | 'not-valid' | 'gone'
  /** Why it is not `restored`. */
  readonly reason: string | null
}

/**
 * Makes the key again, or validates it where it stands NOT VALID. `check` false: only so much that new rows are checked,
 * which needs no scan (the load is not over). In the caller's transaction; may be repeated.
 */
export async function restoreForeignKey(
  client: ClientBase,
  key: StoredForeignKey,
  options: { readonly check: boolean },
): Promise<RestoredForeignKey> {
  const table = `alter table ${qualifiedName(key.table)}`
  const name = quoteIdentifier(key.name)
  const wasNotValid = /\bnot valid$/i.test(key.definition)
  const standing = await findKey(client, key)
  if (standing === 'no table') return { key, outcome: 'gone', reason: 'its table does not exist any more' }
  if (standing === 'no key') {
    const add = `${table} add constraint ${name} ${key.definition}${wasNotValid ? '' : ' not valid'}`
    const refused = await tryStatement(client, add, (error) => goneStates.has(codeOf(error) ?? ''))
    if (refused) return { key, outcome: 'gone', reason: messageOf(refused.error) }
  }
  if (wasNotValid || standing === 'valid') return { key, outcome: 'restored', reason: null }
  if (!options.check) return { key, outcome: 'not-valid', reason: 'the load is not over' }
  const refused = await tryStatement(client, `${table} validate constraint ${name}`, isDataError)
  return refused
    ? { key, outcome: 'not-valid', reason: messageOf(refused.error) }
    : { key, outcome: 'restored', reason: null }
}

/** No such table or column, and no key on the parent's columns. */
const goneStates = new Set(['42P01', '42703', '42830'])

/** The expected refusal, with the transaction as it was before; null when it was done. */
async function tryStatement(
  client: ClientBase,
  sql: string,
  isExpected: (error: unknown) => boolean,
): Promise<{ readonly error: unknown } | null> {
  await client.query('savepoint statement')
  try {
    await client.query(sql)
    return null
  } catch (error) {
    if (!isExpected(error)) throw error
    await client.query('rollback to savepoint statement')
    return { error }
  }
}

async function findKey(
  client: ClientBase,
  key: StoredForeignKey,
): Promise<'no table' | 'no key' | 'valid' | 'not valid'> {
  const { rows } = await client.query<{ valid: string | null }>(
    `select f.convalidated::int as valid
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_constraint f on f.conrelid = c.oid and f.conname = $3 and f.contype = 'f'
     where n.nspname = $1 and c.relname = $2`,
    [key.table.schema, key.table.name, key.name],
  )
  const [found] = rows
  if (!found) return 'no table'
  if (found.valid === null) return 'no key'
  return found.valid === '1' ? 'valid' : 'not valid'
}
