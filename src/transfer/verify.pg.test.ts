import { describe, expect, test } from 'vitest'
import { type ConfigInput, migrate, type Report, verify } from '../index.ts'
import { givenDatabase, query } from '../../test/support/postgres.ts'
import { givenSqlite } from '../../test/support/sample-databases.ts'
import { dirname } from 'node:path'

/** Migrates, changes the target, and compares. */
async function verifyAfter(sql: string, change: string, config: ConfigInput = {}): Promise<Report> {
  await using target = await givenDatabase()
  const source = givenSqlite(sql)
  const options = { source, target: target.url, config, cwd: dirname(source) }
  const migrated = await migrate(options)
  expect([0, 5]).toContain(migrated.exitCode)
  if (change !== '') await query(target.url, change)
  return await verify(options)
}

const long = 'n'.repeat(70)

describe('a comparison finds again what a migration made', () => {
  test.each<[string, string, ConfigInput]>([
    ['a table whose name was shortened', `create table ${long}(a); insert into ${long} values (1)`, {}],
    [
      'columns with names that PostgreSQL has itself',
      `create table t(xmin text, ctid int); insert into t values ('a', 1)`,
      {},
    ],
    ['a column whose name was shortened', `create table t(a, ${long} text); insert into t values (1, 'a')`, {}],
    [
      'columns that snake case made alike',
      `create table t("userName" text, user_name text); insert into t values ('a', 'b')`,
      { naming: 'snake_case' },
    ],
    ['a table without a name', `create table ""(a); insert into "" values (1)`, {}],
    [
      'blobs that were written into a text column',
      `create table t(id integer primary key, a int); insert into t values (1, 'abc'), (2, x'ff00')`,
      {},
    ],
  ])('%s', async (_, sql, config) => {
    const report = await verifyAfter(sql, '', config)
    expect(report).toMatchObject({ exitCode: 0, warnings: [] })
    expect(report.tables).toHaveLength(1)
  })
})

describe('a comparison differs', () => {
  test('when the target has lost a column', async () => {
    const report = await verifyAfter(
      `create table t(id integer primary key, a text, b text); insert into t values (1, 'x', 'y')`,
      'alter table t drop column b',
    )
    expect(report.exitCode).toBe(6)
    expect(report.tables[0]?.verification).toMatchObject({ verdict: 'differs', notCompared: ['b'], differingRows: 1 })
  })

  test('when a row is missing whose values do not fit the target', async () => {
    const sql = `create table t(id integer primary key, n int); insert into t values (1, 1), (2, 'x'), (3, 'y')`
    const report = await verifyAfter(sql, `insert into t(id) values (3)`, { onMisfit: 'reject' })
    expect(report).toMatchObject({ exitCode: 6 })
    expect(report.tables[0]?.verification).toMatchObject({
      sourceRows: 3,
      targetRows: 2,
      differingRows: 2,
      differences: [
        { key: { id: '3' }, problem: 'different', columns: [{ column: 'n', source: 'y', target: null }] },
        { key: { id: '2' }, problem: 'missing', columns: [{ column: 'n', source: 'x', target: null }] },
      ],
    })
  })

  test('but not for a column that was left out on purpose', async () => {
    const config = { tables: { t: { columns: { b: { exclude: true } } } } }
    const report = await verifyAfter(
      `create table t(id integer primary key, b text); insert into t values (1, 'y')`,
      '',
      config,
    )
    expect(report.exitCode).toBe(0)
  })

  test('when the target computes a column otherwise', async () => {
    const report = await verifyAfter(
      `create table t(id integer primary key, n int, g int generated always as (n + 1) stored); insert into t(id, n) values (1, 1)`,
      'alter table t drop column g, add column g bigint generated always as (n + 2) stored',
    )
    expect(report.exitCode).toBe(6)
    expect(report.tables[0]?.verification).toMatchObject({
      differences: [{ key: { id: '1' }, problem: 'different', columns: [{ column: 'g', source: '2', target: '3' }] }],
    })
  })
})
