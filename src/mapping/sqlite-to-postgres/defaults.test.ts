import { describe, expect, test } from 'vitest'
import { translateDefault } from './defaults.ts'

describe("a default becomes a value of the column's type", () => {
  test.each([
    ['bigint', '0', '0'],
    ['bigint', '-1', '-1'],
    ['bigint', '+1', '1'],
    ['bigint', "'0'", '0'],
    ['bigint', "'12'", '12'],
    ['bigint', '1e3', '1000'],
    ['bigint', '12.0', '12'],
    ['bigint', '0x1F', '31'],
    ['bigint', 'TRUE', '1'],
    ['bigint', 'false', '0'],
    ['bigint', '(1+2)', '(1::bigint + 2)'],
    ['bigint', '(-1)', '-1'],
    ['bigint', 'unixepoch()', 'floor(extract(epoch from now()))::bigint'],
    ['bigint', "strftime('%s','now')", 'floor(extract(epoch from now()))::bigint'],
    ['bigint', "(strftime('%s', 'now') * 1000)", '(floor(extract(epoch from now()))::bigint * 1000)'],
    [
      'bigint',
      "(cast((julianday('now') - 2440587.5)*86400000 as integer))",
      "trunc(((extract(epoch from now() at time zone 'utc')::double precision / 86400 + 2440587.5) - 2440587.5::double precision) * 86400000::double precision)::bigint",
    ],
    [
      'bigint',
      'random()',
      "('x' || left(gen_random_uuid()::text, 8) || right(gen_random_uuid()::text, 8))::bit(64)::bigint",
    ],
    ['bigint', 'NULL', 'null'],
    ['bigint', 'null', 'null'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['bigint', '-9223372036854775808', '-9223372036854775808'],
    ['integer', '2147483647', '2147483647'],
    ['text', "''", "''"],
    ['text', '""', "''"],
    ['text', "'it''s'", "'it''s'"],
    ['text', `"it's"`, "'it''s'"],
    ['text', 'undefined', "'undefined'"],
    ['text', '"undefined"', "'undefined'"],
    ['text', String.raw`'a\b'`, String.raw`E'a\\b'`],
    ['text', '0', "'0'"],
    ['text', '1.0', "'1.0'"],
    ['text', '1.5', "'1.5'"],
    ['text', "'[]'", "'[]'"],
    ['text', `'{"lat":0,"lon":0}'`, `'{"lat":0,"lon":0}'`],
    ['text', 'CURRENT_TIMESTAMP', "to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')"],
    ['text', 'current_date', "to_char(now() at time zone 'utc', 'YYYY-MM-DD')"],
    ['text', 'Current_Time', "to_char(now() at time zone 'utc', 'HH24:MI:SS')"],
    ['text', "(datetime('now'))", "to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')"],
    [
      'text',
      "(strftime('%Y-%m-%dT%H:%M:%fZ','now'))",
      `to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    ],
    [
      'text',
      "('r'||lower(hex(randomblob(7))))",
      "('r' || (right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 2)))",
    ],
    [
      'text',
      '(lower(hex(randomblob(16))))',
      '(right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 8))',
    ],
    ['text', '(hex(randomblob(4)))', 'upper(right(gen_random_uuid()::text, 8))'],
    ['text', '(json_array())', "'[]'"],
    [
      'text',
      "(datetime('now', '+1 day'))",
      "to_char((now() at time zone 'utc') + interval '+1 days', 'YYYY-MM-DD HH24:MI:SS')",
    ],
    ['boolean', '0', 'false'],
    ['boolean', '1', 'true'],
    ['boolean', 'FALSE', 'false'],
    ['boolean', 'true', 'true'],
    ['boolean', "'t'", 'true'],
    ['boolean', "'f'", 'false'],
    ['boolean', "'false'", 'false'],
    ['boolean', '0.0', 'false'],
    ['numeric(10,2)', 'false', '0'],
    ['numeric(10,2)', '0', '0'],
    ['numeric(10,2)', '0.0', '0'],
    ['numeric(10,2)', '1.25', '1.25'],
    ['numeric(10,2)', "'1.5'", '1.5'],
    ['numeric', 'false', '0'],
    ['numeric', '12345678901234567', '12345678901234567'],
    ['double precision', '0.0', '0'],
    ['double precision', '1e3', '1000'],
    ['double precision', '0', '0'],
    ['double precision', "'2.5'", '2.5'],
    ['double precision', '(1.0 / 3)', '(1::double precision / 3::double precision)'],
    ['bytea', "x'0102'", String.raw`E'\\x0102'::bytea`],
    ['bytea', "''", String.raw`E'\\x'::bytea`],
    ['bytea', "'abc'", String.raw`E'\\x616263'::bytea`],
    [
      'bytea',
      '(randomblob(8))',
      "decode((right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 4)), 'hex')",
    ],
    ['timestamp without time zone', 'CURRENT_TIMESTAMP', "(date_trunc('second', now() at time zone 'utc'))"],
    ['timestamp without time zone', 'current_timestamp', "(date_trunc('second', now() at time zone 'utc'))"],
    ['timestamp without time zone', "(datetime('now'))", "(date_trunc('second', now() at time zone 'utc'))"],
    [
      'timestamp without time zone',
      "(strftime('%Y-%m-%d %H:%M:%f','now'))",
      "(date_trunc('milliseconds', now() at time zone 'utc'))",
    ],
    ['timestamp without time zone', "'2024-01-01'", "'2024-01-01'::timestamp"],
    ['timestamp without time zone', "'2024-01-01 10:00'", "'2024-01-01 10:00:00'::timestamp"],
    ['timestamp without time zone', "'2024-01-01T10:00:00.123Z'", "'2024-01-01 10:00:00.123'::timestamp"],
    [
      'timestamp without time zone',
      "(datetime('now', '-7 days'))",
      "(date_trunc('second', (now() at time zone 'utc') + interval '-7 days'))",
    ],
    ['timestamp with time zone', 'CURRENT_TIMESTAMP', "date_trunc('second', now())"],
    ['timestamp with time zone', "(strftime('%Y-%m-%dT%H:%M:%fZ','now'))", "date_trunc('milliseconds', now())"],
    ['timestamp with time zone', "'2024-01-01T00:00:00Z'", "'2024-01-01 00:00:00+00:00'::timestamptz"],
    ['timestamp with time zone', "'2024-01-01'", "'2024-01-01 00:00:00+00:00'::timestamptz"],
    ['timestamp with time zone', "'2024-01-01 10:00:00+05:30'", "'2024-01-01 10:00:00+05:30'::timestamptz"],
    ['date', 'CURRENT_DATE', "((now() at time zone 'utc')::date)"],
    ['date', "(date('now'))", "((now() at time zone 'utc')::date)"],
    ['date', "'2024-02-29'", "'2024-02-29'::date"],
    ['date', 'CURRENT_TIMESTAMP', "((date_trunc('second', now() at time zone 'utc'))::date)"],
    ['date', "(date('now', 'start of month'))", "((date_trunc('month', now() at time zone 'utc'))::date)"],
    ['time without time zone', 'CURRENT_TIME', "(date_trunc('second', now() at time zone 'utc')::time)"],
    ['time without time zone', "'10:00'", "'10:00:00'::time"],
    ['time without time zone', "(time('now'))", "(date_trunc('second', now() at time zone 'utc')::time)"],
    ['jsonb', "'[]'", "'[]'::jsonb"],
    ['jsonb', '"{}"', "'{}'::jsonb"],
    ['jsonb', '(json_object())', "'{}'::jsonb"],
    ['jsonb', '0', "'0'::jsonb"],
    [
      'uuid',
      '(lower(hex(randomblob(16))))',
      '(right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 8))::uuid',
    ],
    ['uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"],
    [
      'uuid',
      '(randomblob(16))',
      "encode(decode((right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 8)), 'hex'), 'hex')::uuid",
    ],
    ['character varying(3)', "'abc'", "'abc'"],
  ])('%s DEFAULT %s', (type, text, sql) => {
    expect(translateDefault(text, type, { timeUnit: null })).toMatchObject({ ok: true, sql, type })
  })
})

describe('a default that would not be stored so is refused', () => {
  test.each([
    ['bigint', "'abc'", "'abc' does not fit the column's type bigint"],
    ['bigint', "''", "'' does not fit the column's type bigint"],
    ['bigint', '1.5', "1.5 does not fit the column's type bigint"],
    ['bigint', "x'00'", String.raw`E'\\x00'::bytea does not fit the column's type bigint`],
    ['bigint', 'CURRENT_TIMESTAMP', 'it gives a text expression, and the column is bigint'],
    ['bigint', `'"0"'`, `'"0"' does not fit the column's type bigint`],
    ['bigint', '9223372036854775808', "9223372036854776000 does not fit the column's type bigint"],
    ['smallint', '40000', "40000 does not fit the column's type smallint"],
    ['text', "x'00'", String.raw`E'\\x00'::bytea does not fit the column's type text`],
    [
      'text',
      "(datetime('now', '+1 month'))",
      "the modifier '+1 month' (a month after 31 January is 2 or 3 March in SQLite and the end of February in PostgreSQL)",
    ],
    ['text', '(uuid())', 'the function uuid() is not translated'],
    ['text', "(printf('%d', 1))", 'the function printf() is not translated'],
    [
      'text',
      '(round(1.5))',
      'it uses a double precision expression as text, and PostgreSQL may write it otherwise than SQLite',
    ],
    ['boolean', '2', "2 does not fit the column's type boolean"],
    ['boolean', "'maybe'", "'maybe' does not fit the column's type boolean"],
    ['boolean', "''", "'' does not fit the column's type boolean"],
    ['numeric(10,2)', '1.255', "1.255 does not fit the column's type numeric(10,2)"],
    ['numeric(10,2)', '123456789', "123456789 does not fit the column's type numeric(10,2)"],
    ['numeric(10,2)', "'x'", "'x' does not fit the column's type numeric(10,2)"],
    ['bytea', '1', "1 does not fit the column's type bytea"],
    ['timestamp without time zone', "''", "'' does not fit the column's type timestamp without time zone"],
    ['timestamp without time zone', "'now'", "'now' does not fit the column's type timestamp without time zone"],
    [
      'timestamp without time zone',
      "'0000-01-01T00:00:00.000Z'",
      "'0000-01-01T00:00:00.000Z' does not fit the column's type timestamp without time zone",
    ],
    [
      'timestamp without time zone',
      "'2023-02-29'",
      "'2023-02-29' does not fit the column's type timestamp without time zone",
    ],
    [
      'timestamp without time zone',
      'unixepoch()',
      'it gives a bigint expression, and the column is timestamp without time zone',
    ],
    ['timestamp without time zone', '0', "0 does not fit the column's type timestamp without time zone"],
    [
      'timestamp without time zone',
      "'2024-01-01 00:00:00+05:00'",
      "'2024-01-01 00:00:00+05:00' does not fit the column's type timestamp without time zone",
    ],
    ['date', "'2024-01-01 10:00:00'", "'2024-01-01 10:00:00' does not fit the column's type date"],
    ['date', "'24:00'", "'24:00' does not fit the column's type date"],
    ['time without time zone', "'2024-01-01'", "'2024-01-01' does not fit the column's type time without time zone"],
    ['time without time zone', "'25:00'", "'25:00' does not fit the column's type time without time zone"],
    ['jsonb', "''", "'' does not fit the column's type jsonb"],
    ['jsonb', "'{'", "'{' does not fit the column's type jsonb"],
    ['uuid', "'abc'", "'abc' does not fit the column's type uuid"],
    ['uuid', '0', "0 does not fit the column's type uuid"],
    ['character varying(3)', "'abcd'", "'abcd' does not fit the column's type character varying(3)"],
    ['inet', "'127.0.0.1'", "'127.0.0.1' does not fit the column's type inet"],
    ['point', '0', "0 does not fit the column's type point"],
  ])('%s DEFAULT %s', (type, text, reason) => {
    expect(translateDefault(text, type, { timeUnit: null })).toEqual({ ok: false, reason })
  })
})

describe('a default of a time column whose values are numbers', () => {
  test.each([
    ['unixepoch()', 'epoch-s', 'to_timestamp(floor(extract(epoch from now()))::bigint)'],
    ["strftime('%s', 'now')", 'epoch-s', 'to_timestamp(floor(extract(epoch from now()))::bigint)'],
    ['1709210096', 'epoch-s', 'to_timestamp(1709210096)'],
    ['1709210096123', 'epoch-ms', 'to_timestamp(1709210096123 / 1000.0)'],
    [
      "(strftime('%s', 'now') * 1000)",
      'epoch-ms',
      'to_timestamp((floor(extract(epoch from now()))::bigint * 1000) / 1000.0)',
    ],
    ['CURRENT_TIMESTAMP', 'epoch-ms', "date_trunc('second', now())"],
  ] as const)('%s in %s', (text, timeUnit, sql) => {
    expect(translateDefault(text, 'timestamp with time zone', { timeUnit })).toMatchObject({ ok: true, sql })
  })
})

test('a date-time without offset is in the configured zone', () => {
  const conversion = { timeUnit: null, timeZone: 'Europe/Berlin' }
  expect(translateDefault("'2024-01-01 10:00:00'", 'timestamp with time zone', conversion)).toMatchObject({
    sql: "('2024-01-01 10:00:00'::timestamp at time zone 'Europe/Berlin')",
  })
})

test('a default that loses its time of day says so', () => {
  expect(translateDefault('CURRENT_TIMESTAMP', 'date', { timeUnit: null })).toMatchObject({
    notes: ['the column is a date: the time of day is left out'],
  })
})

test("datetime('now', 'localtime') is the session's local time, with a note", () => {
  expect(translateDefault("(datetime('now', 'localtime'))", 'timestamp without time zone', { timeUnit: null })).toEqual(
    {
      ok: true,
      sql: expect.stringContaining('localtimestamp'),
      type: 'timestamp without time zone',
      notes: [expect.stringContaining("session's time zone")],
    },
  )
})
