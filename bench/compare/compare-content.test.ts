import { describe, expect, test } from 'vitest'
import { compareContent, summarizeDifferences } from './compare-content.ts'
import type { Content } from './read-content.ts'

type Column = { type: string; notNull: boolean; digest: string | null }

const right: Record<string, Column> = {
  id: { type: 'bigint', notNull: true, digest: '1' },
  score: { type: 'double precision', notNull: false, digest: '2' },
}

function content(
  columns: Record<string, Column>,
  options: { rows?: string; keys?: Record<string, number> } = {},
): Content {
  const table = { rows: options.rows ?? '10', columns: new Map(Object.entries(columns)) }
  return { tables: new Map([['t', table]]), keys: options.keys ?? { 'primary keys': 1 } }
}

function differences(found: Content): string[] {
  return compareContent(content(right), found, true).map(({ text }) => text)
}

describe('content', () => {
  test('that is the same has no differences', () => {
    expect(differences(content(right))).toEqual([])
  })

  test.each<[string, Content, string]>([
    ['other values', content({ ...right, id: { type: 'bigint', notNull: true, digest: '9' } }), 'id: other values'],
    [
      'values that are not of the type',
      content({ ...right, score: { type: 'text', notNull: false, digest: null } }),
      'score: values that are no double precision',
    ],
    [
      'another type',
      content({ ...right, score: { type: 'real', notNull: false, digest: '2' } }),
      'score: type real instead of double precision',
    ],
    [
      'a lost NOT NULL',
      content({ ...right, id: { type: 'bigint', notNull: false, digest: '1' } }),
      'id: NOT NULL is missing',
    ],
    [
      'a lost column',
      content({ score: { type: 'double precision', notNull: false, digest: '2' } }),
      'id: the column is missing',
    ],
    ['lost rows', content(right, { rows: '9' }), '9 rows instead of 10'],
    ['lost keys', content(right, { keys: {} }), '0 primary keys instead of 1'],
    ['a lost table', { tables: new Map(), keys: { 'primary keys': 1 } }, 'the table is missing'],
  ])('shows %s', (_name, found, text) => {
    expect(differences(found)).toContain(text)
  })

  test('of a contender that makes no keys is compared without them', () => {
    expect(compareContent(content(right), content(right, { keys: {} }), false)).toEqual([])
  })
})

describe('a summary of differences', () => {
  test('says once what many tables have in common', () => {
    const several = ['a', 'b', 'c'].map((table) => ({ table, text: 'score: other values' }))
    expect(summarizeDifferences([...several, { table: 'a', text: '9 rows instead of 10' }])).toEqual([
      'score: other values (in 3 tables)',
      'a: 9 rows instead of 10',
    ])
  })

  test('does not name the only table', () => {
    expect(summarizeDifferences([{ table: 't', text: '9 rows instead of 10' }])).toEqual(['9 rows instead of 10'])
  })

  test('says how many it leaves out', () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ table: 't', text: `column ${index}` }))
    expect(summarizeDifferences(many)).toHaveLength(13)
    expect(summarizeDifferences(many).at(-1)).toBe('and 8 more')
  })
})
