import { describe, expect, test } from 'vitest'
import { type AlterationRule, type PostgresValue, type SqliteValue, TextBytes } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import { type Cell, MISFIT } from '../mapping.ts'
import { buildConverter } from './values.ts'

const plain: ColumnConversion = {
  wireType: 'text',
  castTo: null,
  maxCharacters: null,
  numeric: null,
  timeUnit: null,
  timeZone: 'UTC',
  enumLabels: null,
  notNull: false,
  emptyToNull: false,
  onMisfit: 'reject',
  nul: 'strip',
  invalidUtf8: 'replace',
}

type Outcome = {
  /** `MISFIT` for a misfit. */
  value: PostgresValue
  altered?: [AlterationRule, SqliteValue, PostgresValue, boolean][]
  misfit?: [string, string]
}

function convert(conversion: Partial<ColumnConversion>, value: SqliteValue): Outcome {
  const altered: [AlterationRule, SqliteValue, PostgresValue, boolean][] = []
  let misfit: [string, string] | undefined
  const cell: Cell = {
    altered: (...entry) => altered.push(entry),
    misfit: (reason, code) => (misfit = [code, reason]),
  }
  const converted = buildConverter({ ...plain, ...conversion })(value, cell)
  return {
    value: converted === MISFIT ? 'MISFIT' : converted,
    ...(altered.length === 0 ? {} : { altered }),
    ...(misfit === undefined ? {} : { misfit }),
  }
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const invalid = new TextBytes(bytes('66fc6e66'), false)

describe('text', () => {
  test('ordinary texts pass as they are', () => {
    for (const text of ['', 'x', 'häß 日本 🎉', 'tab\tnewline\n\\N \\.'])
      expect(convert({}, text)).toEqual({ value: text })
  })

  test.each<[Partial<ColumnConversion>, Outcome]>([
    [{ nul: 'strip' }, { value: 'ab', altered: [['nul-stripped', 'a\0b', 'ab', false]] }],
    [{ nul: 'escape' }, { value: String.raw`a\0b`, altered: [['nul-escaped', 'a\0b', String.raw`a\0b`, false]] }],
    [{ nul: 'reject' }, { value: 'MISFIT', misfit: ['DATA_NUL', 'the text contains NUL'] }],
  ])('NUL with %o', (conversion, outcome) => {
    expect(convert(conversion, 'a\0b')).toEqual(outcome)
  })

  test.each<[string, Outcome]>([
    ['replace', { value: 'f\uFFFDnf', altered: [['invalid-utf8-replaced', invalid, 'f\uFFFDnf', false]] }],
    ['latin1', { value: 'fünf', altered: [['invalid-utf8-decoded', invalid, 'fünf', true]] }],
    ['shift_jis', { value: 'MISFIT', misfit: ['DATA_INVALID_TEXT', 'the text is not valid shift_jis either'] }],
    ['reject', { value: 'MISFIT', misfit: ['DATA_INVALID_TEXT', 'the text is not valid in its encoding'] }],
  ])('invalid UTF-8 with %s', (invalidUtf8, outcome) => {
    expect(convert({ invalidUtf8 }, invalid)).toEqual(outcome)
  })

  test('invalid UTF-16 is replaced as UTF-16', () => {
    expect(convert({}, new TextBytes(bytes('610000d86200'), false, 'UTF-16le')).value).toBe('a\uFFFDb')
  })

  test('NUL and invalid bytes in one text are both treated and both listed', () => {
    const both = new TextBytes(bytes('6100ff'), false)
    expect(convert({}, both)).toEqual({
      value: 'a\uFFFD',
      altered: [
        ['invalid-utf8-replaced', both, 'a\0\uFFFD', false],
        ['nul-stripped', both, 'a\uFFFD', false],
      ],
    })
  })

  test('a text too long for a string stays bytes', () => {
    const huge = new TextBytes(bytes('6162'), true)
    expect(convert({}, huge)).toEqual({ value: huge.bytes })
    expect(convert({ maxCharacters: 5 }, huge).misfit?.[0]).toBe('DATA_TOO_LONG')
    expect(convert({}, new TextBytes(bytes('610062'), true)).value).toEqual(bytes('6162'))
  })

  test.each<[string, Outcome]>([
    ['abc', { value: 'abc' }],
    ['🎉🎉🎉', { value: '🎉🎉🎉' }],
    ['abc  ', { value: 'abc', altered: [['truncated', 'abc  ', 'abc', false]] }],
    ['abcd', { value: 'MISFIT', misfit: ['DATA_TOO_LONG', 'the text has 4 characters and the column allows 3'] }],
    ['🎉🎉🎉🎉', { value: 'MISFIT', misfit: ['DATA_TOO_LONG', 'the text has 4 characters and the column allows 3'] }],
  ])('%j in varchar(3)', (text, outcome) => {
    expect(convert({ maxCharacters: 3 }, text)).toEqual(outcome)
  })

  test('labels of an enum are exact', () => {
    const mood = { enumLabels: ['happy', 'sad'], castTo: 'mood' }
    expect(convert(mood, 'sad')).toEqual({ value: 'sad' })
    expect(convert(mood, 'Sad').misfit).toEqual(['DATA_MISFIT', "the text 'Sad' is not a label of mood"])
  })

  test('numbers and bytes become text, and bytes that are none become hex where that was decided', () => {
    expect(convert({}, 5n).value).toBe('5')
    expect(convert({}, 10).value).toBe('10.0')
    expect(convert({}, bytes('616263'))).toEqual({ value: bytes('616263') })
    expect(convert({ maxCharacters: 9 }, bytes('616263'))).toEqual({ value: 'abc' })
    expect(convert({ blobAsHex: true }, bytes('00ff'))).toEqual({
      value: '\\x00ff',
      altered: [['blob-to-hex', bytes('00ff'), '\\x00ff', false]],
    })
    expect(convert({}, bytes('00ff')).misfit).toEqual(['DATA_MISFIT', 'a blob of 2 bytes is not text'])
  })

  test("'' is NULL for a type that is only cast from text", () => {
    expect(convert({ castTo: 'inet', emptyToNull: true }, '')).toEqual({
      value: null,
      altered: [['empty-to-null', '', null, true]],
    })
  })
})

describe('NOT NULL', () => {
  test("neither NULL nor '' that becomes NULL is let in", () => {
    const column = { wireType: 'int4', notNull: true, emptyToNull: true } as const
    expect(convert(column, null).misfit).toEqual(['DATA_NOT_NULL', 'NULL in a column that is NOT NULL'])
    expect(convert(column, '').misfit?.[0]).toBe('DATA_NOT_NULL')
    expect(convert(column, 0n)).toEqual({ value: 0n })
  })
})

const accepted: [Partial<ColumnConversion>, [SqliteValue, PostgresValue][]][] = [
  [
    { wireType: 'int2' },
    [
      [32_767n, 32_767n],
      [-5, -5n],
      ['12', 12n],
    ],
  ],
  [
    { wireType: 'int4' },
    [
      [-2_147_483_648n, -2_147_483_648n],
      [1, 1n],
    ],
  ],
  [
    { wireType: 'int8' },
    [
      [9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n],
      [1e15, 10n ** 15n],
    ],
  ],
  [
    { wireType: 'bool' },
    [
      [1n, true],
      [0, false],
      ['Yes', true],
      ['0', false],
    ],
  ],
  [
    { wireType: 'float8' },
    [
      [1.5, 1.5],
      [5n, 5],
      ['0.10', 0.1],
      [-Infinity, -Infinity],
      [9_007_199_254_740_992n, 2 ** 53],
    ],
  ],
  [
    { wireType: 'float4' },
    [
      [1.5, 1.5],
      [16_777_216n, 16_777_216],
      [Infinity, Infinity],
    ],
  ],
  [
    { wireType: 'numeric' },
    [
      [0.1, '0.1'],
      [1e21, '1000000000000000000000'],
      [5, 5],
      ['1.50', '1.50'],
      ['1e-3', '0.001'],
      [7n, 7n],
    ],
  ],
  [
    { wireType: 'numeric', numeric: { precision: 5, scale: 2 } },
    [
      [999.99, '999.99'],
      ['1.500', '1.500'],
      [5n, 5n],
    ],
  ],
  [
    { wireType: 'date' },
    [
      ['2000-01-02', 1],
      ['1999-12-31 00:00:00', -1],
      ['2000-01-01T24:00', 1],
      ['20000102', 1],
      ['2000-01-02T00:00:00Z', 1],
    ],
  ],
  [
    { wireType: 'date', timeUnit: 'epoch-s' },
    [
      [946_684_800n, 0],
      [946_771_200, 1],
    ],
  ],
  [
    { wireType: 'date', timeUnit: 'julian-day' },
    [
      [2_451_544.5, 0],
      [2_451_545n, 0],
    ],
  ],
  [{ wireType: 'date', timeUnit: 'yyyymmdd' }, [[20_000_102n, 1]]],
  [
    { wireType: 'time' },
    [
      ['00:00:01.5', 1_500_000],
      ['24:00', 86_400_000_000],
    ],
  ],
  [
    { wireType: 'time', timeUnit: 'seconds-of-day' },
    [
      [1n, 1_000_000],
      [0.5, 500_000],
    ],
  ],
  [
    { wireType: 'timestamp' },
    [
      ['2000-01-01 00:00:01', 1_000_000],
      ['2000-01-01T02:00:00+02:00', 0],
      ['2000-01-02', 86_400_000_000],
      ['20000102', 86_400_000_000],
    ],
  ],
  [
    { wireType: 'timestamptz', timeUnit: 'epoch-ms' },
    [
      [946_684_800_001n, 1000],
      [946_684_800_000.5, 500],
      [-62_135_596_800_000n, -63_082_281_600_000_000n],
    ],
  ],
  [{ wireType: 'timestamptz', timeUnit: 'epoch-us' }, [[253_402_300_799_999_999n, 252_455_615_999_999_999n]]],
  [
    { wireType: 'timestamptz', timeZone: 'America/New_York' },
    [
      ['2000-01-01 00:00', 5 * 3_600_000_000],
      ['2000-01-01 00:00Z', 0],
    ],
  ],
  [
    { wireType: 'jsonb' },
    [
      ['{"a":1}', '{"a":1}'],
      [5n, '5'],
      [1.5, '1.5'],
      [bytes('4c17611331'), '{"a":1}'],
      [bytes('7b7d'), '{}'],
    ],
  ],
  [{ wireType: 'json' }, [['"\\u0000"', '"\\u0000"']]],
  [{ wireType: 'uuid' }, [['{7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2}', '7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2']]],
  [
    { wireType: 'bytea' },
    [
      ['a\0b', 'a\0b'],
      [5n, '5'],
      [1.5, '1.5'],
      [invalid, invalid.bytes],
      [bytes('00'), bytes('00')],
    ],
  ],
]

test.each(accepted)('%o takes values exactly', (conversion, values) => {
  expect(values.map(([value]) => convert(conversion, value))).toEqual(values.map(([, value]) => ({ value })))
})

const refused: [Partial<ColumnConversion>, SqliteValue[]][] = [
  [{ wireType: 'int2' }, [32_768n, 1.5, '32768', '007', 'x', bytes('31')]],
  [{ wireType: 'int4' }, [2_147_483_648n, 1e10, NaN]],
  [{ wireType: 'int8' }, [2 ** 63, Infinity, '9223372036854775808', '1.0', '']],
  [{ wireType: 'bool' }, [2n, 0.5, 'maybe', '', bytes('01')]],
  [
    { wireType: 'float8' },
    [9_007_199_254_740_993n, '9007199254740993', '3.14159265358979323846', 'NaN', 'inf', '1e999', bytes('31')],
  ],
  [{ wireType: 'float4' }, [1e39, -1e300, 1e-60]],
  [{ wireType: 'numeric' }, [Infinity, 'NaN', '$5', '1,5', bytes('31')]],
  [{ wireType: 'numeric', numeric: { precision: 5, scale: 2 } }, [1000, '12345', 999.999]],
  [
    { wireType: 'date' },
    ['2000-01-01 10:00', '2000-01-01T00:00+02:00', 'now', 'infinity', '10:00', 20_000_101n, '20001301'],
  ],
  [{ wireType: 'date', timeUnit: 'epoch-s' }, [946_684_801n]],
  [{ wireType: 'time' }, ['24:30', '10:00+02', '2000-01-01 10:00', 5n]],
  [{ wireType: 'time', timeUnit: 'seconds-of-day' }, [86_401n, -1n]],
  [{ wireType: 'timestamp' }, ['now', '2023-02-29', '10:00', 5n, bytes('00')]],
  [{ wireType: 'timestamptz', timeUnit: 'epoch-s' }, [253_402_300_800n, -62_135_596_801n, Infinity, '1709210096']],
  [{ wireType: 'timestamptz', timeUnit: 'yyyymmdd' }, [20_230_229n, 20_240_229.5]],
  [{ wireType: 'jsonb' }, ['"\\u0000"', 'x', Infinity, bytes('ff'), new TextBytes(bytes('7b7d'), true)]],
  [{ wireType: 'json' }, ['NaN', "{'a':1}"]],
  [{ wireType: 'uuid' }, ['x', bytes('00'), 5n]],
]

test.each(refused)('%o refuses what it does not hold exactly', (conversion, values) => {
  expect(values.map((value) => convert(conversion, value))).toEqual(
    values.map(() => ({
      value: 'MISFIT',
      misfit: ['DATA_MISFIT', expect.stringMatching(/^(the |a |'|NULL|[\d.]+ does not fit)/)],
    })),
  )
})

describe('what is rounded is listed', () => {
  test.each<[Partial<ColumnConversion>, SqliteValue, PostgresValue, PostgresValue]>([
    [{ wireType: 'float4' }, 0.1, Math.fround(0.1), Math.fround(0.1)],
    [{ wireType: 'numeric', numeric: { precision: 5, scale: 2 } }, 1.255, '1.26', '1.26'],
    [{ wireType: 'timestamp' }, '2000-01-01 00:00:00.1234567', 123_457, '2000-01-01 00:00:00.123457'],
    [{ wireType: 'time' }, '00:00:00.1234567', 123_457, '00:00:00.123457'],
    [{ wireType: 'timestamptz', timeUnit: 'epoch-ns' }, 946_684_800_000_000_500n, 1, '2000-01-01 00:00:00.000001'],
    [{ wireType: 'timestamp', timePrecision: 3 }, '2000-01-01 00:00:00.0015', 2000, '2000-01-01 00:00:00.002'],
    [{ wireType: 'timestamp', timePrecision: 0 }, '1999-12-31 23:59:58.5', -2_000_000, '1999-12-31 23:59:58'],
    [
      { wireType: 'timestamp', timePrecision: 0 },
      '9999-12-31 23:59:58.4',
      252_455_615_998_000_000n,
      '9999-12-31 23:59:58',
    ],
  ])('%o rounds %s', (conversion, value, stored, after) => {
    expect(convert(conversion, value)).toEqual({ value: stored, altered: [['fraction-rounded', value, after, false]] })
  })

  test('nothing is listed where no digit is lost', () => {
    expect(convert({ wireType: 'timestamp', timePrecision: 3 }, '2000-01-01 00:00:00.001')).toEqual({ value: 1000 })
    expect(convert({ wireType: 'timestamptz', timeUnit: 'epoch-ns' }, 946_684_800_000_001_000n)).toEqual({ value: 1 })
    // Microseconds beyond the safe integers.
    expect(convert({ wireType: 'timestamp' }, '99991231')).toEqual({ value: 252_455_529_600_000_000n })
    expect(convert({ wireType: 'timestamp' }, '17000101')).toEqual({ value: -9_467_020_800_000_000n })
  })

  test('what Go writes behind the offset is dropped and listed as a declared conversion', () => {
    const value = '2000-01-01 00:00:00 +0000 UTC m=+0.1'
    expect(convert({ wireType: 'timestamptz' }, value)).toEqual({
      value: 0,
      altered: [['truncated', value, '2000-01-01 00:00:00', true]],
    })
  })
})

describe('time zones', () => {
  const berlin = { wireType: 'timestamptz', timeZone: 'Europe/Berlin' } as const
  const utc = { wireType: 'timestamptz' } as const
  test.each([
    ['in winter', '2024-01-15 12:00', '2024-01-15 11:00Z'],
    ['in summer', '2024-07-15 12:00', '2024-07-15 10:00Z'],
    ['just before clocks are set forward', '2024-03-31 01:59', '2024-03-31 00:59Z'],
    ['skipped when clocks are set forward', '2024-03-31 02:30', '2024-03-31 01:30Z'],
    ['just after clocks were set forward', '2024-03-31 03:00', '2024-03-31 01:00Z'],
    ['occurring twice', '2024-10-27 02:30', '2024-10-27 01:30Z'],
    ['after clocks were set back', '2024-10-27 03:00', '2024-10-27 02:00Z'],
    ['long ago', '1950-01-01 12:00', '1950-01-01 11:00Z'],
  ])('a time %s', (_when, local, expected) => {
    expect(convert(berlin, local)).toEqual(convert(utc, expected))
  })
})
