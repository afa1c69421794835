import { describe, expect, test } from 'vitest'
import { givenTransfer } from '../../../../test/support/given-transfer.ts'
import { plannedTable } from '../../../../test/support/planned-tables.ts'
import { KeptConnection } from './kept-connection.ts'

const tableOf = (name: string, more: Parameters<typeof plannedTable>[2] = {}) =>
  plannedTable(
    name,
    [
      ['id', 'bigint', 'int8'],
      ['name', 'text', 'text'],
    ],
    more,
  )

const [a, b] = [tableOf('a'), tableOf('b')]
const setup = 'create table a (id bigint primary key, name text); create table b (id bigint primary key, name text)'
const sessionsSql = `select pid from pg_stat_activity
  where datname = current_database() and application_name = 'rowferry' and query like '%commit%'`

describe('a kept connection', () => {
  test('serves one loader after the other', async () => {
    await using transfer = await givenTransfer([a, b], { setup })
    await using connection = new KeptConnection()
    await transfer.load(a, [[1n, 'x']], { connection })
    const before = await transfer.query(sessionsSql)
    await transfer.load(b, [[1n, 'x']], { connection })
    expect(before.length).toBe(1)
    expect(await transfer.query(sessionsSql)).toEqual(before)
    await connection.close()
    expect(await transfer.query(sessionsSql)).toEqual([])
  })

  test('that was killed while nobody used it is replaced by a new one', async () => {
    await using transfer = await givenTransfer([a, b], { setup })
    await using connection = new KeptConnection()
    await transfer.load(a, [[1n, 'x']], { connection })
    await transfer.query(`select pg_terminate_backend(pid, 5000) from (${sessionsSql}) as ours`)
    // The farewell of the server needs a moment to arrive.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await transfer.load(b, [[1n, 'x']], { connection })
    expect(await transfer.query('select count(*) as rows from b')).toEqual([{ rows: '1' }])
  })

  test('does not come back from a loader that failed', async () => {
    await using transfer = await givenTransfer([a, b], { setup })
    await using connection = new KeptConnection()
    await transfer.load(a, [[1n, 'x']], { connection })
    await transfer.query('drop table b')
    await expect(transfer.load(b, [[1n, 'x']], { connection })).rejects.toThrow(/b/)
    await expect.poll(() => transfer.query(sessionsSql)).toEqual([])
    await transfer.load(a, [[2n, 'y']], { connection })
    expect(await transfer.query('select id from a order by id')).toEqual([{ id: '1' }, { id: '2' }])
  })

  test('comes back from rows that were refused, with nothing left of the way they took', async () => {
    const first = tableOf('a', { mode: 'into-existing', strategy: 'overwrite', matchKey: ['id'] })
    await using transfer = await givenTransfer([first], { setup: `${setup}; alter table a add check (id <> 2)` })
    await using connection = new KeptConnection()
    const rows = [
      [1n, 'x'],
      [2n, 'y'],
    ] as const
    const outcome = await transfer.load(first, rows, { connection, fireTriggers: true })
    expect(outcome.refused.map(({ index }) => index)).toEqual([1])
    const [before] = await transfer.query(sessionsSql.replace('%commit%', '%discard%'))
    const session = await connection.take(transfer.url, { signal: new AbortController().signal, what: 'the target' })
    await using _ending = session
    const { rows: left } = await session.query(
      `select pg_backend_pid() as pid, current_setting('search_path') as path,
         (select count(*) from pg_class where relpersistence = 't') as temporary`,
    )
    expect(left).toEqual([{ pid: before?.['pid'], path: '""', temporary: '0' }])
  })
})
