import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { givenHold } from '../support/load-hold.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, executable, lastLine, runCli, spawnCli, toldError } from '../support/run-cli.ts'
import { changeSqlite, givenSqlite } from '../support/sample-databases.ts'

const source = (): string =>
  givenSqlite(`create table t(id integer primary key, name text); insert into t values (1, 'a'), (2, 'b')`)

describe('a report folder that cannot be made', () => {
  test.each([
    ['a file is in its place', (cwd: string) => join(cwd, 'taken')],
    ['a file is on the way to it', (cwd: string) => join(cwd, 'taken', 'below')],
    // Node's own recursive mkdir never comes back from this one: https://github.com/nodejs/node/issues/31481
    ['its parent takes no folders', () => '/proc/rowferry'],
  ])('is refused before the target is touched: %s', async (_, folder) => {
    await using database = await givenDatabase()
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'taken'), 'of somebody')
    const run = await runCli(['migrate', source(), database.url, '--report', folder(cwd)], { cwd })
    assertExit(run, 2)
    expect(toldError(run)).toMatchObject({
      sentence: expect.stringContaining(folder(cwd)),
      remedy: expect.stringContaining('--report'),
      code: 'CONFIG_INVALID',
    })
    expect(await query(database.url, `select 1 from pg_class where relname in ('t', 'transfers')`)).toEqual([])
  })

  test('is refused for a user who may not write where it should be', async () => {
    if (process.getuid?.() !== 0) return
    await using database = await givenDatabase()
    const cwd = givenFolder()
    mkdirSync(join(cwd, 'closed'), { mode: 0o755 })
    const run = await runCli(['migrate', source(), database.url], { cwd: join(cwd, 'closed'), uid: 65534 })
    assertExit(run, 2)
    expect(toldError(run).sentence).toContain('EACCES')
  })
})

test.each(['rowferry', 'pg_catalog', 'information_schema', 'pg_temp', 'x'.repeat(64)])(
  'the schema %s takes no tables of anybody',
  async (schema) => {
    await using database = await givenDatabase()
    const run = await runCli(['migrate', source(), database.url, '--schema', schema])
    assertExit(run, 4)
    expect(toldError(run)).toMatchObject({ sentence: expect.stringContaining(schema), code: 'CATALOG_PERMISSION' })
    expect(await query(database.url, `select 1 from pg_namespace where nspname = 'rowferry'`)).toEqual([])
  },
)

test('a full disk behind stdout does not stop the transfer, and is told', async () => {
  await using database = await givenDatabase()
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [executable, 'migrate', source(), database.url], {
    cwd: givenFolder(),
    stdio: ['ignore', full, 'pipe'],
  })
  closeSync(full)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [exitCode] = await once(child, 'close')
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/^✗ .*ENOSPC/) })
  expect(stderr).not.toContain('at ')
  expect(await query(database.url, 'select count(*) as n from t')).toEqual([{ n: '2' }])
})

test('a symbolic link that leads nowhere is called that', async () => {
  await using database = await givenDatabase()
  const link = join(givenFolder(), 'link.db')
  symlinkSync('nowhere.db', link)
  const run = await runCli(['migrate', link, database.url])
  assertExit(run, 3)
  expect(toldError(run)).toMatchObject({ sentence: expect.stringContaining('nowhere.db') })
})

test('rows that the target refused stay refused when the rest is compared', async () => {
  await using database = await givenDatabase()
  await query(
    database.url,
    `create type mood as enum ('a');
     create table t (id int4range primary key, name text);
     create table u (id bigint primary key, span int4range);
     create table w (span int4range, name mood)`,
  )
  const path = givenSqlite(`
    create table t(id text primary key, name text); insert into t values ('[1,2)', 'a'), ('2', 'b');
    create table u(id integer primary key, span text); insert into u values (1, '[1,2)'), (2, 'no range');
    create table w(span text, name text); insert into w values ('[1,2)', 'a'), ('no range', 'a'), (null, 'no mood');`)
  const run = await runCli(['migrate', path, database.url])
  assertExit(run, 5)
  expect(lastLine(run)).toContain('4 rows rejected')
})

