import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { query } from './postgres.ts'

/** What zero-cache leaves in a database: its schema, its publication and its slot, which no test needs a zero-cache for. */
export type ZeroShard = {
  readonly schema: string
  readonly slot: string
  /** Reads the slot as a running zero-cache does, until disposed. */
  run(): Promise<AsyncDisposable>
} & AsyncDisposable

/** `schema` is `<app>_<shard>`, different in each test: slots belong to the whole server. */
export async function givenZeroShard(
  url: string,
  schema: string,
  options: { readonly eventTrigger?: boolean } = {},
): Promise<ZeroShard> {
  const slot = `${schema}_${randomBytes(4).toString('hex')}`
  await query(
    url,
    `create schema "${schema}"; create table "${schema}"."shardConfig"(publications text[]);
     create table "${schema}".replicas(slot text primary key);
     create publication _${schema} for tables in schema public with (publish_via_partition_root = true)`,
  )
  await query(url, `select pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
  if (options.eventTrigger) await query(url, eventTrigger(schema))
  return {
    schema,
    slot,
    run: () => readSlot(url, slot, `_${schema}`),
    [Symbol.asyncDispose]: async () => {
      await query(
        url,
        `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${slot}' and not active`,
      )
    },
  }
}

/** As zero-cache's own: called by whoever changes a table, with that role's rights. */
function eventTrigger(schema: string): string {
  const [, app = '', number = ''] = /^(.*)_(\d+)$/.exec(schema) ?? []
  return `create function "${schema}".noted() returns event_trigger language plpgsql as
      $$ begin insert into "${schema}".replicas values (gen_random_uuid()); end $$;
    create event trigger ${app}_ddl_start_${number} on ddl_command_start when tag in ('CREATE TABLE', 'DROP TABLE', 'ALTER TABLE')
      execute function "${schema}".noted()`
}

/** A client in replication mode, which the driver speaks as far as a test needs it. */
async function readSlot(url: string, slot: string, publication: string): Promise<AsyncDisposable> {
  const client = new Client({ connectionString: url, replication: 'database' } as ConstructorParameters<
    typeof Client
  >[0])
  client.on('error', () => undefined)
  await client.connect()
  const reading = client.query(
    `START_REPLICATION SLOT "${slot}" LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`,
  )
  reading.catch(() => undefined)
  for (let attempt = 0; attempt < 100; attempt++) {
    const [found] = await query(url, `select active from pg_replication_slots where slot_name = '${slot}'`)
    if (found?.['active'] === 't') break
    await wait(20)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await client.end().catch(() => undefined)
      await query(
        url,
        `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${slot}' and active`,
      )
      for (let attempt = 0; attempt < 100; attempt++) {
        const [found] = await query(url, `select active from pg_replication_slots where slot_name = '${slot}'`)
        if (found?.['active'] !== 't') return
        await wait(20)
      }
    },
  }
}
