import { describe, expect, test } from 'vitest'
import { NameGiver, toSnakeCase } from './name-objects.ts'

describe('NameGiver', () => {
  test('keeps a legal name as it is, whatever its letters', () => {
    const names = new NameGiver({ naming: 'keep' })
    expect(['userName', 'Äpfel', 'my table', 'a"b'].map((name) => names.give(name, 'x'))).toEqual([
      'userName',
      'Äpfel',
      'my table',
      'a"b',
    ])
    expect(names.changed).toEqual([])
  })
  test('shortens names over 63 bytes, measured in bytes, so that different names stay different', () => {
    const names = new NameGiver({ naming: 'keep' })
    const long = 'ä'.repeat(40)
    const given = [`${long}1`, `${long}2`].map((name) => names.give(name, 'x'))
    expect(new Set(given).size).toBe(2)
    for (const name of given) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
    expect(new NameGiver({ naming: 'keep' }).give(`${long}1`, 'x')).toBe(given[0])
  })
  test.each(['xmin', 'ctid', 'tableoid', 'cmax'])('renames the column %s, which every PostgreSQL table has', (name) => {
    const names = new NameGiver({ naming: 'keep', columns: true })
    expect(names.give(name, 'x')).toBe(`${name}_`)
    expect(names.changed).toEqual([
      { from: name, to: `${name}_`, reason: `every PostgreSQL table has its own ${name}` },
    ])
  })
  test('gives names that collide under snake_case different ones', () => {
    const names = new NameGiver({ naming: 'snake_case', columns: true })
    expect([names.give('userName', 'x'), names.give('user_name', 'x')]).toEqual(['user_name', 'user_name_2'])
  })
  test('does not give out what is taken', () => {
    const names = new NameGiver({ naming: 'keep', taken: ['t'] })
    expect([names.give('t', 'x'), names.give('t', 'x')]).toEqual(['t_2', 't_3'])
  })
  test('names what has no name', () => {
    expect(new NameGiver({ naming: 'keep' }).give('', 'column_3')).toBe('column_3')
  })
})

test.each([
  ['userName', 'user_name'],
  ['UserID', 'user_id'],
  ['HTTPServer', 'http_server'],
  ['Order Details', 'order_details'],
  ['a-b.c', 'a_b_c'],
  ['already_snake', 'already_snake'],
  ['FlügeÄrzte', 'flüge_ärzte'],
  ['col2Name', 'col2_name'],
])('%s in snake case is %s', (name, expected) => {
  expect(toSnakeCase(name)).toBe(expected)
})
