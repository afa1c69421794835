import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('generated columns, views and triggers', () => {
  test('a stored generated column is generated again, and its index is there', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer, c text generated always as (a || 'x') stored); create index by_c on t(c);
        insert into t(id, a) values (1, 10)`,
      tables: { t: [[1, 10, '10x']] },
      columns: { t: "id bigint identity, a bigint, c text generated ((a)::text || 'x'::text)" },
      constraints: { t: ['INDEX by_c (c)', 'PRIMARY KEY (id)'] },
      afterwards: { 'insert into t(a) values (7) returning c': [['7x']] },
    }))

  test('a virtual generated column becomes a stored one', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, price real, amount integer, total real as (price * amount));
        insert into t(id, price, amount) values (1, 2.5, 3), (2, null, 1)`,
      tables: {
        t: [
          [1, 2.5, 3, 7.5],
          [2, null, 1, null],
        ],
      },
      afterwards: { 'insert into t(price, amount) values (0.5, 3) returning total': [[1.5]] },
    }))

  test('a generated column that PostgreSQL cannot compute keeps its values as an ordinary one', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text, q text as (quote(a)) stored, w text as (printf('%05d', id)));
        insert into t(id, a) values (1, 'it''s')`,
      tables: { t: [[1, "it's", "'it''s'", '00001']] },
      columns: { t: 'id bigint identity, a text, q text, w text' },
      notCarried: { 'generated-column q': /ordinary column: .*quote/i, 'generated-column w': /ordinary column/ },
    }))

  test('views are views, also over views', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer, made timestamp);
        create view filled as select id, ifnull(a, 0) as a, 'no ' || id as label, strftime('%Y', made) as year from t;
        create view totals(year, total) as select year, sum(a) from filled group by year;
        insert into t values (1, 10, '2024-02-29 12:00:00'), (2, null, '2023-01-01 00:00:00'), (3, 5, '2024-01-01 00:00:00')`,
      tables: {
        t: [
          [1, 10, '2024-02-29 12:00:00'],
          [2, null, '2023-01-01 00:00:00'],
          [3, 5, '2024-01-01 00:00:00'],
        ],
        filled: [
          [1, 10, 'no 1', '2024'],
          [2, 0, 'no 2', '2023'],
          [3, 5, 'no 3', '2024'],
        ],
        totals: [
          ['2023', 0],
          ['2024', 15],
        ],
      },
      afterwards: { "select total from totals where year = '2024'": [[15]] },
    }))

  test('a view that cannot be translated, or that SQLite itself cannot read, is named with its SQL', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j text); insert into t values (1, '[1,2]');
        create view each_value as select t.id, e.value from t, json_each(t.j) as e;
        create view broken as select id from nowhere;
        create view fine as select id from t`,
      tables: { t: [[1, '[1,2]']], fine: [[1]] },
      notCarried: { 'view each_value': /json_each/, 'view broken': /no such table: .*nowhere/ },
    }))

  test('triggers are named with their SQL, and nothing pretends to be one', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer, changed text);
        create trigger touch after update on t begin update t set changed = datetime('now') where id = new.id; end;
        create view v as select id from t; create trigger into_v instead of insert on v begin insert into t(a) values (1); end;
        insert into t values (1, 10, null)`,
      tables: { t: [[1, 10, null]], v: [[1]] },
      notCarried: { 'trigger touch': /not translated/, 'trigger into_v': /not translated/ },
    }))
})
