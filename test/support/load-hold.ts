import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import type { RunningCli } from './run-cli.ts'

/**
 * Keeps a transfer at one moment, so that a test which interferes with it there need not be quicker than the transfer:
 *
 *     await using hold = await givenHold(target.url, { rows: 2000 })
 *     const running = spawnCli(['migrate', source, target.url])
 *     await hold.reached(running)
 *     running.kill('SIGKILL')
 *     await running.result
 *     await hold.release()
 */
export type LoadHold = AsyncDisposable & {
  /** Resolves once a session of the transfer waits, or one of each worker; fails when one of these runs ends before that. */
  reached(...running: readonly RunningCli[]): Promise<void>
  /** Lets all go on, and holds nothing any more. A session whose client was killed ends by this, so wait for this before the next run. */
  release(): Promise<void>
}

export type HoldAt =
  /** When so many rows are committed or are about to be, by all sessions together. */
  | { readonly rows: number }
  /** When so many keys, indexes and the like are made. */
  | { readonly objects: number }
  /** Each of these workers, by the application name of its sessions, when it has loaded a shard and is in the middle of another. */
  | { readonly workers: readonly string[] }

/** By this name the server knows the session of a hold. */
export const holdName = 'load hold'

/** Each hold of this process has a lock of its own, so that one can be set up before the one before it is released. */
let locks = 7_041_776

/**
 * Triggers of the target hold: on the checkpoint of a batch or on the note about an object, before it is committed. They come with the
 * tables of the transfer, by an event trigger, so the user has to be a superuser.
 */
export async function givenHold(url: string, at: HoldAt): Promise<LoadHold> {
  locks += 1
  const lock = locks
  const client = new Client({ connectionString: url, application_name: holdName })
  client.on('error', () => undefined) // the server may be stopped by the test
  await client.connect()
  await client.query('select pg_advisory_lock($1)', [lock])
  await client.query(holdSql(at, lock))
  let released = false
  const release = async (): Promise<void> => {
    if (released) return
    released = true
    await client.end().catch(() => undefined)
  }
  return {
    async reached(...running) {
      const ended: number[] = []
      for (const { pid, result } of running) void result.then(() => ended.push(pid))
      const sessions = 'workers' in at ? at.workers.length : 1
      while ((await waiting(client, lock)) < sessions) {
        if (ended.length > 0) throw new Error(`The run ended before it was held at ${JSON.stringify(at)}.`)
        await wait(5)
      }
    },
    release,
    [Symbol.asyncDispose]: release,
  }
}

async function waiting(client: Client, lock: number): Promise<number> {
  const { rowCount } = await client.query(
    `select from pg_locks where locktype = 'advisory' and objid = $1 and not granted
       and database = (select oid from pg_database where datname = current_database())`,
    [lock],
  )
  return rowCount ?? 0
}

function holdSql(at: HoldAt, lock: number): string {
  const [table, isReached] = conditionSql(at)
  // The table is there already when an unfinished transfer goes on.
  return `
    create schema if not exists load_hold;
    create table if not exists load_hold.begun (session text, number integer, primary key (session, number));
    create or replace function load_hold.wait() returns trigger language plpgsql as $$
      begin
        insert into load_hold.begun values (current_setting('application_name'), new.number) on conflict do nothing;
        if ${isReached} then perform pg_advisory_xact_lock_shared(${lock}); end if;
        return null;
      end $$;
    create or replace function load_hold.attach() returns event_trigger language plpgsql as $$
      begin
        if to_regclass('rowferry.${table}') is not null
            and not exists (select from pg_trigger where tgrelid = to_regclass('rowferry.${table}') and tgname = 'hold') then
          create trigger hold after insert or update on rowferry.${table} for each row execute function load_hold.wait();
        end if;
      end $$;
    drop event trigger if exists load_hold;
    create event trigger load_hold on ddl_command_end when tag in ('CREATE SCHEMA', 'CREATE TABLE') execute function load_hold.attach();
    create schema load_hold_begins;
    drop schema load_hold_begins`
}

/** The table to look at, and when to wait. Which shards a session has begun with stands in `load_hold.begun`. */
function conditionSql(at: HoldAt): readonly [table: string, isReached: string] {
  if ('rows' in at) return ['shards', `(select sum(rows_read) from rowferry.shards) >= ${at.rows}`]
  if ('objects' in at) return ['objects', `(select count(*) from rowferry.objects) >= ${at.objects}`]
  const held = at.workers.map((name) => `'${name}'`).join()
  return [
    'shards',
    `old.rows_read > 0 and not new.done and current_setting('application_name') in (${held})
       and (select count(*) from load_hold.begun where session = current_setting('application_name')) > 1`,
  ]
}
