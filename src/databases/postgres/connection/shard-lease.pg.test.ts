import { describe, expect, test } from 'vitest'
import { givenDatabase, query } from '../../../../test/support/postgres.ts'
import { connect, type PostgresConnection } from './postgres-connection.ts'
import { awaitLeases, takeLease } from './shard-lease.ts'

const lease = { transfer: 2_000_000_000, shard: 7 }

function givenSession(url: string): Promise<PostgresConnection> {
  return connect(url, { signal: new AbortController().signal, what: 'the target' })
}

async function rowsBy(url: string): Promise<unknown> {
  return query(url, 'select v from t order by v')
}

describe('the lease of a shard', () => {
  test('ends the session that had it, with what was not committed and the locks it held', async () => {
    await using database = await givenDatabase()
    await query(database.url, 'create table t (v text primary key)')
    const late = await givenSession(database.url)
    await takeLease(late, lease)
    await late.query(`insert into public.t values ('committed')`)
    await late.query('begin')
    // Whoever inserts the same key has to wait for the end of this transaction.
    await late.query(`insert into public.t values ('in hand')`)
    await using next = await givenSession(database.url)
    await takeLease(next, lease)
    await next.query(`insert into public.t values ('in hand'), ('of the next')`)
    await expect(late.query('commit')).rejects.toMatchObject({
      message: expect.stringMatching(/terminat|connection error/) as string,
    })
    expect(await rowsBy(database.url)).toEqual([{ v: 'committed' }, { v: 'in hand' }, { v: 'of the next' }])
  })

  test('leaves the sessions of other shards, transfers and databases alone', async () => {
    await using database = await givenDatabase()
    await using elsewhere = await givenDatabase()
    await using sameShardElsewhere = await givenSession(elsewhere.url)
    await takeLease(sameShardElsewhere, lease)
    const others = [
      { ...lease, shard: 8 },
      { transfer: 7, shard: lease.transfer },
      { transfer: lease.transfer - 1, shard: 7 },
    ]
    const sessions = await Promise.all(others.map(() => givenSession(database.url)))
    for (const [index, session] of sessions.entries()) await takeLease(session, others[index] ?? lease)
    await using own = await givenSession(database.url)
    await takeLease(own, lease)
    for (const session of [...sessions, sameShardElsewhere]) {
      expect((await session.query('select 1 as alive')).rows).toEqual([{ alive: '1' }])
    }
    for (const session of sessions) await session[Symbol.asyncDispose]()
  })

  test('keeps the server from waiting for ever for a client that is cut off', async () => {
    await using database = await givenDatabase()
    await using session = await givenSession(database.url)
    await takeLease(session, lease)
    const show = async (name: string): Promise<unknown> => (await session.query(`show ${name}`)).rows[0]
    expect(await show('tcp_user_timeout')).toEqual({ tcp_user_timeout: '10000' })
    expect(await show('tcp_keepalives_idle')).toEqual({ tcp_keepalives_idle: '5' })
  })
})

describe('waiting for the leases of a transfer', () => {
  test('ends with the sessions that go by themselves, and ends the others', async () => {
    await using database = await givenDatabase()
    await using own = await givenSession(database.url)
    const rows = async <Row extends Record<string, unknown>>(sql: string, values: readonly unknown[]): Promise<Row[]> =>
      (await own.query<Row>(sql, [...values])).rows
    const polite = await givenSession(database.url)
    await takeLease(polite, lease)
    const stays = await givenSession(database.url)
    await takeLease(stays, { ...lease, shard: 8 })
    setTimeout(() => void polite[Symbol.asyncDispose](), 100)
    await awaitLeases(rows, lease.transfer, 400)
    await expect(stays.query('select 1')).rejects.toThrow(/terminat|connection error/)
    const began = performance.now()
    await awaitLeases(rows, lease.transfer, 5000)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
