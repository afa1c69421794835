import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { inspect, migrate, verify } from '../../src/index.ts'
import { expectCase } from '../support/case-outcome.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** As a program with collations and functions of its own leaves a file: ordered by what it calls unicase, which is NOCASE here. */
function written(sql: string): (db: DatabaseSync) => void {
  return (db) => {
    db.function('slug', { deterministic: true }, (text) => String(text).toLowerCase().replaceAll(' ', '-'))
    db.exec(sql.replaceAll(/unicase/g, 'nocase'))
    db.enableDefensive(false)
    db.exec('pragma writable_schema = on')
    db.exec("update sqlite_schema set sql = replace(sql, 'nocase', 'unicase') where sql like '%nocase%'")
  }
}

const exactly = { note: /compares exactly: texts that are equal under UNICASE/ }.note

describe.concurrent('what only the program of the source has', () => {
  test('a key WITHOUT ROWID, keys and indexes under its collation: all rows, exact keys, and a warning', () =>
    expectCase({
      sqlite: written(`create table tags(tag text collate unicase primary key, n int) without rowid;
        insert into tags values ('b', 1), ('A', 2), ('a b', 3), ('C', 4), ('Ä', 5);
        create table decks(id integer primary key, name text unique collate unicase, o text);
        insert into decks values (1, 'X', 'y'), (2, 'w', 'Z'); create index o on decks(o collate unicase desc);
        create table pairs(n int, t text, primary key (t collate unicase desc, n)) without rowid;
        insert into pairs values (1, 'b'), (1, 'A'), (2, 'a')`),
      tables: {
        tags: [
          ['A', 2],
          ['a b', 3],
          ['b', 1],
          ['C', 4],
          ['Ä', 5],
        ],
        decks: [
          [1, 'X', 'y'],
          [2, 'w', 'Z'],
        ],
        pairs: [
          [1, 'b'],
          [1, 'A'],
          [2, 'a'],
        ],
      },
      constraints: {
        tags: ['PRIMARY KEY (tag)'],
        decks: ['INDEX o (o DESC)', 'PRIMARY KEY (id)', 'UNIQUE (name)'],
        pairs: ['PRIMARY KEY (t, n)'],
      },
      changed: {
        'primary-key tags_pkey': exactly,
        'unique decks_name_key': exactly,
        'index o': /compares exactly/,
      },
      notCarried: { 'collation tag': /exact/, 'collation name': /exact/, 'table pairs': /not understood/ },
      warnings: { 'collation-not-reproduced tags.tag': /unicase/, 'collation-not-reproduced decks.name': /unicase/ },
    }))

  test('foreign keys to such a key: what only its collation takes for equal is an orphan', () =>
    expectCase({
      sqlite: written(`create table tags(tag text collate unicase primary key) without rowid;
        insert into tags values ('b'), ('A'), ('c'), ('D');
        create table notes(id integer primary key, tag text references tags);
        insert into notes values (1, 'A'), (2, 'a'), (3, 'D'), (4, null), (5, 'c')`),
      config: { orphans: 'null' },
      exitCode: 5,
      tables: {
        tags: [['A'], ['b'], ['c'], ['D']],
        notes: [
          [1, 'A'],
          [3, 'D'],
          [4, null],
          [5, 'c'],
          [2, null],
        ],
      },
      changed: { 'primary-key tags_pkey': exactly },
      notCarried: { 'collation tag': /exact/ },
      warnings: { 'collation-not-reproduced tags.tag': /unicase/, 'orphans notes.tag': /: 1;/ },
      altered: [{ table: 'notes', key: { id: 2 }, before: 'a', after: null }],
    }))

  test('its functions: stored values are carried, what is computed when it is read is listed', () =>
    expectCase({
      sqlite: written(`create table g(id integer primary key, t text check (slug(t) <> ''),
          s text generated always as (slug(t)) stored, v text as (slug(t)), w text as (t || '!'));
        insert into g(id, t) values (1, 'A b'), (2, 'C'); create index e on g(slug(t)); create index p on g(t) where slug(t) = 'c';
        create index pv on g(v); create view vw as select slug(t) from g`),
      tables: {
        g: [
          [1, 'A b', 'a-b', 'A b!'],
          [2, 'C', 'c', 'C!'],
        ],
      },
      columns: { g: "id bigint identity, t text, s text, w text generated (t || '!'::text)" },
      notCarried: {
        'generated-column s': /ordinary column/,
        'generated-column v': /not in the file.*slug/,
        'check g_check': /slug/,
        'index e': /slug/,
        'index p': /slug/,
        'index pv': /left out/,
        'view vw': /no such function: slug/,
      },
      warnings: { 'generated-not-read g.v': /slug.*columns it is computed from/ },
    }))

  test('its collation within an expression: what compares by it is not computed by another one', () =>
    expectCase({
      sqlite:
        written(`create table t(k text collate unicase primary key, e int as (k = 'A'), f int as (x = 'a' collate unicase),
          x text, g int as (length(x))) without rowid;
        insert into t(k, x) values ('b', 'A'), ('a', 'xy')`),
      tables: {
        t: [
          ['a', 'xy', 2],
          ['b', 'A', 1],
        ],
      },
      notCarried: { 'collation k': /exact/, 'generated-column e': /collation/, 'generated-column f': /collation/ },
      changed: { 'primary-key t_pkey': exactly },
      warnings: {
        'collation-not-reproduced t.k': /unicase/,
        'generated-not-read t.e': /collation/,
        'generated-not-read t.f': /collation/,
      },
    }))
})

test.each(['pragma encoding = "UTF-16le"', 'pragma journal_mode = wal', 'pragma page_size = 512'])(
  'inspect, migrate and verify read it after %s, and leave the source alone',
  async (pragma) => {
    await using target = await givenDatabase()
    const source = givenSqlite((db) => {
      db.exec(pragma)
      const rows = Array.from({ length: 500 }, (_, n) => `('${n % 2 === 0 ? 'Tag' : 'tAG'} ${n}', ${n})`)
      written(
        `create table tags(tag text collate unicase primary key, n int) without rowid; insert into tags values ${rows}`,
      )(db)
    })
    expect((await inspect({ source })).profile.tables).toMatchObject([{ table: 'tags', rows: 500 }])
    expect(await migrate({ source, target: target.url, cwd: givenFolder() })).toMatchObject({ exitCode: 0 })
    expect(await query(target.url, 'select count(*), sum(n) from tags')).toEqual([{ count: '500', sum: '124750' }])
    expect(await verify({ source, target: target.url })).toMatchObject({ exitCode: 0 })
    await query(target.url, `update tags set n = 0 where tag = 'tAG 7'`)
    expect(await verify({ source, target: target.url })).toMatchObject({ exitCode: 6 })
  },
)
