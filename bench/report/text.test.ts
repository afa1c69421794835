import { expect, test } from 'vitest'
import { megabytesText, rowsText, secondsText } from './text.ts'

test.each([
  [0.1234, '0.123'],
  [1.234, '1.23'],
  [12.34, '12.3'],
  [123.4, '123'],
  [null, '–'],
])('%s seconds are written %s', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text)
})

test('one row is not rows', () => {
  expect([rowsText(1), rowsText(2_000_000)]).toEqual(['1 row', '2,000,000 rows'])
})

test('memory is in millions of bytes', () => {
  expect([megabytesText(1_234_567_890), megabytesText(null)]).toEqual(['1,235 MB', '–'])
})
