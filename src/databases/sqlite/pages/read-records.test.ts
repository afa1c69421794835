import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../test/support/random-rows.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import type { SqliteRow } from '../../../model/batch.ts'
import { RowferryError } from '../../../errors/errors.ts'
import type { Table } from '../../../model/catalog.ts'
import type { ReadRequest } from '../../databases.ts'
import { profileRange } from '../profile/profile-range.ts'
import { profileTables } from '../profile/sqlite-profile.ts'
import { openRowReader, type SqliteRowReader } from '../read/sqlite-reader.ts'

type Asked = { readonly lower?: string; readonly upper?: string; readonly after?: string; readonly columns?: string[] }

function request(table: string, columns: readonly string[], asked: Asked): ReadRequest {
  const { lower = null, upper = null, after = null } = asked
  return {
    table: { schema: 'main', name: table },
    columns,
    shard: { number: 1, by: 'rowid', lower, upper },
    after,
    averageRowBytes: 50,
    widestRowBytes: 100,
  }
}

function columnsOf(path: string, table: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const names = db
    .prepare('select name from pragma_table_xinfo(?)')
    .all(table)
    .map(({ name }) => String(name))
  db.close()
  return names
}

type Found = { rows: SqliteRow[]; positions: string[]; records: number }

function readStored(reader: SqliteRowReader, asked: ReadRequest): Found {
  const found: Found = { rows: [], positions: [], records: 0 }
  for (const page of reader.readStored(asked)) {
    const count = 'records' in page ? page.records.count : page.rows.length
    if ('records' in page) found.records += count
    for (let index = 0; index < count; index++) {
      found.rows.push('records' in page ? kept(page.records.row(index)) : (page.rows[index] ?? []))
      found.positions.push(page.positionOf(index))
    }
  }
  return found
}

/** The memory of long records is only lent. */
function kept(row: SqliteRow): SqliteRow {
  return row.map((value) => (value instanceof Uint8Array ? value.slice() : value))
}

function readBySql(reader: SqliteRowReader, asked: ReadRequest): SqliteRow[] {
  return [...reader.read(asked)].flatMap((page) => page.rows)
}

/** Reads both ways and expects the same; gives how many rows came as records. */
function compare(path: string, table: string, asked: Asked = {}): { rows: number; records: number } {
  using reader = openRowReader({ kind: 'sqlite', path, immutable: false })
  const wanted = request(table, asked.columns ?? columnsOf(path, table), asked)
  const found = readStored(reader, wanted)
  const expected = readBySql(reader, wanted)
  expect(found.rows).toEqual(expected)
  expect(found.positions).toEqual(expected.map((row) => `${row.at(-1) as bigint}`))
  return { rows: found.rows.length, records: found.records }
}

function given(sql: string): string {
  return writeSqlite(givenFiles().path('a.db'), sql)
}

const mixed = `create table t(id integer primary key, i integer, r real, x text, b blob, n numeric, any);
  insert into t select n, n * n * n * case n % 3 when 0 then -1 else 1 end, n / case n % 2 when 0 then 4.0 else 1 end,
    case n % 5 when 0 then null else printf('%.*c é', n % 300, 'x') end, zeroblob(n % 40), n || '', case n % 2 when 0 then n else 'a' end
  from ${numbers(3000)} order by n * 7919 % 3001;`

