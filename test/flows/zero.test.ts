import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, pgVersion, query } from '../support/postgres.ts'
import { assertExit, runCli, toldError } from '../support/run-cli.ts'
import { changeSqlite, givenSqlite } from '../support/sample-databases.ts'
import { givenZeroShard } from '../support/zero-shard.ts'

const sql = `
  create table people(id integer primary key, name text not null, photo blob, "favourite colour" text);
  create table posts(id integer primary key, author int references people, big int, title text collate nocase unique,
    shout text generated always as (upper(title)) stored);
  create table log(at text, what);
  insert into people values (1, 'Ada', x'00ff10', 'blue'), (2, 'Bo', null, null), (3, 'Cy', x'', 'red');
  insert into posts(id, author, big, title) values (1, 1, 9007199254740993, 'One'), (2, 2, -1, 'Two'), (3, null, 0, null);
  insert into log values ('2024-01-01', 1), ('2024-01-01', 1), ('2024-01-02', null);`

describe('migrate with zero:', () => {
  test('makes keys, publication and schema file, and proves that every row arrived', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'rowferry.yaml'), 'zero:\n  bytea: base64\n  schemaFile: src/schema.ts\n')
    const source = givenSqlite(sql)
    const run = await runCli(['migrate', source, target.url, '--json'], { cwd })
    const report = JSON.parse(run.stdout) as Report
    expect(report, run.stdout).toMatchObject({ status: 'completed', exitCode: 0, totals: { altered: 0, rejected: 0 } })
    for (const { verification } of report.tables) {
      expect(verification).toMatchObject({ level: 'content', verdict: 'equal', differingRows: 0 })
    }
    await assertRows(target.url, `select id, encode(decode(photo, 'base64'), 'hex') from people order by id`, [
      [1, '00ff10'],
      [2, null],
      [3, ''],
    ])
    await assertRows(target.url, 'select row_id, at, what from log order by row_id', [
      [1, '2024-01-01', '1'],
      [2, '2024-01-01', '1'],
      [3, '2024-01-02', null],
    ])
    await assertRows(target.url, `select big from posts order by id`, [['9007199254740993'], ['-1'], ['0']])
    const columns = await query(
      target.url,
      `select tablename || ': ' || array_to_string(attnames, ',') as line from pg_publication_tables order by 1`,
    )
    // Before 18 generated columns are not sent; 15 lists them all the same.
    const sends = (await pgVersion(target.url)) >= 18
    expect(columns.map(({ line }) => (sends ? line : line?.replace(/,shout$/, '')))).toEqual([
      'log: row_id,at,what',
      'people: id,name,photo,favourite_colour',
      `posts: id,author,big,title${sends ? ',shout' : ''}`,
    ])
    const schema = readFileSync(join(cwd, 'src', 'schema.ts'), 'utf8')
    expect(schema).toContain(`table('people')`)
    expect(report.next.join('\n')).toMatch(/ZERO_UPSTREAM_DB=.* ZERO_APP_PUBLICATIONS=zero_data/)
    expect(report.next.join('\n')).not.toContain(new URL(target.url).password || 'no password')
    expect(report.steps.at(-1)?.kind).toBe('prepare-zero')

    const verified = await runCli(['verify', source, target.url], { cwd })
    assertExit(verified, 0)
  })

  test('and another run changes neither publication nor schema file', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const source = givenSqlite(sql)
    assertExit(await runCli(['migrate', source, target.url, '--zero'], { cwd }), 0)
    const file = join(cwd, 'zero-schema.ts')
    const before = { text: readFileSync(file, 'utf8'), at: statSync(file).mtimeMs }
    changeSqlite(source, `insert into people(name) values ('Di')`)
    assertExit(await runCli(['migrate', source, target.url, '--zero', '--yes'], { cwd }), 0)
    expect({ text: readFileSync(file, 'utf8'), at: statSync(file).mtimeMs }).toEqual(before)
    await assertRows(target.url, 'select count(*) from people', [[4]])
    await assertRows(target.url, 'select count(*) from pg_publication_tables', [[3]])
  })

  test('keeps a schema file that was changed by hand, and says so', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'zero-schema.ts'), '// mine\n')
    const run = await runCli(['migrate', givenSqlite(sql), target.url, '--zero', '--json'], { cwd })
    expect((JSON.parse(run.stdout) as Report).warnings.map(({ code }) => code)).toContain('zero-schema-kept')
    expect(readFileSync(join(cwd, 'zero-schema.ts'), 'utf8')).toBe('// mine\n')
  })
})

