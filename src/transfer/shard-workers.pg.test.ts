import { describe, expect, test } from 'vitest'
import { givenTransfer, type GivenTransfer } from '../../test/support/given-transfer.ts'
import { plannedTable } from '../../test/support/planned-tables.ts'
import { query } from '../../test/support/postgres.ts'
import { givenSqlite } from '../../test/support/sample-databases.ts'
import { connect } from '../databases/postgres/connection/postgres-connection.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { TurnMessage, ShardMessage, ShardTask } from './shard-tasks.ts'
import { runShards } from './shard-worker.ts'
import { Threads } from '../util/threads.ts'
import { ShardWorkers } from './shard-workers.ts'

const rows = 10

const tiny = (name: string, more: Partial<PlannedTable> = {}): PlannedTable =>
  plannedTable(
    name,
    [
      ['id', 'bigint', 'int8'],
      ['name', 'text', 'text'],
    ],
    more,
  )

/** In one transaction: the disk is waited for once, not at each of 180 statements. */
function makeSource(tables: readonly PlannedTable[]): string {
  const statements = tables.map(
    ({ source: { name } }) => `create table ${name}(id integer primary key, name text);
      insert into ${name} with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
        select i, '${name} ' || i from n;`,
  )
  return givenSqlite(`begin; ${statements.join('\n')} commit;`)
}

const makeTarget = (tables: readonly PlannedTable[]): string =>
  tables.map(({ target: { name } }) => `create table ${name} (id bigint primary key, name text);`).join('\n')

function tasks(
  transfer: GivenTransfer,
  tables: readonly PlannedTable[],
  kind: ShardTask['kind'] = 'load',
): ShardTask[] {
  const source = { kind: 'sqlite', path: makeSource(tables), immutable: false } as const
  const target = { kind: 'postgres', url: transfer.url } as const
  return tables.map((table) => ({
    kind,
    source,
    target,
    transferId: transfer.id,
    table,
    shard: { number: 0, by: 'rowid', lower: null, upper: null },
    batchRows: 1000,
    batchBytes: 1_000_000,
    fireTriggers: false,
    remaps: [],
    debug: false,
  }))
}

const running = (): Int32Array => new Int32Array(new SharedArrayBuffer(4))

/** What was said of each shard, in order: `0 started`, `0 batch 10`, `0 ended`. */
function listen(): { readonly told: string[]; readonly post: (message: TurnMessage) => void } {
  const told: string[] = []
  const word = (message: ShardMessage): string =>
    message.kind === 'batch' ? `batch ${message.delta.rowsRead}` : message.kind
  return {
    told,
    post: (message) => {
      if ('message' in message) told.push(`${message.index} ${word(message.message)}`)
      else if ('failure' in message.ended) told.push(`${message.index} ${message.ended.failure.code}`)
      else told.push(`${message.index} ${message.ended.finished ? 'finished' : 'stopped'}`)
    },
  }
}

const countsSql = (tables: readonly PlannedTable[]): string =>
  tables.map(({ target: { name } }) => `select '${name}' as name, count(*) as rows from ${name}`).join(' union all ')

const loaded = async (transfer: GivenTransfer, tables: readonly PlannedTable[]): Promise<string[]> =>
  (await transfer.query(`${countsSql(tables)} order by 1`)).map((row) => `${row['name']} ${row['rows']}`)

/** Sessions of shards: all of ours but the test's own. */
const backendsSql = `select pid, query from pg_stat_activity
  where datname = current_database() and application_name = 'rowferry'`

