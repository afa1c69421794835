import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('constraints and indexes', () => {
  test('UNIQUE on one column and on several', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text unique, b text, c text, unique(b, c)); insert into t values (1, 'a', 'b', 'c')`,
      tables: { t: [[1, 'a', 'b', 'c']] },
      constraints: { t: ['PRIMARY KEY (id)', 'UNIQUE (a)', 'UNIQUE (b, c)'] },
      afterwards: { "insert into t(a) values ('a')": '23505' },
    }))

  test('constraints keep the names that they were given', () =>
    expectCase({
      sqlite: `create table t(a integer constraint "The Key" primary key, b text constraint one_b unique,
          c integer constraint positive check (c > 0), constraint pair unique (b, c)); insert into t values (1, 'x', 5)`,
      tables: { t: [[1, 'x', 5]] },
      constraints: { t: ['CHECK ((c > 0))', 'PRIMARY KEY (a)', 'UNIQUE (b)', 'UNIQUE (b, c)'] },
      afterwards: {
        "select conname from pg_constraint where conrelid = 't'::regclass and contype <> 'n' order by 1": [
          ['The Key'],
          ['one_b'],
          ['pair'],
          ['positive'],
        ],
      },
    }))

  test('CHECKs hold in PostgreSQL what they held in SQLite', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, price numeric check (price >= 0), kind text check (kind in ('a', 'b')),
          name text check (length(name) > 2), low integer, high integer, check (low <= high));
        insert into t values (1, 9.5, 'a', 'abc', 1, 2), (2, null, null, null, null, null)`,
      tables: {
        t: [
          [1, 9.5, 'a', 'abc', 1, 2],
          [2, null, null, null, null, null],
        ],
      },
      afterwards: {
        'insert into t(price) values (-1)': '23514',
        "insert into t(kind) values ('c')": '23514',
        "insert into t(name) values ('ab')": '23514',
        'insert into t(low, high) values (2, 1)': '23514',
        "insert into t(price, kind, name, low, high) values (0, 'b', 'äöü', 1, 1)": [],
      },
    }))

  test('a CHECK that rows contradict, or that nobody can translate, is named', () =>
    expectCase({
      sqlite: (db) => {
        db.exec(`create table t(id integer primary key, a text check (a glob upper(a)), b integer check (b > 0))`)
        db.exec(`pragma ignore_check_constraints = on; insert into t values (1, 'A', -5)`)
      },
      exitCode: 5,
      tables: { t: [[1, 'A', -5]] },
      constraints: { t: ['CHECK ((b > 0)) NOT VALID', 'PRIMARY KEY (id)'] },
      notCarried: { 'check t_check': /GLOB/i },
      changed: { 'check t_check1': /NOT VALID/ },
    }))

  test('NOT NULL is carried', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text not null, b integer not null, c text);
        insert into t values (1, '', 0, null)`,
      tables: { t: [[1, '', 0, null]] },
      columns: { t: 'id bigint identity, a text not null, b bigint not null, c text' },
    }))

  test('an empty text in a NOT NULL number stays a value', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer not null); insert into t values (1, 5), (2, '')`,
      tables: {
        t: [
          [1, '5'],
          [2, ''],
        ],
      },
      columns: { t: 'id bigint identity, n text not null' },
      warnings: { 'type-widened t.n': /'' \(id 2\)/ },
    }))

  test('ON CONFLICT clauses have no equivalent: the constraint is carried, the clause is named', () =>
    expectCase({
      sqlite: `create table t(id integer primary key on conflict replace, a text unique on conflict ignore, b text not null on conflict fail);
        insert into t values (1, 'x', 'y'), (2, 'x', 'z'), (1, 'z', 'w')`,
      tables: { t: [[1, 'z', 'w']] },
      columns: { t: 'id bigint identity, a text, b text not null' },
      constraints: { t: ['PRIMARY KEY (id)', 'UNIQUE (a)'] },
      notCarried: { 'table t ×3': /ON CONFLICT/ },
    }))

  test('NOCASE stays unique without regard to case, and says what it cannot do', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, e text collate nocase unique, r text collate rtrim);
        create index by_r on t(r collate nocase desc); insert into t values (1, 'Foo', 'x ')`,
      tables: { t: [[1, 'Foo', 'x ']] },
      constraints: {
        t: ['INDEX by_r (lower(r) DESC)', 'PRIMARY KEY (id)', 'UNIQUE INDEX t_e_key (lower(e))'],
      },
      changed: { 'unique t_e_key': /lower\(\)/, 'index by_r': /beyond ASCII/ },
      notCarried: { 'collation e': /lower\(\)/, 'collation r': /no such collation/ },
      afterwards: { "insert into t(e) values ('FOO')": '23505' },
    }))

  test('a collation of the application is named', () =>
    expectCase({
      sqlite: (db) => {
        db.exec(`create table t(id integer primary key, name text collate binary); insert into t values (1, 'ä')`)
        db.exec(
          `pragma writable_schema = on; update sqlite_master set sql = replace(sql, 'binary', 'german') where name = 't'`,
        )
      },
      tables: { t: [[1, 'ä']] },
      notCarried: { 'collation name': /no such collation/ },
      warnings: { 'collation-not-reproduced t.name': /german/ },
    }))

  test('partial indexes stay partial', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a integer, active integer);
        create index by_a on t(a) where active = 1;
        create unique index one_active on t(a) where active = 0;
        insert into t values (1, 1, 1), (2, 1, 1), (3, 1, 0)`,
      tables: {
        t: [
          [1, 1, 1],
          [2, 1, 1],
          [3, 1, 0],
        ],
      },
      constraints: {
        t: ['INDEX by_a (a) WHERE (active = 1)', 'PRIMARY KEY (id)', 'UNIQUE INDEX one_active (a) WHERE (active = 0)'],
      },
      afterwards: {
        'insert into t(a, active) values (1, 1) returning id': [[4]],
        'insert into t(a, active) values (1, 0)': '23505',
      },
    }))

  test('descending indexes, and indexes on expressions', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text, b integer);
        create index by_a on t(a desc, b asc); create index by_lower on t(lower(a)); create index by_length on t(a, length(a));
        create unique index by_sum on t(b + 1);
        insert into t values (1, 'A', 1)`,
      tables: { t: [[1, 'A', 1]] },
      changed: { 'index by_lower': /letters beyond ASCII/ },
      constraints: {
        t: [
          'INDEX by_a (a DESC, b)',
          'INDEX by_length (a, length(a))',
          'INDEX by_lower (lower(a))',
          'PRIMARY KEY (id)',
          'UNIQUE INDEX by_sum (((b + 1)))',
        ],
      },
    }))

  test('an index that PostgreSQL cannot have is named, and the others are there', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text, b blob); create index by_a on t(a); create index by_b on t(quote(a), b);
        insert into t values (1, 'x', null)`,
      tables: { t: [[1, 'x', null]] },
      constraints: { t: ['INDEX by_a (a)', 'PRIMARY KEY (id)'] },
      notCarried: { 'index by_b': /quote/i },
    }))

  test('index names with capitals, spaces, and ones that PostgreSQL has given away', () =>
    expectCase({
      sqlite: `create table t1(id integer primary key, a text); create table t2(id integer primary key, a text);
        create index t on t1(a); create index "Idx Weird-Name" on t2(a); create index t1_pkey on t2(a); 
        insert into t1 values (1, 'a')`,
      tables: { t1: [[1, 'a']], t2: [] },
      constraints: {
        t1: ['INDEX t (a)', 'PRIMARY KEY (id)'],
        t2: ['INDEX "Idx Weird-Name" (a)', 'INDEX t1_pkey_2 (a)', 'PRIMARY KEY (id)'],
      },
      changed: { 'index t1_pkey_2': /named t1_pkey_2/ },
    }))

  test('long index names that begin alike, as Django makes them, are shortened and stay apart', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text, b text);
        create index django_application_model_with_a_very_long_name_and_field_user_id_a1b2c3 on t(a);
        create index django_application_model_with_a_very_long_name_and_field_user_id_d4e5f6 on t(b)`,
      tables: { t: [] },
      changed: {
        'index django_application_model_with_a_very_long_name_and_fie_0065f3aa': /named/,
        'index django_application_model_with_a_very_long_name_and_fie_312052d1': /named/,
      },
      afterwards: {
        "select count(*), max(octet_length(indexname)) from pg_indexes where tablename = 't' and indexname like 'django%'":
          [[2, 63]],
      },
    }))
})
