import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { assertRows } from '../support/assert-rows.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, latestReport, runCli, toldError } from '../support/run-cli.ts'
import { changeSqlite, givenSqlite, shopSql } from '../support/sample-databases.ts'

describe('a second migrate of the same source and target', () => {
  test('changes nothing without a terminal and without --yes, and ends with 4', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    const first = await runCli(['migrate', source, target.url])
    const before = await dumpTarget(target.url)
    const second = await runCli(['migrate', source, target.url])
    assertExit(second, 4)
    expect(toldError(second)).toMatchObject({
      code: 'CATALOG_NEEDS_CONFIRMATION',
      remedy: expect.stringContaining('--yes') as string,
    })
    expect(await dumpTarget(target.url)).toEqual(before)
    assertExit(first, 0)
    expect(existsSync(`${second.cwd}/.rowferry`), 'a refused run leaves no folder').toBe(false)
  })

  test('reloads a changed table where --strategy replace is named, and can make it again afterwards', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    await runCli(['migrate', source, target.url])
    await query(target.url, `insert into customers(name) values ('one more')`)
    assertExit(await runCli(['migrate', source, target.url, '--strategy', 'replace', '--yes']), 0)
    const again = await runCli(['migrate', source, target.url, '--yes'])
    assertExit(again, 0)
    expect(latestReport(again.cwd).tables.map(({ mode }) => mode)).toEqual(['recreate', 'recreate', 'recreate'])

    await query(
      target.url,
      `insert into customers(name) values ('one more'); alter table customers add column extra text`,
    )
    assertExit(await runCli(['migrate', source, target.url, '--strategy', 'replace', '--yes']), 0)
    const kept = await runCli(['migrate', source, target.url, '--yes'])
    expect(
      await query(target.url, `select attname from pg_attribute where attname = 'extra'`),
      kept.stderr,
    ).toHaveLength(1)
  })

  test('reloads with --yes, with what the source holds now', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    await runCli(['migrate', source, target.url])
    const once = await dumpPublic(target.url)
    const again = await runCli(['migrate', source, target.url, '--yes'])
    assertExit(again, 0)
    expect(await dumpPublic(target.url), 'the same content, nothing doubled').toEqual(once)

    changeSqlite(source, `update customers set name = 'Ada L.' where id = 1; delete from order_lines where line = 2`)
    const changed = await runCli(['migrate', source, target.url, '--yes'])
    assertExit(changed, 0)
    await assertRows(target.url, 'select name from customers where id = 1', [['Ada L.']])
    await assertRows(target.url, 'select count(*) from order_lines', [[2]])
  })

  test('refuses with figures what an application wrote since, with --yes too', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    await runCli(['migrate', source, target.url])
    await query(
      target.url,
      `insert into customers(name) values ('one more'); update orders set placed_at = now() where id = (select min(id) from orders)`,
    )
    const before = await dumpTarget(target.url)
    for (const more of [[], ['--yes'], ['--dry-run']]) {
      const second = await runCli(['migrate', source, target.url, ...more])
      assertExit(second, 4)
      expect(toldError(second)).toMatchObject({
        code: 'CATALOG_TARGET_CHANGED',
        sentence: expect.stringMatching(
          /customers: 4 rows, rowferry loaded 3; 1 added.*orders: 3 rows, rowferry loaded 3; 1 differs/,
        ) as string,
        remedy: expect.stringContaining('--strategy') as string,
      })
    }
    expect(await dumpTarget(target.url)).toEqual(before)
  })
})

describe("someone else's table", () => {
  test('or view that stands on our tables is named, and nothing is dropped', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    await runCli(['migrate', source, target.url])
    await query(target.url, 'create view their_report as select count(*) from orders')
    const before = await dumpPublic(target.url)
    const run = await runCli(['migrate', source, target.url, '--yes'])
    assertExit(run, 4)
    expect(toldError(run).sentence).toContain('their_report')
    expect(await dumpPublic(target.url)).toEqual(before)
  })

  test('is refused when it has rows, and nothing is changed', async () => {
    await using target = await givenDatabase()
    await query(
      target.url,
      `create table customers(id int primary key, name text); insert into customers values (7, 'theirs')`,
    )
    const before = await dumpTarget(target.url)
    for (const more of [[], ['--yes']]) {
      const run = await runCli(['migrate', givenSqlite(shopSql), target.url, ...more])
      assertExit(run, 4)
      expect(toldError(run)).toMatchObject({
        code: 'CATALOG_TARGET_NOT_EMPTY',
        sentence: expect.stringContaining('customers') as string,
        remedy: expect.stringContaining('--strategy') as string,
      })
    }
    expect(await dumpTarget(target.url)).toEqual(before)
  })

  test('is refused when it came from another source', async () => {
    await using target = await givenDatabase()
    await runCli(['migrate', givenSqlite(shopSql), target.url])
    const before = await dumpTarget(target.url)
    const run = await runCli(['migrate', givenSqlite(shopSql), target.url, '--yes'])
    assertExit(run, 4)
    expect(toldError(run).code).toBe('CATALOG_TARGET_NOT_EMPTY')
    expect(await dumpTarget(target.url)).toEqual(before)
  })
})

