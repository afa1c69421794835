import { describe, expect, test } from 'vitest'
import type { PostgresValue, SqliteValue } from '../../../model/batch.ts'
import type { ColumnConversion } from '../../../model/plan.ts'
import { MISFIT } from '../../mapping.ts'
import { buildConverter } from '../values.ts'
import { printedType } from './printed-type.ts'

type Told = {
  readonly value: PostgresValue | typeof MISFIT
  readonly altered: readonly string[]
  readonly reason: string | null
}

function convert(type: string, value: SqliteValue, more: Partial<ColumnConversion> = {}, separator?: string): Told {
  const printed = printedType(type)
  const altered: string[] = []
  let reason: string | null = null
  const converter = buildConverter({
    wireType: 'text',
    castTo: type,
    printed: printed.kind === 'array' && separator !== undefined ? { ...printed, separator } : printed,
    maxCharacters: null,
    numeric: null,
    timeUnit: null,
    timeZone: 'UTC',
    enumLabels: null,
    notNull: false,
    emptyToNull: true,
    onMisfit: 'reject',
    nul: 'strip',
    invalidUtf8: 'replace',
    ...more,
  })
  const converted = converter(value, {
    altered: (rule, before, after, declared) =>
      altered.push(`${rule} ${before as string} → ${after as string}${declared ? ' (declared)' : ''}`),
    misfit: (because) => {
      reason = because
    },
  })
  return { value: converted, altered, reason }
}

describe('a duration', () => {
  test.each([
    ['P1Y2M3DT4H5M6.7S', '1 year 2 mons 3 days 04:05:06.7'],
    ['P2W', '14 days'],
    ['-P1DT2H', '-1 days -02:00:00'],
    ['PT0S', '00:00:00'],
    ['1.02:03:04', '1 day 02:03:04'],
    ['-1.02:03:04.5000000', '-1 days -02:03:04.5'],
    ['416:40:00', '416:40:00'],
    ['1 day, 2:03:04', '1 day 02:03:04'],
    ['1 02:03:04.5', '1 day 02:03:04.5'],
    ['-1 day, 23:59:58', '-1 days +23:59:58'],
    ['1 year 2 mons -3 days +04:05:06', '1 year 2 mons -3 days +04:05:06'],
    ['3 hours 5 minutes ago', '-03:05:00'],
    ['@ 1 day 2 secs', '1 day 00:00:02'],
    ['2 weeks', '14 days'],
  ])('%s is %s', (text, printed) => {
    expect(convert('interval', text)).toEqual({ value: printed, altered: [], reason: null })
  })

  test.each([
    '90',
    '10:30',
    '1:2:3',
    '-1 23:59:58',
    '25:61:00',
    'P',
    'PT',
    'P1.5D',
    'now',
    'one day',
    '1 fortnight',
    '1 day day',
    '2024-01-01 10:00:00',
    '1 hour garbage',
  ])('is not read out of %s', (text) => {
    expect(convert('interval', text).value).toBe(MISFIT)
  })

  test.each([
    ['epoch-us', 90_000_000n, '00:01:30'],
    ['epoch-us', -2_500_000n, '-00:00:02.5'],
    ['epoch-s', 86_400n, '1 day'],
    ['epoch-s', 1.5, '00:00:01.5'],
    ['epoch-ms', 1n, '00:00:00.001'],
    ['epoch-ns', 1_000n, '00:00:00.000001'],
    ['epoch-days', 3n, '3 days'],
  ] as const)('in %s is %s → %s', (timeUnit, number, printed) => {
    expect(convert('interval', number, { timeUnit })).toEqual({ value: printed, altered: [], reason: null })
  })

  test('without a unit a number is no duration', () => {
    expect(convert('interval', 90n)).toMatchObject({
      value: MISFIT,
      reason: expect.stringContaining('timeUnit') as string,
    })
  })

  test('what the target cannot hold is rounded and listed', () => {
    expect(convert('interval', '00:00:01.1234567').altered).toEqual([
      'fraction-rounded 00:00:01.1234567 → 00:00:01.123457',
    ])
    expect(convert('interval(0)', '00:00:01.5').altered).toEqual(['fraction-rounded 00:00:01.5 → 00:00:02'])
    expect(convert('interval', 1_500n, { timeUnit: 'epoch-ns' }).altered).toEqual([
      'fraction-rounded 1500 → 00:00:00.000002',
    ])
  })

  test('is a date-time since 1970 where the source declares one', () => {
    const sinceEpoch = { printed: { kind: 'interval', precision: 6, sinceEpoch: true } } as const
    expect(convert('interval', '1970-01-02 02:03:04.000000', sinceEpoch).value).toBe('1 day 02:03:04')
    expect(convert('interval', '1969-12-31 00:00:00', sinceEpoch).value).toBe('-1 days')
    expect(convert('interval', '2024-05-01 10:00:00', sinceEpoch).value).toBe(MISFIT)
  })
})

