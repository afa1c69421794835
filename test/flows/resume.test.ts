import { createHash, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
import { givenHold, holdName } from '../support/load-hold.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import {
  assertExit,
  lastLine,
  latestReport,
  readIssueFile,
  type RunningCli,
  runCli,
  spawnCli,
  toldError,
} from '../support/run-cli.ts'
import { changeSqlite, givenSqlite } from '../support/sample-databases.ts'

const rows = { events: 40_000, tags: 25_000, lines: 15_000 }
const total = rows.events + rows.tags + rows.lines

/** Three tables, each read in another way: by rowid, by a text key without rowid, and without any key. */
const manyRowsSql = `
  create table events(id integer primary key, kind text, amount real, flag boolean, payload blob);
  create table tags(name text primary key, event_id integer references events(id), weight integer) without rowid;
  create table lines(body text, number integer);
  create index events_by_kind on events(kind, amount);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows.events})
    insert into events select i * 3, 'kind ' || (i % 17), i / 7.0, i % 2, case when i % 5 = 0 then randomblob(20) end from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows.tags})
    insert into tags select hex(randomblob(8)), (1 + abs(random()) % ${rows.events}) * 3, i from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows.lines})
    insert into lines select 'line ' || (i / 3), i / 3 from n;
`

/** Small batches make many commits, so that there is much to fall between. */
const slowly = ['--batch-size', '500']

const contents: readonly { readonly sqlite: string; readonly postgres: string }[] = [
  {
    sqlite:
      'select id, kind, amount, flag, case when payload is not null then lower(hex(payload)) end from events order by id',
    postgres: `select id, kind, amount, flag::int as flag, encode(payload, 'hex') as payload from events order by id`,
  },
  {
    sqlite: 'select name, event_id, weight from tags order by name',
    postgres: 'select name, event_id, weight from tags order by name collate "C"',
  },
  {
    sqlite: 'select body, number from lines order by number, body',
    postgres: 'select body, number from lines order by number, body collate "C"',
  },
]

/** Row by row, without rowferry: the same rows in the same number on both sides. */
async function expectSameContent(source: string, url: string): Promise<void> {
  const db = new DatabaseSync(source, { readOnly: true })
  try {
    for (const { sqlite, postgres } of contents) {
      const fromSource = db
        .prepare(sqlite)
        .all()
        .map((row) => lineOf(Object.values(row)))
      const fromTarget = (await query(url, postgres)).map((row) => lineOf(Object.values(row)))
      expect(fromTarget.length, postgres).toBe(fromSource.length)
      expect(digest(fromTarget), postgres).toBe(digest(fromSource))
    }
  } finally {
    db.close()
  }
}

/** The shortest digits of a double are the same text on both sides, as long as they need no exponent. */
function lineOf(values: readonly unknown[]): string {
  return values.map((value) => (value === null ? '~' : String(value as string | number))).join('|')
}

const digest = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex')

describe('a transfer that was killed', () => {
  test.each([1, 2, 3])(
    'goes on where it stopped, whenever that was; nothing is doubled (transfer %i)',
    async (round) => {
      await using target = await givenDatabase()
      const source = givenSqlite(manyRowsSql)
      const command = ['migrate', source, target.url, ...slowly, '--yes']
      const cwd = givenFolder()
      const killedAtRows = [randomInt(1, total), randomInt(1, total)].toSorted((a, b) => a - b)
      for (const rows of killedAtRows) {
        await using hold = await givenHold(target.url, { rows })
        const running = spawnCli(command, { cwd })
        await hold.reached(running)
        running.kill('SIGKILL')
        expect((await running.result).signal).toBe('SIGKILL')
      }
      const killedAfterMs = randomInt(100, 4000)
      const running = spawnCli(command, { cwd })
      await Promise.race([wait(killedAfterMs), running.result])
      running.kill('SIGKILL')
      await running.result
      const context = `round ${round}, killed at ${killedAtRows.join(' and ')} rows and after ${killedAfterMs} ms`
      const last = await runCli(command, { cwd })
      assertExit(last, 0)
      expect(latestReport(last.cwd).totals, context).toMatchObject({ rowsRead: total, loaded: total, rejected: 0 })
      await expectSameContent(source, target.url)
      await assertRows(target.url, `select count(*) from pg_indexes where schemaname = 'public'`, [[3]])
      await assertRows(target.url, 'select count(*) from rowferry.transfers', [[0]])
    },
  )

  test('keeps what it had rejected before in the lists', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(`${manyRowsSql}
      update events set kind = 'a' || char(0) || 'b' where id in (3, ${rows.events * 3});`)
    await using hold = await givenHold(target.url, { rows: 2000 })
    const running = spawnCli(['migrate', source, target.url, ...slowly, '--parallel', '1'])
    await hold.reached(running)
    running.kill('SIGKILL')
    await running.result
    await hold.release()
    const again = await runCli(['migrate', source, target.url, ...slowly, '--parallel', '1'], { cwd: running.cwd })
    assertExit(again, 5)
    const report = latestReport(running.cwd)
    expect(report).toMatchObject({ resumed: true, totals: { altered: 2, rowsRead: total } })
    expect(readIssueFile(report.files.altered).map((issue) => issue.key)).toEqual(
      expect.arrayContaining([{ id: 3 }, { id: rows.events * 3 }]),
    )
  })
})

