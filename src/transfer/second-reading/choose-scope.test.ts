import { expect, test } from 'vitest'
import { plannedTable } from '../../../test/support/planned-tables.ts'
import type { PlannedTable } from '../../model/plan.ts'
import { chooseScopes } from './choose-scope.ts'

function tableOf(name: string, rows: number, change: Partial<PlannedTable> = {}): PlannedTable {
  return { ...plannedTable(name, [['a', 'bigint', 'int8']]), rows, bytes: rows * 20, ...change }
}

test('small databases are read again whole', () => {
  const tables = [tableOf('a', 0), tableOf('b', 3000)]
  expect([...chooseScopes(tables).values()]).toEqual([{ kind: 'whole' }, { kind: 'whole' }])
})

test('of large tables a sample is read, beside small ones that are read whole', () => {
  const large = tableOf('large', 10_000_000)
  const small = tableOf('small', 100)
  const scopes = chooseScopes([large, small])
  expect(scopes.get(small)).toEqual({ kind: 'whole' })
  const scope = scopes.get(large)
  if (scope?.kind !== 'sample') throw new Error(`${scope?.kind}`)
  const rows = scope.sample.pieces * scope.sample.rowsPerPiece
  expect(rows / large.rows).toBeGreaterThan(0.01)
  expect(rows / large.rows).toBeLessThan(0.02)
})

test('every table of many has rows in the sample', () => {
  const tables = Array.from({ length: 1000 }, (_, number) => tableOf(`t${number}`, 10_000))
  for (const scope of chooseScopes(tables).values())
    expect(scope.kind === 'whole' || (scope.kind === 'sample' && scope.sample.pieces >= 2)).toBe(true)
})

test('a table that is counted through to find a place is sampled in few pieces', () => {
  const inOrder = tableOf('w', 1_000_000, { shards: [{ number: 0, by: 'ordinal', lower: null, upper: null }] })
  expect(chooseScopes([inOrder]).get(inOrder)).toMatchObject({ kind: 'sample', sample: { pieces: 4 } })
})

test('rows that take too much memory are left to --verify full', () => {
  const wide = tableOf('files', 10, { widestRowBytes: 100 * 1024 * 1024, bytes: 1_000_000_000 })
  expect(chooseScopes([wide]).get(wide)).toEqual({
    kind: 'none',
    reason: 'rows of up to 100 MB; --verify full reads them',
  })
})