describe('an array', () => {
  test.each([
    ['integer[]', '[1, 2, null]', '{1,2,NULL}'],
    ['integer[]', '{ 1 , 2 }', '{1,2}'],
    ['integer[]', '[[1,2],[3,4]]', '{{1,2},{3,4}}'],
    ['bigint[]', '[9007199254740993]', '{9007199254740993}'],
    ['text[]', '["a b","x","","NULL","q\\"\\\\"]', String.raw`{"a b",x,"","NULL","q\"\\"}`],
    ['text[]', '{}', '{}'],
    ['jsonb[]', '[{"b":1,"a":1e2}]', String.raw`{"{\"a\": 100, \"b\": 1}"}`],
    ['boolean[]', '[true,false]', '{t,f}'],
    ['numeric(5,2)[]', '{1.2}', '{1.20}'],
    ['double precision[]', '[0.1,1e20,1e-7]', '{0.1,1e+20,1e-07}'],
    ['date[]', '{2024-01-01}', '{2024-01-01}'],
    ['timestamp with time zone[]', '["2024-01-01T10:00:00+02:00"]', '{"2024-01-01 08:00:00+00"}'],
    ['uuid[]', '["6B1C9A04-6F2E-4F6E-9F0E-1D2C3B4A5F60"]', '{6b1c9a04-6f2e-4f6e-9f0e-1d2c3b4a5f60}'],
    ['interval[]', '["PT90S"]', '{00:01:30}'],
    ['inet[]', '["10.0.0.1","10.0.0.0/8","::1/128"]', '{10.0.0.1,10.0.0.0/8,::1}'],
    ['cidr[]', '{10.0.0.1}', '{10.0.0.1/32}'],
    ['bytea[]', String.raw`{"\\x00FF"}`, String.raw`{"\\x00ff"}`],
    ['text[]', '[{"a": 1.0, "é": "\\u00e9"}]', String.raw`{"{\"a\":1.0,\"é\":\"é\"}"}`],
  ])('of %s takes %s', (type, text, printed) => {
    expect(convert(type, text)).toEqual({ value: printed, altered: [], reason: null })
  })

  test.each([
    ['date[]', '{now}'],
    ['date[]', '["today"]'],
    ['timestamp without time zone[]', '{infinity}'],
    ['integer[]', '[1.5]'],
    ['integer[]', 'a,b'],
    ['integer[]', '{1,2'],
    ['integer[]', '{1,}'],
    ['integer[]', '{'.repeat(100_000)],
    ['integer[]', '['.repeat(7) + ']'.repeat(7)],
    ['text[]', '[{"a":1,"a":2}]'],
    ['json[]', '[{"b":1,"1":2}]'],
    ['character varying(3)[]', '{abcd}'],
    ['numeric(3,1)[]', '{1234}'],
  ])('of %s does not take %s', (type, text) => {
    expect(convert(type, text).value).toBe(MISFIT)
  })

  test('lists an element that is rounded with the whole value', () => {
    expect(convert('numeric(5,2)[]', '{1.239,2}')).toMatchObject({
      value: '{1.24,2.00}',
      altered: ['fraction-rounded {1.239,2} → {1.24,2.00}'],
    })
  })

  test('is made of separated text where the configuration says so', () => {
    expect(convert('text[]', 'red, green,', {}, ',').value).toBe('{red," green",""}')
    expect(convert('text[]', 'red;green', {}, ';').value).toBe('{red,green}')
  })
})

