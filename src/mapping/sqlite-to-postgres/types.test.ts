import { describe, expect, test } from 'vitest'
import { typeFamily } from '../../databases/sqlite/declared-type.ts'
import { ColumnExaminer } from '../../databases/sqlite/profile/profile-column.ts'
import { type SqliteValue, TextBytes } from '../../model/batch.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnProfile } from '../../model/profile.ts'
import { formatDate, formatDateTime, formatTime } from '../../util/date-time-text.ts'
import { decodeJsonb } from '../../util/sqlite-jsonb.ts'
import { type Cell, type ColumnPolicy, MISFIT, type TypeDecision } from '../mapping.ts'
import { chooseType } from './types.ts'
import { buildConverter } from './values.ts'

const plainPolicy: ColumnPolicy = {
  onMisfit: 'widen',
  nul: 'strip',
  invalidUtf8: 'replace',
  timeZone: 'UTC',
  type: null,
  timeUnit: null,
  separator: null,
}

function givenColumn(declaredType: string, more: Partial<Column> = {}): Column {
  return {
    name: 'c',
    position: 1,
    declaredType,
    notNull: false,
    default: null,
    generated: null,
    collation: null,
    comment: null,
    postgres: null,
    ...more,
  }
}

/** As the source itself profiles a column. */
function profileOf(declaredType: string, values: readonly SqliteValue[]): ColumnProfile {
  const rows = values.map((value, index): SqliteValue[] => [value, BigInt(index + 1)])
  const keyOf = (_: unknown, index: number): { rowid: number } => ({ rowid: index + 1 })
  const examiner = new ColumnExaminer(
    { name: 'c', family: typeFamily(declaredType), at: 0 },
    keyOf,
    (bytes) => decodeJsonb(bytes) !== null,
  )
  examiner.examine({ rows, positionOf: String }, new Float64Array(rows.length))
  return examiner.profile
}

type Run = { decision: TypeDecision; stored: unknown[]; notes: string[] }

/** Chooses a type for the values and converts them all: `stored` as people read it, `notes` what was listed. */
function choose(
  declaredType: string,
  values: readonly SqliteValue[],
  policy: Partial<ColumnPolicy> = {},
  more: Partial<Column> = {},
): Run {
  const column = givenColumn(declaredType, more)
  const decision = chooseType(column, typeFamily(declaredType), profileOf(declaredType, values), {
    ...plainPolicy,
    ...policy,
  })
  const notes: string[] = []
  const cell: Cell = {
    altered: (rule, _before, _after, declared) => notes.push(declared ? `${rule} (declared)` : rule),
    misfit: (reason) => notes.push(`misfit: ${reason}`),
  }
  const convert = buildConverter(decision.conversion)
  return { decision, stored: values.map((value) => shown(convert(value, cell), decision)), notes }
}

function shown(value: unknown, { conversion: { wireType } }: TypeDecision): unknown {
  if (value === MISFIT) return 'MISFIT'
  if (value instanceof Uint8Array)
    return wireType === 'text' ? Buffer.from(value).toString() : `\\x${Buffer.from(value).toString('hex')}`
  if (typeof value !== 'number' && typeof value !== 'bigint') return value
  if (wireType === 'date') return formatDate(Number(value))
  if (wireType === 'time') return formatTime(Number(value))
  return wireType === 'timestamp' || wireType === 'timestamptz' ? formatDateTime(value) : value
}

const blob = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