describe('shards of one turn', () => {
  test('arrives over one connection, and every shard tells its own story', async () => {
    const tables = [tiny('a'), tiny('b'), tiny('c')]
    await using transfer = await givenTransfer(tables, {
      setup: `${makeTarget(tables)}
        create table sessions (pid int);
        create function note() returns trigger language plpgsql as 'begin insert into public.sessions values (pg_backend_pid()); return null; end';
        ${tables.map(({ target }) => `create trigger note after insert on ${target.name} execute function note();`).join('\n')}`,
    })
    const { told, post } = listen()
    await runShards(tasks(transfer, tables), running(), post)
    expect(told).toEqual([0, 1, 2].flatMap((i) => [`${i} started`, `${i} batch ${rows}`, `${i} finished`]))
    expect(await loaded(transfer, tables)).toEqual([`a ${rows}`, `b ${rows}`, `c ${rows}`])
    expect(await transfer.query('select count(*) as calls, count(distinct pid) as pids from sessions')).toEqual([
      { calls: '3', pids: '1' },
    ])
    expect((await transfer.shard(tables[2] ?? tiny('c'))).done).toBe(true)
  })

  test('a table that is refused as a whole says so, and the others load', async () => {
    const tables = [tiny('a'), tiny('b'), tiny('c')]
    await using transfer = await givenTransfer(tables, { setup: `${makeTarget(tables)} drop table b;` })
    const { told, post } = listen()
    await runShards(tasks(transfer, tables), running(), post)
    expect(told.filter((line) => line.startsWith('1'))).toEqual(['1 started', expect.stringMatching(/^1 [A-Z_]+$/)])
    expect(told.filter((line) => line.endsWith('finished'))).toEqual(['0 finished', '2 finished'])
    expect(await loaded(transfer, [tiny('a'), tiny('c')])).toEqual([`a ${rows}`, `c ${rows}`])
  })

  test('rows that are refused in one table are listed with it, and the others load whole', async () => {
    const tables = [tiny('a'), tiny('b'), tiny('c')]
    await using transfer = await givenTransfer(tables, {
      setup: `${makeTarget(tables)} alter table b add check (id not in (3, 7));`,
    })
    const { told, post } = listen()
    await runShards(tasks(transfer, tables), running(), post)
    expect(told.filter((line) => line.endsWith('finished')).length).toBe(3)
    expect(await loaded(transfer, tables)).toEqual([`a ${rows}`, `b ${rows - 2}`, `c ${rows}`])
    const states = await transfer.query('select table_name as name, rejected from rowferry.shards order by 1')
    expect(states.map((state) => `${state['name']} ${state['rejected']}`)).toEqual(['a 0', 'b 2', 'c 0'])
  })

  test('a backend that is killed at the second table is tried again, and nothing is doubled', async () => {
    const tables = [tiny('a'), tiny('b'), tiny('c')]
    await using transfer = await givenTransfer(tables, { setup: makeTarget(tables) })
    await using blocker = await connect(`${transfer.url}?application_name=blocker`, {
      signal: new AbortController().signal,
      what: 'the blocker',
    })
    await blocker.query('begin; lock table public.b in access exclusive mode')
    const { told, post } = listen()
    const group = runShards(tasks(transfer, tables), running(), post)
    await waitFor(async () => {
      const waiting = await query(transfer.url, `${backendsSql} and wait_event_type = 'Lock'`)
      for (const { pid } of waiting) await query(transfer.url, `select pg_terminate_backend(${pid})`)
      return waiting.length > 0
    })
    await blocker.query('rollback')
    await group
    expect(told).toEqual([
      '0 started',
      `0 batch ${rows}`,
      '0 finished',
      '1 started',
      '1 retry',
      `1 batch ${rows}`,
      '1 finished',
      '2 started',
      `2 batch ${rows}`,
      '2 finished',
    ])
    expect(await loaded(transfer, tables)).toEqual([`a ${rows}`, `b ${rows}`, `c ${rows}`])
  })

  test('a checkpoint that is elsewhere than it was said to be is read again, and nothing is doubled or left out', async () => {
    const tables = [tiny('a'), tiny('b')]
    await using transfer = await givenTransfer(tables, { setup: makeTarget(tables) })
    await transfer.query(`insert into b select i, 'b ' || i from generate_series(1, 4) as i;
      update rowferry.shards set position = '4' where table_name = 'b'`)
    const { told, post } = listen()
    const said = tasks(transfer, tables).map((task) => ({
      ...task,
      standsAt: task.table.target.name === 'a' ? '6' : null,
    }))
    await runShards(said, running(), post)
    expect(told.filter((line) => /retry|finished/.test(line))).toEqual([
      '0 retry',
      '0 finished',
      '1 retry',
      '1 finished',
    ])
    expect(await loaded(transfer, tables)).toEqual([`a ${rows}`, `b ${rows}`])
  })

  test('begins no further shard once it is asked to stop', async () => {
    const tables = [tiny('a'), tiny('b'), tiny('c')]
    await using transfer = await givenTransfer(tables, { setup: makeTarget(tables) })
    const stop = running()
    const { told, post } = listen()
    await runShards(tasks(transfer, tables), stop, (message) => {
      post(message)
      if ('ended' in message) Atomics.store(stop, 0, 1)
    })
    expect(told).toEqual(['0 started', `0 batch ${rows}`, '0 finished', '1 stopped', '2 stopped'])
    expect(await loaded(transfer, tables)).toEqual([`a ${rows}`, 'b 0', 'c 0'])
  })

  test('tables of every way of loading follow each other over one connection', async () => {
    const existing = { mode: 'into-existing', matchKey: ['id'], rowKey: ['id'] } as const
    const tables = [
      tiny('a', { ...existing, strategy: 'overwrite' }),
      tiny('b'),
      tiny('c', { ...existing, strategy: 'skip' }),
      tiny('d', { ...existing, strategy: 'merge' }),
      tiny('e', { mode: 'into-empty' }),
    ]
    await using transfer = await givenTransfer(tables, {
      setup: `${makeTarget(tables)} insert into a values (1, 'old'); insert into c values (1, 'old')`,
    })
    const { told, post } = listen()
    const fired = tasks(transfer, tables).map((task) => ({ ...task, fireTriggers: true }))
    await runShards(fired, running(), post)
    expect(told.filter((line) => line.endsWith('finished')).length).toBe(tables.length)
    expect(await loaded(transfer, tables)).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `${name} ${rows}`))
    expect(
      await transfer.query(`select (select name from a where id = 1) as a, (select name from c where id = 1) as c`),
    ).toEqual([{ a: 'a 1', c: 'old' }])
  })
})

