import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('keys and sequences', () => {
  test('an INTEGER PRIMARY KEY becomes an identity that goes on behind the highest id', () =>
    expectCase({
      sqlite: `create table notes(id integer primary key, body text);
        insert into notes values (1, 'first'), (5, 'fifth')`,
      tables: {
        notes: [
          [1, 'first'],
          [5, 'fifth'],
        ],
      },
      columns: { notes: 'id bigint identity, body text' },
      constraints: { notes: ['PRIMARY KEY (id)'] },
      afterwards: {
        "insert into notes(body) values ('next') returning id": [[6]],
        "insert into notes values (60, 'own id')": [],
        "select count(*) from pg_stats where tablename = 'notes'": [[2]],
      },
    }))

  test('AUTOINCREMENT never gives a deleted id again', () =>
    expectCase({
      sqlite: `create table notes(id integer primary key autoincrement, body text);
        insert into notes values (1, 'stays'), (100, 'goes'); delete from notes where id = 100`,
      tables: { notes: [[1, 'stays']] },
      columns: { notes: 'id bigint identity, body text' },
      afterwards: { "insert into notes(body) values ('next') returning id": [[101]] },
    }))

  test('AUTOINCREMENT of a table that was never used begins with 1', () =>
    expectCase({
      sqlite: 'create table notes(id integer primary key autoincrement not null, body text)',
      tables: { notes: [] },
      columns: { notes: 'id bigint identity, body text' },
      afterwards: { "insert into notes(body) values ('first') returning id": [[1]] },
    }))

  test('AUTOINCREMENT of a table that was emptied goes on where it was', () =>
    expectCase({
      sqlite: `create table "Notes"("Id" integer primary key autoincrement);
        insert into "Notes" values (1), (2), (3); delete from "Notes"`,
      tables: { Notes: [] },
      columns: { Notes: 'Id bigint identity' },
      afterwards: { 'insert into "Notes" default values returning "Id"': [[4]] },
    }))

  test('negative ids do not send the sequence below 1', () =>
    expectCase({
      sqlite: `create table notes(id integer primary key, body text); insert into notes values (-7, 'a'), (-1, 'b')`,
      tables: {
        notes: [
          [-7, 'a'],
          [-1, 'b'],
        ],
      },
      afterwards: { "insert into notes(body) values ('next') returning id": [[1]] },
    }))

  test('the highest id that there is: loaded, and told that no next one exists', () =>
    expectCase({
      sqlite: `create table far(id integer primary key, a integer, b int, c bigint, d smallint, e tinyint, f mediumint);
        insert into far values (9223372036854775807, -9223372036854775808, 2147483647, 9223372036854775807, 32767, 127, 8388607)`,
      tables: {
        far: [[9223372036854775807n, -9223372036854775808n, 2147483647, 9223372036854775807n, 32767, 127, 8388607]],
      },
      columns: { far: 'id bigint identity, a bigint, b bigint, c bigint, d bigint, e bigint, f bigint' },
      warnings: { 'sequence-exhausted far.id': /9223372036854775807.*next insert without a key will fail/ },
      afterwards: { 'insert into far(a) values (1)': '2200H' },
    }))

  test('an INT key, which is no rowid, with NULLs becomes a unique index and says how many', () =>
    expectCase({
      sqlite: `create table legacy(id int primary key, v text);
        insert into legacy values (1, 'a'), (null, 'b'), (null, 'c')`,
      tables: {
        legacy: [
          [1, 'a'],
          [null, 'b'],
          [null, 'c'],
        ],
      },
      columns: { legacy: 'id bigint, v text' },
      constraints: { legacy: ['UNIQUE INDEX legacy_pkey (id)'] },
      changed: { 'primary-key legacy_pkey': /unique index: 2 rows have NULL in id/ },
      afterwards: { "insert into legacy values (1, 'again')": '23505', "insert into legacy values (null, 'd')": [] },
    }))

  test('an INT key without NULLs stays a key, without identity: SQLite gave it no numbers either', () =>
    expectCase({
      sqlite: `create table legacy(id int primary key, v text); insert into legacy values (2, 'b'), (1, 'a')`,
      tables: {
        legacy: [
          [2, 'b'],
          [1, 'a'],
        ],
      },
      columns: { legacy: 'id bigint, v text' },
      constraints: { legacy: ['PRIMARY KEY (id)'] },
    }))

  test('a text key with several NULLs becomes a unique index', () =>
    expectCase({
      sqlite: `create table tags(k text primary key, v text);
        insert into tags values (null, 'a'), (null, 'b'), ('x', 'c')`,
      tables: {
        tags: [
          [null, 'a'],
          [null, 'b'],
          ['x', 'c'],
        ],
      },
      constraints: { tags: ['UNIQUE INDEX tags_pkey (k)'] },
      changed: { 'primary-key tags_pkey': /2 rows have NULL in k/ },
    }))

  test('a key keeps the order it was declared in', () =>
    expectCase({
      sqlite: `create table pairs(a integer, b integer, v text, primary key(b, a)); insert into pairs values (1, 2, 'x')`,
      tables: { pairs: [[1, 2, 'x']] },
      columns: { pairs: 'a bigint, b bigint, v text' },
      constraints: { pairs: ['PRIMARY KEY (b, a)'] },
    }))

  test('a WITHOUT ROWID table keeps its text key', () =>
    expectCase({
      sqlite: `create table settings(k text primary key, v integer) without rowid; insert into settings values ('a', 1), ('b', 2)`,
      tables: {
        settings: [
          ['a', 1],
          ['b', 2],
        ],
      },
      columns: { settings: 'k text, v bigint' },
      constraints: { settings: ['PRIMARY KEY (k)'] },
    }))

  test('the key of Entity Framework keeps its name and its mixed case', () =>
    expectCase({
      sqlite: `create table "__EFMigrationsHistory"(
          "MigrationId" text not null constraint "PK___EFMigrationsHistory" primary key, "ProductVersion" text not null);
        insert into "__EFMigrationsHistory" values ('2023_Init', '7.0')`,
      tables: { __EFMigrationsHistory: [['2023_Init', '7.0']] },
      columns: { __EFMigrationsHistory: 'MigrationId text, ProductVersion text not null' },
      constraints: { __EFMigrationsHistory: ['PRIMARY KEY ("MigrationId")'] },
      afterwards: {
        "select conname from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace": [
          ['PK___EFMigrationsHistory'],
        ],
      },
    }))

  test('tables without key are carried, whatever names of the rowid their columns take', () =>
    expectCase({
      sqlite: `create table plain(a text, b text); insert into plain values ('x', 'y');
        create table one(rowid text, b text); insert into one values ('x', 'y');
        create table three(rowid text, oid text, _rowid_ text); insert into three values ('1', '2', '3'), ('1', '2', '3')`,
      tables: {
        plain: [['x', 'y']],
        one: [['x', 'y']],
        three: [
          ['1', '2', '3'],
          ['1', '2', '3'],
        ],
      },
      columns: { one: 'rowid text, b text', three: 'rowid text, oid text, _rowid_ text' },
      constraints: { plain: [], one: [], three: [] },
    }))

  test('a row that is rejected in a table without key is named by its rowid', () =>
    expectCase({
      sqlite: `create table readings(n integer); insert into readings(rowid, n) values (10, 1), (20, 'much'), (30, 3)`,
      config: { onMisfit: 'reject' },
      exitCode: 5,
      tables: { readings: [[1], [3]] },
      warnings: { 'misfits-expected readings.n': /'much' \(rowid 20\)/ },
      rejected: [{ table: 'readings', key: { rowid: 20 }, column: 'n', value: 'much' }],
    }))
})
