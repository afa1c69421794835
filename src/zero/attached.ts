import type { Client } from 'pg'
import { quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { RowferryError } from '../errors/errors.ts'
import type { TableName } from '../model/catalog.ts'
import type { Finding } from '../model/report.ts'

/**
 * A Zero that replicates a database keeps a slot in it: PostgreSQL holds back the log of every change until zero-cache has
 * read it. Reloading a table through that log is the slow way (a million rows: two minutes, and 400 MB that stay in the
 * database); without the slot zero-cache copies everything anew when it starts (a million rows: four seconds).
 */

export type ZeroSlot = { readonly name: string; readonly active: boolean }

/** A Zero that has a slot here, and the tables among those asked for that it may replicate. */
export type AttachedZero = { readonly slots: readonly ZeroSlot[]; readonly replicated: readonly TableName[] }

/** Null: no Zero has a slot in this database, or none of the tables is published. */
export async function findAttachedZero(client: Client, tables: readonly TableName[]): Promise<AttachedZero | null> {
  const { rows } = await client.query<{ name: string; active: string | boolean }>(slotsSql)
  if (rows.length === 0 || tables.length === 0) return null
  const published = await client.query<{ schema: string; name: string }>(
    `select distinct p.schemaname as schema, p.tablename as name
     from pg_catalog.pg_publication_tables p
     join unnest($1::text[], $2::text[]) as wanted (schema, name)
       on p.schemaname = wanted.schema and p.tablename = wanted.name`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  if (published.rows.length === 0) return null
  const slots = rows.map(({ name, active }) => ({ name, active: active === true || active === 't' }))
  return { slots, replicated: published.rows }
}

/**
 * Slots of zero-cache are called after the schema of their shard (`zero_0_a` after `zero_0`, in which it keeps `replicas`
 * and `shardConfig`); `zero` is the name that it has unless another was given.
 */
const slotsSql = `
  select slot.slot_name as name, slot.active
  from pg_catalog.pg_replication_slots slot
  where slot.database = pg_catalog.current_database() and slot.plugin = 'pgoutput'
    and (slot.slot_name ~ '^zero_[0-9]+_' or exists (
      select from pg_catalog.pg_namespace shard
      where pg_catalog.starts_with(slot.slot_name, shard.nspname || '_')
        and (select count(*) from pg_catalog.pg_class kept
             where kept.relnamespace = shard.oid and kept.relname in ('shardConfig', 'replicas')) = 2))
  order by slot.slot_name`

/**
 * Throws CATALOG_ZERO_ATTACHED unless the tables may be replaced: nobody replicates them, or they shall be (`reset`) and
 * zero-cache is not running. The slots that are to be dropped then.
 */
export function slotsToDrop(attached: AttachedZero | null, { reset }: { readonly reset: boolean }): readonly string[] {
  if (attached === null) return []
  const active = attached.slots.filter((slot) => slot.active)
  if (reset && active.length === 0) return attached.slots.map((slot) => slot.name)
  throw new RowferryError('CATALOG_ZERO_ATTACHED', {
    message: reset ? runningMessage(active) : attachedMessage(attached),
    remedy: reset || active.length > 0 ? stopFirst : resetRemedy,
  })
}

const resetRemedy =
  'Run the same command with --reset-zero: it drops the slot and reloads; Zero copies everything anew when it starts next'
const stopFirst =
  'Stop zero-cache, then run the same command with --reset-zero: it drops the slot and reloads; start zero-cache again, and it copies everything anew'

function runningMessage(active: readonly ZeroSlot[]): string {
  return `zero-cache is running (it uses the replication slot ${names(active)}), so its slot cannot be dropped.`
}

/** One sentence, also for the plan. */
export function attachedMessage({ slots, replicated }: AttachedZero): string {
  const running = slots.some((slot) => slot.active)
  const tables = `${replicated.length === 1 ? 'a table' : `${replicated.length} tables`} that would be replaced`
  return running
    ? `A running Zero (replication slot ${names(slots)}) replicates ${tables}: every row would go through its log, which takes minutes per million rows.`
    : `A Zero that is not running (replication slot ${names(slots)}) replicates ${tables}: PostgreSQL would keep the log of the whole load for it.`
}

function names(slots: readonly ZeroSlot[]): string {
  return slots.map((slot) => slot.name).join(', ')
}

/** Drops slots that are idle; those that are gone already are no error. Throws CATALOG_ZERO_ATTACHED when one is in use. */
export async function dropIdleSlots(client: Client, slots: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select slot_name as name from pg_catalog.pg_replication_slots where slot_name = any ($1) and active`,
    [slots],
  )
  if (rows.length > 0) {
    const active = rows.map(({ name }) => ({ name, active: true }))
    throw new RowferryError('CATALOG_ZERO_ATTACHED', { message: runningMessage(active), remedy: stopFirst })
  }
  await client.query(
    `select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots
     where slot_name = any ($1) and not active`,
    [slots],
  )
}

/**
 * Event triggers that a zero-cache with superuser rights left write into its schema whenever anybody changes a table: who
 * may not do that cannot change a table any more. Errors name the grants.
 */
export async function checkZeroGrants(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ schema: string; role: string }>(
    `select distinct shard.nspname as schema, current_user as role
     from pg_catalog.pg_event_trigger trigger
     join pg_catalog.pg_namespace shard
       on shard.nspname = pg_catalog.regexp_replace(trigger.evtname, '^(.*)_ddl_(start|end)_([0-9]+)$', '\\1_\\3')
     where trigger.evtname ~ '_ddl_(start|end)_[0-9]+$' and trigger.evtenabled in ('O', 'A')
       and not (pg_catalog.has_schema_privilege(shard.oid, 'usage') and coalesce((
         select bool_and(pg_catalog.has_table_privilege(kept.oid, wanted))
         from pg_catalog.pg_class kept, unnest(array['select', 'insert', 'update', 'delete']) wanted
         where kept.relnamespace = shard.oid and kept.relkind = 'r'), true))`,
  )
  return rows.map(({ schema, role }) => ({
    level: 'error',
    message: `A Zero watches this database (schema ${schema}), and user ${role} may not write what its event triggers note of every change of a table.`,
    remedy: grantsFor(schema, role),
  }))
}

function grantsFor(schema: string, role: string): string {
  const [inSchema, to] = [quoteIdentifier(schema), quoteIdentifier(role)]
  return `grant usage on schema ${inSchema} to ${to}; grant select, insert, update, delete on all tables in schema ${inSchema} to ${to};`
}
