import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

const uuid = '7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2'

describe.concurrent('bytes, JSON and UUIDs', () => {
  test('bytes arrive byte by byte: NUL, backslash, the empty one, zeroblob', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, b blob);
        insert into t values (1, x'00ff10800a0d5c09'), (2, x''), (3, null), (4, zeroblob(5))`,
      tables: {
        t: [
          [1, '\\x00ff10800a0d5c09'],
          [2, '\\x'],
          [3, null],
          [4, '\\x0000000000'],
        ],
      },
      columns: { t: 'id bigint identity, b bytea' },
    }))

  test('texts in a BLOB column are their bytes; what looks like base64 is not decoded', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, b blob);
        insert into t values (1, 'hello world'), (2, 'aGVsbG8='), (3, 'abcd'), (4, x'61'), (5, '-----BEGIN KEY-----')`,
      tables: {
        t: [
          [1, '\\x68656c6c6f20776f726c64'],
          [2, '\\x614756736247383d'],
          [3, '\\x61626364'],
          [4, '\\x61'],
          [5, '\\x2d2d2d2d2d424547494e204b45592d2d2d2d2d'],
        ],
      },
      columns: { t: 'id bigint identity, b bytea' },
      warnings: { 'text-in-blob t.b': /4 texts.*bytes of the text/ },
    }))

  test('JSON becomes jsonb, and can be asked', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j json, k jsonb);
        insert into t values (1, '{"a":1}', '{"a":1}'), (2, null, '[]'), (3, '"x"', 'null')`,
      tables: {
        t: [
          [1, '{"a": 1}', '{"a": 1}'],
          [2, null, '[]'],
          [3, '"x"', 'null'],
        ],
      },
      columns: { t: 'id bigint identity, j jsonb, k jsonb' },
      afterwards: { "select j -> 'a' from t where id = 1": [[1]] },
    }))

  test('JSON with \\u0000 or half a surrogate pair, which jsonb cannot hold, becomes json', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j json, k json);
        insert into t values (1, '{"a":"x\\u0000y"}', '"\\ud800"'), (2, '{"b": 1}', '[1]')`,
      tables: {
        t: [
          [1, '{"a":"x\\u0000y"}', '"\\ud800"'],
          [2, '{"b": 1}', '[1]'],
        ],
      },
      columns: { t: 'id bigint identity, j json, k json' },
      warnings: { 'type-widened t.j': /\(id 1\)/, 'type-widened t.k': /\(id 1\)/ },
    }))

  test('binary JSON that jsonb refuses becomes json, as its text form does', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j json, k jsonb, l json);
        insert into t values (1, jsonb('{"a":"x\\u0000y"}'), jsonb('"\\ud800"'), jsonb('[1e200000]')), (2, jsonb('{"b":1}'), '[1]', jsonb('2'))`,
      tables: {
        t: [
          [1, '{"a":"x\\u0000y"}', '"\\ud800"', '[1e200000]'],
          [2, '{"b":1}', '[1]', '2'],
        ],
      },
      columns: { t: 'id bigint identity, j json, k json, l json' },
      warnings: {
        'type-widened t.j': /1 binary JSON that jsonb refuses.*\(id 1\)/,
        'type-widened t.k': /\(id 1\)/,
        'type-widened t.l': /\(id 1\)/,
      },
    }))

  test('what is no JSON makes the column text', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j json); insert into t values (1, '{"a":1}'), (2, '{a:1}'), (3, 'NaN')`,
      tables: {
        t: [
          [1, '{"a":1}'],
          [2, '{a:1}'],
          [3, 'NaN'],
        ],
      },
      columns: { t: 'id bigint identity, j text' },
      warnings: { 'type-widened t.j': /'\{a:1\}' \(id 2\)/ },
    }))

  test("SQLite's binary JSON is JSON, in a column of that name", () =>
    expectCase({
      sqlite: `create table t(id integer primary key, j json, k jsonb);
        insert into t values (1, jsonb('{"a":[1,2.5,"x",null,true]}'), jsonb('"word"')), (2, '{"b":2}', jsonb('[]'))`,
      tables: {
        t: [
          [1, '{"a": [1, 2.5, "x", null, true]}', '"word"'],
          [2, '{"b": 2}', '[]'],
        ],
      },
      columns: { t: 'id bigint identity, j jsonb, k jsonb' },
    }))

  test('UUIDs as texts in any usual writing', () =>
    expectCase({
      sqlite: `create table t(id uuid primary key, g guid, u uniqueidentifier);
        insert into t values ('${uuid}', 'x', '${uuid.toUpperCase()}')`,
      tables: { t: [[uuid, 'x', uuid]] },
      columns: { t: 'id uuid, g text, u uuid' },
      constraints: { t: ['PRIMARY KEY (id)'] },
      warnings: { 'type-widened t.g': new RegExp(`'x' \\(id ${uuid}\\)`) },
    }))

  test('UUIDs as 16 bytes are taken in their order, with a word about the order of .NET', () =>
    expectCase({
      sqlite: `create table t(id uuid primary key, v text); insert into t values (x'${uuid.replaceAll('-', '')}', 'a')`,
      tables: { t: [[uuid, 'a']] },
      columns: { t: 'id uuid, v text' },
      warnings: { 'uuid-bytes t.id': /\.NET/ },
    }))

  test('a UUID column that also holds words is text', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, u uuid); insert into t values (1, '${uuid}'), (2, 'none')`,
      tables: {
        t: [
          [1, uuid],
          [2, 'none'],
        ],
      },
      columns: { t: 'id bigint identity, u text' },
      warnings: { 'type-widened t.u': /'none' \(id 2\)/ },
    }))
})
