import { createHash } from 'node:crypto'
import { copyFileSync, createReadStream, readFileSync, statSync, utimesSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assertRows } from '../support/assert-rows.ts'
import { givenHold } from '../support/load-hold.ts'
import { givenMachines, givenServerFor, whyNoNamespaces } from '../support/network-namespaces.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import {
  assertExit,
  type CliOptions,
  latestReport,
  type RunningCli,
  runCli,
  spawnCli,
  toldError,
  transferFolder,
} from '../support/run-cli.ts'
import { changeSqlite, givenSqlite } from '../support/sample-databases.ts'

const events = 60_000
const tags = 5000

/** About 6 MB in shards of 1 MB; in small batches, so that there is much to fall between. */
const sourceSql = `
  create table events(id integer primary key, kind text, amount real, payload blob);
  create table tags(name text primary key, event_id integer references events(id)) without rowid;
  create index events_by_kind on events(kind);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${events})
    insert into events select i * 3, 'kind ' || (i % 17), i / 7.0, randomblob(70) from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${tags})
    insert into tags select hex(randomblob(8)), (1 + abs(random()) % ${events}) * 3 from n;
`
const distributed = ['--distributed', '--shard-size', '1', '--batch-size', '40']

/** The URL with a name by which its sessions are known to the server. */
function named(url: string, name: string): string {
  const own = new URL(url)
  own.searchParams.set('application_name', name)
  return own.href
}

function spawnWorker(url: string, name: string, options: CliOptions = {}, ...more: readonly string[]): RunningCli {
  return spawnCli(['work', named(url, name), '--parallel', '1', ...more], options)
}

/** Ends waiting workers as a person would. */
async function endWorkers(...workers: readonly RunningCli[]): Promise<void> {
  for (const worker of workers) worker.kill('SIGINT')
  for (const worker of workers) assertExit(await worker.result, 0)
}

async function until(isSo: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  const giveUpAt = Date.now() + seconds * 1000
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(`waited ${seconds} s in vain`)
    await wait(5)
  }
}

async function expectSameContent(source: string, url: string): Promise<void> {
  const db = new DatabaseSync(source, { readOnly: true })
  try {
    const lines = (rows: readonly Record<string, unknown>[]): string[] =>
      rows.map((row) => Object.values(row).map(String).join('|'))
    for (const [sqlite, postgres] of [
      [
        'select id, kind, amount, lower(hex(payload)) from events order by id',
        `select id, kind, amount, encode(payload, 'hex') from events order by id`,
      ],
      ['select name, event_id from tags order by name', 'select name, event_id from tags order by name collate "C"'],
    ] as const) {
      const expected = lines(db.prepare(sqlite).all())
      const found = lines(await query(url, postgres))
      expect(found.length, postgres).toBe(expected.length)
      expect(digest(found), postgres).toBe(digest(expected))
    }
  } finally {
    db.close()
  }
}

const digest = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex')

type LoadedShard = { readonly table: string; readonly shard: number; readonly worker: string }

/** What the coordinator's log says about who loaded what. */
function loadedShards(cwd: string): LoadedShard[] {
  return readFileSync(join(transferFolder(cwd), 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LoadedShard & { readonly event: string })
    .filter(({ event }) => event === 'shard:loaded')
}

function workersOf(shards: readonly LoadedShard[]): Set<number> {
  return new Set(shards.map(({ worker }) => Number(worker.split(' ').at(-1))))
}

function expectEveryShardOnce(shards: readonly LoadedShard[]): void {
  const places = shards.map(({ table, shard }) => `${table} ${shard}`)
  expect(new Set(places).size).toBe(places.length)
  expect(places.length).toBeGreaterThanOrEqual(6)
}

describe('two workers', () => {
  test('drain one transfer; what one had in hand when it was killed, the other loads', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    await using hold = await givenHold(target.url, { workers: ['first'] })
    const first = spawnWorker(target.url, 'first')
    const second = spawnWorker(target.url, 'second')
    const coordinator = spawnCli(['migrate', source, target.url, ...distributed, '--coordinate-only'])
    await hold.reached(first, coordinator)
    first.kill('SIGKILL')
    await hold.release()
    const migrated = await coordinator.result
    assertExit(migrated, 0)
    expect(latestReport(migrated.cwd)).toMatchObject({
      status: 'completed',
      totals: { rowsRead: events + tags, loaded: events + tags },
    })
    await expectSameContent(source, target.url)
    const shards = loadedShards(migrated.cwd)
    expectEveryShardOnce(shards)
    expect(workersOf(shards)).toEqual(new Set([first.pid, second.pid]))
    await endWorkers(second)
    // Nothing of a transfer that is over stays in the queue; the queue itself goes when it is told to.
    await assertRows(target.url, `select name from rowferry_queue.queue where name like '%/%'`, [])
    assertExit(await runCli(['work', '--queue', target.url, '--drop-queue']), 0)
    await assertRows(target.url, `select nspname from pg_namespace where nspname = 'rowferry_queue'`, [])
  })
})

