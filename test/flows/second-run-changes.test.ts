import { describe, expect, test } from 'vitest'
import { RowferryError } from '../../src/index.ts'
import { assertRows } from '../support/assert-rows.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { endOf, migrateHere } from '../support/library-runs.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { changeSqlite, givenSqlite } from '../support/sample-databases.ts'

const twoRows = `create table t(id integer primary key, v text); insert into t values (1, 'a'), (2, 'b')`

describe('what an application put on a table that rowferry made', () => {
  test('is named, and nothing is replaced', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(twoRows)
    await migrateHere({ source, url: target.url })
    await query(target.url, 'create index i on t(v); grant select on t to pg_monitor')
    const before = await dumpTarget(target.url)
    expect(await migrateHere({ source, url: target.url })).toMatchObject({
      code: 'CATALOG_TARGET_CHANGED',
      message: expect.stringContaining('t: index "i" was added, grant to "pg_monitor" was added') as string,
    })
    expect(await dumpTarget(target.url)).toEqual(before)
  })

  test('a view of a table that is left out this time stays', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(
      `${twoRows}; create table u(id integer primary key); create view seen as select id from u; create view pairs as select t.id from t join u on t.id = u.id`,
    )
    await migrateHere({ source, url: target.url })
    const run = { source, url: target.url, config: { tables: ['t'] } }
    const before = await dumpTarget(target.url)
    // The table cannot be dropped under a view that is not made again.
    const end = await migrateHere(run)
    expect(end).toMatchObject({ failure: { message: expect.stringContaining('pairs') as string }, exitCode: 4 })
    expect(await dumpTarget(target.url)).toEqual(before)
    await query(target.url, 'drop view pairs')
    expect(await migrateHere(run)).toMatchObject({ exitCode: 0 })
    await assertRows(target.url, 'select count(*) from seen', [[0]])
  })

  test('stays when the rows are replaced by --strategy replace, views too', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(`${twoRows}; create view seen as select id, v from t`)
    await migrateHere({ source, url: target.url })
    await query(
      target.url,
      `update t set v = 'edited'; alter table t add w int default 7; create index i on t(v); grant select on seen to pg_monitor`,
    )
    const refused = await migrateHere({ source, url: target.url })
    expect(refused).toMatchObject({ remedy: expect.stringContaining('--strategy') as string })
    const run = { source, url: target.url, config: { strategy: 'replace' } } as const
    expect(endOf(await migrateHere({ ...run, confirm: () => false }))).toBe('CATALOG_NEEDS_CONFIRMATION')
    expect(await migrateHere(run)).toMatchObject({ exitCode: 0, objects: [] })
    await assertRows(
      target.url,
      `select id, v, w, has_table_privilege('pg_monitor', 'seen', 'select') from t order by id`,
      [
        [1, 'a', 7, true],
        [2, 'b', 7, true],
      ],
    )
    // From here on the table counts as the application's: it is emptied, never dropped.
    expect(endOf(await migrateHere({ source, url: target.url }))).toBe('exit 0')
    await assertRows(target.url, `select count(*) from pg_indexes where indexname = 'i'`, [[1]])
  })
})