test.each([
  ['int4range', '[1,5]', '[1,6)'],
  ['int4range', '(1,2)', 'empty'],
  ['numrange', '[1.5,2.5]', '[1.5,2.5]'],
  ['daterange', '[2024-02-28,2024-02-29]', '[2024-02-28,2024-03-01)'],
  ['tsrange', '["2024-01-01 10:00","2024-01-02")', '["2024-01-01 10:00:00","2024-01-02 00:00:00")'],
  ['int8range', '[,5)', '(,5)'],
  ['money', '$1,234.50', '$1,234.50'],
  ['money', '-1234.5', '-$1,234.50'],
  ['bit(4)', '1010', '1010'],
  ['inet', '10.0.0.1', '10.0.0.1/32'],
  ['inet', '2001:DB8:0:0::1', '2001:db8::1/128'],
  ['cidr', '10.0.0.0/8', '10.0.0.0/8'],
  ['macaddr', '08-00-2B-01-02-03', '08:00:2b:01:02:03'],
  ['macaddr8', '08:00:2b:01:02:03', '08:00:2b:ff:fe:01:02:03'],
  ['time with time zone', '10:00Z', '10:00:00+00'],
  ['time with time zone', '10:00:00.5-03:30', '10:00:00.5-03:30'],
  ['tsvector', 'brave hello', `'brave' 'hello'`],
  ['tsvector', `'a':1A 'b':2`, `'a':1A 'b':2`],
  ['public.hstore', '{"bb":true,"a":null}', '"a"=>NULL, "bb"=>"true"'],
  ['public.hstore', 'a=>1, "b c"=>NULL', '"a"=>"1", "b c"=>NULL'],
  ['public.hstore', '{"": 1.0}', '""=>"1.0"'],
  ['public.hstore', ' "" => "" ', '""=>""'],
  ['public.hstore', 'a=b=>c=d,x=>NULL', '"x"=>NULL, "a=b"=>"c=d"'],
  ['int4range', ' [ 1 , 5 ) ', '[1,5)'],
  ['int4range', '[ "1" , "5" ]', '[1,6)'],
  ['name', 'plain', 'plain'],
])('%s takes %s as %s', (type, text, printed) => {
  expect(convert(type, text)).toEqual({ value: printed, altered: [], reason: null })
})

test.each([
  ['tsrange', '[now,)'],
  ['int4range', '[1;5]'],
  ['money', '12 EUR'],
  ['money', 'now'],
  ['bit(8)', '102'],
  ['inet', '300.1.1.1'],
  ['inet', '10.0.0.1/33'],
  ['macaddr', '08:00-2b:01:02:03'],
  ['time with time zone', 'now'],
  ['time with time zone', '25:00'],
  ['public.hstore', '{"a":{"b":1}}'],
  ['public.hstore', 'a=>1, a=>2'],
  ['public.hstore', '=>1'],
  ['public.hstore', 'a=>'],
  ['public.hstore', 'a=>,b=>1'],
  ['public.hstore', '{"":[1,2]}'],
  ['public.hstore', `"${'x'.repeat(30_000_000)}`],
  ['int4range', `["${'1'.repeat(30_000_000)}`],
])('%s does not take %s', (type, text) => {
  expect(convert(type, text).value).toBe(MISFIT)
})

// Patterns that backtrack would not end on these.
test.each([
  ['public.hstore', 'x'.repeat(100_000)],
  ['public.hstore', '='.repeat(100_000)],
  ['public.hstore', `a=>${'x '.repeat(50_000)}`],
  ['public.hstore', '\\'.repeat(100_000)],
  ['public.hstore', ' '.repeat(100_000) + 'x'],
  ['int4range', `[${' '.repeat(100_000)}`],
  ['int4range', `[1,${' '.repeat(100_000)}`],
  ['int4range', `["${'""'.repeat(50_000)}`],
  ['interval', `1 ${'a'.repeat(100_000)}`],
  ['interval', '1 day '.repeat(20_000)],
  ['money', '1,111'.repeat(20_000)],
  ['macaddr', 'ab:'.repeat(50_000)],
  ['inet', ':'.repeat(100_000)],
  ['time with time zone', '1'.repeat(100_000)],
  ['integer[]', '{1,'.repeat(50_000)],
  ['text[]', `["${'\\'.repeat(100_001)}`],
])('%s refuses a long text that is none at once (%#)', { timeout: 10_000 }, (type, text) => {
  expect([MISFIT, 'string']).toContain(
    typeof convert(type, text).value === 'string' ? 'string' : convert(type, text).value,
  )
})

test('an integer is no string of bits, except 0 and 1', () => {
  expect(convert('bit(8)', 5n).value).toBe(MISFIT)
  expect(convert('bit(1)', 1n).value).toBe('1')
})

test('money beyond cents is rounded and listed', () => {
  expect(convert('money', 19.999)).toMatchObject({ value: '$20.00', altered: ['fraction-rounded 19.999 → $20.00'] })
})

test('words lose their order in a tsvector, which is listed', () => {
  expect(convert('tsvector', 'hello brave hello')).toMatchObject({
    value: `'brave' 'hello'`,
    altered: [`truncated hello brave hello → 'brave' 'hello'`],
  })
})
