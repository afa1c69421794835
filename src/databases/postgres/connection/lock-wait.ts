import type { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { type TableName, tableLabel } from '../../../model/catalog.ts'
import { codeOf } from '../postgres-errors.ts'

/**
 * How long a statement waits for locks of other sessions at tables that are looked at or replaced. Short, because everyone
 * else waits behind a statement that waits for an exclusive lock.
 */
const lockWaitSeconds = 3

/** Bounds the waits of the transaction that is open: an application's forgotten transaction must not hold the run without end. */
export const boundLockWait = `set local lock_timeout = '${lockWaitSeconds}s'`

/** Runs `work` on the tables; a wait for a lock that takes too long becomes CATALOG_LOCKED, which names who holds it. */
export async function explainLockWait<Result>(
  client: Client,
  tables: readonly TableName[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error) !== '55P03') throw error
    // The transaction has failed, and its own locks must not be mistaken for those of others.
    await client.query('rollback')
    const holders = await findHolders(client, tables)
    const first = holders[0]
    throw new RowferryError('CATALOG_LOCKED', {
      message: `${first ? `The table ${tableLabel(first.table)} is` : 'A table is'} locked by ${holders.length > 0 ? holders.map(describe).join('; ') : 'another session'}; rowferry waited ${lockWaitSeconds} seconds. Nothing was changed.`,
      remedy: `Let that session end its transaction, then run the same command again${first ? `; to end it by force: select pg_terminate_backend(${first.pid});` : ''}`,
      cause: error,
    })
  }
}

type Holder = {
  readonly table: TableName
  readonly pid: string
  readonly user: string | null
  readonly program: string | null
}

function describe({ pid, user, program }: Holder): string {
  const by = [user === null ? null : `user ${user}`, program === null || program === '' ? null : program]
    .filter((text) => text !== null)
    .join(', ')
  return `another session (process ${pid}${by === '' ? '' : `: ${by}`})`
}

/** Sessions that hold a lock on one of the tables; rowferry's own is left out. At most three. */
async function findHolders(client: Client, tables: readonly TableName[]): Promise<Holder[]> {
  const { rows } = await client.query<{
    schema: string
    name: string
    pid: string
    user: string | null
    program: string | null
  }>(
    `select distinct on (l.pid) n.nspname as schema, c.relname as name, l.pid, a.usename as user, a.application_name as program
     from pg_catalog.pg_locks l
     join pg_catalog.pg_class c on c.oid = l.relation
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.granted and l.pid <> pg_backend_pid() and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
       and (n.nspname, c.relname) in (select * from unnest($1::text[], $2::text[]))
     order by l.pid limit 3`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  return rows.map(({ schema, name, ...row }) => ({ table: { schema, name }, ...row }))
}