describe('rows that an application wrote', () => {
  const cases = [
    {
      what: 'in a table without a key',
      source: `create table t(v text); insert into t values ('a'), ('b')`,
      sql: `update t set v = 'x' where v = 'a'`,
      says: '1 added, 1 missing',
    },
    {
      what: 'after the source has changed too',
      source: twoRows,
      later: `insert into t values (3, 'c')`,
      sql: 'delete from t where id = 1',
      says: 't: 1 row, rowferry loaded 2.',
    },
    {
      what: 'after an edit and another source',
      source: twoRows,
      later: `insert into t values (3, 'c')`,
      sql: `update t set v = 'x'`,
      says: 't: 2 rows, rowferry loaded 2; the content of rows changed',
    },
    {
      what: 'where rows had been rejected',
      setup: 'create table t(id int primary key, v varchar(1))',
      source: `${twoRows}, (3, 'too long')`,
      sql: `update t set v = 'x' where id = 1`,
      says: 't: 2 rows, rowferry loaded 2; the content of rows changed',
    },
    {
      what: 'in a column that has no source',
      setup: `create table t(id int primary key, v text, role text default 'user')`,
      source: twoRows,
      sql: `update t set role = 'admin' where id = 2`,
      says: 't: 2 rows, rowferry loaded 2; columns that rowferry did not load changed',
    },
    {
      what: 'of a type that PostgreSQL casts',
      setup: `create type mood as enum ('a', 'b'); create table t(id int primary key, v mood)`,
      source: twoRows,
      sql: `update t set v = 'a'`,
      says: '1 differs',
    },
    {
      what: 'that differ in what an equality overlooks',
      source: 'create table t(id integer primary key, v real); insert into t values (1, 0.0)',
      sql: `update t set v = '-0'`,
      says: 't: 1 row, rowferry loaded 1',
    },
    {
      what: 'without verification in the first run',
      source: twoRows,
      config: { verify: 'none' },
      sql: `update t set v = 'x' where id = 1`,
      says: '1 differs',
    },
  ] as const
  test.each(cases)('$what are seen', async (given) => {
    await using target = await givenDatabase()
    if ('setup' in given) await query(target.url, given.setup)
    const source = givenSqlite(given.source)
    const first = await migrateHere({ source, url: target.url, ...('config' in given && { config: given.config }) })
    expect(first).toMatchObject({ failure: null })
    if ('later' in given) changeSqlite(source, given.later)
    // Unchanged it is known as rowferry's own.
    expect(endOf(await migrateHere({ source, url: target.url, confirm: () => false }))).toBe(
      'CATALOG_NEEDS_CONFIRMATION',
    )
    await query(target.url, given.sql)
    const end = await migrateHere({ source, url: target.url })
    expect(end).toMatchObject({
      code: 'CATALOG_TARGET_CHANGED',
      message: expect.stringContaining(given.says) as string,
    })
  })

  test('are kept or discarded by the strategies that the refusal offers, and each of them works', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(twoRows)
    const results: unknown[] = []
    const refused = new Set<string | null>()
    for (const strategy of ['skip', 'overwrite', 'merge', 'replace'] as const) {
      const schema = `s_${strategy}`
      await migrateHere({ source, url: target.url, config: { schema } })
      await query(
        target.url,
        `update ${schema}.t set v = 'edited' where id = 1; insert into ${schema}.t values (9, 'new')`,
      )
      const end = await migrateHere({ source, url: target.url, config: { schema } })
      refused.add(end instanceof RowferryError ? end.remedy : null)
      expect(endOf(await migrateHere({ source, url: target.url, config: { schema, strategy } }))).toBe('exit 0')
      const rows = await query(target.url, `select string_agg(v, ' ' order by id) as v from ${schema}.t`)
      results.push([strategy, rows[0]?.['v']])
    }
    expect([...refused]).toEqual([
      'Choose what happens to existing rows: --strategy skip, overwrite, merge or replace (replace discards them); or load beside them: --schema another_name',
    ])
    expect(results).toEqual([
      ['skip', 'edited b new'],
      ['overwrite', 'a b new'],
      ['merge', 'a b new'],
      ['replace', 'a b'],
    ])
  })

  test('between the question and the answer are not lost', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(twoRows)
    await migrateHere({ source, url: target.url })
    const confirm = async (): Promise<boolean> => {
      await query(target.url, `insert into t values (9, 'late')`)
      return true
    }
    const end = await migrateHere({ source, url: target.url, confirm })
    expect(end).toMatchObject({ exitCode: 4, failure: { code: 'CATALOG_TARGET_CHANGED' } })
    await assertRows(target.url, 'select id from t order by id', [[1], [2], [9]])
    // Nothing of the run that was refused is left to be resumed.
    expect(endOf(await migrateHere({ source, url: target.url }))).toBe('CATALOG_TARGET_CHANGED')
  })

  test('into an empty table between the look and the load are not lost', async () => {
    await using target = await givenDatabase()
    await query(
      target.url,
      'create table a(id int primary key); create table b(id int primary key, a_id int references a)',
    )
    const source = givenSqlite(
      'create table a(id integer primary key); create table b(id integer primary key, a_id integer); insert into a values (1)',
    )
    await migrateHere({ source, url: target.url })
    const confirm = async (): Promise<boolean> => {
      await query(target.url, `insert into b values (9, 1)`)
      return true
    }
    const end = await migrateHere({ source, url: target.url, confirm })
    expect(end).toMatchObject({ exitCode: 4, failure: { code: 'CATALOG_TARGET_CHANGED' } })
    await assertRows(target.url, 'select id from b', [[9]])
  })
})

