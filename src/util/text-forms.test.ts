import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { parseBooleanText } from './boolean-text.ts'
import { classifyJsonText } from './json-text.ts'
import { decodeJsonb } from './sqlite-jsonb.ts'
import { sqliteRealText } from './sqlite-real-text.ts'
import { decodeAs, decodeUtf16Replacing, decodeUtf8Replacing, isKnownEncoding, isValidUtf8 } from './utf8.ts'
import { bareUuidText, isUuidText } from './uuid-text.ts'

test('boolean words in any case are booleans, everything else is not', () => {
  expect(['t', 'TRUE', 'Yes', 'y', 'ON', '1'].map(parseBooleanText)).toEqual([true, true, true, true, true, true])
  expect(['f', 'False', 'no', 'N', 'off', '0'].map(parseBooleanText)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(['', ' t', 'tr', '2', 'truthy', 'constructor', '__proto__'].map(parseBooleanText)).toEqual(Array(7).fill(null))
})

test('UUIDs are plain, dashed, or dashed in braces', () => {
  const dashed = '7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2'
  const plain = dashed.replaceAll('-', '')
  for (const text of [dashed, plain, dashed.toUpperCase(), `{${dashed}}`]) expect(isUuidText(text)).toBe(true)
  for (const text of [
    '',
    'x',
    `${dashed}0`,
    `{${plain}}`,
    `urn:uuid:${dashed}`,
    dashed.replace('f', 'g'),
    `7f9c24e83b12-4fef-91e0-56a2-d5a8a1b2`,
    `(${dashed})`,
  ]) {
    expect(isUuidText(text)).toBe(false)
  }
  expect(bareUuidText(`{${dashed}}`)).toBe(dashed)
  expect(bareUuidText('x')).toBeNull()
})

describe('JSON', () => {
  test.each([
    ['{"a":1}', 'json'],
    ['[]', 'json'],
    [' "x" ', 'json'],
    ['null', 'json'],
    ['1e5000', 'json'],
    ['"1e999999 \\\\u0000"', 'json'],
    ['"\\ud83d\\ude00"', 'json'],
    ['"\\\\\\u0041"', 'json'],
    ['"\\u0000"', 'json-odd'],
    ['{"\\u0000":1}', 'json-odd'],
    ['"\\ud83d"', 'json-odd'],
    ['"\\ude00\\ud83d"', 'json-odd'],
    ['"\\ud83d\\n"', 'json-odd'],
    ['[1e200000]', 'json-odd'],
    ['-1e-20000', 'json-odd'],
    [`[${'9'.repeat(140_000)}]`, 'json-odd'],
    ['['.repeat(1500) + ']'.repeat(1500), 'json'],
    ['['.repeat(5000) + ']'.repeat(5000), null],
    ['', null],
    ['NaN', null],
    ['Infinity', null],
    ["{'a':1}", null],
    ['{a:1}', null],
    ['[1,]', null],
    ['01', null],
    ['"a\u0000"', null],
    ['tru', null],
    ['/* */ 1', null],
    ['\uFEFF{}', null],
  ])('%.30s is %s', (text, expected) => {
    expect(classifyJsonText(text)).toBe(expected)
  })

  test('deep brackets inside a string are no nesting', () => {
    expect(classifyJsonText(`"${'['.repeat(5000)}\\""`)).toBe('json')
  })
})

describe("SQLite's own forms", () => {
  const database = new DatabaseSync(':memory:')
  const ask = (sql: string, ...values: (string | number | Uint8Array)[]): unknown =>
    database.prepare(sql).get(...values)?.['x']

  test.each([
    1.5,
    -1.5,
    10,
    0.1,
    0.0001,
    0.00001,
    1e14,
    999999999999999,
    1e15,
    1e16,
    1e17,
    123456789012345,
    1e100,
    1e-100,
    1.25e-7,
    -2.5e20,
    0,
    1e9 + 0.5,
    Infinity,
    -Infinity,
  ])('the real %f reads as in SQLite', (value) => {
    expect(sqliteRealText(value)).toBe(ask('select cast(? as text) as x', value))
  })

  test.each([
    5e-324,
    0.1 + 0.2,
    1 / 3,
    2 ** 50 + 0.25,
    1.7976931348623157e308,
    2.2250738585072014e-308,
    2 ** 53 + 2,
    -0,
  ])('the real %f keeps all its digits', (value) => {
    expect(Number(sqliteRealText(value))).toBe(value)
    expect(sqliteRealText(value)).toMatch(/[.e]/)
  })

  test.each([
    'null',
    'true',
    'false',
    '0',
    '-12',
    '1.5',
    '-1e+10',
    '""',
    '"a\\"b\\n"',
    '"ä😀"',
    '[]',
    '{}',
    '[1,[2,{"a":null}]]',
    '{"a":{"b":[true,false]},"c":"x"}',
    `["${'x'.repeat(300)}"]`,
    `["${'y'.repeat(70_000)}"]`,
    '{"k\\u0041":1}',
  ])('binary JSON of %.40s reads back', (json) => {
    const blob = ask('select jsonb(?) as x', json)
    expect(blob).toBeInstanceOf(Uint8Array)
    const decoded = decodeJsonb(blob instanceof Uint8Array ? blob : new Uint8Array())
    expect(JSON.parse(decoded ?? '')).toEqual(JSON.parse(json))
  })

  test.each(['{a:0x1F, b:+.5, c:-0xA}', "{'it\\'s':\"\\x41\\v\\0\"}", '[1.,  .5e3, +7]', '"two \\\nlines"'])(
    'binary JSON of the JSON5 %s reads as plain JSON',
    (json5) => {
      const blob = ask('select jsonb(?) as x', json5)
      const decoded = decodeJsonb(blob instanceof Uint8Array ? blob : new Uint8Array())
      expect(JSON.parse(decoded ?? '')).toEqual(JSON.parse(String(ask('select json(?) as x', json5))))
    },
  )

  test('other bytes are no binary JSON', () => {
    for (const hex of ['', 'ff', '0f', '31', '0000', '1361', '2b1361', '3c0141', 'b70161', 'fb0000', '176122']) {
      expect([hex, decodeJsonb(Buffer.from(hex, 'hex'))]).toEqual([hex, null])
    }
  })
})

describe('bytes of text', () => {
  test('UTF-8 is checked strictly', () => {
    expect(isValidUtf8(Buffer.from('häß😀'))).toBe(true)
    for (const hex of ['66fc6e66', 'eda080', 'f4908080', 'c080', 'e282'])
      expect(isValidUtf8(Buffer.from(hex, 'hex'))).toBe(false)
  })

  test('what is invalid becomes U+FFFD, and a byte order mark stays', () => {
    expect(decodeUtf8Replacing(Buffer.from('66fc6e66', 'hex'))).toEqual({ text: 'f\uFFFDnf', replaced: true })
    expect(decodeUtf8Replacing(Buffer.from('efbbbf61', 'hex'))).toEqual({ text: '\uFEFFa', replaced: false })
    expect(decodeUtf16Replacing(Buffer.from('610000d8', 'hex'), 'UTF-16le')).toBe('a\uFFFD')
  })

  test('encodings go by name, and bytes that are not valid in one are refused', () => {
    expect(decodeAs(Buffer.from('fc', 'hex'), 'latin1')).toBe('ü')
    expect(decodeAs(Buffer.from('82a0', 'hex'), 'Shift_JIS')).toBe('あ')
    expect(decodeAs(Buffer.from('82', 'hex'), 'shift_jis')).toBeNull()
    expect(isKnownEncoding('koi8-r')).toBe(true)
    expect(isKnownEncoding('klingon')).toBe(false)
  })
})
