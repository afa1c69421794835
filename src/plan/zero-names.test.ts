import { describe, expect, test } from 'vitest'
import { NameGiver } from './name-objects.ts'
import { legalForZero } from './zero-names.ts'

describe('a name for Zero', () => {
  test.each([
    ['order', 'order'],
    ['with-dash', 'with-dash'],
    ['my table', 'my_table'],
    ['2fa', '_2fa'],
    ['-x', '_-x'],
    ['prix$', 'prix_'],
    ['a.b', 'a_b'],
    ['Prénom', 'Prenom'],
    ['Straße', 'Strasse'],
    ['名前', 'u540d_u524d'],
    ['%', 'u25'],
    ['sqlite_things', '_sqlite_things'],
  ])('of a table: %s becomes %s', (name, legal) => {
    expect(legalForZero(name, 'table').name).toBe(legal)
    expect(legal).toMatch(/^[A-Za-z_]+[A-Za-z0-9_-]*$/)
  })

  test.each([
    ['a.b', 'a.b'],
    ['_0_version', '_0_version_'],
    ['__proto__', '__proto___'],
    ['é', 'e'],
  ])('of a column: %s becomes %s', (name, legal) => {
    expect(legalForZero(name, 'column').name).toBe(legal)
  })

  test('of an index may have any letters, but not begin with sqlite_', () => {
    expect(legalForZero('idx é', 'other')).toEqual({ name: 'idx é', reason: null })
    expect(legalForZero('sqlite_autoindex_t_1', 'other').name).toBe('_sqlite_autoindex_t_1')
  })
})

describe('names given out for Zero', () => {
  test('differ in more than case, over tables and indexes together', () => {
    const names = new NameGiver({ naming: 'keep', zero: true, taken: ['Taken'] })
    const given = [names.give('Users', '', 'table'), names.give('users', '', 'table'), names.give('USERS', '')]
    expect(given).toEqual(['Users', 'users_2', 'USERS_3'])
    expect(names.give('taken', '')).toBe('taken_2')
    expect(names.changed[0]).toEqual({
      from: 'users',
      to: 'users_2',
      reason: 'the name is taken, or Zero cannot tell it from another',
    })
  })

  test('without Zero stay as they are', () => {
    const names = new NameGiver({ naming: 'keep' })
    expect([names.give('Ä b', ''), names.give('ä B', ''), names.give('sqlite_x', '')]).toEqual([
      'Ä b',
      'ä B',
      'sqlite_x',
    ])
  })
})