describe('a worker', () => {
  test('that is frozen in the middle of a shard holds nobody up, and does no harm when it thaws', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    await using hold = await givenHold(target.url, { workers: ['frozen'] })
    const frozen = spawnWorker(target.url, 'frozen')
    const coordinator = spawnCli(['migrate', source, target.url, ...distributed, '--coordinate-only'])
    await hold.reached(frozen, coordinator)
    // Its kernel goes on answering for it: no time limit of TCP would ever end its session.
    frozen.kill('SIGSTOP')
    await hold.release()
    const other = spawnWorker(target.url, 'other')
    try {
      const migrated = await coordinator.result
      assertExit(migrated, 0)
      expect(workersOf(loadedShards(migrated.cwd))).toEqual(new Set([frozen.pid, other.pid]))
    } finally {
      frozen.kill('SIGCONT')
    }
    await until(() => frozen.output().stdout.includes('Over: '))
    await expectSameContent(source, target.url)
    await endWorkers(frozen, other)
  })

  test('with another copy of the source is refused; one that downloads the right bytes is not', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    const coordinator = spawnCli(['migrate', source, target.url, ...distributed, '--coordinate-only'])
    const other = join(coordinator.cwd, 'other.db')
    copyFileSync(source, other)
    changeSqlite(other, `update events set kind = 'KIND 1' where id = 3`)
    expect(statSync(other).size).toBe(statSync(source).size)
    await until(async () => (await runningTransfers(target.url)).length === 1)

    const refused = await runCli(['work', target.url, '--worker-source', other])
    assertExit(refused, 3)
    expect(toldError(refused)).toMatchObject({ code: 'CONNECT_SOURCE_DIFFERS' })
    const served = await givenHttp(source, other)
    const wrongBytes = await runCli(['work', target.url, '--worker-source', `${served}/wrong.db`])
    assertExit(wrongBytes, 3)
    expect(toldError(wrongBytes)).toMatchObject({ code: 'CONNECT_SOURCE_DIFFERS' })
    const nothingThere = await runCli(['work', target.url, '--worker-source', `${served}/none.db`])
    expect(toldError(nothingThere)).toMatchObject({ code: 'CONNECT_SOURCE_UNREADABLE' })
    await assertRows(target.url, 'select count(*) from events', [[0]])

    const downloads = ['work', target.url, '--worker-source', `${served}/right.db`, '--until-idle']
    const helped = await runCli(downloads, { env: { TMPDIR: coordinator.cwd } })
    assertExit(helped, 0)
    assertExit(await coordinator.result, 0)
    await expectSameContent(source, target.url)
  })
})