describe('declared names, without rows', () => {
  test.each([
    [
      'bigint',
      'INTEGER',
      'INT',
      'INTEGER(11)',
      'MEDIUMINT',
      'BIGINT(20)',
      'INT2',
      'INT8',
      'TINYINT',
      'UNSIGNED BIG INT',
      'INTEGER UNSIGNED',
      'YEAR',
      'CHAR_INT',
    ],
    ['boolean', 'BOOL', 'BOOLEAN', 'bit'],
    ['double precision', 'REAL', 'FLOAT', 'FLOAT4', 'DOUBLE', 'DOUBLE PRECISION'],
    ['numeric', 'NUMERIC', 'DECIMAL', 'NUM', 'NUMBER', 'CURRENCY', 'MONEY'],
    ['numeric(10,2)', 'DECIMAL(10,2)', 'numeric (10, 2)'],
    ['numeric(5,0)', 'DECIMAL(5)'],
    [
      'text',
      'TEXT',
      'TEXT(50)',
      'VARCHAR(255)',
      'VARCHAR2(10)',
      'LONGVARCHAR',
      'STRING',
      'TINYTEXT',
      'LONGTEXT',
      'NTEXT',
      'CLOB',
      'NATIVE CHARACTER(70)',
      'DATETEXT',
      'ENUM',
      'varchar(max)',
    ],
    ['text', 'text[]', '', 'ANY', 'FOOBAR', 'my type', 'GEOMETRY', 'VECTOR(3)'],
    ['date', 'DATE'],
    ['time', 'TIME'],
    ['timestamp', 'DATETIME', 'DATETIME2', 'SMALLDATETIME', 'TIMESTAMP', 'TIMESTAMP WITHOUT TIME ZONE'],
    ['timestamptz', 'TIMESTAMP WITH TIME ZONE', 'timestamptz', 'DATETIMEOFFSET'],
    ['jsonb', 'JSON', 'JSONB'],
    ['uuid', 'UUID', 'GUID', 'UNIQUEIDENTIFIER'],
    ['bytea', 'BLOB', 'BINARY(16)', 'VARBINARY(255)', 'LONGBLOB', 'BYTE[]', 'IMAGE', 'F32_BLOB(4)'],
  ])('%s for %s and its like', (expected, ...names) => {
    expect(names.map((name) => [name, choose(name, []).decision.type])).toEqual(names.map((name) => [name, expected]))
  })
})

type Case = readonly [name: string, declared: string, values: SqliteValue[], type: string, stored: unknown[]]

