import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('dates and times', () => {
  test('seconds, milliseconds, microseconds and Julian days are told apart by their range', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, s datetime, ms datetime, us timestamp, julian datetime, fraction timestamp);
        insert into t values (1, 1709210096, 1709210096123, 1709210096123456, 2460370.02425926, 1709210096.123)`,
      tables: {
        t: [
          [
            1,
            '2024-02-29 12:34:56+00',
            '2024-02-29 12:34:56.123+00',
            '2024-02-29 12:34:56.123456+00',
            '2024-02-29 12:34:56+00',
            '2024-02-29 12:34:56.123+00',
          ],
        ],
      },
      columns: {
        t: 'id bigint identity, s timestamp with time zone, ms timestamp with time zone, us timestamp with time zone, julian timestamp with time zone, fraction timestamp with time zone',
      },
      warnings: {
        'time-unit-guessed t.s': /1709210096 is 2024-02-29 12:34:56 as epoch-s/,
        'time-unit-guessed t.ms': /1709210096123 is 2024-02-29 12:34:56.123 as epoch-ms/,
        'time-unit-guessed t.us': /epoch-us/,
        'time-unit-guessed t.julian': /2460370.02425926 is 2024-02-29 12:34:56 as julian-day/,
        'time-unit-guessed t.fraction': /epoch-s/,
      },
    }))

  test('seconds among milliseconds fit no unit, so the numbers stay', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a datetime); insert into t values (1, 1709210096), (2, 1709210096123)`,
      tables: {
        t: [
          [1, 1709210096],
          [2, 1709210096123],
        ],
      },
      columns: { t: 'id bigint identity, a bigint' },
      warnings: { 'time-unit-unknown t.a': /no one unit/, 'type-widened t.a': /1709210096 \(id 1\)/ },
    }))

  test('the configuration decides what numbers count, in a column of any type', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, made integer); insert into t values (1, 0), (2, 1709210096)`,
      config: { tables: { t: { columns: { made: { type: 'timestamptz', timeUnit: 'epoch-s' } } } } },
      tables: {
        t: [
          [1, '1970-01-01 00:00:00+00'],
          [2, '2024-02-29 12:34:56+00'],
        ],
      },
    }))

  test('yyyymmdd in a DATE column is a date, with samples', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a date); insert into t values (1, 20240229), (2, 19991231)`,
      tables: {
        t: [
          [1, '2024-02-29'],
          [2, '1999-12-31'],
        ],
      },
      columns: { t: 'id bigint identity, a date' },
      warnings: { 'time-unit-guessed t.a': /20240229 is 2024-02-29.* as yyyymmdd/ },
    }))

  test('yyyymmdd beside epoch seconds and date-times: text, and nothing is guessed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a date);
        insert into t values (1, 20240229), (2, 1709210096), (3, '2024-02-29 10:11:12'), (4, '2024-02-29')`,
      tables: {
        t: [
          [1, '20240229'],
          [2, '1709210096'],
          [3, '2024-02-29 10:11:12'],
          [4, '2024-02-29'],
        ],
      },
      columns: { t: 'id bigint identity, a text' },
      warnings: {
        'type-widened t.a': /20240229 \(id 1\), 1709210096 \(id 2\)/,
        'time-unit-unknown t.a': /2 numbers/,
      },
    }))

  test('placeholders and words are no dates: PostgreSQL never gets to interpret now', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a datetime);
        insert into t values (1, 0), (2, '0000-00-00 00:00:00'), (3, ''), (4, 'now'), (5, 'not a date'), (6, '2024-02-29 00:00:00')`,
      tables: {
        t: [
          [1, '0'],
          [2, '0000-00-00 00:00:00'],
          [3, ''],
          [4, 'now'],
          [5, 'not a date'],
          [6, '2024-02-29 00:00:00'],
        ],
      },
      columns: { t: 'id bigint identity, a text' },
      warnings: {
        'type-widened t.a': /4 of 6 values .*'0000-00-00 00:00:00' \(id 2\), 'now' \(id 4\)/,
        'time-unit-unknown t.a': /1 number/,
      },
    }))

  test('with onMisfit: null the same placeholders become NULL, each listed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a datetime);
        insert into t values (1, '0000-00-00 00:00:00'), (2, ''), (3, 'now'), (4, 'infinity'), (5, 'today'), (6, '2024-02-29 00:00:00')`,
      config: { onMisfit: 'null' },
      exitCode: 5,
      tables: {
        t: [
          [1, null],
          [2, null],
          [3, null],
          [4, null],
          [5, null],
          [6, '2024-02-29 00:00:00'],
        ],
      },
      columns: { t: 'id bigint identity, a timestamp without time zone' },
      warnings: { 'misfits-expected t.a': /'now' \(id 3\)/ },
      altered: [
        { key: { id: 1 }, before: '0000-00-00 00:00:00', rule: 'misfit-to-null' },
        { key: { id: 2 }, before: '', rule: 'empty-to-null', declared: true },
        { key: { id: 3 }, before: 'now', rule: 'misfit-to-null' },
        { key: { id: 4 }, before: 'infinity', rule: 'misfit-to-null' },
        { key: { id: 5 }, before: 'today', rule: 'misfit-to-null' },
      ],
    }))

  test('days and times that the calendar does not have', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a date, b time);
        insert into t values (1, '2023-02-29', '10:00'), (2, '29/02/2024', '24:30:00'), (3, '2024-13-01', '9:5'), (4, '2024-01-01', '11:00')`,
      tables: {
        t: [
          [1, '2023-02-29', '10:00'],
          [2, '29/02/2024', '24:30:00'],
          [3, '2024-13-01', '9:5'],
          [4, '2024-01-01', '11:00'],
        ],
      },
      columns: { t: 'id bigint identity, a text, b text' },
      warnings: {
        'type-widened t.a': /'2023-02-29' \(id 1\), '29\/02\/2024' \(id 2\), '2024-13-01' \(id 3\)/,
        'type-widened t.b': /'24:30:00' \(id 2\), '9:5' \(id 3\)/,
      },
    }))

  test('years beyond 9999 and before Christ, of which ISO 8601 counts one more', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a date); insert into t values (1, '12024-01-01'), (2, '-0044-03-15'), (3, '2024-01-01')`,
      tables: {
        t: [
          [1, '12024-01-01'],
          [2, '0045-03-15 BC'],
          [3, '2024-01-01'],
        ],
      },
      columns: { t: 'id bigint identity, a date' },
    }))

  test('a time of day in a DATE column is kept', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a date, b date);
        insert into t values (1, '2024-02-29 10:11:12', '2024-02-29T10:11:12Z'), (2, '2024-02-29', '2024-02-28T23:00:00+02:00')`,
      tables: {
        t: [
          [1, '2024-02-29 10:11:12', '2024-02-29 10:11:12+00'],
          [2, '2024-02-29 00:00:00', '2024-02-28 21:00:00+00'],
        ],
      },
      columns: { t: 'id bigint identity, a timestamp without time zone, b timestamp with time zone' },
      warnings: { 'type-widened t.a': /'2024-02-29 10:11:12' \(id 1\)/, 'type-widened t.b': /id 1/ },
    }))

  test('seconds of a day in a TIME column stay numbers: minutes would look alike', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a time, b time); insert into t values (1, 36000, '10:00'), (2, 45296, '23:59:59.5')`,
      tables: {
        t: [
          [1, 36000, '10:00:00'],
          [2, 45296, '23:59:59.5'],
        ],
      },
      columns: { t: 'id bigint identity, a bigint, b time without time zone' },
      warnings: { 'type-widened t.a': /36000 \(id 1\)/, 'time-unit-unknown t.a': /2 numbers/ },
    }))

  test('offsets make a column of moments; times without one are UTC, and nanoseconds are rounded and listed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a timestamp);
        insert into t values (1, '2024-02-29 12:34:56'), (2, '2024-02-29T12:34:56Z'), (3, '2024-02-29 12:34:56+05:30'), (4, '2024-02-29 12:34:56.123456789')`,
      exitCode: 5,
      tables: {
        t: [
          [1, '2024-02-29 12:34:56+00'],
          [2, '2024-02-29 12:34:56+00'],
          [3, '2024-02-29 07:04:56+00'],
          [4, '2024-02-29 12:34:56.123457+00'],
        ],
      },
      columns: { t: 'id bigint identity, a timestamp with time zone' },
      warnings: { 'time-zone-assumed t.a': /2 values/, 'precision-lost t.a': /56\.123456789' \(id 4\)/ },
      altered: [{ key: { id: 4 }, column: 'a', before: '2024-02-29 12:34:56.123456789', rule: 'fraction-rounded' }],
    }))

  test('neither the time zone of the server nor that of its database shifts anything', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, naive datetime, moment datetime, epoch datetime);
        insert into t values (1, '2024-03-10 02:30:00', '2024-03-10 02:30:00+00:00', 1710037800), (2, '2024-11-03 01:30:00', '2024-11-03 01:30:00', 1730597400)`,
      target: `do $$ begin execute format('alter database %I set timezone to %L', current_database(), 'America/New_York'); end $$`,
      tables: {
        t: [
          [1, '2024-03-10 02:30:00', '2024-03-10 02:30:00+00', '2024-03-10 02:30:00+00'],
          [2, '2024-11-03 01:30:00', '2024-11-03 01:30:00+00', '2024-11-03 01:30:00+00'],
        ],
      },
      warnings: { 'time-zone-assumed t.moment': /UTC/, 'time-unit-guessed t.epoch': /epoch-s/ },
    }))

  test('a zone that the configuration names is that of times without offset', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a datetime); insert into t values (1, '2024-07-01 12:00:00'), (2, '2024-07-01 12:00:00Z')`,
      config: { timeZone: 'Europe/Berlin' },
      tables: {
        t: [
          [1, '2024-07-01 10:00:00+00'],
          [2, '2024-07-01 12:00:00+00'],
        ],
      },
      warnings: { 'time-zone-assumed t.a': /Europe\/Berlin/ },
    }))

  test('what Go writes is a moment; the name and the clock reading behind it are dropped and listed', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, a datetime);
        insert into t values (1, '2024-02-29 12:34:56.789 +0000 UTC'), (2, '2024-02-29 12:34:56 +0000 UTC m=+0.0001'), (3, '2024-02-29 12:34:56')`,
      tables: {
        t: [
          [1, '2024-02-29 12:34:56.789+00'],
          [2, '2024-02-29 12:34:56+00'],
          [3, '2024-02-29 12:34:56+00'],
        ],
      },
      columns: { t: 'id bigint identity, a timestamp with time zone' },
      warnings: { 'time-zone-assumed t.a': /1 value/ },
      altered: [
        { key: { id: 1 }, rule: 'truncated', declared: true },
        { key: { id: 2 }, rule: 'truncated', declared: true },
      ],
    }))
})
