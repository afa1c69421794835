import { describe, expect, test } from 'vitest'
import type { TableProfile } from '../model/profile.ts'
import { splitShards } from './split-shards.ts'

const profile = (
  bytes: number,
  samples: readonly string[],
  range: TableProfile['rowidRange'] = { min: '1', max: '9' },
): TableProfile => ({
  table: 't',
  rows: 1000,
  bytes,
  widestRowBytes: 100,
  rowidRange: range,
  rowidSamples: samples,
  columns: [],
})
const megabytes = 1024 * 1024
const shardBytes = 32 * megabytes

describe('splitShards', () => {
  test('leaves a small table whole', () => {
    expect(splitShards(profile(1000, ['3', '6']), { parallel: 4, shardBytes })).toEqual([
      { number: 0, by: 'rowid', lower: null, upper: null },
    ])
  })
  test('copies a table without readable rowid in its own order', () => {
    expect(splitShards(profile(1e12, [], null), { parallel: 4, shardBytes })).toEqual([
      { number: 0, by: 'ordinal', lower: null, upper: null },
    ])
  })
  test('covers every rowid exactly once, near the ends of int8 too', () => {
    const samples = ['-9223372036854775808', '-5', '0', '7', '9223372036854775807']
    const shards = splitShards(profile(200 * megabytes, samples), { parallel: 2, shardBytes })
    expect(shards[0]?.lower).toBeNull()
    expect(shards.at(-1)?.upper).toBeNull()
    for (let i = 1; i < shards.length; i++) expect(shards[i]?.lower).toBe(shards[i - 1]?.upper)
  })
  test('makes shards short enough that workers end together, and no shorter', () => {
    const samples = Array.from({ length: 1000 }, (_, at) => String(at))
    const countOf = (bytes: number): number => splitShards(profile(bytes, samples), { parallel: 2, shardBytes }).length
    expect([20, 30, 60, 260, 2000].map((size) => countOf(size * megabytes))).toEqual([1, 2, 5, 16, 63])
  })
  test('makes no more shards than there are cuts', () => {
    expect(splitShards(profile(1e12, ['5']), { parallel: 8, shardBytes })).toHaveLength(2)
  })
})
