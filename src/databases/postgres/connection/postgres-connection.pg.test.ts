import { connect as connectSocket, createServer, type Server } from 'node:net'
import { describe, expect, test } from 'vitest'
import { databaseUrl, givenDatabase, query } from '../../../../test/support/postgres.ts'
import type { TransferEvents } from '../../../model/events.ts'
import { quoteIdentifier, quoteLiteral } from '../identifiers.ts'
import { connect, withTransaction } from './postgres-connection.ts'

const live = new AbortController().signal

describe('connect', () => {
  test('a session is the same whatever the database has set', async () => {
    await using db = await givenDatabase()
    for (const setting of [
      "timezone = 'America/New_York'",
      "datestyle = 'German, DMY'",
      "intervalstyle = 'sql_standard'",
      "bytea_output = 'escape'",
      'extra_float_digits = 0',
      'statement_timeout = 60000',
      'idle_session_timeout = 60000',
      'transaction_timeout = 60000',
      "search_path = 'elsewhere'",
    ]) {
      await query(db.url, `alter database ${db.name} set ${setting}`)
    }
    await using session = await connect(db.url, { signal: live, what: 'the target' })
    const { rows } =
      await session.query(`select '2024-02-03 04:05:06+00'::timestamptz as moment, '1 day 2 hours'::interval as span,
      '\\xff'::bytea as bytes, 0.1::float8 + 0.2 as sum, 1.5::float4 as real, 9007199254740993 as big, true as flag,
      current_setting('statement_timeout') as limit, current_setting('search_path') as path, array[1, 2] as list,
      current_setting('idle_session_timeout') as idle, current_setting('transaction_timeout') as transaction,
      current_setting('client_connection_check_interval') as watch`)
    expect(rows).toEqual([
      {
        moment: '2024-02-03 04:05:06+00',
        span: '1 day 02:00:00',
        bytes: '\\xff',
        sum: '0.30000000000000004',
        real: '1.5',
        big: '9007199254740993',
        flag: 't',
        limit: '0',
        path: '""',
        list: '{1,2}',
        idle: '0',
        transaction: '0',
        watch: '2s',
      },
    ])
  })

  test('names and texts survive quoting on the server, with backslashes read either way', async () => {
    await using db = await givenDatabase()
    await using session = await connect(db.url, { signal: live, what: 'the target' })
    const text = `it's a "test" \\ and \\' or E'\n`
    for (const reading of ['on', 'off']) {
      await session.query(`set standard_conforming_strings = ${reading}`).catch(() => undefined) // PostgreSQL 19 has only `on`
      const { rows } = await session.query(`select ${quoteLiteral(text)} as ${quoteIdentifier(text)}`)
      expect(rows).toEqual([{ [text]: text }])
    }
  })

  test('a port where nobody listens is tried three times, each announced, and then is an error with a remedy', async () => {
    const retries: TransferEvents['retry'][] = []
    const failing = connect('postgres://u:secret@127.0.0.1:9/db', {
      signal: live,
      what: 'the target',
      pauses: [5, 10],
      emit: (name, event) => {
        if (name === 'retry') retries.push(event as TransferEvents['retry'])
      },
    })
    const error = await failing.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONNECT_TARGET', message: expect.stringContaining('after 3 attempts') })
    expect(String(error)).not.toContain('secret')
    expect(retries.map(({ attempt, attempts, waitMs }) => ({ attempt, attempts, waitMs }))).toEqual([
      { attempt: 2, attempts: 3, waitMs: 5 },
      { attempt: 3, attempts: 3, waitMs: 10 },
    ])
    expect(retries[0]?.reason).toContain('ECONNREFUSED')
  })

  test('a server without TLS is asked for it once, not at every connection', async () => {
    await using db = await givenDatabase()
    const { hostname, port, pathname, username, password } = new URL(db.url)
    let connections = 0
    const passing = createServer((socket) => {
      connections++
      const server = connectSocket(Number(port), hostname)
      for (const end of [socket, server]) end.on('error', () => undefined)
      socket.pipe(server).pipe(socket)
    })
    const through = `postgres://${username}:${password}@127.0.0.1:${await listen(passing)}${pathname}?sslmode=prefer`
    try {
      for (const expected of [2, 3, 4]) {
        await using _session = await connect(through, { signal: live, what: 'the target' })
        expect(connections).toBe(expected)
      }
      await expect(
        connect(through.replace('prefer', 'require'), { signal: live, what: 'the target', pauses: [] }),
      ).rejects.toMatchObject({ code: 'CONNECT_TARGET', remedy: expect.stringContaining('sslmode') as string })
    } finally {
      passing.close()
    }
  })

  test('a server that accepts and then is silent is given up after the time limit', async () => {
    const silent = createServer(() => undefined)
    const port = await listen(silent)
    const begin = Date.now()
    await expect(
      connect(`postgres://u@127.0.0.1:${port}/db`, { signal: live, what: 'the target', pauses: [5], timeout: 200 }),
    ).rejects.toMatchObject({ code: 'CONNECT_TARGET', message: expect.stringContaining('timeout expired') })
    expect(Date.now() - begin).toBeLessThan(3000)
    silent.close()
  })

  test.each([
    ['a wrong password', { password: 'wrong' }, 'CONNECT_TARGET_PASSWORD'],
    ['no password', { password: '' }, 'CONNECT_TARGET_PASSWORD'],
    ['an unknown user', { username: 'nobody_here' }, 'CONNECT_TARGET_PASSWORD'],
    ['an unknown database', { pathname: '/no_such_database' }, 'CONNECT_TARGET_NO_DATABASE'],
  ])('%s fails at once', async (_, change, code) => {
    const url = Object.assign(new URL(databaseUrl('postgres')), change)
    let retries = 0
    const failing = connect(url.href, { signal: live, what: 'the target', emit: () => void retries++ })
    await expect(failing).rejects.toMatchObject({ code, remedy: expect.stringMatching(/\w/) })
    expect(retries).toBe(0)
  })

  test('sslmode=require is refused by a server without TLS, and prefer does without', async () => {
    const url = databaseUrl('postgres')
    const [row] = await query(url, 'show ssl')
    if (row?.['ssl'] === 'on') return
    await expect(connect(`${url}?sslmode=require`, { signal: live, what: 'the target' })).rejects.toMatchObject({
      code: 'CONNECT_TARGET',
      remedy: expect.stringContaining('sslmode=prefer'),
    })
    await using session = await connect(`${url}?sslmode=prefer`, { signal: live, what: 'the target' })
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: '1' }])
  })

  test('an abort ends the pause between attempts', async () => {
    const abort = new AbortController()
    const failing = connect('postgres://u@127.0.0.1:9/db', {
      signal: abort.signal,
      what: 'the target',
      pauses: [60_000],
      emit: () => setTimeout(() => abort.abort(new Error('stopped by hand')), 10),
    })
    await expect(failing).rejects.toThrow('stopped by hand')
  })

  test('an abort cancels the running statement on the server and ends the session', async () => {
    await using db = await givenDatabase()
    const abort = new AbortController()
    const session = await connect(`${db.url}?application_name=sleeper`, { signal: abort.signal, what: 'the target' })
    setTimeout(() => abort.abort(), 100)
    const begin = Date.now()
    await expect(session.query('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' })
    expect(Date.now() - begin).toBeLessThan(5000)
    await new Promise((resolve) => session.once('end', resolve))
    await using other = await connect(db.url, { signal: live, what: 'the target' })
    await expect
      .poll(async () => (await other.query(`select 1 from pg_stat_activity where application_name = 'sleeper'`)).rows)
      .toEqual([])
    await session[Symbol.asyncDispose]()
  })

  test('a session that the server ends does not end the process, and the next statement says so', async () => {
    await using db = await givenDatabase()
    await using session = await connect(db.url, { signal: live, what: 'the target' })
    await using other = await connect(db.url, { signal: live, what: 'the target' })
    const { rows } = await session.query('select pg_backend_pid() as pid')
    await other.query(`select pg_terminate_backend(${rows[0].pid}, 5000)`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect(session.query('select 1')).rejects.toThrow(/not queryable|terminat/)
  })
})

describe('withTransaction', () => {
  test('commits what was done, and undoes it when the work throws', async () => {
    await using db = await givenDatabase()
    await using session = await connect(db.url, { signal: live, what: 'the target' })
    await session.query('create table public.t (x int)')
    await withTransaction(session, () => session.query('insert into public.t values (1)'))
    const failing = withTransaction(session, async () => {
      await session.query('insert into public.t values (2)')
      throw new Error('second thoughts')
    })
    await expect(failing).rejects.toThrow('second thoughts')
    expect((await session.query('select x from public.t')).rows).toEqual([{ x: '1' }])
  })

  test('does not take a commit for success that PostgreSQL turned into a rollback', async () => {
    await using db = await givenDatabase()
    await using session = await connect(db.url, { signal: live, what: 'the target' })
    const failing = withTransaction(session, async () => {
      await session.query('select 1/0').catch(() => undefined)
    })
    await expect(failing).rejects.toThrow(/rolled back/)
  })
})

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
