import { describe, expect, test } from 'vitest'
import { plannedTable } from '../../test/support/planned-tables.ts'
import { bigFirst, isWorthThreads } from './order-shards.ts'

type Item = { readonly name: string; readonly table: ReturnType<typeof plannedTable> }

function items(count: number, bytes: number, name = 't'): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${name}${i}`,
    table: plannedTable(`${name}${i}`, [['id', 'bigint', 'int8']], { bytes }),
  }))
}

describe('shards', () => {
  test('come big ones first, then small ones, both in their order', () => {
    const all = [...items(2, 1000), ...items(2, 10_000_000, 'big'), ...items(1, 1000, 'u')]
    expect(bigFirst(all, (item) => item).map(({ name }) => name)).toEqual(['big0', 'big1', 't0', 't1', 'u0'])
  })

  test('of a big table are as big as their part of it', () => {
    const shards = [0, 1, 2, 3].map((number) => ({ number, by: 'rowid', lower: null, upper: null }) as const)
    const cut = { name: 'cut', table: plannedTable('cut', [['id', 'bigint', 'int8']], { bytes: 400 * 1024, shards }) }
    const all = [cut, ...items(1, 300 * 1024)]
    expect(bigFirst(all, (item) => item).map(({ name }) => name)).toEqual(['t0', 'cut'])
  })
})

test('threads are worth their start when there are many shards or many bytes', () => {
  expect(isWorthThreads(items(3, 1000))).toBe(false)
  expect(isWorthThreads(items(300, 1000))).toBe(true)
  expect(isWorthThreads(items(2, 1_000_000))).toBe(true)
})
