import { expect, test } from 'vitest'
import type { WireType } from '../../../model/batch.ts'
import { hashOfSum, hashQuery, rowHashExpression, rowHashFor } from './hash-query.ts'

const columns: readonly (readonly [WireType, string | null, string, string])[] = [
  ['int4', null, '"c"', 'hashint4extended("c", 1)'],
  ['int8', null, 'int8send("c")', 'hashbyteaextended(int8send("c"), 1)'],
  ['numeric', null, 'numeric_send(trim_scale("c"))', 'hashbyteaextended(numeric_send(trim_scale("c")), 1)'],
  ['text', null, '"c"::text collate "C"', 'hashtextextended("c"::text collate "C", 1)'],
  ['jsonb', null, 'jsonb_send("c")', 'hashbyteaextended(jsonb_send("c"), 1)'],
  ['text', 'inet', '"c"::text collate "C"', 'hashtextextended("c"::text collate "C", 1)'],
]

test.each(columns)('a column of wire type %s (cast to %s) is hashed as %s', (wireType, castTo, chained, seeded) => {
  const column = { quotedName: '"c"', wireType, castTo }
  expect(rowHashExpression([column], 'chained')).toBe(
    `hashfloat8extended((hash_record_extended(row(${chained}), 0))::float8, 0)`,
  )
  expect(rowHashExpression([column], 'seeded')).toBe(`hashfloat8extended((coalesce(${seeded}, 0))::float8, 0)`)
})

test.each([
  ['14.23', 'chained'],
  ['17.6', 'chained'],
  ['18.4', 'seeded'],
  ['18beta1', 'seeded'],
  ['20', 'seeded'],
])('PostgreSQL %s hashes rows %s', (version, form) => {
  expect(rowHashFor(version)).toBe(form)
})

test('the query hashes each row again before it sums', () => {
  const columns = ['"a"', '"b"'].map((quotedName) => ({ quotedName, wireType: 'int4' as const, castTo: null }))
  expect(hashQuery('public.t', columns, 'chained')).toBe(
    'select count(*) as rows, coalesce(sum(hashfloat8extended((hash_record_extended(row("a", "b"), 0))::float8, 0)), 0) as hash from public.t',
  )
  expect(hashQuery('public.t', columns, 'seeded')).toBe(
    'select count(*) as rows, coalesce(sum(hashfloat8extended((coalesce(hashint4extended("a", 1), 0) # coalesce(hashint4extended("b", 2), 0))::float8, 0)), 0) as hash from public.t',
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
