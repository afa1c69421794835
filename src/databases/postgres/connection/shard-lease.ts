import { setTimeout as wait } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { codeOf } from '../postgres-errors.ts'

/**
 * At most one session loads a shard: an advisory lock of the session that loads it. Whoever the queue gives a shard to is
 * its only rightful owner; a session that still holds the lock belongs to a worker that lost its claim, and is ended.
 * Both numbers are from 0 to 2^31 - 1.
 */
export type ShardLease = {
  /** Stands for the transfer. */
  readonly transfer: number
  /** Stands for the shard within it. */
  readonly shard: number
}

/**
 * A cut network sends no farewell: with the system's defaults the server would keep the session of a worker that is gone,
 * its locks and its half-loaded batch for two hours. So it asks after 5 s of silence, and is through with it after 11 s.
 * Has no effect over a unix socket.
 */
export const vigilantSession = `set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; set tcp_user_timeout = 10000`

const patienceMs = 30_000

/** `client` is the session that will load the shard. Throws CONNECT_TARGET_LOST when somebody else's session does not end. */
export async function takeLease(client: ClientBase, lease: ShardLease): Promise<void> {
  await client.query(vigilantSession)
  const numbers = [lease.transfer, lease.shard]
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const { rows } = await client.query<{ taken: string }>(
      'select pg_try_advisory_lock($1::int, $2::int)::int as taken',
      numbers,
    )
    if (Number(rows[0]?.taken) === 1) return
    await endSessions(client, `${heldBy} and objid = $2::oid`, numbers)
    if (performance.now() > giveUpAt) throw stillHeld(lease)
    await wait(50)
  }
}

/**
 * Waits until no session of the transfer's loaders is left; after `graceMs` those that are still there are ended: what is
 * done next must not meet a batch that is still on its way.
 */
export async function awaitLeases(
  query: <Row extends Record<string, unknown>>(sql: string, values: readonly unknown[]) => Promise<Row[]>,
  transfer: number,
  graceMs: number,
): Promise<void> {
  const endAt = performance.now() + graceMs
  const giveUpAt = endAt + patienceMs
  for (;;) {
    const [row] = await query<{ sessions: string }>(`select count(*) as sessions ${heldBy}`, [transfer])
    if (Number(row?.sessions ?? 0) === 0 || performance.now() > giveUpAt) return
    if (performance.now() > endAt) {
      await query(`select pg_terminate_backend(pid)::int as ended ${heldBy}`, [transfer]).catch(ignoreRefusal)
    }
    await wait(100)
  }
}

const heldBy = `from pg_catalog.pg_locks where locktype = 'advisory' and objsubid = 2 and granted and pid <> pg_backend_pid()
  and database = (select oid from pg_catalog.pg_database where datname = current_database()) and classid = $1::oid`

async function endSessions(client: ClientBase, which: string, values: readonly number[]): Promise<void> {
  await client.query(`select pg_terminate_backend(pid)::int as ended ${which}`, [...values]).catch(ignoreRefusal)
}

/** Another role's session may not be ended by us: then the server's own time limits end it (`vigilantSession`). */
function ignoreRefusal(error: unknown): never[] {
  if (codeOf(error) !== '42501') throw error
  return []
}

function stillHeld(lease: ShardLease): RowferryError {
  return new RowferryError('CONNECT_TARGET_LOST', {
    message: `Another session has been loading shard ${lease.shard} for ${patienceMs / 1000} s after its worker lost it, and could not be ended.`,
    remedy: `Connect every worker as the same user, or end it: select pg_terminate_backend(pid) from pg_locks where classid = ${lease.transfer} and objid = ${lease.shard}`,
    context: { ...lease },
  })
}
