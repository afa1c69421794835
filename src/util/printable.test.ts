import { expect, test } from 'vitest'
import { printable, printableJson, printableLines } from './printable.ts'

test.each([
  ['plain, ünïcödé 🎉 ❤️ مرحبا', 'plain, ünïcödé 🎉 ❤️ مرحبا'],
  ['a\u0000b', String.raw`a\x00b`],
  ['line\nnext\ttab\r', String.raw`line\nnext\ttab\r`],
  ['\u001b[2Jgone', String.raw`\x1b[2Jgone`],
  ['\u001b[31mred', String.raw`\x1b[31mred`],
  ['\u009b31m\u007f', String.raw`\x9b31m\x7f`],
  ['f\u202egnp\u2066\u2069\u200e\u061c', String.raw`f\u202egnp\u2066\u2069\u200e\u061c`],
  ['a\u200bb\ufeff\u2028\u2029', String.raw`a\u200bb\ufeff\u2028\u2029`],
  ['\u{e0041}\ud800', String.raw`\u{e0041}\ud800`],
])('printable shows %j without anything that is not seen', (text, shown) => {
  expect(printable(text)).toBe(shown)
  expect(printable(shown)).toBe(shown)
})

test('printableLines keeps lines and tabs, and nothing else that moves the cursor', () => {
  expect(printableLines('red\n\tnext \u001b[31m\u0007\r')).toBe('red\n\tnext \\x1b[31m\\x07\\r')
})

test('printableJson stays the same document', () => {
  const document = { 'a\u001b\u202e\u{e0041}\u009b': ['\n', '\u200b'] }
  const json = printableJson(JSON.stringify(document, null, 2))
  expect(JSON.parse(json)).toEqual(document)
  expect(printable(json.replaceAll('\n', ''))).toBe(json.replaceAll('\n', ''))
})