const cases: readonly Case[] = [
  ['integers', 'INTEGER', [1n, -5n, null, 9223372036854775807n], 'bigint', [1n, -5n, null, 9223372036854775807n]],
  ['reals among integers', 'INTEGER', [10n, 1.5, 1e20, 99n], 'numeric', [10n, '1.5', '100000000000000000000', 99n]],
  ['an infinity among integers', 'INTEGER', [10n, Infinity], 'double precision', [10, Infinity]],
  [
    'an infinity among integers beyond 2^53',
    'INTEGER',
    [9007199254740993n, Infinity],
    'text',
    ['9007199254740993', 'Inf'],
  ],
  ['a word among integers', 'INTEGER', [1n, 'abc'], 'text', ['1', 'abc']],
  ['a code with leading zero among integers', 'INTEGER', [1n, '007'], 'text', ['1', '007']],
  ["'' among integers", 'INTEGER', [1n, ''], 'bigint', [1n, null]],
  ['geometries in an integer-affine column', 'POINT', [blob('0001ff'), blob('00')], 'bytea', ['\\x0001ff', '\\x00']],
  ['a blob among integers', 'INTEGER', [1n, blob('00ff')], 'text', ['1', '\\x00ff']],
  [
    'booleans in every spelling',
    'BOOLEAN',
    [1n, 0n, 'true', 'f', 'yes', null, 't', 'N', 1, 0],
    'boolean',
    [true, false, true, false, true, null, true, false, true, false],
  ],
  ['numbers beyond 0 and 1 in a boolean column', 'BOOLEAN', [1n, 2n, -1n, '', 0n], 'bigint', [1n, 2n, -1n, null, 0n]],
  ['words and numbers in a boolean column', 'BOOLEAN', ['true', 2n], 'text', ['true', '2']],
  [
    'reals of every size',
    'REAL',
    [1.5, 1e308, 5e-324, Infinity, -0],
    'double precision',
    [1.5, 1e308, 5e-324, Infinity, -0],
  ],
  ['a word among reals', 'REAL', [10, 'abc', 2.5], 'text', ['10.0', 'abc', '2.5']],
  ['integers beyond 2^53 among reals', 'REAL', [1.5, 9007199254740993n], 'numeric', ['1.5', 9007199254740993n]],
  ['decimals that fit', 'DECIMAL(10,2)', [1230.99, 5n, '0.10'], 'numeric(10,2)', ['1230.99', 5n, '0.10']],
  [
    'a decimal with too many digits',
    'DECIMAL(10,2)',
    [1230.99, 12345678901.55],
    'numeric',
    ['1230.99', '12345678901.55'],
  ],
  ['a decimal with float noise', 'DECIMAL(10,2)', [0.1 + 0.2], 'numeric', ['0.30000000000000004']],
  [
    'a word among decimals',
    'DECIMAL(20,10)',
    ['123456789.1234567891', '0.10', 'abc'],
    'text',
    ['123456789.1234567891', '0.10', 'abc'],
  ],
  ['money with a currency sign', 'MONEY', [9.99, '$5'], 'text', ['9.99', '$5']],
  ['tiny reals in a numeric column', 'NUMERIC', [1e-310, 5n], 'double precision', [1e-310, 5]],
  ['infinities in a numeric column', 'NUMERIC', [1.5, -Infinity], 'double precision', [1.5, -Infinity]],
  ['numbers in a text column', 'TEXT', [123n, 'x', 1.5, 1e100, null], 'text', ['123', 'x', '1.5', '1.0e+100', null]],
  ['blobs of text in a text column', 'TEXT', ['x', blob('616263')], 'text', ['x', 'abc']],
  ['blobs of bytes in a text column', 'TEXT', ['x', blob('00ff')], 'text', ['x', '\\x00ff']],
  ['nothing but blobs in a text column', 'TEXT', [blob('00ff'), blob('61')], 'bytea', ['\\x00ff', '\\x61']],
  ["'' in a text column", 'TEXT', [''], 'text', ['']],
  ['texts longer than declared', 'VARCHAR(5)', ['abcdefghij'], 'text', ['abcdefghij']],
  ['blobs', 'BLOB', [blob('00ff'), blob(''), null], 'bytea', ['\\x00ff', '\\x', null]],
  ['everything in a blob column', 'BLOB', [blob('61'), 'hé', 5n, 1.5, ''], 'bytea', ['\\x61', 'hé', '5', '1.5', '']],
  ['dates', 'DATE', ['2024-02-29', '1900-01-01', null], 'date', ['2024-02-29', '1900-01-01', null]],
  ['compact dates', 'DATE', [20240229n, '2024-03-01', '20240302'], 'date', ['2024-02-29', '2024-03-01', '2024-03-02']],
  ['days since 1970', 'DATE', [19782n, 19783n], 'date', ['2024-02-29', '2024-03-01']],
  ['years in a date column', 'DATE', [2016n, 1999n], 'bigint', [2016n, 1999n]],
  [
    'a time of day in a date column',
    'DATE',
    ['2024-02-29', '2024-02-29 10:00'],
    'timestamp',
    ['2024-02-29 00:00:00', '2024-02-29 10:00:00'],
  ],
  [
    'an offset in a date column',
    'DATE',
    ['2024-02-29', '2024-02-29T10:00:00+02:00'],
    'timestamptz',
    ['2024-02-29 00:00:00', '2024-02-29 08:00:00'],
  ],
  [
    'different units in a date column',
    'DATE',
    [20240229n, 1709210096n, '2024-02-29 10:11:12', '2024-02-29'],
    'text',
    ['20240229', '1709210096', '2024-02-29 10:11:12', '2024-02-29'],
  ],
  [
    'dates that are none',
    'DATE',
    ['2023-02-29', '29/02/2024', '2024-01-01'],
    'text',
    ['2023-02-29', '29/02/2024', '2024-01-01'],
  ],
  ['dates outside of four digits', 'DATE', ['12024-01-01', '-0044-03-15'], 'date', ['+12024-01-01', '-0044-03-15']],
  ['times', 'TIME', ['10:00', '23:59:59.5'], 'time', ['10:00:00', '23:59:59.5']],
  ['times that are none', 'TIME', ['10:00', '24:30:00', '9:5'], 'text', ['10:00', '24:30:00', '9:5']],
  ['numbers in a time column', 'TIME', [36000n, 1230n], 'bigint', [36000n, 1230n]],
  [
    'naive date-times',
    'DATETIME',
    ['2024-02-29 12:34:56', '2024-02-29T12:34', '2024-03-01'],
    'timestamp',
    ['2024-02-29 12:34:56', '2024-02-29 12:34:00', '2024-03-01 00:00:00'],
  ],
  [
    'date-times with offset',
    'TIMESTAMP',
    ['2024-02-29 12:34:56', '2024-02-29T12:34:56Z', '2024-02-29 12:34:56+05:30'],
    'timestamptz',
    ['2024-02-29 12:34:56', '2024-02-29 12:34:56', '2024-02-29 07:04:56'],
  ],
  [
    "Go's date-times",
    'DATETIME',
    ['2024-02-29 12:34:56.789 +0000 UTC', '2024-02-29 12:34:56'],
    'timestamptz',
    ['2024-02-29 12:34:56.789', '2024-02-29 12:34:56'],
  ],
  ['epoch seconds', 'DATETIME', [1709210096n], 'timestamptz', ['2024-02-29 12:34:56']],
  ['epoch milliseconds', 'DATETIME', [1709210096123n], 'timestamptz', ['2024-02-29 12:34:56.123']],
  ['epoch microseconds', 'DATETIME', [1709210096123456n], 'timestamptz', ['2024-02-29 12:34:56.123456']],
  ['epoch nanoseconds', 'DATETIME', [1709210096123456000n], 'timestamptz', ['2024-02-29 12:34:56.123456']],
  ['epoch seconds as reals', 'TIMESTAMP', [1709210096.123], 'timestamptz', ['2024-02-29 12:34:56.123']],
  ['Julian days', 'DATETIME', [2460370.02425926], 'timestamptz', ['2024-02-29 12:34:56']],
  [
    'absurd numbers and fractions of seconds',
    'DATETIME',
    [1e300, 1709210096.5],
    'double precision',
    [1e300, 1709210096.5],
  ],
  [
    'compact dates in a date-time column',
    'DATETIME',
    [20240229n, '2024-03-01 10:00:00'],
    'timestamp',
    ['2024-02-29 00:00:00', '2024-03-01 10:00:00'],
  ],
  [
    'epoch seconds and texts',
    'DATETIME',
    [1709210096n, '2024-03-01 10:00:00'],
    'timestamptz',
    ['2024-02-29 12:34:56', '2024-03-01 10:00:00'],
  ],
  [
    'births as epoch seconds',
    'DATETIME',
    [-1000000000n, 500000000n],
    'timestamptz',
    ['1938-04-24 22:13:20', '1985-11-05 00:53:20'],
  ],
  [
    'zero among epoch milliseconds',
    'DATETIME',
    [0n, 1709210096123n],
    'timestamptz',
    ['1970-01-01 00:00:00', '2024-02-29 12:34:56.123'],
  ],
  ['nothing but zeros in a date-time column', 'DATETIME', [0n, 0n], 'bigint', [0n, 0n]],
  ['seconds and milliseconds', 'DATETIME', [1709210096n, 1709210096123n], 'bigint', [1709210096n, 1709210096123n]],
  [
    'zero, seconds and milliseconds',
    'DATETIME',
    [0n, 1709210096n, 1709210096123n],
    'bigint',
    [0n, 1709210096n, 1709210096123n],
  ],
  [
    'zero dates and garbage',
    'DATETIME',
    [0n, '0000-00-00 00:00:00', '', 'now', 'not a date', '2024-02-29 00:00:00'],
    'text',
    ['0', '0000-00-00 00:00:00', '', 'now', 'not a date', '2024-02-29 00:00:00'],
  ],
  ["'' among date-times", 'DATETIME', ['', '2024-02-29 00:00:00'], 'timestamp', [null, '2024-02-29 00:00:00']],
  ['JSON', 'JSON', ['{"a":1}', 5n, 1.5, '[]', null, ''], 'jsonb', ['{"a":1}', '5', '1.5', '[]', null, null]],
  ['JSON with NUL escaped', 'JSON', ['{"a":"\\u0000"}'], 'json', ['{"a":"\\u0000"}']],
  ['no JSON', 'JSON', ['{"a":1}', 'x'], 'text', ['{"a":1}', 'x']],
  ['binary JSON', 'JSONB', [blob('4c17611331'), '{}'], 'jsonb', ['{"a":1}', '{}']],
  [
    'UUIDs as text and bytes',
    'UUID',
    ['7F9C24E8-3B12-4FEF-91E0-56A2D5A8A1B2', blob('7f9c24e83b124fef91e056a2d5a8a1b2')],
    'uuid',
    ['7F9C24E8-3B12-4FEF-91E0-56A2D5A8A1B2', '\\x7f9c24e83b124fef91e056a2d5a8a1b2'],
  ],
  ['no UUIDs', 'GUID', ['x'], 'text', ['x']],
  ['bytes that are no UUIDs', 'UUID', [blob('00ff')], 'bytea', ['\\x00ff']],
  ['integers without a type', '', [1n, 2n], 'bigint', [1n, 2n]],
  ['numbers without a type', '', [1n, 2.5], 'double precision', [1, 2.5]],
  ['big integers and reals without a type', 'ANY', [9007199254740993n, 2.5], 'numeric', [9007199254740993n, '2.5']],
  ['texts without a type', 'FOOBAR', ['x', ''], 'text', ['x', '']],
  ['blobs without a type', '', [blob('00ff')], 'bytea', ['\\x00ff']],
  [
    'everything without a type',
    '',
    [123n, 1.5, blob('616263'), 'x', null, blob('00ff')],
    'text',
    ['123', '1.5', 'abc', 'x', null, '\\x00ff'],
  ],
]

