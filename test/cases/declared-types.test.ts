import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

/** Declared name, a value that fits it, the type it becomes, and the value there. */
const declaredNames: readonly (readonly [declared: string, value: string, type: string, stored: string | number])[] = [
  ['INT', '7', 'bigint', 7],
  ['TINYINT', '7', 'bigint', 7],
  ['MEDIUMINT', '7', 'bigint', 7],
  ['BIGINT(20)', '7', 'bigint', 7],
  ['INT2', '7', 'bigint', 7],
  ['INT4', '7', 'bigint', 7],
  ['INT8', '7', 'bigint', 7],
  ['INTEGER(11)', '7', 'bigint', 7],
  ['UNSIGNED BIG INT', '7', 'bigint', 7],
  ['BIGINT UNSIGNED', '7', 'bigint', 7],
  ['INTEGER UNSIGNED', '4294967295', 'bigint', 4294967295],
  ['CHAR_INT', '7', 'bigint', 7],
  ['YEAR', '2024', 'bigint', 2024],
  ['REAL', '0.1', 'double precision', 0.1],
  ['FLOAT', '16777217', 'double precision', 16777217],
  ['FLOAT4', '0.1', 'double precision', 0.1],
  ['FLOAT8', '0.1', 'double precision', 0.1],
  ['DOUBLE PRECISION', '0.1', 'double precision', 0.1],
  ['NUM', '1.5', 'numeric', 1.5],
  ['NUMBER', '1.5', 'numeric', 1.5],
  ['CURRENCY', '9.99', 'numeric', 9.99],
  ['MONEY', '9.99', 'numeric', 9.99],
  ['DECIMAL (10, 2)', '1.5', 'numeric(10,2)', '1.50'],
  ['NUMERIC(38)', '5', 'numeric(38,0)', 5],
  ['TEXT(50)', "'x'", 'text', 'x'],
  ['VARCHAR(255)', "'x'", 'text', 'x'],
  ['VARCHAR2(10)', "'x'", 'text', 'x'],
  ['LONGVARCHAR', "'x'", 'text', 'x'],
  ['"varchar(max)"', "'x'", 'text', 'x'],
  ['NATIVE CHARACTER(70)', "'x'", 'text', 'x'],
  ['VARYING CHARACTER(255)', "'x'", 'text', 'x'],
  ['STRING', "'x'", 'text', 'x'],
  ['TINYTEXT', "'x'", 'text', 'x'],
  ['MEDIUMTEXT', "'x'", 'text', 'x'],
  ['LONGTEXT', "'x'", 'text', 'x'],
  ['NTEXT', "'x'", 'text', 'x'],
  ['CLOB', "'x'", 'text', 'x'],
  ['ENUM', "'x'", 'text', 'x'],
  ['"my type"', "'x'", 'text', 'x'],
  ['FOOBAR', "'x'", 'text', 'x'],
  ['ANY', "'x'", 'text', 'x'],
  ['"text[]"', "'{a}'", 'text', '{a}'],
  ['BINARY(16)', "x'00ff'", 'bytea', '\\x00ff'],
  ['VARBINARY(8)', "x'00ff'", 'bytea', '\\x00ff'],
  ['LONGBLOB', "x'00ff'", 'bytea', '\\x00ff'],
  ['"BYTE[]"', "x'00ff'", 'bytea', '\\x00ff'],
  ['IMAGE', "x'00ff'", 'bytea', '\\x00ff'],
  ['GEOMETRY', "x'4750000100ff'", 'bytea', '\\x4750000100ff'],
  ['F32_BLOB(3)', "x'0000803f'", 'bytea', '\\x0000803f'],
  ['VECTOR(3)', "x'0000803f'", 'bytea', '\\x0000803f'],
  ['BOOL', '1', 'boolean', 't'],
  ['BIT', '1', 'boolean', 't'],
  ['DATE', "'2024-02-29'", 'date', '2024-02-29'],
  ['TIME', "'12:34:56'", 'time without time zone', '12:34:56'],
  ['DATETIME2', "'2024-02-29 12:34:56'", 'timestamp without time zone', '2024-02-29 12:34:56'],
  ['SMALLDATETIME', "'2024-02-29 12:34:56'", 'timestamp without time zone', '2024-02-29 12:34:56'],
  ['DATETEXT', "'2024-02-29'", 'text', '2024-02-29'],
  ['TIMESTAMP WITH TIME ZONE', "'2024-01-01 00:00:00+02'", 'timestamp with time zone', '2023-12-31 22:00:00+00'],
  ['"TIMESTAMP WITHOUT TIME ZONE"', "'2024-01-01 00:00:00'", 'timestamp without time zone', '2024-01-01 00:00:00'],
  ['JSON', `'{"a":1}'`, 'jsonb', '{"a": 1}'],
  ['JSONB', "'[]'", 'jsonb', '[]'],
  ['GUID', "'7F9C24E8-3B12-4FEF-91E0-56A2D5A8A1B2'", 'uuid', '7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2'],
  ['UNIQUEIDENTIFIER', "'{7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2}'", 'uuid', '7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2'],
]

