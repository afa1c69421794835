import { describe, expect, test } from 'vitest'
import { checkLimits } from './limits.ts'
import type { ShapeResult } from './results.ts'
import { sampleResult } from './sample-result.ts'

function verdictOf(result: ShapeResult, what: string): string | undefined {
  const limit = checkLimits(result).find((one) => one.what === what)
  return limit === undefined ? undefined : `${limit.measured} of ${limit.limit}: ${limit.holds}`
}

describe('limits of the mixed table', () => {
  test('hold up to the limit itself, and not beyond', () => {
    expect(verdictOf(sampleResult({ rowferry: [42], pgloader: [100] }), 'rowferry / pgloader')).toBe(
      '0.42 of 0.42: true',
    )
    expect(verdictOf(sampleResult({ rowferry: [43], pgloader: [100] }), 'rowferry / pgloader')).toBe(
      '0.43 of 0.42: false',
    )
  })

  test('are not judged against a contender that did not run', () => {
    expect(verdictOf(sampleResult({ rowferry: [4] }), 'rowferry / pgloader')).toBeUndefined()
  })

  test('compare verification and profile with the load of the same run', () => {
    const result = sampleResult({
      rowferry: [4],
      phases: { profile: 0.5, 'copy-tables': 2, 'verify-content': 0.1 },
      unverified: [3.5],
    })
    expect(verdictOf(result, 'profile / copy-tables')).toBe('25.0 % of 20.0 %: false')
    // Half a second more than without it, whatever its step took.
    expect(verdictOf(result, 'rowferry less the same with --verify none / copy-tables')).toBe('25.0 % of 30.0 %: true')
  })
})

test('memory is judged by the worst round of every shape', () => {
  const result = sampleResult({ shape: 'blobs', rowferry: [1], peakMemory: 401e6 })
  expect(verdictOf(result, 'peak memory at 1,000,000 rows')).toBe('401 MB of 400 MB: false')
})

test('a thousand small tables and the smallest database have a time of their own', () => {
  expect(verdictOf(sampleResult({ shape: 'tiny-tables', rowferry: [10.5] }), 'seconds from command to end')).toBe(
    '10.5 of 10.0: false',
  )
  expect(verdictOf(sampleResult({ shape: 'smallest', rowferry: [1.4] }), 'seconds from command to end')).toBe(
    '1.40 of 1.50: true',
  )
})

test.each([
  [8.5, '1.06 of 0.90 – 1.10: true'],
  [6.8, '0.85 of 0.90 – 1.10: false'],
])('growth is judged by the line through the smallest and the largest size: %f s in the middle', (middle, expected) => {
  const sizeAt = (rows: number, seconds: number): ShapeResult['sizes'] =>
    sampleResult({ shape: 'growth', rowferry: [seconds] }).sizes.map((size) => ({ ...size, rows }))
  const result = {
    ...sampleResult({ shape: 'growth', rowferry: [2] }),
    sizes: [...sizeAt(1_000_000, 2), ...sizeAt(3_000_000, middle), ...sizeAt(5_000_000, 14)],
  }
  expect(verdictOf(result, 'time at 3,000,000 rows / on the line from 1,000,000 rows to 5,000,000 rows')).toBe(expected)
})

test('growth is judged per row, against the first size', () => {
  const small = sampleResult({ shape: 'growth', rowferry: [2] })
  const large = sampleResult({ shape: 'growth', rowferry: [24], peakMemory: 210e6 })
  const sizes = [...small.sizes, ...large.sizes.map((size) => ({ ...size, rows: 10_000_000 }))]
  const result = { ...small, sizes }
  const pair = 'at 10,000,000 rows / at 1,000,000 rows'
  expect(verdictOf(result, `time per row ${pair}`)).toBe('1.20 of 1.10: false')
  expect(verdictOf(result, `peak memory ${pair}`)).toBe('1.05 of 1.10: true')
})