describe('every value is held exactly by the type that is chosen', () => {
  test.each(cases)('%s (%s)', (_name, declared, values, type, stored) => {
    const run = choose(declared, values)
    expect(run.decision.type).toBe(type)
    expect(run.stored).toEqual(stored)
    expect(run.notes.filter((note) => note !== 'blob-to-hex' && !note.endsWith('(declared)'))).toEqual([])
  })

  test('what is chosen when misfits widen never meets a misfit, whatever values come together', () => {
    const names = [
      'INTEGER',
      'BOOLEAN',
      'REAL',
      'DECIMAL(6,2)',
      'NUMERIC',
      'TEXT',
      'DATE',
      'TIME',
      'DATETIME',
      'TIMESTAMPTZ',
      'JSON',
      'UUID',
      'BLOB',
      '',
      'FOOBAR',
    ]
    const values: SqliteValue[] = [
      ...new Set(cases.flatMap(([, , all]) => all)),
      '1e5',
      '1.50',
      '9007199254740993',
      '20240229',
      '24:00:00',
      '2024-02-29 12:34:56.1234567',
      'a\0b',
      new TextBytes(blob('66fc'), false),
      '"\\ud800"',
      '[1e999999]',
      -0,
      2 ** 63,
      1e17,
      '-0',
      blob('00'),
      blob('11'),
      '1709210096',
      'inf',
    ]
    let seed = 1
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
    for (const name of names) {
      for (let round = 0; round < 150; round++) {
        const some = Array.from({ length: 1 + random(3) }, () => values[random(values.length)] ?? null)
        for (const notNull of [false, true]) {
          const run = choose(name, some, {}, { notNull })
          expect([
            name,
            some,
            run.decision.type,
            run.notes.filter((note) => note.startsWith('misfit') || (notNull && note.startsWith('empty'))),
          ]).toEqual([name, some, run.decision.type, []])
        }
      }
    }
  })

  test("'' in a NOT NULL column is a value that only text holds", () => {
    expect(choose('INTEGER', [1n, ''], {}, { notNull: true })).toMatchObject({
      decision: { type: 'text' },
      stored: ['1', ''],
    })
  })
})

