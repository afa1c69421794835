import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { brokenJson, randomJson } from '../../../../test/support/random-json.ts'
import { seededRandom } from '../../../../test/support/random-rows.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import type { ColumnProfile } from '../../../model/profile.ts'
import { typeFamily } from '../declared-type.ts'
import { openRowReader, type SqliteRowReader } from '../read/sqlite-reader.ts'
import { mostDistinct } from './profile-column.ts'
import { profileRange, type ProfileRange, type RangeProfile } from './profile-range.ts'

const types = [
  'any', 'integer', 'boolean', 'real', 'decimal(10,2)', 'text', 'date', 'time', 'datetime', 'json', 'uuid', 'blob',
] // prettier-ignore

type Stored = null | number | bigint | string | Uint8Array

const values: readonly Stored[] = [
  null, 0n, 1n, 2n, 255n, 256n, -1n, 20_240_229n, 1_709_210_096n, 9_007_199_254_740_993n, 0, 1, 0.5, -0, 3.25, 1e300, Infinity, 2_460_369.5,
  '', 'a', 'active', 'é', '\uFEFFbom', 'with \0 NUL', 'x'.repeat(201), 'é'.repeat(150), '2024-02-29', '2023-02-29', '20240229', '12:34', '1.50',
  '2024-02-29 12:34:56', '2024-02-29T12:34:56Z', '2024-02-29 12:34:56.1234567', '2024-02-29 12:34:56+02:00', '{}', '{"a": [1, 2.5]}',
  String.raw`"\u0000"`, '[1,]', 'true', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', new Uint8Array([0xff]), new Uint8Array(16), new TextEncoder().encode('{"b":1}'),
] // prettier-ignore

/** `kinds`: how many different values the table has. */
function given(kinds: number, seed: number): string {
  const path = givenFiles().path('a.db')
  const random = seededRandom(seed)
  const chosen = Array.from({ length: kinds }, () => values[Math.floor(random() * values.length)] ?? null)
  const db = new DatabaseSync(path)
  db.exec(`create table t(${types.map((type, at) => `"c${at}" ${type}`).join(', ')}); begin`)
  const insert = db.prepare(`insert into t values (${types.map(() => '?').join(', ')})`)
  for (let row = 0; row < 700; row++) insert.run(...types.map(() => chosen[Math.floor(random() * kinds)] ?? null))
  db.exec(`insert into t(c0, c5) values (cast(x'ff41' as text), cast(x'ff41' as text)); commit`)
  db.close()
  return path
}

function profile(path: string, way: (reader: SqliteRowReader) => SqliteRowReader): RangeProfile {
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const range: ProfileRange = {
    table: 't',
    columns: types.map((type, at) => ({ name: `c${at}`, family: typeFamily(type) })),
    keyColumns: ['c1'],
    by: 'rowid',
    lower: null,
    upper: null,
    fileBytes: 1,
  }
  return profileRange(way(reader), range)
}

function bySql(reader: SqliteRowReader): SqliteRowReader {
  Object.defineProperty(reader, 'readStored', { value: reader.read.bind(reader) })
  return reader
}

/** Values and classes that are counted in another order are the same. */
function sorted({ columns, ...whole }: RangeProfile): unknown {
  const byName = (one: { value: string }, other: { value: string }): number => (one.value < other.value ? -1 : 1)
  const sort = (column: ColumnProfile): unknown => ({ ...column, distinct: column.distinct?.toSorted(byName) ?? null })
  return { ...whole, columns: columns.map(sort) }
}

describe('values that are counted without being decoded', () => {
  test.each([2, 6, 15, 30, 200])('give the profile that decoded ones give, of %i different values', (kinds) => {
    for (let seed = 1; seed <= 12; seed++) {
      const path = given(kinds, seed)
      const stored = profile(path, (reader) => reader)
      const decoded = profile(path, bySql)
      expect(sorted(stored), `seed ${seed}`).toEqual(sorted(decoded))
      expect(stored.rows).toBe(701)
    }
  })

  test('tell JSON that jsonb refuses from what it takes, however late it comes', () => {
    const path = givenFiles().path('a.db')
    writeSqlite(
      path,
      `create table t(${types.map((type, at) => `"c${at}" ${type}`).join(', ')});
       insert into t(c9) select case when n < 90 then '{"n":' || n || '}' else '[0.' || printf('%.*c', 16300 + n, '7') || ']' end from ${numbers(100)}`,
    )
    expect(sorted(profile(path, (reader) => reader))).toEqual(sorted(profile(path, bySql)))
  })

  test('tell JSON from what only looks like it, whole, broken and cut anywhere', () => {
    const random = seededRandom(11)
    const whole = Array.from({ length: 4000 }, () => randomJson(random, 2))
    const broken = whole.map((json) => brokenJson(random, json))
    const deep = [63, 64, 65, 300].map((depth) => '['.repeat(depth) + ']'.repeat(depth))
    const wrong = [
      '[1}', '{"a":1]', '[[1}]', '{"a":[}', '[1.]', '[.5]', '[1,]', '[,1]', '{"a":1,2}', '{"a":1,}', '[1,"b":2]', '[fals]', '[falsy]', '[tru]', '[nulL]',
      '["\\q"]', '["\\"]', '["a]', '[01]', '[-]', '{1:2}', '{"a"}', '{"a" 1}', '[1 2]', '[]]', '"a\u0001"', '[1]x', '',
    ] // prettier-ignore
    const texts = [...whole, ...broken, ...deep, ...wrong].map((text) => [text, ''] as const)
    // The next column's bytes stand behind the text, and would make it whole.
    const cut = [
      '{"a\\n":[true,false,null,-0.5,{}],"bcdefghijk":"éé"}',
      '["\\u0041",1e5]',
      ' [ ] ',
      '["a"]',
      '[12.5]',
    ].flatMap((json) =>
      Array.from({ length: json.length + 1 }, (_, at) => [json.slice(0, at), json.slice(at)] as const),
    )
    const path = givenFiles().path('a.db')
    const db = new DatabaseSync(path)
    db.exec(`create table t(${types.map((type, at) => `"c${at}" ${type}`).join(', ')}); begin`)
    const insert = db.prepare('insert into t(c9, c10) values (?, ?)')
    // The examiner sees the first ones, while there are few different.
    for (let n = 0; n < 2 * mostDistinct; n++) insert.run(`[${n}]`, null)
    for (const [text, next] of [...texts, ...cut]) insert.run(text, next)
    db.exec('commit')
    db.close()
    const stored = profile(path, (reader) => reader)
    expect(sorted(stored)).toEqual(sorted(profile(path, bySql)))
    expect(stored.columns[9]?.classes['text-json']?.count).toBeGreaterThan(2 * mostDistinct + 3500)
  })

  test('tell texts apart whose checksums are equal', () => {
    const path = givenFiles().path('a.db')
    writeSqlite(
      path,
      `create table t(${types.map((type, at) => `"c${at}" ${type}`).join(', ')});
       insert into t(c5) select case n % 3 when 0 then 'Aa' else 'BB' end from ${numbers(600)}`,
    )
    expect(profile(path, (reader) => reader).columns[5]?.distinct).toEqual([
      { value: 'BB', count: 400 },
      { value: 'Aa', count: 200 },
    ])
  })
})
