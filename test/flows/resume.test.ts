import { createHash, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
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

/** Resolves when so many rows are committed, or when the run has ended by itself. */
async function whenLoaded(url: string, running: RunningCli, rowsWanted: number): Promise<void> {
  let ended = false
  void running.result.finally(() => (ended = true))
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    while (!ended) {
      const loaded = await client
        .query<{ rows: string }>('select coalesce(sum(rows_read), 0) as rows from rowferry.shards')
        .then(
          (result) => Number(result.rows[0]?.rows ?? 0),
          () => 0, // the table is not there yet
        )
      if (loaded >= rowsWanted) return
      await wait(5)
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

describe('a transfer that was killed', () => {
  test.each([1, 2, 3])(
    'goes on where it stopped, whenever that was; nothing is doubled (transfer %i)',
    async (round) => {
      await using target = await givenDatabase()
      const source = givenSqlite(manyRowsSql)
      const kills = [
        { after: 'rows', value: randomInt(1, total) },
        { after: 'rows', value: randomInt(1, total) },
        { after: 'ms', value: randomInt(100, 4000) },
      ].toSorted((a, b) => (a.after === b.after ? a.value - b.value : 0))
      const told: string[] = []
      let cwd: string | undefined
      for (const { after, value } of kills) {
        const running: RunningCli = spawnCli(
          ['migrate', source, target.url, ...slowly, '--yes'],
          cwd === undefined ? {} : { cwd },
        )
        ;({ cwd } = running)
        if (after === 'rows') await whenLoaded(target.url, running, value)
        else await Promise.race([wait(value), running.result])
        running.kill('SIGKILL')
        const { signal, exitCode } = await running.result
        told.push(`${value} ${after}: ${signal ?? exitCode}`)
      }
      const context = `round ${round}, killed after ${told.join(', ')}`
      const last = await runCli(['migrate', source, target.url, ...slowly, '--yes'], cwd === undefined ? {} : { cwd })
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
    const running = spawnCli(['migrate', source, target.url, ...slowly, '--parallel', '1'])
    await whenLoaded(target.url, running, 2000)
    running.kill('SIGKILL')
    await running.result
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
  let cwd: string | undefined
  const seen: number[] = []
  for (const made of [1, 8, 16]) {
    const running: RunningCli = spawnCli(parameters, cwd === undefined ? {} : { cwd })
    ;({ cwd } = running)
    seen.push(await whenMade(target.url, running, made))
    running.kill('SIGKILL')
    await running.result
  }
  expect(Math.min(...seen), `made before the kills: ${seen.join(', ')}`).toBeLessThan(objects)
  const last = await runCli(parameters, cwd === undefined ? {} : { cwd })
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

/** Resolves with the number of objects that are made, once they are so many or the run has ended. */
async function whenMade(url: string, running: RunningCli, wanted: number): Promise<number> {
  let ended = false
  void running.result.finally(() => (ended = true))
  for (;;) {
    const made = await query(url, 'select count(*) as made from rowferry.objects').then(
      ([row]) => Number(row?.['made']),
      () => 0, // the table is not there yet
    )
    if (ended || made >= wanted) return made
    await wait(5)
  }
}

describe('a transfer that was interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s ends with %i after the batch in hand, says how to go on, and goes on',
    async (signal, exitCode) => {
      await using target = await givenDatabase()
      const source = givenSqlite(manyRowsSql)
      const running = spawnCli(['migrate', source, target.url, '--batch-size', '100'])
      await whenLoaded(target.url, running, 2000)
      running.kill(signal)
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

  test('is begun again with --restart, and refuses when the source has changed since', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(manyRowsSql)
    const running = spawnCli(['migrate', source, target.url, ...slowly])
    await whenLoaded(target.url, running, 2000)
    running.kill('SIGKILL')
    await running.result
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
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '200'])
  let cut = 0
  for (const after of [2000, total / 2]) {
    await whenLoaded(target.url, running, after)
    const rowsCut = await query(
      target.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    cut += rowsCut.length
  }
  const run = await running.result
  expect(cut).toBeGreaterThan(0)
  assertExit(run, 0)
  expect(latestReport(run.cwd).totals).toMatchObject({ rowsRead: total, loaded: total })
  await expectSameContent(source, target.url)
})

test('a transfer whose server is restarted goes on by itself', async () => {
  // A server of its own, since the other tests need theirs.
  const dataDirectory = join(givenFolder(), 'postgres')
  const first = await startEmbeddedPostgres({ dataDirectory })
  const source = givenSqlite(manyRowsSql)
  const running = spawnCli(['migrate', source, first.url, '--batch-size', '200'])
  await whenLoaded(first.url, running, 2000)
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
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '100'])
  await whenLoaded(target.url, running, 1000)
  const second = await runCli(['migrate', source, target.url])
  assertExit(second, 8)
  expect(toldError(second).code).toBe('JOB_RUNNING')
  expect((await running.result).exitCode).toBe(0)
  await expectSameContent(source, target.url)
})

test('a source that changes while it is read is told, and ends with 3', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(manyRowsSql)
  const running = spawnCli(['migrate', source, target.url, '--batch-size', '100', '--snapshot', 'never'])
  await whenLoaded(target.url, running, 1000)
  await writeWhenAllowed(source, `update lines set number = -1 where rowid = 1`)
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