describe('misfits that do not widen', () => {
  test('the declared type stays, and what does not fit is refused in words', () => {
    const run = choose('INTEGER', [1n, 'abc', 1.5], { onMisfit: 'reject' })
    expect(run.decision).toMatchObject({ type: 'bigint', conversion: { onMisfit: 'reject' } })
    expect(run.stored).toEqual([1n, 'MISFIT', 'MISFIT'])
    expect(run.notes).toEqual(["misfit: the text 'abc' is not an integer", 'misfit: the real 1.5 is not an integer'])
    expect(run.decision.warnings).toEqual([
      expect.objectContaining({
        code: 'misfits-expected',
        message: expect.stringContaining('2 of 3 values may not fit bigint'),
      }),
    ])
  })

  test('null is passed on, but not for a NOT NULL column', () => {
    expect(choose('INTEGER', [1n, 'abc'], { onMisfit: 'null' }).decision.conversion.onMisfit).toBe('null')
    expect(choose('INTEGER', [1n, 'abc'], { onMisfit: 'null' }, { notNull: true }).decision.conversion.onMisfit).toBe(
      'reject',
    )
  })

  test('a type that not one value fits is given up', () => {
    expect(choose('INTEGER', ['abc'], { onMisfit: 'reject' }).decision.type).toBe('text')
  })

  test('the column takes the type that most values fit', () => {
    expect(choose('DATE', ['2024-01-01', '2024-01-01 10:00', 'x'], { onMisfit: 'reject' }).decision.type).toBe(
      'timestamp',
    )
    expect(choose('JSON', ['"\\u0000"', 'x', '{}'], { onMisfit: 'reject' }).decision.type).toBe('json')
  })

  test('numeric(p,s) stays: what has too many digits behind the point is rounded and listed, before it refused', () => {
    const run = choose('DECIMAL(5,2)', [1.255, 123456, 1n], { onMisfit: 'reject' })
    expect(run.decision.type).toBe('numeric(5,2)')
    expect(run.stored).toEqual(['1.26', 'MISFIT', 1n])
    expect(run.notes).toEqual(['fraction-rounded', 'misfit: 123456 does not fit numeric(5,2)'])
    expect(run.decision.warnings.map(({ code }) => code)).toEqual(['misfits-expected', 'precision-lost'])
  })

  test('a blob in a text column is one', () => {
    expect(choose('TEXT', ['x', blob('ff')], { onMisfit: 'reject' })).toMatchObject({
      decision: { type: 'text' },
      stored: ['x', 'MISFIT'],
    })
  })
})

