import { describe, expect, test } from 'vitest'
import { wireValues } from '../../../../test/support/wire-values.ts'
import { JsonbText } from './jsonb-text.ts'

const writer = new JsonbText()

/** Null when it is no JSON. */
function jsonbText(json: string | Uint8Array): string | null {
  const bytes = Buffer.from(`..${Buffer.from(json).toString()}..`)
  return writer.write(bytes, 2, bytes.length - 2) ? writer.bytes.toString('utf8', 0, writer.length) : null
}

describe('JSON becomes the text of a jsonb value', () => {
  const cases = wireValues.jsonb.map(([json, text]) => [json as string | Uint8Array, text] as const)
  test.each(cases)('%.40s', (json, text) => {
    expect(jsonbText(json)).toBe(text)
  })

  test('for an object of thousands of keys in the wrong order', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `k${(i * 7919) % 5000}`)
    const ordered = keys.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
    expect(jsonbText(`{${keys.map((key) => `"${key}":"${key}"`).join(',')}}`)).toBe(
      `{${ordered.map((key) => `"${key}": "${key}"`).join(', ')}}`,
    )
  })

  test('however deep it is nested', () => {
    const json = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`
    expect(jsonbText(json)).toBe(json.replaceAll(':', ': '))
  })

  test('after a document of many megabytes', () => {
    const large = `"${'x'.repeat(9_000_000)}"`
    expect(jsonbText(large)).toBe(large)
    expect(jsonbText('{"b":1,"a":2}')).toBe('{"a": 2, "b": 1}')
  })
})

const malformed = [
  '',
  ' ',
  '{',
  '[',
  '[1',
  '[1,',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1',
  '{a:1}',
  '{"a":1]',
  '"open',
  '"open\\"',
  '"\\x"',
  '1 2',
  '-',
  '1e',
  '1e999999',
  '1e-99999',
  ']',
  'nul',
]

test.each(malformed)('%j is no JSON that jsonb could hold', (json) => {
  expect(jsonbText(json)).toBeNull()
})
