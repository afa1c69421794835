import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('booleans', () => {
  test('every usual writing of true and false', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a boolean);
        insert into t values (1, 1), (2, 0), (3, 'true'), (4, 'f'), (5, 'yes'), (6, null), (7, 't'), (8, 'N'), (9, 1.0), (10, 'FALSE')`,
      tables: {
        t: [
          [1, true],
          [2, false],
          [3, true],
          [4, false],
          [5, true],
          [6, null],
          [7, true],
          [8, false],
          [9, true],
          [10, false],
        ],
      },
      columns: { t: 'id bigint identity, a boolean' },
    }))

  test('2 and -1 are neither: the column is a number', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a boolean default 0); insert into t values (1, 1), (2, 2), (3, -1), (4, ''), (5, 0)`,
      tables: {
        t: [
          [1, 1],
          [2, 2],
          [3, -1],
          [4, null],
          [5, 0],
        ],
      },
      columns: { t: 'id bigint identity, a bigint default 0' },
      warnings: { 'type-widened t.a': /2 \(id 2\), -1 \(id 3\)/ },
      altered: [{ key: { id: 4 }, column: 'a', rule: 'empty-to-null', declared: true }],
    }))

  test('0 and 1 in a column that is not declared boolean stay numbers', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, is_open integer, is_old numeric); insert into t values (1, 1, 0), (2, 0, 1)`,
      tables: {
        t: [
          [1, 1, 0],
          [2, 0, 1],
        ],
      },
      columns: { t: 'id bigint identity, is_open bigint, is_old numeric' },
    }))

  test('conditions on booleans work in indexes, checks and views', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, done boolean not null default 0 check (done in (0, 1)), name text);
        create index open_names on t(name) where done = 0;
        create view finished as select name from t where done;
        insert into t values (1, 1, 'a'), (2, 0, 'b')`,
      tables: {
        t: [
          [1, true, 'a'],
          [2, false, 'b'],
        ],
        finished: [['a']],
      },
      columns: { t: 'id bigint identity, done boolean not null default false, name text' },
      constraints: {
        t: [
          'CHECK ((done = ANY (ARRAY[false, true])))',
          'INDEX open_names (name) WHERE (done = false)',
          'PRIMARY KEY (id)',
        ],
      },
    }))
})
