import { describe, expect, test } from 'vitest'
import { qualifiedName, quoteIdentifier, quoteLiteral } from './identifiers.ts'

describe('identifiers', () => {
  test.each([
    ['users', '"users"'],
    ['Order', '"Order"'],
    ['a"b', '"a""b"'],
    ['a.b', '"a.b"'],
    ['naïve 名', '"naïve 名"'],
  ])('%s is written %s', (name, sql) => {
    expect(quoteIdentifier(name)).toBe(sql)
  })

  test('schema and table are quoted apart', () => {
    expect(qualifiedName({ schema: 'my.app', name: 'a"b' })).toBe('"my.app"."a""b"')
  })

  test.each([
    ['', "''"],
    ["it's", "'it''s'"],
    ['a\\b', "E'a\\\\b'"],
    ["\\' or 1=1", "E'\\\\'' or 1=1'"],
  ])('the text %s is the literal %s', (text, sql) => {
    expect(quoteLiteral(text)).toBe(sql)
  })

  test('a NUL is refused, since the protocol would cut the statement there', () => {
    expect(() => quoteIdentifier('a\0b')).toThrow(/NUL/)
    expect(() => quoteLiteral('a\0b')).toThrow(/NUL/)
  })
})