describe('records are the rows that SQLite reads', () => {
  test.each([512, 1024, 4096, 65_536])('with pages of %i bytes', (size) => {
    const path = given(`pragma page_size = ${size}; ${mixed} delete from t where id % 7 = 0`)
    expect(compare(path, 't')).toEqual({ rows: 2572, records: 2572 })
  })

  test.each<[string, Asked, number]>([
    ['all of them', {}, 3000],
    ['those after a position', { after: '2990' }, 10],
    ['a shard', { lower: '100', upper: '200' }, 100],
    ['a shard after a position', { lower: '100', upper: '200', after: '150' }, 50],
    ['a shard behind the last row', { lower: '3000' }, 0],
    ['a shard before the first row', { upper: '0' }, 0],
    ['a single row', { lower: '1499', upper: '1500' }, 1],
  ])('%s', (_, asked, rows) => {
    expect(compare(given(mixed), 't', asked)).toEqual({ rows, records: rows })
  })

  test('some of the columns, in another order', () => {
    expect(compare(given(mixed), 't', { columns: ['n', 'id', 'x'] }).records).toBe(3000)
  })

  test.each<[string, string, { rows: number; records: number }]>([
    ['an empty table', 'create table t(a)', { rows: 0, records: 0 }],
    [
      'integers of every length and both ends',
      `create table t(a); insert into t select case n % 2 when 0 then 1 else -1 end * (1 << (n / 2)) + n % 3 from ${numbers(126)};
       insert into t values (9223372036854775807), (-9223372036854775808), (9007199254740993), (-9007199254740993)`,
      { rows: 130, records: 130 },
    ],
    [
      'integers in REAL columns, which are reals',
      'create table t(a real, b); insert into t values (1, 1), (0, 0), (-7, -7), (2.5, 2.5), (1e300, 1e300), (9007199254740993, 5)',
      { rows: 6, records: 6 },
    ],
    [
      'negative, sparse and great rowids',
      'create table t(id integer primary key, a); insert into t values (-9007199254740991, 1), (-5, 2), (0, 3), (70000, 4), (9007199254740991, 5)',
      { rows: 5, records: 5 },
    ],
    [
      'texts that are not valid, have NUL or a byte order mark',
      `create table t(a); insert into t values (cast(x'ff' as text)), ('a' || char(0)), (char(65279) || 'a'), (''), (x''), (cast(x'eda080' as text))`,
      { rows: 6, records: 6 },
    ],
    [
      'records that go on behind their page, up to a megabyte',
      `create table t(a, b, c); insert into t select n, printf('%.*c', n * 997, 'x'), zeroblob(n * 13) from ${numbers(300)}`,
      { rows: 300, records: 300 },
    ],
    [
      'columns that were added later, without default',
      `create table t(a); insert into t values (1); alter table t add column b; insert into t values (2, 3)`,
      { rows: 2, records: 2 },
    ],
    [
      'stored generated columns',
      'create table t(a, b as (a + 1) stored, c); insert into t values (1, 2), (3, 4)',
      { rows: 2, records: 2 },
    ],
    [
      'the first table of a file, whose tree begins on page 1 of none',
      'create table t(a); insert into t values (1)',
      { rows: 1, records: 1 },
    ],
  ])('%s', (_, sql, expected) => {
    expect(compare(given(sql), 't')).toEqual(expected)
  })

  test('records longer than a megabyte keep their memory, those around them are as ever', () => {
    const path = given(
      `create table t(a, b); insert into t values (1, 'x'), (2, zeroblob(3000000)), (3, printf('%.*c', 2000000, 'z')), (4, 'y')`,
    )
    expect(compare(path, 't')).toEqual({ rows: 4, records: 4 })
  })

  test.each<[string, string]>([
    ['computed columns', 'create table t(a, b as (a + 1)); insert into t values (1)'],
    [
      'columns that were added later with a default',
      `create table t(a); insert into t values (1); alter table t add column b default 'x'`,
    ],
    ['texts in UTF-16', `pragma encoding = 'UTF-16'; create table t(a); insert into t values ('é')`],
    ['rowids that no double holds', 'create table t(a); insert into t(rowid, a) values (9007199254740993, 1)'],
  ])('SQLite reads what is none of this: %s', (_, sql) => {
    expect(compare(given(sql), 't')).toEqual({ rows: 1, records: 0 })
  })

  test('a database with reserved bytes at the end of each page is read as SQLite reads it', () => {
    const path = given(mixed)
    const bytes = readFileSync(path)
    // The size alone: SQLite then refuses pages that use those bytes, and nothing else may come of it either.
    bytes.writeUInt8(32, 20)
    writeFileSync(path, bytes)
    const { bySql, stored } = outcomes(path)
    expect(stored).toEqual(bySql)
  })
})

