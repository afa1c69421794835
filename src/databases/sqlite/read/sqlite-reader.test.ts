import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import { type SqliteRow, TextBytes } from '../../../model/batch.ts'
import type { ReadRequest } from '../../databases.ts'
import { openRowReader } from './sqlite-reader.ts'

type Given = Partial<Omit<ReadRequest, 'table'>> & { by?: 'rowid' | 'ordinal'; lower?: string; upper?: string }

function request(table: string, columns: readonly string[], given: Given = {}): ReadRequest {
  const { by = 'rowid', lower = null, upper = null, ...rest } = given
  return {
    table: { schema: 'main', name: table },
    columns,
    shard: { number: 1, by, lower, upper },
    after: null,
    averageRowBytes: 50,
    widestRowBytes: 100,
    ...rest,
  }
}

function read(path: string, asked: ReadRequest): { rows: SqliteRow[]; positions: string[]; pages: number } {
  using reader = openRowReader({ kind: 'sqlite', path, immutable: false })
  const pages = [...reader.read(asked)]
  return {
    rows: pages.flatMap((page) => page.rows),
    positions: pages.flatMap((page) => page.rows.map((_, index) => page.positionOf(index))),
    pages: pages.length,
  }
}

function given(sql: string): string {
  return writeSqlite(givenFiles().path('a.db'), sql)
}

describe('rows come as they are stored', () => {
  test('storage classes stay apart, and the rowid stands at the end', () => {
    const path = given(`create table t(a); insert into t values (1), (1.0), ('1'), (x'31'), (null), (-0.0), (9e999),
      (9223372036854775807), ('a' || char(0) || 'b'), (x''), ('\uFEFFbom')`)
    const { rows } = read(path, request('t', ['a']))
    expect(rows.map(([value]) => value)).toEqual([
      1n,
      1,
      '1',
      new Uint8Array([0x31]),
      null,
      -0,
      Infinity,
      9223372036854775807n,
      'a\0b',
      new Uint8Array(),
      '\uFEFFbom',
    ])
    expect(rows.map((row) => row[1])).toEqual(rows.map((_, index) => BigInt(index + 1)))
  })

  test.each([
    ['narrow rows, in pages', { averageRowBytes: 50, widestRowBytes: 100 }],
    ['rows that may be too much at once, one by one', { averageRowBytes: 50, widestRowBytes: 50_000_000 }],
    ['texts that may be too long for a string, as bytes', { averageRowBytes: 50, widestRowBytes: 500_000_000 }],
  ])('%s are all there, once', (_, sizes) => {
    const path = given(`create table t(a int, b text); insert into t select n, 'row ' || n from ${numbers(12_345)}`)
    const { rows, pages } = read(path, request('t', ['a', 'b'], sizes))
    expect(pages).toBe(13)
    expect(rows).toEqual(
      Array.from({ length: 12_345 }, (_unused, at) => [BigInt(at + 1), `row ${at + 1}`, BigInt(at + 1)]),
    )
  })

  test('a page of wide rows ends before it holds much, whatever the average was', () => {
    const path = given(`create table t(a); insert into t select zeroblob(400000) from ${numbers(20)}`)
    const { pages, rows } = read(path, request('t', ['a'], { averageRowBytes: 10, widestRowBytes: 400_000 }))
    expect(rows).toHaveLength(20)
    expect(pages).toBe(10)
  })
})

describe('a shard is a range of rowids', () => {
  const table = `create table t(id integer primary key, v text); insert into t values
    (-9223372036854775808, 'least'), (-5, 'minus five'), (0, 'zero'), (7, 'seven'), (9223372036854775806, 'near'), (9223372036854775807, 'greatest')`

  test.each([
    ['everything', {}, ['least', 'minus five', 'zero', 'seven', 'near', 'greatest']],
    ['above the lower bound, up to and with the upper', { lower: '-5', upper: '7' }, ['zero', 'seven']],
    ['after a position', { lower: '-5', after: '0' }, ['seven', 'near', 'greatest']],
    ['after the greatest rowid there can be', { after: '9223372036854775807' }, []],
    ['nothing', { lower: '100', upper: '1000' }, []],
  ])('%s', (_, asked, expected) => {
    const { rows, positions } = read(given(table), request('t', ['v'], asked))
    expect(rows.map(([value]) => value)).toEqual(expected)
    expect(positions).toEqual(rows.map((row) => String(row[1] as bigint)))
  })

  test('the rowid is found where columns have taken its names', () => {
    const path = given(`create table t(rowid text, oid text, v); insert into t values ('a', 'b', 1);
      create table u(rowid text, oid text, _rowid_ integer primary key); insert into u values ('a', 'b', 77)`)
    expect(read(path, request('t', ['rowid', 'v'])).rows).toEqual([['a', 1n, 1n]])
    expect(read(path, request('u', ['oid'])).rows).toEqual([['b', 77n]])
  })

  test('another table with any name is read', () => {
    const path = given(`create table "a ""b"" [c]"("x y" int, "select" int); insert into "a ""b"" [c]" values (1, 2)`)
    expect(read(path, request('a "b" [c]', ['select', 'x y'])).rows).toEqual([[2n, 1n, 1n]])
  })
})

