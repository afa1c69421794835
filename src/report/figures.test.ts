import { expect, test } from 'vitest'
import { countOf, formatBytes, formatCount, formatDuration, formatPercent, rowsPerSecond } from './figures.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_499, '99.5 kB'],
  [999_499, '999 kB'],
  [999_999, '1.0 MB'],
  [12_345_678_901, '12.3 GB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 min 00 s'],
  [130, '2 min 10 s'],
  [3599.7, '1 h 00 min'],
  [11_100, '3 h 05 min'],
])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))

test('counts have their word in the right number', () => {
  expect([countOf(1, 'row'), countOf(1204, 'row'), countOf(0, 'row')]).toEqual(['1 row', '1,204 rows', '0 rows'])
  expect([0, 999, 1000, 999_999, 1_204_331, 2 ** 53 - 1, -1234, 99_999.6].map(formatCount)).toEqual([
    '0',
    '999',
    '1,000',
    '999,999',
    '1,204,331',
    '9,007,199,254,740,991',
    '-1,234',
    '100,000',
  ])
})

test('a rate is only given where it means something', () => {
  expect([rowsPerSecond(10, 0), rowsPerSecond(0, 5), rowsPerSecond(1000, 4)]).toEqual([null, null, 250])
})

test('nothing is 100 % before it is done', () => {
  expect([formatPercent(999_999, 1_000_000), formatPercent(5, 5), formatPercent(0, 0), formatPercent(7, 5)]).toEqual([
    '99 %',
    '100 %',
    '100 %',
    '100 %',
  ])
})