describe('a damaged file', () => {
  test('whatever bytes of it are changed: what SQLite refuses is refused', () => {
    const random = seededRandom(7)
    const original = readFileSync(given(mixed))
    const path = givenFiles().path('damaged.db')
    const refused: (SqliteRow[] | string)[] = []
    for (let round = 0; round < 150; round++) {
      const bytes = Buffer.from(original)
      for (let change = 0; change < 4; change++) {
        // Behind the file's header; mostly where pages keep their structure.
        const page = Math.floor(random() * (bytes.length / 4096))
        const at = page * 4096 + Math.floor(random() * (random() < 0.7 ? 40 : 4096))
        if (at >= 100) bytes[at] = Math.floor(random() * 256)
      }
      writeFileSync(path, bytes)
      const { bySql, stored } = outcomes(path)
      if (typeof bySql === 'string') refused.push(stored)
    }
    expect(refused.length).toBeGreaterThan(20)
    expect(refused.filter((stored) => typeof stored !== 'string')).toEqual([])
  })
})

describe('what only a damaged file holds', () => {
  /** A copy of a database in which some bytes are others. */
  function withBytes(sql: string, from: string, to: string): string {
    const path = given(sql)
    const bytes = readFileSync(path)
    const at = bytes.indexOf(Buffer.from(from, 'hex'))
    expect(at).toBeGreaterThan(0)
    bytes.set(Buffer.from(to, 'hex'), at)
    writeFileSync(path, bytes)
    return path
  }

  test('a NaN is NULL, as it is to SQLite', () => {
    const path = withBytes(
      'create table t(a real, b); insert into t values (1.1, 1)',
      '3ff199999999999a',
      '7ff8000000000000',
    )
    expect(compare(path, 't')).toEqual({ rows: 1, records: 1 })
  })

  test('a leaf without cells is refused', () => {
    const path = given(
      `pragma page_size = 512; create table t(x); insert into t select zeroblob(100) from ${numbers(500)}`,
    )
    const bytes = readFileSync(path)
    // Leaves of this table are all pages behind its root; one in the middle loses its number of cells.
    const leaf = 512 * 60
    expect(bytes[leaf]).toBe(0x0d)
    bytes.writeUInt16BE(0, leaf + 3)
    writeFileSync(path, bytes)
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
    expect(() => readStored(reader, request('t', ['x'], {}))).toThrow(/is damaged/)
  })
})

describe('a record whose header lies', () => {
  test.each([
    ['a text shorter than what follows', 13 + 2 * 5],
    ['a text longer than what follows', 13 + 2 * 7],
    ['a text longer than anything', 127],
  ])('is for SQLite: %s', (_, type) => {
    const path = given(`create table t(x); insert into t values ('first'), ('marker'), ('last')`)
    const bytes = readFileSync(path)
    const marker = bytes.indexOf('marker')
    // Length of the header, then the type of the only field.
    expect([bytes[marker - 2], bytes[marker - 1]]).toEqual([2, 13 + 2 * 6])
    bytes[marker - 1] = type
    writeFileSync(path, bytes)
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
    const outcome = (read: () => SqliteRow[]): unknown => {
      try {
        return read()
      } catch (error) {
        return error instanceof RowferryError ? error.code : error
      }
    }
    const wanted = request('t', ['x'], {})
    const found = outcome(() => readStored(reader, wanted).rows)
    expect(found).toEqual(outcome(() => readBySql(reader, wanted)))
  })
})

test.each([10, 11])('a type that does not occur is for SQLite, though %i stands for the rowid here', (type) => {
  const path = given(`create table t(x, y); insert into t values ('', 'marker')`)
  const bytes = readFileSync(path)
  const marker = bytes.indexOf('marker')
  expect([bytes[marker - 3], bytes[marker - 2]]).toEqual([3, 13])
  bytes[marker - 2] = type
  writeFileSync(path, bytes)
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const wanted = request('t', ['x', 'y'], {})
  expect(readStored(reader, wanted)).toMatchObject({ rows: readBySql(reader, wanted), records: 0 })
})

test('a table that is asked for by rowid and has none is a source that is damaged', () => {
  const path = given('create table t(k primary key, x) without rowid')
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const outcome = outcomeOf(() => readStored(reader, request('t', ['x'], {})).rows)
  expect(outcome).toContain('cannot be read by its rowids')
})

