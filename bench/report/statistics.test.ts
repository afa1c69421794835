import { describe, expect, test } from 'vitest'
import { median, medianOf, pairedRatio, spreadOf } from './statistics.ts'

describe('median', () => {
  test.each([
    [[3], 3],
    [[10, 9, 1], 9],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('of nothing is null', () => {
    expect(median([])).toBeNull()
    expect(spreadOf([])).toBeNull()
  })

  test('stands between the smallest and the largest', () => {
    expect(spreadOf([5, 1, 2])).toEqual({ median: 2, min: 1, max: 5 })
  })

  test('of a figure is unknown when one run does not have it', () => {
    expect(medianOf([{ cpu: 1 }, { cpu: 3 }], ({ cpu }) => cpu)).toBe(2)
    expect(medianOf([{ cpu: 1 }, { cpu: null }], ({ cpu }) => cpu)).toBeNull()
  })
})

describe('the ratio of two contenders', () => {
  const rounds = (...seconds: number[]) => seconds.map((value, index) => ({ round: index + 1, seconds: value }))

  test('is the median of the ratios within the rounds, not the ratio of the medians', () => {
    // Round 2 was slow for both.
    expect(pairedRatio(rounds(1, 10, 2), rounds(2, 20, 8))).toBe(0.5)
  })

  test('counts only rounds that both have', () => {
    expect(pairedRatio(rounds(1, 4), [{ round: 2, seconds: 8 }])).toBe(0.5)
    expect(pairedRatio(rounds(1), [])).toBeNull()
  })

  test('leaves out a round without time', () => {
    expect(pairedRatio(rounds(1, 1), rounds(0, 4))).toBe(0.25)
  })
})
