import { describe, expect, test } from 'vitest'
import { connect } from '../../databases/postgres/connection/postgres-connection.ts'
import type { ZeroFinding } from '../../model/zero.ts'
import { givenDatabase, query } from '../../../test/support/postgres.ts'
import { zeroSettings } from '../../../test/support/zero-cases.ts'
import { examineForZero } from './examine-for-zero.ts'
import { fixFindings, type ZeroFix } from './fix-findings.ts'

const { signal } = new AbortController()

function findingWith(fix: string | null, object = 'x'): ZeroFinding {
  return { condition: 'no-key', severity: 'hides', object, effect: '', remedy: '', fix }
}

async function fix(url: string, findings: readonly ZeroFinding[], onFix?: (fix: ZeroFix) => void): Promise<ZeroFix[]> {
  await using client = await connect(url, { signal, what: 'the test' })
  return await fixFindings(client, findings, { signal, ...(onFix && { onFix }) })
}

describe('fixes', () => {
  test('leave no finding and every row', async () => {
    await using database = await givenDatabase()
    await query(
      database.url,
      `create table users (name text); create unlogged table logs (id int8 primary key); create table "Orders" (id int8 primary key);
       create table items (id int8 primary key, order_id int8 references "Orders"); create index orders on items (id);
       alter table items replica identity nothing; insert into users values ('a'), ('b'); insert into logs values (1)`,
    )
    await using client = await connect(database.url, { signal, what: 'the test' })
    const examine = () => examineForZero(client, { schema: 'public', settings: zeroSettings, signal })
    const found = await examine()
    expect(found.map((own) => own.condition).toSorted()).toEqual([
      'foreign-key-unindexed',
      'index-like-table',
      'no-key',
      'replica-identity-nothing',
      'unlogged-table',
    ])
    expect((await fixFindings(client, found, { signal })).map(({ error }) => error)).toEqual(found.map(() => null))
    expect(await examine()).toEqual([])
    expect(await query(database.url, 'select name, rowid from users order by name')).toEqual([
      { name: 'a', rowid: '1' },
      { name: 'b', rowid: '2' },
    ])
    expect(await query(database.url, 'select id from logs')).toEqual([{ id: '1' }])
  })

  test('stand each alone: one that is refused is named, the others are done', async () => {
    await using database = await givenDatabase()
    const told: string[] = []
    const fixes = await fix(
      database.url,
      [
        findingWith('create table public.a (); create table public.a ()', 'twice'),
        findingWith(null, 'nothing to do'),
        findingWith('create table public.b ()', 'fine'),
      ],
      (own) => told.push(own.finding.object),
    )
    expect(fixes.map(({ finding, error }) => [finding.object, error])).toEqual([
      ['fine', null],
      ['twice', 'relation "a" already exists'],
    ])
    expect(told).toEqual(['fine', 'twice'])
    expect(
      await query(database.url, `select relname from pg_class where relnamespace = 'public'::regnamespace`),
    ).toEqual([{ relname: 'b' }])
  })

  test('are tried again as long as others succeed', async () => {
    await using database = await givenDatabase()
    const fixes = await fix(database.url, [
      findingWith('create table public.c (like public.b)', 'third'),
      findingWith('create table public.b (like public.a)', 'second'),
      findingWith('create table public.a (x int4)', 'first'),
    ])
    expect(fixes.map(({ finding, error }) => [finding.object, error])).toEqual([
      ['first', null],
      ['second', null],
      ['third', null],
    ])
  })

  test('wait for others who use the table, but not for ever', async () => {
    await using database = await givenDatabase()
    await query(database.url, 'create table t (a int4)')
    await using other = await connect(database.url, { signal, what: 'the test' })
    await other.query('begin; select from public.t')
    await using client = await connect(database.url, { signal, what: 'the test' })
    const wanted = [findingWith('alter table public.t add b int4')]
    const [fixed] = await fixFindings(client, wanted, { signal, lockTimeoutMs: 200 })
    expect(fixed?.error).toMatch(/lock timeout/)
    await other.query('commit')
  })

  test.each([
    ['no-key', 'create table t (a int4)'],
    ['key-deferrable', 'create table t (a int4 primary key deferrable)'],
    ['key-deferrable', 'create table t (a int4 primary key deferrable, b int4 not null default 1 unique)'],
    ['replica-identity-nothing', 'create table t (a int4 primary key); alter table t replica identity nothing'],
    ['replica-identity-nothing', 'create table t (a int4); alter table t replica identity nothing'],
  ])('of %s let PostgreSQL change rows that are published: %s', async (condition, sql) => {
    await using database = await givenDatabase()
    await query(database.url, `${sql}; insert into t (a) values (1); create publication zero_data for table t`)
    await expect(query(database.url, 'update t set a = 2')).rejects.toThrow(/replica identity/)
    await using client = await connect(database.url, { signal, what: 'the test' })
    const found = await examineForZero(client, { schema: 'public', settings: zeroSettings, signal })
    expect(found.map((own) => own.condition)).toContain(condition)
    await fixFindings(client, found, { signal })
    await query(database.url, 'update t set a = 2')
  })

  test('end with the connection', async () => {
    await using database = await givenDatabase()
    const broken = fix(database.url, [findingWith('select pg_terminate_backend(pg_backend_pid())')])
    await expect(broken).rejects.toMatchObject({ code: '57P01' })
  })
})