describe('a damaged key, which hides rows from everybody who searches by it', () => {
  /** Changes the key of one cell of the table's root page. */
  function withKey(cell: number, change: (key: number) => number, ids = `n from ${numbers(5000)}`): string {
    const path = given(
      `pragma page_size = 1024; create table t(id integer primary key, x); insert into t(id) select ${ids}; update t set x = printf('%.*c', 90, 'x'); vacuum`,
    )
    const db = new DatabaseSync(path, { readOnly: true })
    const root = Number(db.prepare(`select rootpage from sqlite_schema where name = 't'`).get()?.['rootpage'])
    db.close()
    const bytes = readFileSync(path)
    const page = (root - 1) * 1024
    // An interior page has a header of 12 bytes; a cell is the child's number and the key, here of two bytes.
    const key = page + bytes.readUInt16BE(page + 12 + 2 * cell) + 4
    const value = change((((bytes[key] ?? 0) & 0x7f) << 7) | ((bytes[key + 1] ?? 0) & 0x7f))
    bytes[key] = 0x80 | (value >> 7)
    bytes[key + 1] = value & 0x7f
    writeFileSync(path, bytes)
    return path
  }

  const table: Table = {
    name: { schema: 'main', name: 't' },
    sql: null,
    columns: ['id', 'x'].map((name, at) => ({
      name,
      position: at + 1,
      declaredType: '',
      notNull: false,
      default: null,
      generated: null,
      collation: null,
      comment: null,
      postgres: null,
    })),
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checkConstraints: [],
    indexes: [],
    comment: null,
    sqlite: {
      strict: false,
      withoutRowid: false,
      rowidColumn: 'id',
      rowidName: 'id',
      autoincrement: false,
      sequenceValue: null,
      conflictClauses: [],
      notUnderstood: [],
    },
    postgres: null,
  }

  test.each([
    ['a key far too great', 0, () => 16_000],
    ['a key below the one before', 1, () => 1],
    ['a key that is a little too small', 1, (key: number) => key - 7],
    ['a key that is a little too great', 1, (key: number) => key + 7],
  ])('%s: all rows, or a refusal', async (_, cell, change) => {
    const path = withKey(cell, change)
    const profile = profileTables({ kind: 'sqlite', path, immutable: true }, [table], {
      parallel: 1,
      emit: () => undefined,
      signal: new AbortController().signal,
    })
    const outcome = await profile.then(
      ({ tables }) => tables[0]?.rows,
      (error: RowferryError) => error.code,
    )
    expect([5000, 'CONNECT_SOURCE_DAMAGED']).toContain(outcome)
  })

  test('in ranges, too: whoever walks through all of them finds all rows, or leaves some to SQLite', () => {
    const columns = ['id', 'x'].map((name) => ({ name, family: 'text' as const }))
    const range = { table: 't', columns, keyColumns: ['id'], by: 'rowid', fileBytes: 1 } as const
    let whole = 0
    for (let change = -12; change <= 12; change++) {
      const path = withKey(2, (key) => key + change, `n + 1000 from ${numbers(60)}`)
      for (let cut = 1015; cut < 1045; cut++) {
        using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
        const parts = [
          profileRange(reader, { ...range, lower: null, upper: String(cut) }),
          profileRange(reader, { ...range, lower: String(cut), upper: null }),
        ]
        if (!parts.every(({ walked }) => walked)) continue
        expect([change, cut, parts.reduce((sum, { rows }) => sum + rows, 0)]).toEqual([change, cut, 60])
        whole++
      }
    }
    expect(whole).toBeGreaterThan(25)
  })
})

/** Rows or the refusal, of both ways. */
function outcomes(path: string): { bySql: SqliteRow[] | string; stored: SqliteRow[] | string } {
  const asked = request('t', ['id', 'i', 'r', 'x', 'b', 'n', 'any'], {})
  const both = (read: (reader: SqliteRowReader) => SqliteRow[]): SqliteRow[] | string =>
    outcomeOf(() => {
      using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
      return read(reader)
    })
  return { bySql: both((reader) => readBySql(reader, asked)), stored: both((reader) => readStored(reader, asked).rows) }
}

function outcomeOf(read: () => SqliteRow[]): SqliteRow[] | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof RowferryError || (error instanceof Error && 'errcode' in error)) return error.message
    throw error
  }
}
