import { describe, expect, test } from 'vitest'
import { matchNames } from './compare-catalogs.ts'

const cases: readonly [string, readonly string[], readonly string[], readonly (string | null)[]][] = [
  ['the same name', ['a', 'b'], ['b', 'a'], ['a', 'b']],
  ['another case', ['UserId'], ['userid'], ['userid']],
  ['snake case', ['userId'], ['user_id'], ['user_id']],
  [
    'the same name before a similar one that comes first',
    ['userName', 'user_name'],
    ['user_name'],
    [null, 'user_name'],
  ],
  ['none of two similar ones', ['USERS'], ['Users', 'users'], [null]],
  ['none when two source names mean the same', ['userName', 'user-name'], ['user_name'], [null, null]],
]

describe('a source name finds', () => {
  test.each(cases)('%s', (_, names, candidates, expected) => {
    expect(matchNames(names, candidates, (name) => name)).toEqual(expected)
  })

  test('the name that it was given when its own was too long or reserved', () => {
    expect(matchNames(['xmin', 'a'], ['xmin_', 'a'], (name) => name, ['xmin_', 'a'])).toEqual(['xmin_', 'a'])
  })

  test('the given names before all others where the target has all of them', () => {
    const given = ['user_name', 'user_name_2']
    expect(matchNames(['userName', 'user_name'], given, (name) => name, given)).toEqual(given)
  })

  test('nothing by a given name that another source name has as its own', () => {
    expect(matchNames(['xmin', 'xmin_', 'b'], ['xmin_'], (name) => name, ['xmin_', 'xmin__2', 'b'])).toEqual([
      null,
      'xmin_',
      null,
    ])
  })
})
