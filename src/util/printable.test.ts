import { expect, test } from 'vitest'
import { printable, printableLines } from './printable.ts'

test.each([
  ['plain, ünïcödé 🎉', 'plain, ünïcödé 🎉'],
  ['a\u0000b', String.raw`a\x00b`],
  ['line\nnext\ttab\r', String.raw`line\nnext\ttab\r`],
  ['\u001b[2Jgone', String.raw`\x1b[2Jgone`],
  ['\u009b31m', String.raw`\x9b31m`],
])('printable shows %j without control characters', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('printableLines keeps lines and colours, and nothing else that moves the cursor', () => {
  expect(printableLines('\u001b[31mred\u001b[39m\n\tnext \u001b[2J\u0007')).toBe(
    '\u001b[31mred\u001b[39m\n\tnext \\x1b[2J\\x07',
  )
})
