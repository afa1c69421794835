import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../../../../test/support/folders.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import type { OrphanProfile } from '../../../model/profile.ts'
import { openSqliteSource } from '../sqlite-source.ts'

const { signal } = new AbortController()

async function orphansOf(sql: string): Promise<readonly OrphanProfile[]> {
  return orphansIn(writeSqlite(givenFiles().path('a.db'), sql))
}

async function orphansIn(path: string): Promise<readonly OrphanProfile[]> {
  await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal })
  const { tables } = await source.readCatalog({ signal })
  return (await source.profile(tables, { signal, parallel: 2, emit: () => {} })).orphans
}

describe('rows that point to no row are found as SQLite itself would', () => {
  test('they are counted, and the first are named by their keys', async () => {
    const orphans = await orphansOf(`create table p(id integer primary key); insert into p values (1);
      create table c(id integer primary key, pid integer references p); insert into c select n, n % 3 from ${numbers(30)}`)
    expect(orphans).toHaveLength(1)
    expect(orphans[0]).toMatchObject({ table: 'c', columns: ['pid'], parent: 'p', count: 20 })
    expect(orphans[0]?.samples).toEqual([2, 3, 5, 6, 8].map((id) => ({ key: { id }, value: String(id % 3) })))
  })

  test('empty texts are counted beside, because they may become NULL', async () => {
    const [found] = await orphansOf(`create table p(id integer primary key); insert into p values (1);
      create table c(id integer primary key, pid integer references p); insert into c values (1, 1), (2, ''), (3, ''), (4, 9)`)
    expect(found).toMatchObject({ count: 3, emptyTexts: 2 })
  })

  const cases: [string, string, number][] = [
    [
      'NULL in any column of the key points nowhere',
      `create table p(a, b, primary key (a, b)); insert into p values (1, 2);
      create table c(x, y, foreign key (x, y) references p(a, b)); insert into c values (1, 2), (1, null), (null, 9), (null, null), (2, 1)`,
      1,
    ],
    [
      "the parent's affinity is applied",
      `create table p(id integer primary key); insert into p values (1);
      create table c(pid text references p(id)); insert into c values ('1'), ('01'), ('1.0'), ('x')`,
      1,
    ],
    [
      'a text parent takes numbers as texts',
      `create table p(code text primary key); insert into p values ('1');
      create table c(pid integer references p(code)); insert into c values (1), (2)`,
      1,
    ],
    [
      "the parent's collation decides",
      `create table p(code text collate nocase primary key); insert into p values ('Foo');
      create table c(pid text references p(code)); insert into c values ('FOO'), ('foo '), ('foo')`,
      1,
    ],
    [
      "the child's collation does not",
      `create table p(code text primary key); insert into p values ('Foo');
      create table c(pid text collate nocase references p(code)); insert into c values ('FOO'), ('Foo')`,
      1,
    ],
    [
      'a parent key that is not unique, where foreign_key_check fails',
      `create table p(code text collate nocase, n int);
      insert into p values ('a', 1), ('a', 2), ('b', 3); create table c(pid text references p(code));
      insert into c values ('A'), ('b'), ('c')`,
      1,
    ],
    [
      'names in another case',
      `create table Parent(Id integer primary key); insert into Parent values (1);
      create table c(pid integer references PARENT(ID)); insert into c values (1), (2)`,
      1,
    ],
    [
      'a table that refers to itself',
      `create table c(id integer primary key, boss references c(id));
      insert into c values (1, null), (2, 1), (3, 9)`,
      1,
    ],
    [
      'a parent that does not exist is no matter of rows',
      `create table c(pid references nowhere(id)); insert into c values (1)`,
      0,
    ],
    [
      'a parent column that does not exist neither',
      `create table p(id integer primary key);
      create table c(pid references p(missing)); insert into c values (1)`,
      0,
    ],
    [
      'a child without rowid',
      `create table p(id integer primary key);
      create table c(k text primary key, pid references p(id)) without rowid; insert into c values ('x', 5)`,
      1,
    ],
  ]
  test.each(cases)('%s', async (_, sql, expected) => {
    const orphans = await orphansOf(sql)
    expect(orphans.map(({ count }) => count)).toEqual(expected === 0 ? [] : [expected])
  })

  test('a collation that only another program knows is taken for byte by byte', async () => {
    const path = writeSqlite(
      givenFiles().path('a.db'),
      `create table p(code text collate nocase primary key); insert into p values ('a');
       create table c(x text collate rtrim references p(code)); insert into c values ('a'), ('A')`,
    )
    {
      using db = new DatabaseSync(path, { defensive: false })
      db.exec(`pragma writable_schema = on;
        update sqlite_schema set sql = replace(replace(sql, 'nocase', 'localized'), 'rtrim', 'phonebook')`)
    }
    expect((await orphansIn(path)).map(({ samples }) => samples[0]?.value)).toEqual(['A'])
  })

  test('a parent without an index is not searched once per row', async () => {
    const started = performance.now()
    const orphans =
      await orphansOf(`create table p(code text); insert into p select 'code ' || n from ${numbers(30_000)};
      create table c(pid text references p(code)); insert into c select 'code ' || (n + 7) from ${numbers(30_000)}`)
    expect(orphans[0]?.count).toBe(7)
    // Once per row would be 900 million comparisons: a minute.
    expect(performance.now() - started).toBeLessThan(30_000)
  })
})
