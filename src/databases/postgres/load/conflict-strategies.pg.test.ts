import { describe, expect, test } from 'vitest'
import { givenTransfer, type GivenTransfer, type Rows } from '../../../../test/support/given-transfer.ts'
import { encodeRows, plannedTable } from '../../../../test/support/planned-tables.ts'
import type { ConflictStrategy } from '../../../model/conflict.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import { correctShard, writeIssues } from '../../../store/checkpoints.ts'
import { copyIn } from '../copy/copy-in.ts'
import { findDifferences } from '../find-differences.ts'
import { finishLoad } from './finish-load.ts'
import { keyRemaps, readRemapForeignKeys } from './key-remaps.ts'
import { comparisonTable, copyIntoSql, createComparison } from './staging.ts'

function people(strategy: ConflictStrategy, more: Partial<PlannedTable> = {}): PlannedTable {
  return plannedTable(
    'people',
    [
      ['id', 'bigint', 'int8'],
      ['name', 'text', 'text'],
      ['age', 'int', 'int4'],
    ],
    {
      mode: 'into-existing',
      strategy,
      matchKey: ['id'],
      ...more,
    },
  )
}

const setup = `create table people (id bigint primary key, name text unique, age int, extra text default 'x');
  insert into people values (1, 'Ada', 36, 'mine'), (2, 'Bob', 20, 'mine'), (9, 'Zoe', 1, 'mine');`

/** 1 is the same as there, 2 differs, 3 is new. */
const rows = [
  [1n, 'Ada', 36],
  [2n, null, 21],
  [3n, 'Cy', null],
] as const

async function content(transfer: GivenTransfer, table = 'people'): Promise<string[]> {
  return (await transfer.query(`select t::text as row from ${table} t order by 1`)).map(({ row }) => row ?? '')
}

async function openComparison(transfer: GivenTransfer, table: PlannedTable, rows: Rows) {
  await createComparison(transfer.client, table)
  await copyIn(transfer.client, copyIntoSql(comparisonTable, table), encodeRows(table, rows).copyStream(0, rows.length))
  return { name: comparisonTable }
}

async function finish(transfer: GivenTransfer, table: PlannedTable, remaps: ReturnType<typeof keyRemaps> = []) {
  await finishLoad(transfer.client, {
    table,
    transferId: transfer.id,
    remaps,
    async correct(client, { issues, ...correction }) {
      const place = { transferId: transfer.id, table: table.target, shard: 0 }
      await correctShard(client, place, correction)
      await writeIssues(client, place, issues)
    },
  })
}

