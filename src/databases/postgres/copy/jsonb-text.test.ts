import { describe, expect, test } from 'vitest'
import { brokenJson, randomJson } from '../../../../test/support/random-json.ts'
import { seededRandom } from '../../../../test/support/random-rows.ts'
import { wireValues } from '../../../../test/support/wire-values.ts'
import { classifyJsonText } from '../../../util/json-text.ts'
import { JsonbText } from './jsonb-text.ts'
import { withoutExponent } from './without-exponent.ts'

const writer = new JsonbText()

/** Null when it is no JSON. */
function jsonbText(json: string | Uint8Array): string | null {
  const bytes = Buffer.from(`..${Buffer.from(json).toString()}..`)
  return writer.write(bytes, 2, bytes.length - 2) ? writer.bytes.toString('utf8', 1, writer.length) : null
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

/** The same by way of a tree, slow and simple. Strings are `s` and their bytes in hexadecimal in it, numbers `n` and themselves. */
function printed(value: unknown): string {
  if (typeof value === 'string') return value[0] === 'n' ? printedNumber(value.slice(1)) : printedString(value.slice(1))
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${printed(key)}: ${printed(member)}`).join(', ')}}`
}

function printedString(hex: string): string {
  return JSON.stringify(Buffer.from(hex, 'hex').toString())
}

function printedNumber(source: string): string {
  const text = /e/i.test(source) ? (withoutExponent(source) ?? '') : source
  return /[1-9]/.test(text) ? text : text.replace('-', '')
}

/** Without escapes in keys: Node 24.21 takes `"\\n"` for a backslash now and then. */
function parsed(json: string): unknown {
  const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
  return JSON.parse(json.replaceAll(stringOrNumber, (found) => `"${found[0] === '"' ? hexOf(found) : `n${found}`}"`))
}

function hexOf(json: string): string {
  return `s${Buffer.from(JSON.parse(json) as string).toString('hex')}`
}

describe('by chance', () => {
  const random = seededRandom(20_260_802)
  const texts = Array.from({ length: 6000 }, () => randomJson(random))

  test('JSON of any shape becomes the text of its tree', () => {
    const mistaken = texts.filter((json) => jsonbText(json) !== printed(parsed(json)))
    expect(mistaken).toEqual([])
  })

  test('broken JSON is refused', () => {
    const broken = texts.map((json) => brokenJson(random, json))
    const mistaken = broken.filter((json) => {
      const taken = jsonbText(json) !== null
      const kind = classifyJsonText(json)
      return kind === null ? taken : kind === 'json' && !taken
    })
    expect(mistaken).toEqual([])
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
  'truf',
  '01',
  '1.',
  '1-2',
  '"tab\t"',
  '[1,]',
  '{"a":1,}',
  '{,}',
  '"\\ud83d\\u"',
]

test.each(malformed)('%j is no JSON that jsonb could hold', (json) => {
  expect(jsonbText(json)).toBeNull()
})