test("a user who may use the schema of rowferry's tables, but not the tables, is told before anything is made", async () => {
  await using database = await givenDatabase()
  const role = `hostile_${database.name}`
  assertExit(await runCli(['migrate', source(), database.url, '--schema', 'first']), 0)
  await query(
    database.url,
    `create role "${role}" login password 'its own'; grant create on database "${database.name}" to "${role}"`,
  )
  try {
    const url = new URL(database.url)
    url.username = role
    url.password = 'its own'
    const migrate = ['migrate', source(), url.href, '--schema', 'second']
    const run = await runCli(migrate)
    assertExit(run, 4)
    const { code, remedy } = toldError(run)
    expect(code).toBe('CATALOG_PERMISSION')
    await query(database.url, remedy)
    assertExit(await runCli(migrate), 0)
  } finally {
    await query(database.url, `drop owned by "${role}" cascade; drop role "${role}"`)
  }
})

test('what is advised when the source was written meanwhile leads to the end', async () => {
  await using database = await givenDatabase()
  const path = givenSqlite(`
    create table t(id integer primary key, name text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) insert into t select i, 'name ' || i from n;`)
  const migrate = ['migrate', path, database.url, '--batch-size', '100']
  await using hold = await givenHold(database.url, { rows: 1000 })
  const running = spawnCli(migrate)
  await hold.reached(running)
  await hold.release()
  changeSqlite(path, 'pragma busy_timeout = 10000; delete from t where id = 1')
  const run = await running.result
  assertExit(run, 3)
  expect(toldError(run).remedy).toContain('--snapshot always')
  expect(toldError(run).remedy).toContain('--restart --yes')
  assertExit(await runCli([...migrate, '--snapshot', 'always', '--restart', '--yes']), 0)
})

test('a working folder that has been removed is no defect', async () => {
  const cwd = givenFolder()
  const run = spawnSync('sh', ['-c', `rmdir "$PWD"; exec "${process.execPath}" "${executable}" migrate no.db`], {
    cwd,
    encoding: 'utf8',
  })
  expect(run).toMatchObject({ status: 3, stderr: expect.stringContaining('There is no file no.db') })
})

test('an embedded PostgreSQL that dies is told as a lost connection', async () => {
  const path = givenSqlite(`
    create table t(id integer primary key, name text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) insert into t select i, 'name ' || i from n;`)
  const running = spawnCli(['migrate', path])
  while (!running.output().stdout.includes('✓')) await wait(5)
  const pidFile = join(running.cwd, '.rowferry', 'postgres', 'data', 'postmaster.pid')
  process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGKILL')
  const run = await running.result
  assertExit(run, 3)
  expect(toldError(run).code).toMatch(/^CONNECT_TARGET/)
  assertExit(await runCli(['migrate', path], { cwd: running.cwd }), 0)
})

test('the command that is printed at the end compares what was carried, whatever the options were', async () => {
  await using database = await givenDatabase()
  const path = givenSqlite(`
    create table "Kept Rows"(id integer primary key, v integer); insert into "Kept Rows" values (1, 1), (2, 'two');
    create table other(a text); insert into other values ('x');`)
  const options = ['--tables', 'Kept Rows', '--naming', 'snake_case', '--on-misfit', 'null', '--schema', 'a b']
  const run = await runCli(['migrate', path, database.url, ...options])
  assertExit(run, 5)
  const printed = /^ +rowferry (verify .+?) {3}#/m.exec(run.stdout)?.[1] ?? ''
  for (const word of [`--tables 'Kept Rows'`, '--naming snake_case', '--on-misfit null', `--schema 'a b'`]) {
    expect(printed).toContain(word)
  }
  expect(printed).not.toContain('--batch-size')
})
