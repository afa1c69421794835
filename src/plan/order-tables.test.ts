import { describe, expect, test } from 'vitest'
import { orderTables } from './order-tables.ts'

const order = (parents: Record<string, string[]>): ReturnType<typeof orderTables> =>
  orderTables(Object.keys(parents), (name) => parents[name] ?? [])

describe('orderTables', () => {
  test('puts children in later waves than their parents', () => {
    const { waves, cycles } = order({ messages: ['channels', 'users'], users: [], channels: ['guilds'], guilds: [] })
    expect(waves.map((wave) => wave.toSorted())).toEqual([['guilds', 'users'], ['channels'], ['messages']])
    expect(cycles).toEqual([])
  })
  test('keeps tables of a circle in one wave and names them', () => {
    const { waves, cycles } = order({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] })
    expect(waves.map((wave) => wave.toSorted())).toEqual([['a', 'b', 'c'], ['d']])
    expect(cycles.map((cycle) => cycle.toSorted())).toEqual([['a', 'b', 'c']])
  })
  test('names a table that refers to itself as a circle', () => {
    expect(order({ employees: ['employees'] })).toEqual({ waves: [['employees']], cycles: [['employees']] })
  })
  test('ignores parents that are not transferred', () => {
    expect(order({ child: ['elsewhere'] }).waves).toEqual([['child']])
  })
  test('orders a chain of 20,000 tables without running out of stack', () => {
    const names = Array.from({ length: 20_000 }, (_, number) => `t${number}`)
    const { waves } = orderTables(names, (name) => {
      const number = Number(name.slice(1))
      return number === 0 ? [] : [`t${number - 1}`]
    })
    expect(waves).toHaveLength(20_000)
  })
})