test('a transfer that was killed while keys and indexes are made side by side makes each of them once', async () => {
  await using target = await givenDatabase()
  const tables = ['a', 'b', 'c']
  const indexes = ['n', 'm', 'body', 'n, m', 'm, n', 'body, n', 'body, m']
  const source = givenSqlite(
    tables
      .map(
        (table) => `
      create table ${table}(id integer primary key, n integer, m integer unique, body text, other integer references ${table}(id));
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
        insert into ${table} select i, i % 100, i, 'some text that is the same in all rows ' || i, i from n;
      ${indexes.map((columns, number) => `create index ${table}_${number} on ${table}(${columns});`).join('\n')}`,
      )
      .join('\n'),
  )
  const objects = tables.length * (indexes.length + 3)
  const parameters = ['migrate', source, target.url, '--parallel', '2', '--yes']
  const cwd = givenFolder()
  for (const made of [1, 8, 16]) {
    await using hold = await givenHold(target.url, { objects: made })
    const running = spawnCli(parameters, { cwd })
    await hold.reached(running)
    running.kill('SIGKILL')
    await running.result
  }
  const last = await runCli(parameters, { cwd })
  assertExit(last, 0)
  const report = latestReport(last.cwd)
  expect(report.objects.map(({ outcome }) => outcome)).toEqual(Array.from({ length: objects }, () => 'created'))
  await assertRows(target.url, `select count(*) from pg_indexes where schemaname = 'public'`, [
    [objects - tables.length],
  ])
  await assertRows(
    target.url,
    `select contype, count(*) from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f')
     group by 1 order by 1`,
    [
      ['f', 3],
      ['p', 3],
      ['u', 3],
    ],
  )
})

describe('a transfer that was interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s ends with %i after the batch in hand, says how to go on, and goes on',
    async (signal, exitCode) => {
      await using target = await givenDatabase()
      const source = givenSqlite(manyRowsSql)
      await using hold = await givenHold(target.url, { rows: 2000 })
      const running = spawnCli(['migrate', source, target.url, '--batch-size', '100'])
      await hold.reached(running)
      running.kill(signal)
      await heard(running)
      await hold.release()
      const stopped = await running.result
      assertExit(stopped, exitCode)
      expect(toldError(stopped)).toMatchObject({
        code: 'JOB_INTERRUPTED',
        remedy: expect.stringMatching(/same command/i) as string,
      })
      const report = latestReport(running.cwd)
      expect(report).toMatchObject({ status: 'interrupted', exitCode })
      expect(lastLine(stopped)).toBe(report.verdict)
      expect(report.totals.rowsRead).toBeLessThan(total)

      const again = await runCli(['migrate', source, target.url, '--batch-size', '100'], { cwd: running.cwd })
      assertExit(again, 0)
      expect(latestReport(running.cwd)).toMatchObject({
        status: 'completed',
        resumed: true,
        totals: { rowsRead: total },
      })
      await expectSameContent(source, target.url)
    },
  )

  /** Resolves when it has said that it was interrupted. */
  async function heard(running: RunningCli): Promise<void> {
    while (!running.output().stdout.includes('Finishing the batch in hand')) await wait(5)
  }

  test('is begun again with --restart, and refuses when the source has changed since', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(manyRowsSql)
    await using hold = await givenHold(target.url, { rows: 2000 })
    const running = spawnCli(['migrate', source, target.url, ...slowly])
    await hold.reached(running)
    running.kill('SIGKILL')
    await running.result
    await hold.release()
    changeSqlite(source, `update events set kind = 'changed' where id = 3`)
    const stale = await runCli(['migrate', source, target.url, ...slowly], { cwd: running.cwd })
    assertExit(stale, 4)
    expect(toldError(stale)).toMatchObject({
      code: 'CATALOG_PLAN_STALE',
      remedy: expect.stringContaining('--restart') as string,
    })
    const restarted = await runCli(['migrate', source, target.url, ...slowly, '--restart', '--yes'], {
      cwd: running.cwd,
    })
    assertExit(restarted, 0)
    await expectSameContent(source, target.url)
  })

  test('--resume without anything to go on with is refused', async () => {
    await using target = await givenDatabase()
    const run = await runCli([
      'migrate',
      givenSqlite('create table t(a); insert into t values (1)'),
      target.url,
      '--resume',
    ])
    assertExit(run, 4)
    expect(toldError(run)).toMatchObject({
      code: 'CATALOG_PLAN_STALE',
      remedy: expect.stringContaining('--resume') as string,
    })
  })
})