test('a schema file that cannot be written ends it, and the same command goes on there once it can', async () => {
  await using target = await givenDatabase()
  const cwd = givenFolder()
  const source = givenSqlite(sql)
  writeFileSync(join(cwd, 'blocked'), '')
  writeFileSync(join(cwd, 'rowferry.yaml'), 'zero: {schemaFile: blocked/schema.ts}\n')
  const failed = await runCli(['migrate', source, target.url], { cwd })
  expect(failed.exitCode).toBe(2)
  expect(failed.stderr).toMatch(/blocked\/schema\.ts cannot be written/)
  await assertRows(target.url, 'select count(*) from people', [[3]])

  writeFileSync(join(cwd, 'rowferry.yaml'), 'zero: {schemaFile: free/schema.ts}\n')
  const resumed = await runCli(['migrate', source, target.url, '--json'], { cwd })
  expect(JSON.parse(resumed.stdout)).toMatchObject({ resumed: true, exitCode: 0 })
  expect(readFileSync(join(cwd, 'free', 'schema.ts'), 'utf8')).toContain(`table('people')`)
  await assertRows(target.url, 'select count(*) from people', [[3]])
})

describe('migrate again while a Zero is attached', () => {
  test('is refused and touches nothing; with --reset-zero the idle slot goes and the rows are loaded', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const source = givenSqlite(sql)
    assertExit(await runCli(['migrate', source, target.url, '--zero'], { cwd }), 0)
    await using shard = await givenZeroShard(target.url, 'flow_0')
    changeSqlite(source, 'delete from log')

    const refused = await runCli(['migrate', source, target.url, '--zero', '--yes'], { cwd })
    assertExit(refused, 4)
    expect(toldError(refused)).toMatchObject({
      code: 'CATALOG_ZERO_ATTACHED',
      remedy: expect.stringContaining('--reset-zero') as string,
    })
    await assertRows(target.url, 'select count(*) from log', [[3]])
    const planned = await runCli(['plan', source, target.url, '--zero'], { cwd })
    expect(planned.stdout).toContain('zero-attached')

    const reset = await runCli(['migrate', source, target.url, '--zero', '--yes', '--reset-zero'], { cwd })
    assertExit(reset, 0)
    await assertRows(target.url, 'select count(*) from log', [[0]])
    expect(await query(target.url, `select from pg_replication_slots where slot_name = '${shard.slot}'`)).toEqual([])
  })

  test('is refused even with --reset-zero while zero-cache runs', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const source = givenSqlite(sql)
    assertExit(await runCli(['migrate', source, target.url, '--zero'], { cwd }), 0)
    await using shard = await givenZeroShard(target.url, 'flow_1')
    await using _running = await shard.run()
    const refused = await runCli(['migrate', source, target.url, '--zero', '--yes', '--reset-zero'], { cwd })
    assertExit(refused, 4)
    expect(toldError(refused)).toMatchObject({
      code: 'CATALOG_ZERO_ATTACHED',
      remedy: expect.stringMatching(/^Stop zero-cache/) as string,
    })
  })
})

test('demo --zero ends with what to type next', async () => {
  const cwd = givenFolder()
  const started = performance.now()
  const run = await runCli(['demo', '--zero'], { cwd })
  assertExit(run, 0)
  expect(performance.now() - started).toBeLessThan(15_000)
  expect(run.stdout).toMatch(/ZERO_UPSTREAM_DB=.* ZERO_APP_PUBLICATIONS=zero_data .*zero-cache/)
  expect(readFileSync(join(cwd, 'zero-schema.ts'), 'utf8')).toContain(`'demo.messages'`)
})