describe('a dry run', () => {
  const commands: readonly (readonly [string, ...string[]])[] = [
    ['plan'],
    ['migrate', '--dry-run'],
    ['migrate', '--dry-run', '--yes', '--strategy', 'replace'],
    ['plan', '--json'],
  ]
  test.each(commands.map((words) => ({ words, typed: words.join(' ') })))(
    '$typed writes nothing, on either side',
    async ({ words: [command, ...options] }) => {
      await using target = await givenDatabase()
      const source = givenSqlite(shopSql)
      await runCli(['migrate', source, target.url])
      const before = await dumpTarget(target.url)
      const bytes = readFileSync(source)
      const { mtimeMs, ctimeMs } = statSync(source)

      const run = await runCli([command, source, target.url, ...options])
      expect(run.exitCode).toBe(0)
      expect(run.stdout).toContain('customers')
      expect(await dumpTarget(target.url)).toEqual(before)
      expect(readFileSync(source).equals(bytes)).toBe(true)
      expect(statSync(source)).toMatchObject({ mtimeMs, ctimeMs })
      expect(readdirSync(dirname(source))).toEqual(['app.db'])
      expect(readdirSync(run.cwd)).toEqual([])
    },
  )

  test('without a target starts no server and leaves no folder', async () => {
    const run = await runCli(['plan', givenSqlite(shopSql)])
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^PLANNED: 3 tables, 9 rows.*nothing was written\.$/m) as string,
    })
    expect(run.stdout).toMatch(/create table/i)
    expect(readdirSync(run.cwd)).toEqual([])
  })

  test('makes no -wal and no -shm beside a source in WAL mode', async () => {
    const source = givenSqlite(
      'pragma journal_mode = wal; create table t(id integer primary key); insert into t values (1)',
    )
    const beside = readdirSync(dirname(source))
    const bytes = readFileSync(source)
    for (const command of ['inspect', 'plan']) {
      expect(await runCli([command, source])).toMatchObject({ exitCode: 0 })
      expect(readdirSync(dirname(source))).toEqual(beside)
    }
    expect(readFileSync(source).equals(bytes)).toBe(true)
  })

  test('tells the SQL that the migration then runs', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(shopSql)
    const planned = await runCli(['plan', source, target.url, '--json'])
    const run = await runCli(['migrate', source, target.url])
    const { tables } = JSON.parse(planned.stdout) as { tables: unknown }
    const plan = JSON.parse(readFileSync(`${latestReport(run.cwd).files.folder}/plan.json`, 'utf8')) as {
      tables: unknown
    }
    expect(plan.tables).toEqual(tables)
  })
})

describe('a migration', () => {
  test('leaves the source as it was, byte for byte, and nothing beside it', async () => {
    await using target = await givenDatabase()
    for (const mode of ['delete', 'wal']) {
      const source = givenSqlite(`pragma journal_mode = ${mode};${shopSql}`)
      const bytes = readFileSync(source)
      const { mtimeMs } = statSync(source)
      const run = await runCli(['migrate', source, target.url, '--schema', mode])
      assertExit(run, 0)
      expect(readFileSync(source).equals(bytes)).toBe(true)
      expect(statSync(source).mtimeMs).toBe(mtimeMs)
      expect(readdirSync(dirname(source))).toEqual(['app.db'])
    }
  })

  test('leaves a -wal file that a crashed program left beside the source', async () => {
    await using target = await givenDatabase()
    const live = givenSqlite('pragma journal_mode = wal; create table t(id integer primary key)')
    const writer = new DatabaseSync(live)
    writer.exec('pragma wal_autocheckpoint = 0; insert into t values (1), (2)')
    const source = givenSqlite('')
    copyFileSync(live, source)
    copyFileSync(`${live}-wal`, `${source}-wal`)
    writer.close()
    const bytes = [readFileSync(source), readFileSync(`${source}-wal`)]
    const run = await runCli(['migrate', source, target.url])
    assertExit(run, 0)
    await assertRows(target.url, 'select count(*) from t', [[2]])
    expect([readFileSync(source), readFileSync(`${source}-wal`)]).toEqual(bytes)
    expect(readdirSync(dirname(source)).toSorted()).toEqual(['app.db', 'app.db-wal'])
  })
})

/** What the user sees; our own schema keeps the time of the last load. */
async function dumpPublic(url: string): Promise<string[]> {
  const lines = await dumpTarget(url)
  return lines.filter((line) => !line.includes('rowferry'))
}