test('a transfer whose server connections are cut goes on by itself', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(manyRowsSql)
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name <> '${holdName}'`
  await using early = await givenHold(target.url, { rows: 2000 })
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '200'])
  await early.reached(running)
  await query(target.url, cut)
  await using late = await givenHold(target.url, { rows: total / 2 })
  await early.release()
  await late.reached(running)
  await query(target.url, cut)
  await late.release()
  const run = await running.result
  assertExit(run, 0)
  expect(latestReport(run.cwd).totals).toMatchObject({ rowsRead: total, loaded: total })
  await expectSameContent(source, target.url)
})

test('a transfer whose server is restarted goes on by itself', async () => {
  // A server of its own, since the other tests need theirs.
  const dataDirectory = join(givenFolder(), 'postgres')
  const first = await startEmbeddedPostgres({ dataDirectory })
  const source = givenSqlite(manyRowsSql)
  await using hold = await givenHold(first.url, { rows: 2000 })
  const running = spawnCli(['migrate', source, first.url, '--batch-size', '200'])
  await hold.reached(running)
  await first.stop()
  await using again = await startEmbeddedPostgres({ dataDirectory })
  expect(again).toMatchObject({ url: first.url, startedHere: true })
  const run = await running.result
  assertExit(run, 0)
  expect(latestReport(run.cwd).totals).toMatchObject({ rowsRead: total, loaded: total })
  await expectSameContent(source, again.url)
})

test('a second migrate into the same target while one runs is refused', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(manyRowsSql)
  await using hold = await givenHold(target.url, { rows: 1000 })
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '100'])
  await hold.reached(running)
  const second = await runCli(['migrate', source, target.url])
  await hold.release()
  assertExit(second, 8)
  expect(toldError(second).code).toBe('JOB_RUNNING')
  expect((await running.result).exitCode).toBe(0)
  await expectSameContent(source, target.url)
})

test('a source that changes while it is read is told, and ends with 3', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(manyRowsSql)
  await using hold = await givenHold(target.url, { rows: 1000 })
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '100', '--snapshot', 'never'])
  await hold.reached(running)
  const written = writeWhenAllowed(source, `update lines set number = -1 where rowid = 1`)
  await hold.release() // the batch in hand is being read until it is sent
  await written
  const run = await running.result
  assertExit(run, 3)
  expect(toldError(run)).toMatchObject({
    code: 'CONNECT_SOURCE_CHANGED',
    sentence: expect.stringContaining('changed') as string,
  })
  expect(latestReport(run.cwd)).toMatchObject({ status: 'failed', exitCode: 3 })
})

/** A writer waits until no reader holds a lock. */
async function writeWhenAllowed(path: string, sql: string): Promise<void> {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        db.exec(sql)
        return
      } catch (error) {
        if (attempt > 5000) throw error
        await wait(2)
      }
    }
  } finally {
    db.close()
  }
}