describe('worker threads', () => {
  test.each([
    ['a few small tables', 3],
    ['many small tables', 90],
  ])('%s arrive, and each answers for itself', async (_, count) => {
    const tables = Array.from({ length: count }, (__, i) => tiny(`t${String(i).padStart(2, '0')}`))
    const refused = tables[1] ?? tiny('t01')
    await using transfer = await givenTransfer(tables, {
      setup: `${makeTarget(tables)} drop table ${refused.target.name};`,
    })
    await using workers = new ShardWorkers(new Threads(2))
    const batches: string[] = []
    const results = await Promise.allSettled(
      tasks(transfer, tables).map((task) =>
        workers.run(task, (message) => {
          if (message.kind === 'batch') batches.push(message.table)
        }),
      ),
    )
    const failed = results.flatMap((result, index) => (result.status === 'rejected' ? [index] : []))
    expect(failed).toEqual([1])
    expect(results[1]).toMatchObject({ reason: { name: 'RowferryError', message: expect.stringContaining('t01') } })
    const others = tables.filter((table) => table !== refused)
    expect(batches.toSorted()).toEqual(others.map(({ target }) => target.name))
    expect(await loaded(transfer, others)).toEqual(others.map(({ target }) => `${target.name} ${rows}`))
  })

  test('hashing needs no target, and gives what loading had counted', async () => {
    const tables = [tiny('a'), tiny('b')]
    await using transfer = await givenTransfer(tables, { setup: makeTarget(tables) })
    await using workers = new ShardWorkers(new Threads(2))
    const nowhere = { kind: 'postgres', url: 'postgres://127.0.0.1:9/none' } as const
    const hashed = await Promise.all(
      tasks(transfer, tables, 'hash').map((task) => workers.run({ ...task, target: nowhere }, () => undefined)),
    )
    for (const task of tasks(transfer, tables)) await workers.run(task, () => undefined)
    for (const [index, table] of tables.entries()) {
      expect(hashed[index]).toEqual({ finished: true, rows, hash: BigInt((await transfer.shard(table)).hash) })
    }
  })
})

async function waitFor(happened: () => Promise<boolean>): Promise<void> {
  while (!(await happened())) await new Promise((resolve) => setTimeout(resolve, 20))
}
