import { expect, test } from 'vitest'
import { type ConfigInput, RowferryError, verify } from '../../src/index.ts'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
import { type LibraryRun, migrateHere } from '../support/library-runs.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { latestReport, readIssueFile, runCli } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** Columns that PostgreSQL casts, on every way into a table: what it prints is what was sent, or the row is listed. */

const targetSql = `
  create extension citext;
  create domain len as interval(0);
  create table t (id int primary key, took interval, l len, tags text[], addr inet, name citext, sums numeric(5,2)[], z timetz,
    note text check (note <> 'bad'));`

/** 3, 5: no such value; 4: the CHECK; 7: out of the type's range; 8: PostgreSQL would cut it. */
const sourceSql = `
  create table t (id integer primary key, took text, l text, tags text, addr text, name text, sums text, z text, note text);
  insert into t values
    (1, 'PT90S', '1 day', '["a","b c"]', '10.0.0.1', 'Ada', '{1.5,2}', '10:00:00Z', 'ok'),
    (2, '1.02:03:04', '00:00:01.6', '{x,y}', '::1', 'Bob', '[1.239]', '10:00:00+02', ''),
    (3, 'garbage', '00:00:01.6', '{x}', '::1', 'Bob', '[1.239]', '10:00:00+02', ''),
    (4, 'PT1S', '00:00:01.6', '{x}', '::1', 'Bob', '[1.239]', '10:00:00+02', 'bad'),
    (5, 'PT1S', '00:00:01.6', '{x}', '::1', 'Bob', '[1.239]', 'now', ''),
    (6, null, null, null, null, null, '{}', null, null),
    (7, 'P300000000Y', '00:00:01.6', '{x}', '::1', 'Bob', '[1.239]', '10:00:00+02', ''),
    (8, 'PT1S', '00:00:01.6', '{x}', '::1', 'Bob', '[1.239]', '10:00:00+20', '');`

const loaded = [
  [1, '00:01:30', '1 day', '{a,"b c"}', '10.0.0.1/32', 'Ada', '{1.50,2.00}', '10:00:00+00', 'ok'],
  [2, '1 day 02:03:04', '00:00:02', '{x,y}', '::1/128', 'Bob', '{1.24}', '10:00:00+02', ''],
  [6, null, null, null, null, null, '{}', null, null],
]
const all = `select id, took::text, l::text, tags::text, addr::text, name::text, sums::text, z::text, note from t where id < 100 order by id`

const theirs = `insert into t (id, took) values (100, '1 day');`
const old = `insert into t (id, took, name) values (1, '1 day', 'x'), (2, '26:03:04', 'bob'), (100, '1 day', null);`

type Way = { readonly name: string; readonly before: string; readonly config: ConfigInput; readonly distributed?: true }

async function exitCodeOf(run: LibraryRun & { readonly cwd: string }, distributed: boolean): Promise<number | null> {
  if (distributed) return (await runCli(['migrate', run.source, run.url, '--distributed', '--yes'], run)).exitCode
  const report = await migrateHere(run)
  if (report instanceof RowferryError) throw report
  return report.exitCode
}

const ways: readonly Way[] = [
  { name: 'into an empty table', before: '', config: {} },
  { name: 'in batches of one row', before: '', config: { batchSize: 1 } },
  { name: 'beside rows of others', before: theirs, config: { strategy: 'error' } },
  { name: 'with skip', before: theirs, config: { strategy: 'skip' } },
  { name: 'with overwrite', before: old, config: { strategy: 'overwrite' } },
  { name: 'with merge', before: old, config: { strategy: 'merge' } },
  { name: 'with replace', before: old, config: { strategy: 'replace' } },
  { name: 'by a worker', before: '', config: {}, distributed: true },
]

test.each(ways)(
  '$name, a value is printed as it was sent or its row is listed',
  async ({ before, config, distributed }) => {
    await using database = await givenDatabase()
    await query(database.url, targetSql + before)
    const source = givenSqlite(sourceSql)
    const cwd = givenFolder()
    expect(await exitCodeOf({ source, url: database.url, config, cwd }, distributed === true)).toBe(5)
    const report = latestReport(cwd)
    await assertRows(database.url, all, loaded)
    expect(report.totals).toMatchObject({ loaded: 3, rejected: 5, altered: 2 })
    const rejects = readIssueFile(report.files.rejects)
    expect(Object.fromEntries(rejects.map(({ key, column }) => [String(key['id']), column]))).toEqual({
      3: 'took',
      4: null,
      5: 'z',
      7: 'took',
      8: 'z',
    })
    // Values of rows that are not in the target were not altered.
    const altered = readIssueFile(report.files.altered)
    expect(altered.map(({ key, column }) => `${key['id']} ${column}`)).toEqual(['2 l', '2 sums'])
    expect(report.tables[0]?.verification).toMatchObject({ verdict: 'equal', differences: [] })
  },
)

test.each([
  ['an interval that is equal and prints otherwise', `update t set took = '26:03:04' where id = 2`],
  ['another case in citext', `update t set name = 'bob' where id = 2`],
  ['another zone of the same moment', `update t set z = '08:00:00+00' where id = 2`],
  ['an address with another network', `update t set addr = '10.0.0.1/8' where id = 1`],
  ['an element of an array', `update t set tags = '{a,"b  c"}' where id = 1`],
])('verify finds %s', async (_, change) => {
  await using database = await givenDatabase()
  await query(database.url, targetSql)
  const source = givenSqlite(`${sourceSql} delete from t where id in (3, 4, 5, 7, 8);`)
  const run = { source, url: database.url, cwd: givenFolder() }
  expect(await migrateHere(run)).toMatchObject({ exitCode: 5 })
  const again = (): Promise<{ readonly exitCode: number }> => verify({ source, target: database.url, cwd: run.cwd })
  expect(await again()).toMatchObject({ exitCode: 0 })
  await query(database.url, change)
  expect(await again()).toMatchObject({ exitCode: 6 })
})
