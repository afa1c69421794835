import { describe, expect, test } from 'vitest'
import type { IndexPart } from '../../model/catalog.ts'
import type { ExpressionScope } from './expressions.ts'
import { translateIndexPart } from './indexes.ts'

const scope: ExpressionScope = {
  column: (name) =>
    name === 'missing'
      ? null
      : {
          target: name,
          type: name === 'n' ? 'bigint' : 'text',
          collation: name === 'nc' ? 'NOCASE' : null,
          timeUnit: null,
          affinity: name === 'n' ? 'integer' : 'text',
        },
}

function part(given: Partial<IndexPart>): IndexPart {
  return { column: null, expression: null, collation: null, descending: false, ...given }
}

describe('a part of an index', () => {
  test.each([
    [{ column: 'a' }, '"a"'],
    [{ column: 'we"ird' }, '"we""ird"'],
    [{ column: 'a', collation: 'NOCASE' }, 'lower("a")'],
    [{ column: 'nc' }, 'lower("nc")'],
    [{ column: 'nc', collation: 'BINARY' }, '"nc"'],
    [{ column: 'n', collation: 'NOCASE' }, '"n"'],
    [{ column: 'a', collation: 'rtrim' }, 'rtrim("a")'],
    [{ expression: 'lower(a)' }, '(lower("a"))'],
    [{ expression: 'substr(a, 0, 10)' }, '(substr("a", 0, 10))'],
    [{ column: 'a', collation: 'german' }, '"a"'],
    [{ expression: "a || 'x'", collation: 'NOCASE' }, `lower(("a" || 'x'))`],
  ])('%j becomes %s', (given, sql) => {
    expect(translateIndexPart(part(given), scope)).toMatchObject({ ok: true, sql })
  })

  test.each([
    [{ column: 'missing' }, 'missing is no column of the table, or it is left out'],
    [{ expression: 'random()' }, 'PostgreSQL allows only immutable functions in an index, and random() is not'],
  ])('%j is refused', (given, reason) => {
    expect(translateIndexPart(part(given), scope)).toEqual({ ok: false, reason })
  })
})
