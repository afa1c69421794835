import { expect, test } from 'vitest'
import { shareInOneGo } from './hash-tables.ts'

test.each([
  ['all of it, over one lane', { bytes: 100, allBytes: 100, lanes: 1 }, 1],
  ['nothing, where nothing else is to be done', { bytes: 100, allBytes: 100, lanes: 2 }, 0],
  ['all of it beside one index', { bytes: 100, allBytes: 200, lanes: 2 }, 1],
  ['all of it beside three indexes', { bytes: 100, allBytes: 400, lanes: 4 }, 1],
  ['three of seven parts beside three indexes over eight lanes', { bytes: 100, allBytes: 400, lanes: 8 }, 3 / 7],
  ['half of it beside a table half as large', { bytes: 100, allBytes: 150, lanes: 2 }, 0.5],
])('one lane hashes %s', (_, { bytes, allBytes, lanes }, share) => {
  expect(shareInOneGo(bytes, allBytes, lanes)).toBeCloseTo(share)
})
