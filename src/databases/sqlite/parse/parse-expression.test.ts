import { describe, expect, test } from 'vitest'
import { parseExpression, parseQuery } from './parse-expression.ts'

/** SQLite's ways of writing; all of them must be read. */
const expressions = [
  'a',
  '"a b"',
  '[a]',
  '`a`',
  't.a',
  'main.t.a',
  'Äpfel',
  '日本 + 1',
  'a$b',
  `t.'a'`,
  `'t'.a`,
  'rowid',
  'key > 0',
  'groups',
  'left',
  'full = 1',

  "'it''s'",
  '1.5e-3',
  '0x1F',
  '1_000',
  '5.',
  '.5',
  "x'00ff'",
  'true',
  'null',
  'current_timestamp',
  '-1',
  '- -1',
  '~a',

  'a == b',
  'a <> b',
  'a IS NOT b',
  'a IS NOT DISTINCT FROM b',
  'a ISNULL',
  'a NOTNULL',
  'a NOT NULL',
  'a || b',
  'a << 2 & b',
  '1 = 1 = 1',

  "a GLOB '[a-z]*'",
  "a NOT LIKE 'x%' ESCAPE '\\'",
  'a REGEXP b',
  'a MATCH b',
  'a BETWEEN 1 AND 2',
  'a IN (1, 2)',
  'a NOT IN (select b from c)',

  "a->'$.x'",
  "a->>'$.x'",
  'a COLLATE nocase',
  `a COLLATE 'nocase'`,
  'a COLLATE "x y"',
  '(a, b) = (1, 2)',
  '((a))',
  "typeof(a) = 'integer'",

  'CASE WHEN a THEN 1 ELSE 2 END',
  'case a when 1 then 2 end',
  'iif(a, b, c)',
  'if(a, b)',
  'count(*) filter (where a)',
  '"lower"(a)',
  'left(a, 1)',
  'match(a, b)',

  "strftime('%s', 'now')",
  "replace(a, 'b', 'c')",
  "like('a', b)",
  'cast(a as varchar(10))',
  'cast(a as "my type")',
  `cast(cast(a as 'x') as text[])`,

  'cast(a as unsigned big int)',
  'a -- why\n + b -- end',
  '/* x */ a',
  'exists (select 1 from t left join u)',
]

describe('parseExpression', () => {
  test.each(expressions)('reads %s', (text) => {
    const expression = parseExpression(text)
    expect(expression.range).toBeDefined()
    for (const [from, to] of rangesOf(expression)) {
      expect(from).toBeGreaterThanOrEqual(0)
      expect(to).toBeLessThanOrEqual(text.length)
      expect(from).toBeLessThanOrEqual(to)
    }
  })

  test.each(['', 'a b', 'a, b', '1) from (select 1', 'a; b', 'a from t', 'a) as (b', '(', '1 +', 'x as y'])(
    'refuses %j',
    (text) => {
      expect(() => parseExpression(text)).toThrow(Error)
    },
  )

  test('counts ranges in the text that was given, behind respelled names too', () => {
    const text = ` Äpfel + t.'b' * cast(c as "my type") > 5. and d`
    const expression = parseExpression(text)
    expect(text.slice(...(expression.range ?? []))).toBe(text.trim())
    if (expression.type !== 'binary_expr') throw new Error(expression.type)
    expect(text.slice(...(expression.left.range ?? []))).toBe(`Äpfel + t.'b' * cast(c as "my type") > 5.`)
    expect(text.slice(...(expression.right.range ?? []))).toBe('d')
    const names = rangesOf(expression).map((range) => text.slice(...range))
    expect(names).toEqual(expect.arrayContaining(['Äpfel', `t.'b'`, `'b'`, '"my type"', '5.']))
  })

  test('reads an IN list of 20,000 values', () => {
    const list = Array.from({ length: 20_000 }, (_, index) => index).join(', ')
    expect(parseExpression(`a in (${list})`).type).toBe('binary_expr')
  })
})

describe('operators', () => {
  test.each([
    'a = b < c',
    'a <> b >= c',
    'a IS b < c',
    "a GLOB 'x' < c",
    'a | b & c',
    'a & b << c',
    'not a = b > c',
    'f(a | b & c)',
  ])('that the library groups otherwise than SQLite are refused: %s', (text) => {
    expect(() => parseExpression(text)).toThrow('SQLite groups')
  })

  test.each([
    'a < b = c',
    'a = b = c',
    'a = (b < c)',
    'a & b | c',
    'a << b & c',
    'a - b - c * d || e',
    'not a = b and c or d',
    '-a || b',
    '- a + b',
    'a between b and c and d',
    'a + 1 between b - 1 and c * 2',
    'a < b is null',
    "a || b like c || 'x' escape '!'",
    'a = b collate nocase',
    'not not a',
  ])('%s', (text) => {
    expect(parseExpression(text).range).toEqual([0, text.length])
  })
})

describe('parseQuery', () => {
  test('reads the query of a view, with ranges in its text', () => {
    const text = `select "a", count(*) as 'n' from 't' left join 'u' using (a) group by 1 -- end`
    const query = parseQuery(text)
    expect(query.type).toBe('select_stmt')
    expect(text.slice(...(query.range ?? []))).toBe(text.slice(0, text.indexOf(' -- end')))
  })

  test.each(['', 'select 1; select 2', 'nonsense'])('refuses %j', (text) => {
    expect(() => parseQuery(text)).toThrow(Error)
  })
})

function rangesOf(node: unknown): [number, number][] {
  if (typeof node !== 'object' || node === null) return []
  const own = 'range' in node ? [node.range as [number, number]] : []
  return [...own, ...Object.entries(node).flatMap(([key, child]) => (key === 'range' ? [] : rangesOf(child)))]
}
