import { describe, expect, test } from 'vitest'
import { brokenJson, randomJson } from '../../test/support/random-json.ts'
import { seededRandom } from '../../test/support/random-rows.ts'
import { scanJson } from './json-bytes.ts'
import { classifyJsonText } from './json-text.ts'

/** What stands before and behind would make most texts longer if it were read. */
function scan(text: string): string {
  const bytes = Buffer.from(`1${text}1"}]e5`)
  return scanJson(bytes, 1, bytes.length - 6)
}

const maySay = { json: ['json', 'unsure'], 'json-odd': ['unsure'], none: ['no-json', 'unsure'] }

function isMisjudged(text: string): boolean {
  return !maySay[classifyJsonText(text) ?? 'none'].includes(scan(text))
}

test.each(
  [
    ['{}', '[]', '""', '0', '-0', '10', '1.5', '-1.5e-10', '1E5', '1e+999', 'true', 'false', 'null', ' \t\r\n1\n'],
    ['[ ]', '{ }', '[[],{},[[]]]', '{"a":{"b":[1,2]},"a":3}', '[1 , 2]', '{"a" : 1 , "b" : 2}'],
    ['"é🚢\u007f\u2028"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u00E9\\u0001"', '"\\ud83d\\ude00"'],
    ['{"\\u0061":"\\\\u0000"}', '['.repeat(2000) + ']'.repeat(2000), `"${'['.repeat(5000)}"`, '9'.repeat(1000)],
  ].flat(),
)('%.40s is JSON', (text) => {
  expect([scan(text), classifyJsonText(text)]).toEqual(['json', 'json'])
})

test.each(
  [
    ['', ' ', '{', '[', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1}', '{"a"}', '{"a":}', '{"a":1', '{"a":1,}'],
    ['{"a":1]', '{a:1}', '{1:1}', "{'a':1}", '{"a" 1}', '{,}', ']', '}', '[]]', '[][]', '{}{}', '1 2', '1,'],
    ['"a" "b"', '"a":1', '"open', '"open\\"', '"\\', '"\\x"', '"\\u12"', '"\\u12G4"', '"tab\t"', '"line\n"'],
    ['"\u0000"', '-', '+1', '.5', '1.', '1.e5', '01', '-01', '00', '1e', '1e+', '1e5.5', '0x10', '1_000', '--1'],
    ['NaN', 'Infinity', 't', 'tru', 'nul', 'nulll', 'True', 'truefalse', 'null1', 'xyz', '\uFEFF{}', '\u00a01'],
    ['\f1', '/* */ 1', '1 // one'],
  ].flat(),
)('%j is no JSON', (text) => {
  expect([scan(text), classifyJsonText(text)]).toEqual(['no-json', null])
})

test.each(
  [
    ['"\\u0000"', '{"a\\u0000":1}', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d\\n"', '"\\ud83d\\u"'],
    ['"\\ud83d\\ud83d\\ude00"', '1e5000', '[1e200000]', '-1e-20000', '1E+1000', '9'.repeat(140_000)],
    [`0.${'0'.repeat(20_000)}1`, '['.repeat(2001) + ']'.repeat(2001)],
  ].flat(),
)('%.40s takes a closer look', (text) => {
  expect(scan(text)).toBe('unsure')
})

describe('agrees with JSON.parse', () => {
  const random = seededRandom(20_260_801)
  const texts = Array.from({ length: 6000 }, () => randomJson(random))

  test('on texts of any shape', () => {
    const misjudged = texts.filter((text) => classifyJsonText(text) !== 'json' || scan(text) !== 'json')
    expect(misjudged).toEqual([])
  })

  test('on broken ones', () => {
    const broken = texts.flatMap((text) => Array.from({ length: 6 }, () => brokenJson(random, text)))
    expect(broken.filter(isMisjudged)).toEqual([])
  })

  test('wherever a text is cut off', () => {
    const cut = texts.slice(0, 100).flatMap((text) => Array.from(text, (_, end) => text.slice(0, end).toWellFormed()))
    expect(cut.filter(isMisjudged)).toEqual([])
  })
})

test.each([
  ['"x"', 'json'],
  ['"é\\u00e9"', 'json'],
  ['"\\u0000"', 'json-odd'],
  ['"\\ud800"', 'json-odd'],
  ['1e200000', 'json-odd'],
  ['1.5e3', 'json'],
  ['NaN', null],
  ["'x'", null],
  [',', null],
  [`${'['.repeat(2100)}${']'.repeat(2100)}`, null],
])('a text that is too long to be parsed for nothing is judged like a short one: %.20s', (item, expected) => {
  const filling = '{"a":[1,2,"text"]},'.repeat(4000)
  expect(classifyJsonText(`[${filling}${item}]`)).toBe(expected)
  expect(classifyJsonText(`[${item}]`)).toBe(expected)
})
