import { describe, expect, test } from 'vitest'
import { plannedTable } from '../../test/support/planned-tables.ts'
import { groupShards, isWorthThreads } from './group-shards.ts'

type Item = { readonly name: string; readonly table: ReturnType<typeof plannedTable> }

function items(count: number, bytes: number, name = 't'): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${name}${i}`,
    table: plannedTable(`${name}${i}`, [['id', 'bigint', 'int8']], { bytes }),
  }))
}

const groups = (from: readonly Item[], threads: number): string[][] =>
  groupShards(from, (item) => item, threads).map((group) => group.map(({ name }) => name))

describe('groups', () => {
  test('big shards stand alone and before the small ones, both in their order', () => {
    const all = [...items(2, 1000), ...items(2, 10_000_000, 'big'), ...items(1, 1000, 'u')]
    expect(groups(all, 2)).toEqual([['big0'], ['big1'], ['t0', 't1', 'u0']])
  })

  test.each([
    [1000, 2, 10],
    [1000, 16, 63],
    [100, 2, 8],
    [12, 2, 2],
    [1, 8, 1],
    [0, 2, 0],
  ])('%i small shards for %i threads are %i groups, and each is in one of them', (count, threads, expected) => {
    const grouped = groups(items(count, 1000), threads)
    expect(grouped.length).toBe(expected)
    expect(grouped.flat().length).toBe(count)
    expect(new Set(grouped.flat()).size).toBe(count)
  })

  test('a group ends when it has enough to carry, however few shards that are', () => {
    expect(groups(items(100, 200 * 1024), 1).map((group) => group.length)).toEqual([21, 21, 21, 21, 16])
  })

  test('the shards of a big table are as big as their part of it', () => {
    const shards = [0, 1, 2, 3].map((number) => ({ number, by: 'rowid', lower: null, upper: null }) as const)
    const table = plannedTable('t', [['id', 'bigint', 'int8']], { bytes: 400 * 1024, shards })
    expect(
      groupShards(
        shards.map(() => ({ table })),
        (item) => item,
        2,
      ).length,
    ).toBe(1)
  })
})

test('threads are worth their start when there are many shards or many bytes', () => {
  expect(isWorthThreads(items(3, 1000))).toBe(false)
  expect(isWorthThreads(items(300, 1000))).toBe(true)
  expect(isWorthThreads(items(2, 1_000_000))).toBe(true)
})
