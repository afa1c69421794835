import { describe, expect, test } from 'vitest'
import { loneName, parseCreateIndex } from './parse-create-index.ts'

describe('parseCreateIndex', () => {
  test.each([
    ['CREATE INDEX i ON t(a)', ['a'], null],
    [
      'CREATE UNIQUE INDEX IF NOT EXISTS main.i ON "t" (a DESC, lower(b) ASC) WHERE a > (1) -- end',
      ['a', 'lower(b)'],
      'a > (1)',
    ],
    ['CREATE INDEX i ON t(a COLLATE nocase DESC NULLS LAST, (a||b) COLLATE "rtrim")', ['a', '(a||b)'], null],
    ['CREATE INDEX i ON t(lower(a) COLLATE nocase)', ['lower(a)'], null],
    // COLLATE belongs to b alone.
    [
      'CREATE INDEX i ON t(a = b COLLATE nocase, (a) + (b) COLLATE nocase)',
      ['a = b COLLATE nocase', '(a) + (b) COLLATE nocase'],
      null,
    ],
    [
      'CREATE INDEX i ON t(json_extract(a, \'$.b,c\'), "desc") WHERE a IS NOT NULL;',
      ["json_extract(a, '$.b,c')", '"desc"'],
      'a IS NOT NULL',
    ],
  ])('%s', (sql, expressions, where) => {
    expect(parseCreateIndex(sql)).toEqual({ parts: expressions.map((expression) => ({ expression })), where })
  })

  test.each(['', 'CREATE INDEX i', 'CREATE INDEX i ON t(a', 'CREATE TABLE t(a)'])('does not understand %j', (sql) => {
    expect(parseCreateIndex(sql)).toBeNull()
  })
})

test('loneName tells a name from an expression', () => {
  expect(['a', '"a b"', 'lower(a)', '1', ''].map(loneName)).toEqual(['a', 'a b', null, null, null])
})