describe('what the user decided', () => {
  test('a forced type warns of no unit', () => {
    expect(choose('DATETIME', [5n], { type: 'bigint' }).decision.warnings).toEqual([])
  })

  test("Core Data's seconds since 2001 stay numbers unless a unit is named", () => {
    const values = [571510798.860665, 571511088n]
    const kept = choose('TIMESTAMP', values, {}, { name: 'ZCREATIONDATE' }).decision
    expect(kept.type).toBe('double precision')
    expect(kept.warnings.at(-1)?.message).toContain('Core Data')
    expect(choose('TIMESTAMP', values, {}, { name: 'created' }).decision.type).toBe('timestamptz')
    expect(choose('TIMESTAMP', values, { timeUnit: 'epoch-s' }, { name: 'ZCREATIONDATE' }).decision.type).toBe(
      'timestamptz',
    )
  })

  test('a forced type is taken as written', () => {
    const run = choose('INTEGER', [1n, 2n], { type: 'smallint' })
    expect(run.decision).toMatchObject({ type: 'smallint', conversion: { wireType: 'int2', castTo: null } })
    expect(choose('TEXT', ['abc', 'abcdef'], { type: 'varchar(4)' }).stored).toEqual(['abc', 'MISFIT'])
    expect(choose('TEXT', ['10.0.0.1'], { type: 'inet' }).decision.conversion).toMatchObject({
      wireType: 'text',
      castTo: 'inet',
      emptyToNull: true,
    })
    expect(choose('TEXT', [], { type: 'timestamp(3) with time zone' }).decision.conversion).toMatchObject({
      wireType: 'timestamptz',
      timePrecision: 3,
    })
  })

  test('a forced timestamptz finds the unit of integers in an INTEGER column by their range', () => {
    expect(choose('INTEGER', [1709210096n, 0n], { type: 'timestamptz' }).stored).toEqual([
      '2024-02-29 12:34:56',
      '1970-01-01 00:00:00',
    ])
  })

  test('a unit makes times of any column, and nothing was guessed', () => {
    expect(choose('INTEGER', [5n], { timeUnit: 'epoch-s' })).toMatchObject({
      decision: { type: 'timestamptz', warnings: [] },
      stored: ['1970-01-01 00:00:05'],
    })
    expect(choose('INTEGER', [45000n], { timeUnit: 'epoch-days' })).toMatchObject({
      decision: { type: 'date' },
      stored: ['2093-03-16'],
    })
    expect(choose('TIME', [3600n], { timeUnit: 'seconds-of-day' })).toMatchObject({
      decision: { type: 'time' },
      stored: ['01:00:00'],
    })
  })

  test('naive date-times that become timestamptz are read in the zone that was set', () => {
    const run = choose('TIMESTAMPTZ', ['2024-07-01 12:00', '2024-01-01 12:00', '2024-01-01T12:00Z'], {
      timeZone: 'Europe/Berlin',
    })
    expect(run.stored).toEqual(['2024-07-01 10:00:00', '2024-01-01 11:00:00', '2024-01-01 12:00:00'])
  })

  test('invalid UTF-8 can make the column bytea', () => {
    const invalid = new TextBytes(blob('66fc6e66'), false)
    expect(choose('TEXT', ['ok', invalid], { invalidUtf8: 'bytea' })).toMatchObject({
      decision: { type: 'bytea' },
      stored: ['ok', '\\x66fc6e66'],
    })
    expect(choose('TEXT', ['ok'], { invalidUtf8: 'bytea' }).decision.type).toBe('text')
  })
})

