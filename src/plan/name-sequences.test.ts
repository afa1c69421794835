import { expect, test } from 'vitest'
import { implicitName } from './name-sequences.ts'

test.each([
  ['orders', 'id', 'orders_id_seq'],
  // Names that PostgreSQL 18 chose.
  ['a'.repeat(60), 'id', `${'a'.repeat(56)}_id_seq`],
  ['a'.repeat(40), 'b'.repeat(40), `${'a'.repeat(29)}_${'b'.repeat(29)}_seq`],
  ['ä'.repeat(31), 'id', `${'ä'.repeat(28)}_id_seq`],
])('the sequence of %s.%s is %s', (table, column, name) => {
  expect(implicitName(table, column, 'seq')).toBe(name)
})
