import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { givenDatabase, query } from '../../test/support/postgres.ts'
import { givenSqlite } from '../../test/support/sample-databases.ts'
import { type ConfigInput, migrate, type Report } from '../index.ts'

type Outcome = { readonly report: Report; readonly rows: readonly unknown[]; readonly foreignKeys: number }

async function migrated(sql: string, config: ConfigInput, select: string): Promise<Outcome> {
  await using target = await givenDatabase()
  const source = givenSqlite(`pragma foreign_keys = off; ${sql}`)
  const report = await migrate({ source, target: target.url, config, cwd: dirname(source) })
  const rows = report.failure ? [] : await query(target.url, select)
  const keys = await query(
    target.url,
    `select 1 from pg_constraint where contype = 'f' and convalidated and connamespace = 'public'::regnamespace`,
  )
  return { report, rows, foreignKeys: keys.length }
}

describe('orphans', () => {
  test.each(['reject', 'null'] as const)(
    '%s: the parent is found under the name it has in the target',
    async (orphans) => {
      const { report, foreignKeys } = await migrated(
        `create table "TeamList"("teamId" integer primary key); insert into "TeamList" values (1);
       create table people(id integer primary key, "team" int references "TeamList"); insert into people values (1, 1), (2, 9)`,
        { orphans, naming: 'snake_case' },
        'select * from people',
      )
      expect(report).toMatchObject({ exitCode: 5, failure: null })
      expect(foreignKeys).toBe(1)
    },
  )

  test('reject: rows that point to a rejected row go with it', async () => {
    const { report, rows, foreignKeys } = await migrated(
      `create table a(id integer primary key); insert into a values (1);
       create table b(id integer primary key, a int references a); insert into b values (1, 1), (2, 9);
       create table c(id integer primary key, b int references b); insert into c values (1, 1), (2, 2)`,
      { orphans: 'reject' },
      'select id from c',
    )
    expect(report).toMatchObject({ exitCode: 5, totals: { rejected: 2 } })
    expect(rows).toEqual([{ id: '1' }])
    expect(foreignKeys).toBe(2)
  })

  test('null: a row is rejected whose reference must not be NULL', async () => {
    const { report, rows } = await migrated(
      `create table a(id integer primary key); insert into a values (1);
       create table b(id integer primary key, a int not null references a); insert into b values (1, 1), (2, 9)`,
      { orphans: 'null' },
      'select id from b',
    )
    expect(report).toMatchObject({ exitCode: 5, totals: { rejected: 1 } })
    expect(rows).toEqual([{ id: '1' }])
  })

  test.each(['reject', 'null'] as const)(
    '%s: rows stay where the types have no equality, so that there is no foreign key either',
    async (orphans) => {
      const { report, rows } = await migrated(
        `create table a(id integer primary key); insert into a values (1);
         create table b(id integer primary key, a text references a); insert into b values (1, '1'), (2, 'x')`,
        { orphans },
        'select id from b order by id',
      )
      expect(report).toMatchObject({ exitCode: 0, failure: null })
      expect(rows).toEqual([{ id: '1' }, { id: '2' }])
      expect(report.warnings).toContainEqual(
        expect.objectContaining({ code: 'orphans', message: expect.stringContaining('they are carried') as string }),
      )
    },
  )
})