describe("a table is not taken for rowferry's own", () => {
  test('when an older rowferry kept no record of its content', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(twoRows)
    await migrateHere({ source, url: target.url })
    await query(
      target.url,
      'update rowferry.loaded_tables set rows = null, hash = null, hashed = null, planned = null, structure = null',
    )
    const end = await migrateHere({ source, url: target.url })
    expect(end).toMatchObject({
      code: 'CATALOG_TARGET_CHANGED',
      message: expect.stringContaining('is not known: t: it was loaded by an older rowferry') as string,
    })
    expect(endOf(await migrateHere({ source, url: target.url, config: { strategy: 'replace' } }))).toBe('exit 0')
    expect(endOf(await migrateHere({ source, url: target.url }))).toBe('exit 0')
  })

  test('when it had rows of its own that a strategy kept', async () => {
    await using target = await givenDatabase()
    await query(target.url, `create table t(id int primary key, v text); insert into t values (7, 'theirs')`)
    const source = givenSqlite(twoRows)
    expect(endOf(await migrateHere({ source, url: target.url, config: { strategy: 'merge' } }))).toBe('exit 0')
    expect(endOf(await migrateHere({ source, url: target.url }))).toBe('CATALOG_TARGET_NOT_EMPTY')
    await assertRows(target.url, 'select count(*) from t', [[3]])
  })

  test('when it was dropped and made again by the application', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(twoRows)
    await migrateHere({ source, url: target.url })
    await query(target.url, `drop table t; create table t(id int primary key, v text, w text)`)
    expect(endOf(await migrateHere({ source, url: target.url })), 'empty: loaded, not dropped').toBe('exit 0')
    await assertRows(target.url, 'select id, v, w from t order by id', [
      [1, 'a', null],
      [2, 'b', null],
    ])
  })

  test('when others refer to it: it is not emptied', async () => {
    await using target = await givenDatabase()
    await query(target.url, 'create table t(id int primary key, v text)')
    const source = givenSqlite(twoRows)
    await migrateHere({ source, url: target.url })
    await query(target.url, 'create table child(t_id int references t); insert into child values (1)')
    expect(await migrateHere({ source, url: target.url })).toMatchObject({
      code: 'CATALOG_UNSUPPORTED',
      message: expect.stringContaining('child refers to it') as string,
    })
    expect(endOf(await migrateHere({ source, url: target.url, config: { strategy: 'overwrite' } }))).toBe('exit 0')
    await assertRows(target.url, 'select count(*) from child', [[1]])
  })
})

describe('--restart over an interrupted run', () => {
  const manyRows = `create table t(id integer primary key, v text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into t select i, 'row ' || i from n`
  const setups = [
    { how: 'made', setup: '' },
    { how: 'filled', setup: 'create table t(id bigint primary key, v text)' },
  ] as const

  test.each(setups)(
    'replaces what it had loaded into a table that it $how, but no row of an application',
    async ({ setup }) => {
      await using target = await givenDatabase()
      if (setup !== '') await query(target.url, setup)
      const source = givenSqlite(manyRows)
      const config = { batchSize: 100, parallel: 1 }
      const restart = { ...config, restart: true }
      expect(endOf(await migrateHere({ source, url: target.url, config, interrupted: true }))).toBe('JOB_INTERRUPTED')
      expect(endOf(await migrateHere({ source, url: target.url, config: restart, interrupted: true }))).toBe(
        'JOB_INTERRUPTED',
      )
      await query(target.url, `insert into t values (99999, 'theirs')`)
      expect(await migrateHere({ source, url: target.url, config: restart })).toMatchObject({
        code: 'CATALOG_TARGET_CHANGED',
        message: expect.stringMatching(/t: [\d,]+ rows, rowferry loaded [\d,]+/) as string,
      })
      await assertRows(target.url, 'select count(*) from t where id = 99999', [[1]])
      // Going on with it keeps the row too, and the verification tells it.
      expect(await migrateHere({ source, url: target.url, config })).toMatchObject({ exitCode: 6, resumed: true })
      await assertRows(target.url, 'select count(*) from t where id = 99999', [[1]])
      expect(await migrateHere({ source, url: target.url, config })).toMatchObject({ code: 'CATALOG_TARGET_CHANGED' })
      expect(endOf(await migrateHere({ source, url: target.url, config: { strategy: 'replace' } }))).toBe('exit 0')
      await assertRows(target.url, 'select count(*) from t', [[30_000]])
    },
  )
})

test('a table that is locked altogether is named instead of waiting without end', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(twoRows)
  await migrateHere({ source, url: target.url })
  const locked = query(target.url, 'begin; lock table t in access exclusive mode; select pg_sleep(4)')
  const end = await migrateHere({ source, url: target.url })
  expect(end).toMatchObject({
    code: 'CATALOG_LOCKED',
    message: expect.stringContaining('The table t is locked by') as string,
  })
  await locked
})
