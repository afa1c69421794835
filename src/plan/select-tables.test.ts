import { describe, expect, test } from 'vitest'
import type { Table } from '../model/catalog.ts'
import { matchesPattern, selectTables } from './select-tables.ts'

const table = (name: string): Table => ({
  name: { schema: 'main', name },
  sql: null,
  columns: [],
  primaryKey: null,
  uniqueKeys: [],
  foreignKeys: [],
  checkConstraints: [],
  indexes: [],
  comment: null,
  sqlite: null,
  postgres: null,
})
const tables = ['users', 'user_roles', 'userXroles', 'tmp_a', 'Tmp_b'].map(table)
const selected = (include: string[], exclude: string[] = []): string[] =>
  selectTables(tables, { include, exclude }).map((entry) => entry.name.name)

describe('matchesPattern', () => {
  test.each([
    ['users', 'users', true],
    ['users', 'USERS', true],
    ['users', 'user', false],
    ['user_roles', 'user_roles', true],
    ['userXroles', 'user_roles', false],
    ['a%b', 'a%b', true],
    ['axb', 'a%b', false],
    ['abcabc', 'a*c', true],
    ['aba', 'aba*ba', false],
    ['one_two_three', '*two*', true],
    ['one_two_three', 'one*two*two*', false],
    ['anything', '*', true],
    ['', '*', true],
  ])('%s against %s is %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected)
  })
})

describe('selectTables', () => {
  test('takes all tables when nothing is asked for', () => {
    expect(selected([])).toHaveLength(5)
  })
  test('takes an underscore literally', () => {
    expect(selected(['user_roles'])).toEqual(['user_roles'])
  })
  test('leaves out what is excluded, without regard to case', () => {
    expect(selected([], ['tmp_*'])).toEqual(['users', 'user_roles', 'userXroles'])
  })
  test('refuses a name that no table has, and names the nearest', () => {
    expect(() => selected(['usres'])).toThrow(/No table of the source matches "usres"/)
    expect(() => selected([], ['usres'])).toThrow(expect.objectContaining({ remedy: 'Did you mean "users"?' }))
  })
})
