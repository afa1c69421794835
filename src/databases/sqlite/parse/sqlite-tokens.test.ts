import { describe, expect, test } from 'vitest'
import { sameName } from '../sqlite-identifiers.ts'
import { isWord, significantTokens, tokenize, unquote } from './sqlite-tokens.ts'

const kindsAndTexts = (sql: string) => significantTokens(sql).map((token) => `${token.kind} ${token.text}`)

describe('tokenize', () => {
  test.each<[string, string[]]>([
    [`a "b""c" [d e] \`f\``, ['word a', 'quoted "b""c"', 'quoted [d e]', 'quoted `f`']],
    [`'it''s' ''`, [`string 'it''s'`, `string ''`]],
    [`x'0aFF' X''`, [`blob x'0aFF'`, `blob X''`]],
    [`x'0'`, ['word x', `string '0'`]],
    [
      '1 1.5 .5 5. 1e3 1E-5 0x1F 1_000',
      ['1', '1.5', '.5', '5.', '1e3', '1E-5', '0x1F', '1_000'].map((n) => `number ${n}`),
    ],
    ['1--2\n+3', ['number 1', 'operator +', 'number 3']],
    ['a/* b ) */c/**/d', ['word a', 'word c', 'word d']],
    ['a /* runs to the end', ['word a']],
    ['a -- runs to the end', ['word a']],
    [
      'a->b->>c||d<>e!=f==g<<h',
      'word a,operator ->,word b,operator ->>,word c,operator ||,word d,operator <>,word e,operator !=,word f,operator ==,word g,operator <<,word h'.split(
        ',',
      ),
    ],
    ['Äpfel 日本 a$b _c', ['word Äpfel', 'word 日本', 'word a$b', 'word _c']],
    ['?1 :a @b $c', ['variable ?1', 'variable :a', 'variable @b', 'variable $c']],
    [`'never closed`, [`illegal 'never closed`]],
    ['12abc', ['illegal 1', 'illegal 2', 'word abc']],
    ['\uFEFFa\u00A0b', ['word a\u00A0b']],
  ])('%j', (sql, expected) => {
    expect(kindsAndTexts(sql)).toEqual(expected)
  })

  test('loses nothing: the texts joined are the statement, at every cut', () => {
    const sql = `create table "a""b" (c 'x' default -1.5e3 /* ) */, [d] check (c <> 'it''s') -- end\n);\u0001`
    for (let end = 0; end <= sql.length; end += 1) {
      const cut = sql.slice(0, end)
      const tokens = tokenize(cut)
      expect(tokens.map((token) => token.text).join('')).toBe(cut)
      expect(tokens.every((token) => cut.slice(token.from, token.to) === token.text)).toBe(true)
    }
  })

  test('reads strings and comments of many megabytes', () => {
    const megabytes = 'it is long '.repeat(500_000)
    expect(tokenize(`'${megabytes}' /*${megabytes}*/ "${megabytes}"`).map((token) => token.kind)).toEqual([
      'string',
      'space',
      'comment',
      'space',
      'quoted',
    ])
  })
})

describe('names', () => {
  test.each([
    ['"a""b"', 'a"b'],
    ['`a``b`', 'a`b'],
    ['[a"b]', 'a"b'],
    ["'a''b'", "a'b"],
    ['""', ''],
    ['a', 'a'],
  ])('%s is %j without its quotes', (sql, name) => {
    expect(significantTokens(sql).map(unquote)).toEqual([name])
  })

  test('are the same whatever the case of ASCII letters, and of these only', () => {
    expect(sameName('Parent', 'PARENT')).toBe(true)
    expect(sameName('Äpfel', 'äpfel')).toBe(false)
    expect(sameName('a', 'b')).toBe(false)
  })

  test('in quotes are no keywords', () => {
    expect(significantTokens('check "check" \'check\' [check]').map((token) => isWord(token, 'CHECK'))).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})
