import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

/** A moment in the last minute, whatever the clock of the server is set to. */
const recent = (moment: string): string => `abs(extract(epoch from now() at time zone 'utc' - ${moment})) < 60`

describe.concurrent('defaults', () => {
  test('CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME give UTC, as in SQLite', () =>
    expectCase({
      sqlite: `create table log(id integer primary key, a timestamp default CURRENT_TIMESTAMP, b date default CURRENT_DATE,
          c time default CURRENT_TIME, d timestamp default current_timestamp);
        insert into log values (1, '2024-02-29 12:00:00', '2024-02-29', '12:00:00', '2024-02-29 12:00:01')`,
      tables: { log: [[1, '2024-02-29 12:00:00', '2024-02-29', '12:00:00', '2024-02-29 12:00:01']] },
      afterwards: {
        "set time zone 'Pacific/Auckland'": [],
        [`insert into log default values returning ${recent('a')}, ${recent('d')}, ${recent('(b + c)')}`]: [
          [true, true, true],
        ],
        "select a = date_trunc('second', a), c::text ~ '^[0-9:]{8}$' from log where id = 2": [[true, true]],
      },
    }))

  test('datetime(…now…) and strftime(…now…) give what SQLite would have stored', () =>
    expectCase({
      sqlite: `create table log(id integer primary key, a datetime default (datetime('now')),
          b datetime default (strftime('%Y-%m-%d %H:%M:%f', 'now')), c text default (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
        insert into log values (1, '2024-02-29 12:00:00', '2024-02-29 12:00:00.123', 'x')`,
      tables: { log: [[1, '2024-02-29 12:00:00', '2024-02-29 12:00:00.123', 'x']] },
      afterwards: {
        "set time zone 'Pacific/Auckland'": [],
        [`insert into log default values returning ${recent('a')}, ${recent('b')}, ${recent('c::timestamp')}`]: [
          [true, true, true],
        ],
        "select a = date_trunc('second', a), b = date_trunc('millisecond', b), c ~ '^....-..-..T..:..:..Z$' from log where id = 2":
          [[true, true, true]],
      },
    }))

  test('unixepoch() and strftime(%s) give whole seconds', () =>
    expectCase({
      sqlite: `create table log(id integer primary key, a integer default (unixepoch()), b integer default (strftime('%s', 'now')));
        insert into log values (1, 10, 20)`,
      tables: { log: [[1, 10, 20]] },
      afterwards: {
        'insert into log default values returning abs(a - extract(epoch from now())) < 60, a = b': [[true, true]],
      },
    }))

  test('DEFAULT null in any case is no default', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer default null, b text default NULL, c datetime default Null, d blob default (null));
        insert into t(id) values (1)`,
      tables: { t: [[1, null, null, null, null]] },
      columns: { t: 'id bigint identity, a bigint, b text, c timestamp without time zone, d bytea' },
    }))

  test('texts in single and in double quotes, doubled quotes and backslashes', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text default 'it''s', b text default '', c text default 'a\\b',
          d text default "", e text default "it's", f text default plain);
        insert into t(id) values (1)`,
      tables: { t: [[1, "it's", '', 'a\\b', '', "it's", 'plain']] },
      afterwards: {
        'insert into t default values returning a, b, c, d, e, f': [["it's", '', 'a\\b', '', "it's", 'plain']],
      },
    }))

  test('random bytes as a key are random again', () =>
    expectCase({
      sqlite: `create table t(id text primary key default (lower(hex(randomblob(16)))), v text);
        insert into t values ('00ff', 'a')`,
      tables: { t: [['00ff', 'a']] },
      afterwards: {
        "insert into t(v) values ('b'), ('c') returning id ~ '^[0-9a-f]{32}$'": [[true], [true]],
        'select count(distinct id) from t': [[3]],
      },
    }))

  test('bytes, hexadecimal and exponents', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a blob default x'0102', b integer default 0x1F, c real default 1e3);
        insert into t(id) values (1)`,
      tables: { t: [[1, '\\x0102', 31, 1000]] },
      afterwards: { 'insert into t default values returning a, b, c': [['\\x0102', 31, 1000]] },
    }))

  test('negative numbers, sums and parentheses', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer default (-1), b integer default -1, c integer default (1 + 2), d text default ('x'));
        insert into t(id) values (1)`,
      tables: { t: [[1, -1, -1, 3, 'x']] },
      afterwards: { 'insert into t default values returning a, b, c, d': [[-1, -1, 3, 'x']] },
    }))

  test('a NUMERIC column with DEFAULT false, as GORM writes it, is 0', () =>
    expectCase({
      sqlite: 'create table t(id integer primary key, a numeric default false); insert into t(id) values (1)',
      tables: { t: [[1, 0]] },
      columns: { t: 'id bigint identity, a numeric default 0' },
    }))

  test('defaults of booleans, however they were written', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a boolean default 1, b boolean not null default 0, c bool default TRUE, d boolean default 't', e boolean default 'false');
        insert into t(id) values (1)`,
      tables: { t: [[1, true, false, true, true, false]] },
      columns: {
        t: 'id bigint identity, a boolean default true, b boolean not null default false, c boolean default true, d boolean default true, e boolean default false',
      },
    }))

  test('NOT NULL and defaults of an empty table are there', () =>
    expectCase({
      sqlite: 'create table t(id integer primary key, a integer not null default 5, b text not null)',
      tables: { t: [] },
      columns: { t: 'id bigint identity, a bigint not null default 5, b text not null' },
      afterwards: { "insert into t(b) values ('x') returning id, a": [[1, 5]], 'insert into t(a) values (1)': '23502' },
    }))

  test('a default that SQLite alone can compute is left out and named', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text default (sqlite_version())); insert into t values (1, 'x')`,
      tables: { t: [[1, 'x']] },
      columns: { t: 'id bigint identity, a text' },
      notCarried: { 'default a': /sqlite_version/i },
    }))

  test('local time is that of the session, and told', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text default (datetime('now', 'localtime'))); insert into t values (1, 'x')`,
      tables: { t: [[1, 'x']] },
      warnings: { 'default-changed t.a': /time zone/ },
      afterwards: {
        "set time zone 'Pacific/Auckland'": [],
        'insert into t default values returning abs(extract(epoch from localtimestamp - a::timestamp)) < 60': [[true]],
      },
    }))
})
