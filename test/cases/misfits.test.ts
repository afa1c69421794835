import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('values that do not fit their column', () => {
  test('fractions in an INTEGER column make it numeric', () =>
    expectCase({
      sqlite:
        'create table t(id integer primary key, n integer); insert into t values (1, 10), (2, 1.5), (3, 1e20), (4, 99)',
      tables: {
        t: [
          [1, '10'],
          [2, '1.5'],
          [3, '100000000000000000000'],
          [4, '99'],
        ],
      },
      columns: { t: 'id bigint identity, n numeric' },
      warnings: { 'type-widened t.n': /2 of 4 values do not fit bigint.*1\.5 \(id 2\)/ },
    }))

  test('words in an INTEGER column make it text, and an empty text stays one there', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer); insert into t values (1, 10), (2, 'abc'), (3, ''), (4, '12.5')`,
      tables: {
        t: [
          [1, '10'],
          [2, 'abc'],
          [3, ''],
          [4, '12.5'],
        ],
      },
      columns: { t: 'id bigint identity, n text' },
      warnings: { 'type-widened t.n': /'abc' \(id 2\)/ },
    }))

  test('an empty text in an INTEGER column is NULL, and listed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer); insert into t values (1, 10), (2, ''), (3, null)`,
      tables: {
        t: [
          [1, 10],
          [2, null],
          [3, null],
        ],
      },
      columns: { t: 'id bigint identity, n bigint' },
      altered: [
        { table: 't', key: { id: 2 }, column: 'n', before: '', after: null, rule: 'empty-to-null', declared: true },
      ],
    }))

  test('words and decimal commas in REAL columns make them text, and no number changes', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n real, m double); insert into t values (1, 10, 1), (2, 'abc', '1,5'), (3, 2.5, 3)`,
      tables: {
        t: [
          [1, '10.0', '1.0'],
          [2, 'abc', '1,5'],
          [3, '2.5', '3.0'],
        ],
      },
      columns: { t: 'id bigint identity, n text, m text' },
      warnings: { 'type-widened t.n': /'abc' \(id 2\)/, 'type-widened t.m': /'1,5' \(id 2\)/ },
    }))

  test('bytes in an INTEGER column', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer); insert into t values (1, 10), (2, x'00ff')`,
      exitCode: 5,
      tables: {
        t: [
          [1, '10'],
          [2, '\\x00ff'],
        ],
      },
      columns: { t: 'id bigint identity, n text' },
      warnings: { 'type-widened t.n': /x'00ff' \(id 2\)/, 'blob-as-hex t.n': /x'00ff' \(id 2\)/ },
      altered: [{ key: { id: 2 }, column: 'n', rule: 'blob-to-hex' }],
    }))

  test('numbers and texts in a TEXT column, and bytes that are text', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, s text); insert into t values (1, 123), (2, 1.50), (3, x'616263'), (4, 'x'), (5, null), (6, '007')`,
      tables: {
        t: [
          [1, '123'],
          [2, '1.5'],
          [3, 'abc'],
          [4, 'x'],
          [5, null],
          [6, '007'],
        ],
      },
      columns: { t: 'id bigint identity, s text' },
    }))

  test('bytes in a TEXT column that are no text are written as \\x…, and listed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, s text); insert into t values (1, 'x'), (2, x'00ff'), (3, x'66fc')`,
      exitCode: 5,
      tables: {
        t: [
          [1, 'x'],
          [2, '\\x00ff'],
          [3, '\\x66fc'],
        ],
      },
      columns: { t: 'id bigint identity, s text' },
      warnings: { 'blob-as-hex t.s': /2 blobs.*x'00ff' \(id 2\)/ },
      altered: [
        { key: { id: 2 }, column: 's', rule: 'blob-to-hex' },
        { key: { id: 3 }, column: 's', rule: 'blob-to-hex' },
      ],
    }))

  test('numbers in a BLOB column are the bytes of their text', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, b blob); insert into t values (1, 42), (2, 1.5), (3, x'00')`,
      tables: {
        t: [
          [1, '\\x3432'],
          [2, '\\x312e35'],
          [3, '\\x00'],
        ],
      },
      columns: { t: 'id bigint identity, b bytea' },
      warnings: { 'text-in-blob t.b': /bytes of the text/ },
    }))

  test('onMisfit: reject keeps the type, loads every good row and lists the others with key, column and value', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer, w text);
        insert into t values (1, 10, 'a'), (2, 'abc', 'b'), (3, 30, 'c'), (4, '1,5', 'd'), (5, '', 'e')`,
      config: { onMisfit: 'reject' },
      exitCode: 5,
      tables: {
        t: [
          [1, 10, 'a'],
          [3, 30, 'c'],
          [5, null, 'e'],
        ],
      },
      columns: { t: 'id bigint identity, n bigint, w text' },
      warnings: { 'misfits-expected t.n': /'abc' \(id 2\)/ },
      rejected: [
        { table: 't', key: { id: 2 }, column: 'n', value: 'abc', code: 'DATA_MISFIT' },
        { table: 't', key: { id: 4 }, column: 'n', value: '1,5', code: 'DATA_MISFIT' },
      ],
      altered: [{ key: { id: 5 }, column: 'n', rule: 'empty-to-null', declared: true }],
    }))

  test('onMisfit: null keeps the type and the row, and lists the value', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n integer); insert into t values (1, 10), (2, 'abc'), (3, 30)`,
      config: { tables: { t: { columns: { n: { onMisfit: 'null' } } } } },
      exitCode: 5,
      tables: {
        t: [
          [1, 10],
          [2, null],
          [3, 30],
        ],
      },
      columns: { t: 'id bigint identity, n bigint' },
      warnings: { 'misfits-expected t.n': /'abc' \(id 2\)/ },
      altered: [{ key: { id: 2 }, column: 'n', before: 'abc', after: null, rule: 'misfit-to-null', declared: false }],
    }))

  test('a whole number too large for a double and a fraction in one column', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, n numeric); insert into t values (1, 9007199254740993), (2, 0.5)`,
      tables: {
        t: [
          [1, '9007199254740993'],
          [2, '0.5'],
        ],
      },
      columns: { t: 'id bigint identity, n numeric' },
    }))
})
