import { expect, test } from 'vitest'
import { findShadowTables } from './shadow-tables.ts'

test('shadow tables are found by module and suffix, in any case', () => {
  const virtualTables = [
    { name: 'Docs', module: 'fts5' },
    { name: 'my_vec', module: 'vec0' },
    { name: 'words', module: 'spellfix1' },
    { name: 'geo', module: 'rtree' },
  ]
  const shadows = [
    ['docs_data', 'Docs'],
    ['Docs_config', 'Docs'],
    ['my_vec_chunks', 'my_vec'],
    ['my_vec_vector_chunks00', 'my_vec'],
    ['words_vocab', 'words'],
    ['geo_node', 'geo'],
  ]
  const others = ['docs', 'docs_segments', 'docs_data_2', 'my_data', 'other_data', 'geo_vocab', 'x', '_']
  expect([...findShadowTables(virtualTables, [...others, ...shadows.map(([name]) => name ?? '')])]).toEqual(shadows)
})

test('a module that is not known has none', () => {
  expect(findShadowTables([{ name: 'a', module: 'toString' }], ['a_data']).size).toBe(0)
})
