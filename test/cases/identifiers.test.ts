import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

const long = 'a_very_long_name_that_goes_on_beyond_the_sixty_three_bytes_that_postgresql_keeps'

describe.concurrent('identifiers', () => {
  test('capitals, umlauts and reserved words are kept in tables, columns, keys, sequences and indexes', () =>
    expectCase({
      sqlite: `create table "UserAccount"("Id" integer primary key autoincrement, "firstName" text unique, "Äpfel" text);
        create table "user"("order" integer primary key, "select" text, "group" text, "table" text, "end" text, "default" text default 'x', "references" integer references "user"("order"));
        create index "where" on "user"("group");
        insert into "UserAccount" values (1, 'x', 'y'); insert into "user" values (1, 'a', 'b', 'c', 'd', 'e', 1)`,
      tables: { UserAccount: [[1, 'x', 'y']], user: [[1, 'a', 'b', 'c', 'd', 'e', 1]] },
      columns: { UserAccount: 'Id bigint identity, firstName text, Äpfel text' },
      constraints: {
        UserAccount: ['PRIMARY KEY ("Id")', 'UNIQUE ("firstName")'],
        user: [
          'FOREIGN KEY ("references") REFERENCES "user"("order")',
          'INDEX "where" ("group")',
          'PRIMARY KEY ("order")',
        ],
      },
      afterwards: {
        'insert into "UserAccount"("firstName") values ($$z$$) returning "Id"': [[2]],
        'insert into "user"("references") values (1) returning "order", "default"': [[2, 'x']],
      },
    }))

  test('names with blanks, dots, dashes, digits and signs', () =>
    expectCase({
      sqlite: `create table "my table"("a col" text, "日本" text, "dot.name" text, "1st" text, "pct%" text, "a-b" text);
        create table "a.b"(id integer primary key); create table "c-d"(id integer primary key references "a.b");
        insert into "my table" values ('1', '2', '3', '4', '5', '6'); insert into "a.b" values (1); insert into "c-d" values (1)`,
      tables: { 'my table': [['1', '2', '3', '4', '5', '6']], 'a.b': [[1]], 'c-d': [[1]] },
      columns: { 'my table': 'a col text, 日本 text, dot.name text, 1st text, pct% text, a-b text' },
      constraints: { 'c-d': ['FOREIGN KEY (id) REFERENCES "a.b"(id)', 'PRIMARY KEY (id)'] },
    }))

  test('quotes, backticks, semicolons, backslashes and brackets in names', () =>
    expectCase({
      sqlite: `create table "ta""ble; drop table x; --"("say ""hi""" text not null default 'd', "back\`tick" integer primary key, "semi;colon" text, [brac ket] text, "it's" text, "back\\slash" text);
        create index "in""dex" on "ta""ble; drop table x; --"("say ""hi""" desc);
        insert into "ta""ble; drop table x; --" values ('1', 2, '3', '4', '5', '6')`,
      tables: { 'ta"ble; drop table x; --': [['1', 2, '3', '4', '5', '6']] },
      columns: {
        'ta"ble; drop table x; --': `say "hi" text not null default 'd'::text, back\`tick bigint identity, semi;colon text, brac ket text, it's text, back\\slash text`,
      },
      afterwards: {
        'insert into "ta""ble; drop table x; --"("it\'s") values ($$x$$) returning "say ""hi""", "back`tick"': [
          ['d', 3],
        ],
      },
    }))

  test('empty names, which PostgreSQL has not, get one, and it is told', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, "" text); create table ""(a text); insert into t values (1, 'x'); insert into "" values ('y')`,
      tables: { t: [[1, 'x']], table_without_name: [['y']] },
      columns: { t: 'id bigint identity, column_2 text' },
      warnings: { 'name-changed t.': /becomes "column_2"/, 'name-changed': /becomes "table_without_name"/ },
    }))

  test('columns that every PostgreSQL table has already', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, xmin text, oid integer, tableoid text, ctid text, "xmin_" text); insert into t values (1, 'a', 2, 'b', 'c', 'd')`,
      tables: { t: [[1, 'a', 2, 'b', 'c', 'd']] },
      columns: { t: 'id bigint identity, xmin_ text, oid bigint, tableoid_ text, ctid_ text, xmin__2 text' },
      warnings: {
        'name-changed t.xmin': /"xmin_"/,
        'name-changed t.tableoid': /"tableoid_"/,
        'name-changed t.ctid': /"ctid_"/,
        'name-changed t.xmin_': /taken/,
      },
    }))

  test('tables and columns that are alike in their first 63 bytes stay apart', () =>
    expectCase({
      sqlite: `create table ${long}_one(id integer primary key, ${long}_x1 text, ${long}_x2 text);
        create table ${long}_two(id integer primary key, v text);
        insert into ${long}_one values (1, 'x1', 'x2'); insert into ${long}_two values (1, 'two')`,
      tables: {
        a_very_long_name_that_goes_on_beyond_the_sixty_three_b_d6006d49: [[1, 'x1', 'x2']],
        a_very_long_name_that_goes_on_beyond_the_sixty_three_b_324f0ac7: [[1, 'two']],
      },
      warnings: {
        [`name-changed ${long}_one`]: /longer than 63 bytes/,
        [`name-changed ${long}_two`]: /longer than 63 bytes/,
        [`name-changed ${long}_one.${long}_x1`]: /longer than 63 bytes/,
        [`name-changed ${long}_one.${long}_x2`]: /longer than 63 bytes/,
      },
    }))

  test('a view whose name is shortened is found again under its new name', () =>
    expectCase({
      sqlite: `create table t(id integer primary key); insert into t values (1); create view ${'v'.repeat(70)} as select id from t`,
      tables: { t: [[1]], [`${'v'.repeat(54)}_a5912ccf`]: [[1]] },
    }))

  test('the limit counts bytes, not characters, and no character is cut in two', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, "${'日本語'.repeat(8)}" text, "${'日本語'.repeat(7)}" text); insert into t values (1, 'x', 'y')`,
      tables: { t: [[1, 'x', 'y']] },
      columns: { t: `id bigint identity, ${'日本語'.repeat(6)}_c95d19e7 text, ${'日本語'.repeat(7)} text` },
      warnings: { [`name-changed t.${'日本語'.repeat(8)}`]: /longer than 63 bytes/ },
    }))

  test('names that are alike but for signs stay apart', () =>
    expectCase({
      sqlite: `create table "T1"(id integer primary key); create table x("aB" text);
        create table y(a_b text, "a b" text, "a-b" text); insert into "T1" values (1); insert into y values ('1', '2', '3')`,
      tables: { T1: [[1]], x: [], y: [['1', '2', '3']] },
      columns: { x: 'aB text', y: 'a_b text, a b text, a-b text' },
    }))

  test('naming: snake_case finds its collisions before anything is made', () =>
    expectCase({
      sqlite: `create table "UserAccount"(id integer primary key, "userName" text, user_name text, "isAdmin" boolean);
        create table user_account(id integer primary key references "UserAccount");
        insert into "UserAccount" values (1, 'a', 'b', 1); insert into user_account values (1)`,
      config: { naming: 'snake_case' },
      tables: { user_account: [[1, 'a', 'b', true]], user_account_2: [[1]] },
      columns: { user_account: 'id bigint identity, user_name text, user_name_2 text, is_admin boolean' },
      constraints: { user_account_2: ['FOREIGN KEY (id) REFERENCES user_account(id)', 'PRIMARY KEY (id)'] },
      warnings: {
        'name-changed UserAccount': /"user_account": naming: snake_case/,
        'name-changed user_account': /"user_account_2": the name is taken/,
        'name-changed UserAccount.userName': /"user_name": naming: snake_case/,
        'name-changed UserAccount.user_name': /"user_name_2": the name is taken/,
        'name-changed UserAccount.isAdmin': /"is_admin"/,
      },
    }))

  test('a name that an index of another table has is no obstacle', () =>
    expectCase({
      sqlite: `create table a(id integer primary key, v text); create index b_pkey on a(v); create table b(id integer primary key);
        insert into a values (1, 'x'); insert into b values (1)`,
      tables: { a: [[1, 'x']], b: [[1]] },
      constraints: { b: ['PRIMARY KEY (id)'] },
    }))

  test('in a list of tables _ and % stand for themselves', () =>
    expectCase({
      sqlite: `create table log_a(v text); create table logxa(v text); create table "log%"(v text); create table logs(v text);
        insert into log_a values ('1'); insert into "log%" values ('2')`,
      config: { tables: ['log_a', 'log%'] },
      tables: { log_a: [['1']], 'log%': [['2']] },
    }))
})