describe('tables without a readable rowid are read in their own order', () => {
  test('positions count rows, and reading goes on after one', () => {
    const path = given(`create table t(k text primary key, v int) without rowid;
      insert into t select printf('%05d', 30000 - n), n from ${numbers(12_000)}`)
    const whole = read(path, request('t', ['k', 'v'], { by: 'ordinal' }))
    expect(whole.rows[0]).toEqual(['18000', 12_000n])
    expect(whole.positions.at(-1)).toBe('12000')
    const rest = read(path, request('t', ['k', 'v'], { by: 'ordinal', after: '11990' }))
    expect(rest.rows).toEqual(whole.rows.slice(11_990))
    expect(rest.positions[0]).toBe('11991')
  })

  test('a covering index does not change the order', () => {
    const path = given(`create table t(rowid int, oid int, _rowid_ int); create index i on t(rowid desc, oid, _rowid_);
      insert into t values (1, 1, 1), (3, 3, 3), (2, 2, 2)`)
    const { rows } = read(path, request('t', ['rowid'], { by: 'ordinal' }))
    expect(rows).toEqual([[1n], [3n], [2n]])
  })
})

describe('text that is no text is given as its bytes', () => {
  const bytes = (hex: string, encoding: TextBytes['encoding'] = 'UTF-8') =>
    new TextBytes(Buffer.from(hex, 'hex'), false, encoding)
  const utf16Bytes = (hex: string) => bytes(hex, 'UTF-16le')
  /** Buffers and other byte arrays are the same here. */
  const plain = (value: unknown) =>
    value instanceof TextBytes
      ? { hex: Buffer.from(value.bytes).toString('hex'), valid: value.valid, encoding: value.encoding }
      : value
  const utf8: [string, string | TextBytes][] = [
    ['66fc6e66', bytes('66fc6e66')],
    ['41eda080', bytes('41eda080')],
    ['f4908080', bytes('f4908080')],
    ['41efbfbd', 'A\uFFFD'],
    ['f09f8e89', '🎉'],
    ['', ''],
  ]
  const utf16: [string, string | TextBytes][] = [
    // Read as text SQLite gives U+10041 and U+10000 for the first two, without an error.
    ['00d84100', utf16Bytes('00d84100')],
    ['00dc00d8', utf16Bytes('00dc00d8')],
    ['410000d8', utf16Bytes('410000d8')],
    ['fdff', '\uFFFD'],
    ['3cd889df', '🎉'],
    ['41000000', 'A\0'],
  ]
  const cases = [
    { encoding: 'UTF-8', texts: utf8 },
    { encoding: 'UTF-16le', texts: utf16 },
  ]
  // U+1F389 is d83c df89.
  test.each(cases.flatMap((entry) => (['rowid', 'ordinal'] as const).map((by) => ({ ...entry, by }))))(
    'in $encoding, by $by',
    ({ encoding, texts, by }) => {
      const values = texts.map(([hex], at) => `(${at}, 'x', cast(x'${hex}' as text), 'é')`)
      const path = given(`pragma encoding = '${encoding}';
        create table t(id integer primary key, a, s text, z) ${by === 'ordinal' ? 'without rowid' : ''};
        insert into t values ${values.join(', ')}`)
      for (const widestRowBytes of [100, 50_000_000, 500_000_000]) {
        const { rows } = read(path, request('t', ['a', 's', 'z'], { by, widestRowBytes }))
        expect(rows.map((row) => row.slice(0, 3).map(plain))).toEqual(texts.map(([, text]) => ['x', plain(text), 'é']))
      }
    },
  )

  test('big-endian UTF-16 is decoded', () => {
    const path = given(
      `pragma encoding = 'UTF-16be'; create table t(s); insert into t values ('hé🎉'), (cast(x'd8000041' as text))`,
    )
    expect(read(path, request('t', ['s'])).rows.map(([value]) => value)).toEqual([
      'hé🎉',
      bytes('d8000041', 'UTF-16be'),
    ])
  })
})

test('a table that needs code of another program is refused by name', () => {
  const path = given('create table g(a, b as (a + 1)); insert into g(a) values (1)')
  {
    using db = new DatabaseSync(path, { defensive: false })
    db.exec(`pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'a + 1', 'st_area(a)')`)
  }
  expect(() => read(path, request('g', ['a', 'b']))).toThrow(
    expect.objectContaining({ code: 'CONNECT_SOURCE_UNREADABLE', remedy: expect.stringContaining('--exclude g') }),
  )
  expect(read(path, request('g', ['a'])).rows).toEqual([[1n, 1n]])
})
