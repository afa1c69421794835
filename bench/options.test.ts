import { describe, expect, test } from 'vitest'
import { readOptions } from './options.ts'

describe('options of the benchmark', () => {
  test('measure the mixed table five times when nothing is said', () => {
    expect(readOptions([])).toMatchObject({ shapes: ['mixed'], rows: null, rounds: 5, write: false })
  })

  test('take several shapes and sizes', () => {
    expect(readOptions(['--shape', 'narrow,blobs', '--rows', '1_000,2000'])).toMatchObject({
      shapes: ['narrow', 'blobs'],
      rows: [1000, 2000],
    })
  })

  test('let rowferry always take part', () => {
    expect(readOptions(['--contenders', 'pgloader'])?.contenders).toEqual(['rowferry', 'pgloader'])
  })

  test('keep what stands behind the first = of a setting', () => {
    expect(readOptions(['--setting', 'search_path=a=b'])?.settings).toEqual({ search_path: 'a=b' })
  })

  test.each([
    [['--shape', 'round'], '--shape: round is none of mixed, narrow'],
    [['--rows', '0'], '--rows: 0 is not a whole number above 0.'],
    [['--rounds', 'many'], '--rounds: many is not a whole number above 0.'],
    [['--setting', 'fsync'], '--setting: fsync is not NAME=VALUE.'],
    [['--shape', 'all', '--out', 'x.json'], '--out is for one shape.'],
    [['--rouds', '3'], "Unknown option '--rouds'"],
  ])('refuse %j', (parameters, message) => {
    expect(() => readOptions(parameters)).toThrow(message)
  })
})