describe.concurrent('declared types', () => {
  test('every declared name finds a type that holds its values', () =>
    expectCase({
      sqlite: `create table t(${declaredNames.map(([declared], n) => `c${n} ${declared}`).join(', ')});
        insert into t values (${declaredNames.map(([, value]) => value).join(', ')})`,
      tables: { t: [declaredNames.map(([, , , stored]) => stored)] },
      columns: { t: declaredNames.map(([, , type], n) => `c${n} ${type}`).join(', ') },
    }))

  test('one table with a type nobody knows does not keep the others out', () =>
    expectCase({
      sqlite: `create table before(id integer primary key, v text); insert into before values (1, 'x');
        create table odd(id integer primary key, v FOOBAR);
        create table behind(id integer primary key, v text); insert into behind values (1, 'x')`,
      tables: { before: [[1, 'x']], odd: [], behind: [[1, 'x']] },
      columns: { odd: 'id bigint identity, v text' },
    }))

  test('the types that CREATE TABLE AS leaves behind', () =>
    expectCase({
      sqlite: `create table a(i int, r real, n decimal(5,2), t text, b blob); insert into a values (1, 0.5, 1.25, 'x', x'01');
        create table b as select *, i + 1 as sum, 'k' as word from a`,
      config: { tables: ['b'] },
      tables: { b: [[1, 0.5, 1.25, 'x', '\\x01', 2, 'k']] },
      columns: { b: 'i bigint, r double precision, n numeric, t text, b bytea, sum bigint, word text' },
    }))

  test('lengths of declared texts bind nobody in SQLite, so they are not carried', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, s varchar(5), c char(3), d nvarchar(4), e character varying(3));
        insert into t values (1, 'abcdefghij', 'abcdef', 'abcdef', 'abcdef')`,
      tables: { t: [[1, 'abcdefghij', 'abcdef', 'abcdef', 'abcdef']] },
      columns: { t: 'id bigint identity, s text, c text, d text, e text' },
    }))

  test('small and unsigned integers hold what they hold, not what their names say', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a smallint, b tinyint, c integer unsigned);
        insert into t values (1, 1, 1, 1), (2, 40000, 1, 4294967295), (3, 3, 70000, 3)`,
      tables: {
        t: [
          [1, 1, 1, 1],
          [2, 40000, 1, 4294967295],
          [3, 3, 70000, 3],
        ],
      },
      columns: { t: 'id bigint identity, a bigint, b bigint, c bigint' },
    }))

  test('reals keep all their digits, and a unique key on them holds', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a real unique, b double, c float, d double precision);
        insert into t values (1, 3.141592653589793, 3.141592653589793, 3.141592653589793, 3.141592653589793),
          (2, 1e308, 1e308, 1e308, 1e308), (3, 1e-310, 123456789.123456789, 16777217, 0.1),
          (4, 0.1, 0.30000000000000004, null, 0), (5, 0.10000000000000002, 0.3, 1e100, 1)`,
      tables: {
        t: [
          [1, 3.141592653589793, 3.141592653589793, 3.141592653589793, 3.141592653589793],
          [2, '1e+308', '1e+308', '1e+308', '1e+308'],
          [3, '1e-310', 123456789.12345679, 16777217, 0.1],
          [4, 0.1, 0.30000000000000004, null, 0],
          [5, 0.10000000000000002, 0.3, '1e+100', 1],
        ],
      },
      columns: {
        t: 'id bigint identity, a double precision, b double precision, c double precision, d double precision',
      },
      constraints: { t: ['PRIMARY KEY (id)', 'UNIQUE (a)'] },
    }))

  test('the smallest and the largest doubles, and infinities', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a real, b double);
        insert into t values (1, -0.0, 5e-324), (2, 1.7976931348623157e308, 2.2250738585072014e-308), (3, 9e999, -9e999)`,
      tables: {
        t: [
          [1, 0, '5e-324'],
          [2, '1.7976931348623157e+308', '2.2250738585072014e-308'],
          [3, 'Infinity', '-Infinity'],
        ],
      },
      columns: { t: 'id bigint identity, a double precision, b double precision' },
    }))

  test('decimals keep their declared digits only where nothing is rounded', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a decimal(10,2), b numeric, c numeric(5,1), d money, e decimal(10,2));
        insert into t values (1, 1230.99, 12345678901234567890, 1.25, 9.99, 0.5), (2, 12345678901.55, 0.1, 99999.9, '$5', -3)`,
      tables: {
        t: [
          [1, '1230.99', '12345678901234567000', '1.25', '9.99', '0.50'],
          [2, '12345678901.55', '0.1', '99999.9', '$5', '-3.00'],
        ],
      },
      columns: { t: 'id bigint identity, a numeric, b numeric, c numeric, d text, e numeric(10,2)' },
      warnings: {
        'type-widened t.a': /11 digits before and 2 behind the point/,
        'type-widened t.c': /5 digits before and 2 behind the point/,
        'type-widened t.d': /'\$5' \(id 2\)/,
      },
    }))

  test('a decimal that is no number makes the column text, with the digits that SQLite had kept', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a decimal(20,10));
        insert into t values (1, '123456789.1234567891'), (2, '0.10'), (3, 'abc')`,
      tables: {
        t: [
          [1, '123456789.12345679'],
          [2, '0.1'],
          [3, 'abc'],
        ],
      },
      columns: { t: 'id bigint identity, a text' },
      warnings: { 'type-widened t.a': /'abc' \(id 3\)/ },
    }))

  test('decimals kept as text stay text, digit by digit', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a text); insert into t values (1, '12345678901234567890.123456789'), (2, '0.10')`,
      tables: {
        t: [
          [1, '12345678901234567890.123456789'],
          [2, '0.10'],
        ],
      },
      columns: { t: 'id bigint identity, a text' },
    }))

  test('a column without type becomes what its values are', () =>
    expectCase({
      sqlite: `create table t(a, b, c, d, e); insert into t values (1, 'x', x'00ff', 1, null), (2.5, null, x'', 2, null)`,
      tables: {
        t: [
          [1, 'x', '\\x00ff', 1, null],
          [2.5, null, '\\x', 2, null],
        ],
      },
      columns: { t: 'a double precision, b text, c bytea, d bigint, e text' },
    }))

  test('a column without type that mixes texts and bytes is text; bytes that are none are listed', () =>
    expectCase({
      sqlite: `create table t(a, b); insert into t values (1, x'00ff'), (1.5, 'z'), ('one', x'616263')`,
      exitCode: 5,
      tables: {
        t: [
          ['1', '\\x00ff'],
          ['1.5', 'z'],
          ['one', 'abc'],
        ],
      },
      columns: { t: 'a text, b text' },
      warnings: { 'blob-as-hex t.b': /x'00ff' \(rowid 1\)/ },
      altered: [{ table: 't', key: { rowid: 1 }, column: 'b', rule: 'blob-to-hex', declared: false }],
    }))

  test('a STRICT table with ANY', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a int, b text, c real, d blob, e any) strict;
        insert into t values (1, 2, 'x', 1.5, x'ff', 'any'), (2, 3000000000, 'y', 2, x'00', 42), (3, 1, 'z', 3, x'01', x'beef')`,
      exitCode: 5,
      tables: {
        t: [
          [1, 2, 'x', 1.5, '\\xff', 'any'],
          [2, 3000000000, 'y', 2, '\\x00', '42'],
          [3, 1, 'z', 3, '\\x01', '\\xbeef'],
        ],
      },
      columns: { t: 'id bigint identity, a bigint, b text, c double precision, d bytea, e text' },
      warnings: { 'blob-as-hex t.e': /x'beef' \(id 3\)/ },
      altered: [{ key: { id: 3 }, column: 'e', rule: 'blob-to-hex' }],
    }))

  test('a type that the configuration names is taken', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, small integer, flag integer, price text);
        insert into t values (1, 7, 1, '1.50'), (2, 8, 0, '2')`,
      config: {
        tables: {
          t: { columns: { small: { type: 'integer' }, flag: { type: 'boolean' }, price: { type: 'numeric(8,2)' } } },
        },
      },
      tables: {
        t: [
          [1, 7, true, '1.50'],
          [2, 8, false, '2.00'],
        ],
      },
      columns: { t: 'id bigint identity, small integer, flag boolean, price numeric(8,2)' },
    }))
})