describe('rows whose key exists', () => {
  test.each([
    [
      'skip',
      { created: 1, updated: 0, unchanged: 0, skipped: 2 },
      ['(1,Ada,36,mine)', '(2,Bob,20,mine)', '(3,Cy,,x)', '(9,Zoe,1,mine)'],
    ],
    [
      'overwrite',
      { created: 1, updated: 1, unchanged: 1, skipped: 0 },
      ['(1,Ada,36,mine)', '(2,,21,mine)', '(3,Cy,,x)', '(9,Zoe,1,mine)'],
    ],
    [
      'merge',
      { created: 1, updated: 1, unchanged: 1, skipped: 0 },
      ['(1,Ada,36,mine)', '(2,Bob,21,mine)', '(3,Cy,,x)', '(9,Zoe,1,mine)'],
    ],
  ] as const)('%s', async (strategy, counts, expected) => {
    const table = people(strategy)
    await using transfer = await givenTransfer([table], { setup })
    const outcome = await transfer.load(table, rows)
    expect(outcome).toEqual({ counts, refused: [] })
    expect(await content(transfer)).toEqual(expected)
    expect((await transfer.shard(table)).counts).toEqual(counts)
  })

  test('a row that is the same is not rewritten', async () => {
    const table = people('overwrite')
    await using transfer = await givenTransfer([table], { setup })
    const version = `select xmin::text, ctid::text from people where id = 1`
    const before = await transfer.query(version)
    await transfer.load(table, rows)
    expect(await transfer.query(version)).toEqual(before)
  })

  test.each(['skip', 'overwrite', 'merge'] as const)(
    '%s: of two rows with one key the second is refused',
    async (strategy) => {
      const table = people(strategy)
      await using transfer = await givenTransfer([table], { setup })
      const outcome = await transfer.load(table, [
        [5n, 'first', 1],
        [5n, 'second', 2],
        [2n, 'B', 1],
        [2n, 'C', 1],
      ])
      expect(outcome.refused.map(({ index, issue }) => [index, issue.kind === 'reject' && issue.code])).toEqual([
        [1, 'DATA_DUPLICATE_KEY'],
        [3, 'DATA_DUPLICATE_KEY'],
      ])
      expect((await transfer.shard(table)).rejected).toBe(2)
      expect(await content(transfer)).toContain('(5,first,1,x)')
    },
  )

  test.each(['skip', 'overwrite', 'merge'] as const)(
    '%s: a clash on a second unique key refuses the row alone',
    async (strategy) => {
      const table = people(strategy)
      await using transfer = await givenTransfer([table], { setup })
      const outcome = await transfer.load(table, [
        [3n, 'Cy', 1],
        [4n, 'Zoe', 1],
        [5n, 'Di', 1],
      ])
      expect(outcome.counts.created).toBe(2)
      expect(outcome.refused.map(({ index, issue }) => [index, issue])).toEqual([
        [1, expect.objectContaining({ column: 'name', code: 'DATA_DUPLICATE_KEY' })],
      ])
    },
  )

  test.each(['skip', 'overwrite', 'merge'] as const)('%s: a second run changes nothing', async (strategy) => {
    const table = people(strategy)
    await using transfer = await givenTransfer([table], { setup })
    await transfer.load(table, rows)
    const before = await content(transfer)
    const again = await transfer.load(table, rows)
    expect([again.counts.created, again.counts.updated]).toEqual([0, 0])
    expect(await content(transfer)).toEqual(before)
  })

  test('a text that differs only in case, -0 and JSON text are overwritten', async () => {
    const table = plannedTable(
      'odd',
      [
        ['id', 'bigint', 'int8'],
        ['f', 'double precision', 'float8'],
        ['j', 'json', 'json'],
        ['c', 'text', 'text'],
      ],
      {
        mode: 'into-existing',
        strategy: 'overwrite',
        matchKey: ['id'],
      },
    )
    const setup = `create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table odd (id bigint primary key, f float8, j json, c text collate nocase);
      insert into odd values (1, 0, '{"a":1}', 'abc'), (2, 0, '{"a":1}', 'abc'), (3, 0, '{"a":1}', 'abc'), (4, 0, '{"a":1}', 'abc')`
    await using transfer = await givenTransfer([table], { setup })
    const outcome = await transfer.load(table, [
      [1n, -0, '{"a":1}', 'abc'],
      [2n, 0, '{"a": 1}', 'abc'],
      [3n, 0, '{"a":1}', 'ABC'],
      [4n, 0, '{"a":1}', 'abc'],
    ])
    expect(outcome.counts).toEqual({ created: 0, updated: 3, unchanged: 1, skipped: 0 })
  })

  test('keys match by the comparison of their unique index, whatever the search path', async () => {
    const table = plannedTable(
      'users',
      [
        ['email', 'citext', 'text', 'public.citext'],
        ['n', 'int', 'int4'],
      ],
      {
        mode: 'into-existing',
        strategy: 'overwrite',
        matchKey: ['email'],
      },
    )
    const setup = `create extension citext; create table users (email citext primary key deferrable, n int); insert into users values ('a@b', 1)`
    await using transfer = await givenTransfer([table], { setup })
    const outcome = await transfer.load(table, [
      ['A@B', 2],
      ['c@d', 3],
    ])
    expect(outcome.counts).toMatchObject({ created: 1, updated: 1 })
    expect(await content(transfer, 'users')).toEqual(['(a@b,2)', '(c@d,3)'])
  })

  test('a match key without unique index is refused before anything is loaded', async () => {
    const table = people('overwrite', { matchKey: ['age'] })
    await using transfer = await givenTransfer([table], { setup })
    await expect(transfer.openLoader(table)).rejects.toMatchObject({ code: 'CATALOG_NO_KEY' })
  })

  test('GENERATED ALWAYS identities take the keys of the source', async () => {
    const table = people('overwrite')
    const identity = `create table people (id bigint generated always as identity primary key, name text, age int); insert into people (name) values ('one')`
    await using transfer = await givenTransfer([table], { setup: identity })
    await transfer.load(table, [
      [1n, 'uno', 1],
      [70n, 'new', 1],
    ])
    expect(await content(transfer)).toEqual(['(1,uno,1)', '(70,new,1)'])
  })
})

describe('error', () => {
  test('loads everything when no key exists', async () => {
    const table = people('error')
    await using transfer = await givenTransfer([table], { setup })
    await transfer.load(table, [[5n, 'E', 1]])
    await transfer.load(table, [
      [6n, 'F', 1],
      [7n, 'Zoe', 1],
    ])
    expect(await content(transfer)).toHaveLength(3)
    await finish(transfer, table)
    await finish(transfer, table)
    expect(await content(transfer)).toHaveLength(5)
    const shard = await transfer.shard(table)
    expect([shard.counts.created, shard.rejected]).toEqual([2, 1])
    expect(await transfer.query(`select count(*) from pg_class where relname like 'staging%'`)).toEqual([
      { count: '0' },
    ])
  })

  test('loads nothing when one key exists, in whichever batch', async () => {
    const table = people('error')
    await using transfer = await givenTransfer([table], { setup })
    await transfer.load(table, [[5n, 'E', 1]])
    await transfer.load(table, [[2n, 'F', 1]])
    const before = await content(transfer)
    await expect(finish(transfer, table)).rejects.toMatchObject({
      code: 'DATA_DUPLICATE_KEY',
      message: expect.stringMatching(/^1 of the keys \(id\) .*: 2\. Nothing was loaded/),
    })
    expect(await content(transfer)).toEqual(before)
  })
})

