import { expect, test } from 'vitest'
import { givenSqlite } from '../../../../test/support/sample-databases.ts'
import type { SqliteValue } from '../../../model/batch.ts'
import { openRowReader } from './sqlite-reader.ts'

/** Columns of all kinds; `tail` ends the statement. */
function givenWide(count: number, tail: string, pragma: string): { path: string; columns: string[] } {
  const columns = ['id', ...Array.from({ length: count - 1 }, (_, at) => `c${at}`)]
  const path = givenSqlite((db) => {
    db.exec(pragma)
    db.exec(`create table t(id ${tail === '' ? 'integer' : 'int'} primary key, ${columns.slice(1).join(', ')}) ${tail}`)
    for (const id of [1, 2, 3, 9, 10, 11, 12])
      db.exec(`insert into t values (${id}, ${values(id, count - 1).join(', ')})`)
  })
  return { path, columns }
}

function values(id: number, count: number): string[] {
  const kinds = [
    (at: number) => String(at * id),
    (at: number) => `'tä ${at} ${id}'`,
    () => 'null',
    (at: number) => `${at}.5`,
  ]
  return Array.from({ length: count }, (_, at) => kinds[at % kinds.length]?.(at) ?? '')
}

const shard = { number: 1, lower: null, upper: null } as const
const sizes = { averageRowBytes: 1000, widestRowBytes: 100_000_000 }

test.each([
  ['of a UTF-16 file', 1500, '', `pragma encoding = 'UTF-16le'`],
  ['WITHOUT ROWID', 1500, 'without rowid', ''],
  ['WITHOUT ROWID of a UTF-16 file', 2000, 'without rowid', `pragma encoding = 'UTF-16be'`],
  ['as wide as SQLite allows', 2000, '', ''],
  ['one column narrower', 1999, '', ''],
])('a table %s with %i columns is read whole, also from the middle', (_, count, tail, pragma) => {
  const { path, columns } = givenWide(count, tail, pragma)
  using reader = openRowReader({ kind: 'sqlite', path, immutable: false })
  const by = tail === '' ? 'rowid' : 'ordinal'
  const request = {
    table: { schema: 'main', name: 't' },
    columns,
    shard: { ...shard, by },
    after: null,
    ...sizes,
  } as const
  const found = [...reader.read(request)].flatMap(({ rows }) => rows.map((row) => row.slice(0, count)))
  expect(found.map(([id]) => id)).toEqual([1n, 2n, 3n, 9n, 10n, 11n, 12n])
  const texts = found.map((row) => row.map(asSql))
  expect(texts.map((row) => row.slice(1))).toEqual(found.map(([id]) => values(Number(id), count - 1)))
  const rest = [...reader.readStored({ ...request, after: '3' })].map((page) =>
    'rows' in page ? page.rows.length : page.records.count,
  )
  expect(rest.reduce((sum, rows) => sum + rows, 0)).toBe(4)
})

function asSql(value: SqliteValue | undefined): string {
  if (typeof value === 'string') return `'${value}'`
  return value === null || typeof value === 'bigint' || typeof value === 'number' ? String(value) : '?'
}