async function givenHttp(right: string, wrong: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = { '/right.db': right, '/wrong.db': wrong }[request.url ?? '']
    if (path === undefined) response.writeHead(404).end()
    else createReadStream(path).pipe(response.writeHead(200, { 'content-length': statSync(path).size }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

type Status = { readonly transferId: string; readonly state: string; readonly progress: { readonly rowsDone: number } }

async function runningTransfers(url: string): Promise<readonly Status[]> {
  const run = await runCli(['work', '--queue', url, '--status', '--json'])
  assertExit(run, 0)
  return (JSON.parse(run.stdout) as { readonly transfers: readonly Status[] }).transfers
}

describe('a transfer', () => {
  test('whose coordinator is killed goes on with the same command, and with the workers that waited', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    await using hold = await givenHold(target.url, { workers: ['worker'] })
    const worker = spawnWorker(target.url, 'worker')
    const command = ['migrate', source, target.url, ...distributed, '--coordinate-only']
    const coordinator = spawnCli(command)
    await hold.reached(worker, coordinator)
    coordinator.kill('SIGKILL')
    await coordinator.result
    await hold.release()
    const again = await runCli(command, { cwd: coordinator.cwd })
    assertExit(again, 0)
    expect(latestReport(again.cwd)).toMatchObject({ resumed: true, totals: { rowsRead: events + tags } })
    await expectSameContent(source, target.url)
    await endWorkers(worker)
  })

  test('into which a worker loads from a file that is changed meanwhile fails, and says so', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    const copy = `${source}.copy`
    copyFileSync(source, copy)
    await using hold = await givenHold(target.url, { workers: ['worker'] })
    const worker = spawnWorker(target.url, 'worker', {}, '--worker-source', copy)
    const coordinator = spawnCli(['migrate', source, target.url, ...distributed, '--coordinate-only'])
    await hold.reached(worker, coordinator)
    utimesSync(copy, 1, 1)
    await hold.release()
    const failed = await coordinator.result
    assertExit(failed, 3)
    expect(toldError(failed)).toMatchObject({ code: 'CONNECT_SOURCE_CHANGED' })
    await endWorkers(worker)
  })

  test('is watched and cancelled from elsewhere, and goes on with the same command', async () => {
    await using target = await givenDatabase()
    await using queue = await givenDatabase()
    const source = givenSqlite(sourceSql)
    const command = ['migrate', source, target.url, '--queue', queue.url, ...distributed]
    await using hold = await givenHold(target.url, { rows: 2000 })
    const coordinator = spawnCli([...command, '--coordinate-only'])
    const worker = spawnWorker(target.url, 'worker', {}, '--queue', queue.url)
    await hold.reached(coordinator, worker)
    await until(async () => Number((await runningTransfersAt(queue.url, target.url))[0]?.progress.rowsDone) > 0)
    const [transfer] = await runningTransfersAt(queue.url, target.url)
    expect(transfer?.progress.rowsDone).toBeGreaterThan(0)

    assertExit(await runCli(['work', '--queue', queue.url, '--cancel', transfer?.transferId ?? '']), 0)
    await hold.release()
    const stopped = await coordinator.result
    assertExit(stopped, 130)
    expect(toldError(stopped)).toMatchObject({ code: 'JOB_INTERRUPTED' })
    const [loaded] = await query(target.url, committedSql)
    expect(Number(loaded?.['rows'])).toBeLessThan(events + tags)
    await wait(500)
    // The report says the last word: nobody loads any more.
    expect(await query(target.url, committedSql)).toEqual([loaded])
    expect(latestReport(stopped.cwd).totals.rowsRead).toBe(Number(loaded?.['rows']))

    const again = await runCli(command, { cwd: stopped.cwd })
    assertExit(again, 0)
    await expectSameContent(source, target.url)
    await assertRows(target.url, `select nspname from pg_namespace where nspname = 'rowferry_queue'`, [])
    await endWorkers(worker)
  })

  test('that no other machine could read is refused before anything is made', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(sourceSql)
    const writer = new DatabaseSync(source)
    onTestFinished(() => writer.close())
    writer.exec(`pragma journal_mode = wal; insert into tags values ('new', 3)`)
    const run = await runCli(['migrate', source, target.url, '--distributed'])
    assertExit(run, 2)
    expect(toldError(run)).toMatchObject({ code: 'CONFIG_CONFLICT' })
    await assertRows(target.url, `select nspname from pg_namespace where nspname like 'rowferry%'`, [])
    const embedded = await runCli(['migrate', givenSqlite(sourceSql), '--distributed'])
    assertExit(embedded, 2)
    expect(toldError(embedded)).toMatchObject({ code: 'CONFIG_MISSING' })
  })
})

const committedSql = 'select sum(rows_read) as rows from rowferry.shards'

async function runningTransfersAt(queueUrl: string, targetUrl: string): Promise<readonly Status[]> {
  const run = await runCli(['work', targetUrl, '--queue', queueUrl, '--status', '--json'])
  assertExit(run, 0)
  return (JSON.parse(run.stdout) as { readonly transfers: readonly Status[] }).transfers
}

const noNamespaces = whyNoNamespaces()

describe('two machines', () => {
  test('drain one transfer; one is killed and one cut off from the network in the middle, and nothing is lost or doubled', async (context) => {
    context.skip(noNamespaces !== null, noNamespaces ?? '')
    const [one, two] = givenMachines(2)
    if (!one || !two) throw new Error('no machines')
    const server = await givenServerFor([one, two])
    const url = server.urlAt('127.0.0.1')
    const source = givenSqlite(sourceSql)
    await using hold = await givenHold(url, { workers: ['killed', 'cut'] })
    const killed = spawnWorker(server.urlAt(one.host), 'killed', one)
    const cut = spawnWorker(server.urlAt(two.host), 'cut', two)
    const coordinator = spawnCli(['migrate', source, url, ...distributed, '--coordinate-only'])
    await hold.reached(killed, cut, coordinator)
    const addresses = `select distinct host(client_addr) as at from pg_stat_activity where application_name in ('killed', 'cut') order by 1`
    expect((await query(url, addresses)).map(({ at }) => at)).toEqual([one.address, two.address].toSorted())
    killed.kill('SIGKILL')
    two.cut()
    await hold.release()

    const third = spawnWorker(url, 'third')
    const migrated = await coordinator.result
    assertExit(migrated, 0)
    expect(latestReport(migrated.cwd).totals).toMatchObject({ rowsRead: events + tags, loaded: events + tags })
    await expectSameContent(source, url)
    const shards = loadedShards(migrated.cwd)
    expectEveryShardOnce(shards)
    expect(workersOf(shards)).toEqual(new Set([killed.pid, cut.pid, third.pid]))

    // The one that was cut off has given its shard up, and does no harm when it comes back.
    two.mend()
    await until(() => cut.output().stdout.includes('Over: '))
    await expectSameContent(source, url)
    await endWorkers(cut, third)
  })
})