describe('append', () => {
  const setup = `create table people (id int generated by default as identity primary key, name text, boss int references people);
    create table posts (id bigserial primary key, author bigint not null references people (id), body text);
    insert into people values (1, 'there', null), (50, 'too', 1); insert into posts values (1, 50, 'there');`
  const people = plannedTable(
    'people',
    [
      ['id', 'int', 'int4'],
      ['name', 'text', 'text'],
      ['boss', 'int', 'int4'],
    ],
    {
      mode: 'into-existing',
      strategy: 'append',
      matchKey: ['id'],
    },
  )
  const posts = plannedTable(
    'posts',
    [
      ['id', 'bigint', 'int8'],
      ['author', 'bigint', 'int8'],
      ['body', 'text', 'text'],
    ],
    {
      mode: 'into-existing',
      strategy: 'append',
      matchKey: ['id'],
    },
  )

  test('gives new keys, and foreign keys follow them within a batch, across batches and tables', async () => {
    const tables = [people, posts]
    await using transfer = await givenTransfer(tables, { setup })
    const remapsOf = async (table: PlannedTable, before: PlannedTable[]) =>
      keyRemaps(
        table,
        await readRemapForeignKeys(transfer.client, table.target),
        tables,
        before.map(({ target }) => target),
      )
    const own = await remapsOf(people, [])
    await transfer.load(
      people,
      [
        [1, 'a', 2],
        [2, 'b', 3],
      ],
      { remaps: own },
    )
    await transfer.load(
      people,
      [
        [3, 'c', null],
        [4, 'd', 99],
      ],
      { remaps: own },
    )
    await finish(transfer, people, own)
    const outcome = await transfer.load(
      posts,
      [
        [1n, 1n, 'by a'],
        [2n, 3n, 'by c'],
        [3n, 98n, 'by nobody'],
      ],
      {
        remaps: await remapsOf(posts, [people]),
      },
    )
    expect(outcome.refused.map(({ index, issue }) => [index, issue])).toEqual([
      [2, expect.objectContaining({ code: 'DATA_ORPHAN' })],
    ])
    expect(
      await transfer.query(
        `select p.name, b.name as boss from people p left join people b on b.id = p.boss where p.id > 50 order by p.id`,
      ),
    ).toEqual([
      { name: 'a', boss: 'b' },
      { name: 'b', boss: 'c' },
      { name: 'c', boss: null },
      { name: 'd', boss: null },
    ])
    expect(
      await transfer.query(`select p.body, a.name from posts p join people a on a.id = p.author order by p.id`),
    ).toEqual([
      { body: 'there', name: 'too' },
      { body: 'by a', name: 'a' },
      { body: 'by c', name: 'c' },
    ])
    const staging = await openComparison(transfer, posts, [
      [1n, 1n, 'by a'],
      [2n, 3n, 'changed'],
      [3n, 98n, 'by nobody'],
    ])
    const compared = await findDifferences(transfer.client, posts, staging.name, { limit: 10 })
    expect(compared.differences.map(({ key, problem, columns }) => [key, problem, columns])).toEqual([
      [{ id: '2' }, 'different', [{ column: 'body', source: 'changed', target: 'by c' }]],
      [{ id: '3' }, 'missing', []],
    ])
    const [lost] = await transfer.query(`select line::text from rowferry.issues where kind = 'altered'`)
    expect(JSON.parse(lost?.['line'] ?? '')).toMatchObject({ key: { id: 4 }, column: 'boss', before: 99, after: null })
  })

  test('two loads of the same rows give two sets of rows, none of them lost', async () => {
    const plain = { ...posts, columns: posts.columns.filter(({ target }) => target !== 'author') }
    await using transfer = await givenTransfer([plain], {
      setup: 'create table posts (id bigserial primary key, body text)',
    })
    await transfer.load(plain, [
      [1n, 'a'],
      [2n, 'b'],
    ])
    const twice = await transfer.load(plain, [[2n, 'twice']])
    expect(twice.refused).toHaveLength(1)
    expect(await content(transfer, 'posts')).toEqual(['(1,a)', '(2,b)'])
  })
})