describe('reasons and warnings', () => {
  test('a widened column says which values made it so, with their keys', () => {
    const { decision } = choose('INTEGER', [1n, 'abc', 2n])
    expect(decision.reason).toBe(
      'declared INTEGER; 1 integer 0 or 1, 1 text, 1 integer; text is the narrowest type that holds every value',
    )
    expect(decision.warnings[0]).toMatchObject({
      code: 'type-widened',
      column: 'c',
      table: null,
      message: "declared INTEGER, becomes text: 1 of 3 values does not fit bigint: 1 text: 'abc' (rowid 2)",
    })
  })

  test.each([
    ['DATETIME', [1709210096n], ['time-unit-guessed'], '1709210096 is 2024-02-29 12:34:56 as epoch-s'],
    ['DATETIME', [5n, 7n], ['type-widened', 'time-unit-unknown'], 'no one unit of time fits'],
    [
      'TIMESTAMP',
      ['2024-01-01 00:00', '2024-01-01 00:00Z'],
      ['time-zone-assumed'],
      '1 value has no offset and is read as UTC',
    ],
    ['DATETIME', ['2024-02-29 12:34:56.1234567'], ['precision-lost'], 'digits below a microsecond'],
    ['DATETIME', [1709210096123456789n], ['time-unit-guessed', 'precision-lost'], 'nanoseconds'],
    ['TEXT', ['a\0b'], ['text-with-nul'], '1 text contains NUL'],
    ['TEXT', [new TextBytes(blob('ff'), false)], ['invalid-text'], 'not valid UTF-8'],
    ['TEXT', ['x', blob('00ff')], ['blob-as-hex'], "x'00ff' (rowid 2)"],
    ['TEXT', [blob('00ff')], ['type-widened'], 'becomes bytea'],
    ['BLOB', ['x'], ['text-in-blob'], 'bytes of the text'],
    ['UUID', [blob('7f9c24e83b124fef91e056a2d5a8a1b2')], ['uuid-bytes'], 'Guid'],
    ['DECIMAL(4,2)', [123.456], ['type-widened'], '3 digits before and 3 behind the point'],
    ['JSON', ['"\\u0000"'], ['type-widened'], 'jsonb refuses'],
  ] as [string, SqliteValue[], string[], string][])('%s with %s warns of %s', (declared, values, codes, words) => {
    const { warnings } = choose(declared, values).decision
    expect(warnings.map(({ code }) => code)).toEqual(codes)
    expect(warnings.map(({ message }) => message).join('\n')).toContain(words)
  })

  test.each([
    'INTEGER',
    'BOOLEAN',
    'REAL',
    'DECIMAL(5,1)',
    'TEXT',
    'DATE',
    'TIME',
    'DATETIME',
    'JSON',
    'UUID',
    'BLOB',
    '',
  ])('an empty %s column warns of nothing', (declared) => {
    expect(choose(declared, []).decision.warnings).toEqual([])
    expect(choose(declared, [null]).decision.evidence).toEqual(['1 NULL'])
  })
})

test.each([
  [2 ** 28 - 1, 'jsonb'],
  [2 ** 28, 'json'],
])('documents of %i bytes make a column of JSON %s', (maxBytes, type) => {
  const profile = { ...profileOf('json', ['{}']), maxBytes }
  expect(chooseType(givenColumn('json', {}), 'json', profile, plainPolicy).type).toBe(type)
})
