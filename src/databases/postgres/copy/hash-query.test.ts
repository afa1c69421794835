import { expect, test } from 'vitest'
import type { WireType } from '../../../model/batch.ts'
import { hashExpression, hashOfSum, hashQuery } from './hash-query.ts'

const expressions: readonly (readonly [WireType, string | null, string])[] = [
  ['int4', null, '"c"'],
  ['int8', null, 'int8send("c")'],
  ['numeric', null, 'numeric_send(trim_scale("c"))'],
  ['text', null, '"c"::text collate "C"'],
  ['jsonb', null, 'jsonb_send("c")'],
  ['text', 'inet', '"c"::text collate "C"'],
]

test.each(expressions)('a column of wire type %s (cast to %s) is hashed as %s', (wireType, castTo, expected) => {
  expect(hashExpression({ quotedName: '"c"', wireType, castTo })).toBe(expected)
})

test('the query hashes each row again before it sums', () => {
  const columns = ['"a"', '"b"'].map((quotedName) => ({ quotedName, wireType: 'int4' as const, castTo: null }))
  expect(hashQuery('public.t', columns)).toBe(
    'select count(*) as rows, coalesce(sum(hashfloat8extended(hash_record_extended(row("a", "b"), 0)::float8, 0)), 0) as hash from public.t',
  )
})

test.each([
  ['0', 0n],
  ['-1', 2n ** 64n - 1n],
  ['184467440737095516160', 0n],
  ['-36893488147419103231', 1n],
] as const)('a sum of %s is %d modulo 2^64', (sum, expected) => {
  expect(hashOfSum(sum)).toBe(expected)
})
