import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { plannedColumn, plannedTable } from '../../test/support/planned-tables.ts'
import { type Random, seededRandom } from '../../test/support/random-rows.ts'
import { givenFiles, numbers, writeSqlite } from '../../test/support/sqlite-files.ts'
import type { RowReader } from '../databases/databases.ts'
import { openRowReader } from '../databases/sqlite/read/sqlite-reader.ts'
import type { Issue, WireType } from '../model/batch.ts'
import type { ColumnConversion, PlannedTable, RowHashForm } from '../model/plan.ts'
import { encodeRows } from './encode-rows.ts'
import { readAgain } from './second-reading/read-again.ts'

type Stored = null | number | bigint | string | Uint8Array

const texts = [
  '', 'a', 'abc', 'abcd', 'é', 'Zürich, 東京, 🚢', 'with \0 NUL', '\uFEFFbom', 'x'.repeat(3000), 'é'.repeat(700),
  '2024-02-29', '2023-02-29', '0000-00-00', '1700-01-01', '9999-12-31', '2024-13-01', '20240229', '12024-01-01',
  '2024-02-29 12:34', '2024-02-29 12:34:56', '2024-02-29T12:34:56Z', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.1234567',
  '2024-02-29 24:00:00', '2024-02-29 23:59:60', '2024-02-29 12:34:56+02:00', '2024-02-29 12:34:56.', '1600-05-05 01:02:03', 'now',
  '12:34:56', '12', '-1', '1.50', '1e5', 'true', 'no', 'null', '{}', '[]', '{"b": 1, "a": [1, 2.50, -0, 1e3]}', '{"a":1,"a":2}',
  String.raw`{"k":"\u00e9\n"}`, String.raw`"\u0000"`, '[1,]', '{"a" :\t"é"}', '"x', ' 7 ',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1', 'a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11x',
] // prettier-ignore

const others: readonly Stored[] = [
  null, 0n, 1n, -1n, 2n, 127n, 128n, -129n, 32_767n, 32_768n, -8_388_608n, 2_147_483_647n, 2_147_483_648n, -140_737_488_355_329n,
  9_007_199_254_740_991n, 9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n, 1_709_210_096n, 20_240_229n,
  0.5, -0, 0, 1, 3.25, 1e300, Infinity, -Infinity, 0.1, 1e15, 2_460_369.5,
  new Uint8Array(), new Uint8Array([0]), new Uint8Array([0xff, 0xfe]), new TextEncoder().encode('blob text'), new Uint8Array(16).fill(7),
  new Uint8Array(5000).fill(65),
] // prettier-ignore

const wireTypes = [
  'bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'date', 'time', 'timestamp', 'timestamptz', 'text', 'json', 'jsonb',
  'bytea', 'uuid',
] as const satisfies readonly WireType[] // prettier-ignore

/** One column of each wire type, without type so that any value can stand there, and one with REAL affinity. */
function given(): string {
  const rows = everyValue()
  const path = givenFiles().path('a.db')
  const db = new DatabaseSync(path)
  const names = [...wireTypes.map((type) => `"${type}"`), '"real" real']
  db.exec(`create table t(${names.join(', ')}); begin`)
  const insert = db.prepare(`insert into t values (${names.map(() => '?').join(', ')})`)
  for (const row of rows) insert.run(...row)
  db.exec(
    `insert into t("text", "bytea", "jsonb") values (cast(x'ff41' as text), cast(x'ff41' as text), cast(x'22ff22' as text)); commit`,
  )
  db.close()
  return path
}

const rowHashes = ['chained', 'seeded'] as const satisfies readonly RowHashForm[]

function tableOf(rowHash: RowHashForm, change: Partial<ColumnConversion> = {}): PlannedTable {
  const columns = [
    ...wireTypes.map((type) => plannedColumn([type, type, type])),
    plannedColumn(['real', 'float8', 'float8']),
  ]
  return {
    ...plannedTable('t', [], { rowHash }),
    columns: columns.map((column) => ({ ...column, conversion: { ...column.conversion, ...change } })),
  }
}

type Outcome = { batches: { rows: number; bytes: string; hash: string; position: string | null }[]; issues: Issue[] }

function encode(reader: RowReader, table: PlannedTable, cut: { rows: number; bytes: number; after?: string }): Outcome {
  const outcome: Outcome = { batches: [], issues: [] }
  for (const { batch, position, issues } of encodeRows({
    reader,
    table,
    shard: { number: 0, by: 'rowid', lower: null, upper: null },
    after: cut.after ?? null,
    batchRows: cut.rows,
    batchBytes: cut.bytes,
    stopped: () => false,
    onConverted: null,
  })) {
    const stream = createHash('sha256')
    for (const chunk of batch.copyStream(0, batch.rows)) stream.update(chunk)
    outcome.batches.push({
      rows: batch.rows,
      bytes: stream.digest('hex'),
      hash: String(batch.hash(0, batch.rows)),
      position,
    })
    outcome.issues.push(...issues)
  }
  return outcome
}

/** The same reader, whose rows all come through SQL and so take the long way. */
function longWay(reader: RowReader): RowReader {
  return {
    read: (request) => reader.read(request),
    readStored: (request) => reader.read(request),
    countRows: (table, expected) => reader.countRows(table, expected),
    rowidBounds: (table, tail) => reader.rowidBounds(table, tail),
    [Symbol.dispose]: () => undefined,
  }
}

function pick(random: Random): Stored {
  const list: readonly Stored[] = random() < 0.5 ? texts : others
  return list[Math.floor(random() * list.length)] ?? null
}

/** Each value in each column, alone in its row, then rows of random values. */
function everyValue(): Stored[][] {
  const random = seededRandom(11)
  const columns = [...wireTypes.keys(), wireTypes.length]
  const alone = [...texts, ...others].flatMap((value) =>
    columns.map((at) => columns.map((column): Stored => (column === at ? value : null))),
  )
  const mixed = Array.from({ length: 2000 }, () => columns.map(() => (random() < 0.8 ? null : pick(random))))
  return [...alone, ...mixed]
}

describe('the short way from page to batch gives what the long way gives', () => {
  test.each<[string, Partial<ColumnConversion>]>([
    ['as planned by default', {}],
    ['misfits become NULL', { onMisfit: 'null' }],
    ['empty texts become NULL', { emptyToNull: true }],
    ['columns that are NOT NULL', { notNull: true }],
    ['texts of limited length', { maxCharacters: 5 }],
    ['a time zone for date-times without offset', { timeZone: 'Europe/Berlin' }],
    ['times to the millisecond', { timePrecision: 3 }],
    ['numbers as epoch seconds', { timeUnit: 'epoch-s' }],
    ['NUL and what is not UTF-8 refused', { nul: 'reject', invalidUtf8: 'reject' }],
    ['blobs as hexadecimal texts', { blobAsHex: true }],
    ['labels of an enum', { enumLabels: ['a', 'abc'] }],
  ])('%s', (_, change) => {
    using reader = openRowReader({ kind: 'sqlite', path: given(), immutable: true })
    for (const rowHash of rowHashes) {
      const table = tableOf(rowHash, change)
      const cut = { rows: 700, bytes: 1_000_000 }
      const fast = encode(reader, table, cut)
      expect(fast).toEqual(encode(longWay(reader), table, cut))
      expect(sumOf(fast)).toEqual(sumOfPlain(reader, table))
    }
  })
})

/** What rows and hashes of the batches add up to. */
function sumOf({ batches }: Outcome): string {
  const hash = batches.reduce((sum, batch) => BigInt.asUintN(64, sum + BigInt(batch.hash)), 0n)
  return `${batches.reduce((sum, batch) => sum + batch.rows, 0)} rows, ${hash}`
}

/** The same through SQLite and the plain encoder, which share neither reader nor encoder nor hash with the load. */
function sumOfPlain(reader: RowReader, table: PlannedTable): string {
  let rows = 0
  let hash = 0n
  const shard = { number: 0, by: 'rowid', lower: null, upper: null } as const
  for (const { batch } of readAgain({ reader, table, shard, after: null })) {
    rows += batch.rows
    hash = BigInt.asUintN(64, hash + batch.hash(0, batch.rows))
  }
  return `${rows} rows, ${hash}`
}

describe('a batch that grows', () => {
  test.each<[WireType, string]>([
    ['bool', 'n % 2'],
    ['int2', 'n % 30000'],
    ['int4', 'n'],
    ['int8', 'n << 33'],
    ['float8', 'n / 4.0'],
    ['date', `'2024-02-29'`],
    ['timestamp', `'2024-02-29 12:34:56'`],
    ['text', `'text ' || n`],
    ['jsonb', `'{"a": ' || n || '}'`],
    ['bytea', 'zeroblob(n % 9)'],
    ['uuid', `printf('a0eebc99-9c0b-4ef8-bb6d-%012d', n)`],
  ])('may do so in the middle of any field: %s', (wireType, value) => {
    const path = givenFiles().path('a.db')
    writeSqlite(path, `create table t(c); insert into t select ${value} from ${numbers(60_000)}`)
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
    const table = plannedTable('t', [['c', wireType, wireType]])
    const cut = { rows: 1_000_000, bytes: 1_000_000_000 }
    expect(encode(reader, table, cut)).toEqual(encode(longWay(reader), table, cut))
  })
})

describe('values of megabytes', () => {
  test.each<[WireType, string]>([
    ['bytea', 'zeroblob(3000000 + n)'],
    ['text', `printf('%.*c', 3000000 + n, 'x') || 'é'`],
    ['text', `cast(zeroblob(2000000) as text)`],
    ['text', `cast(x'ff' || printf('%.*c', 2000000 + n, 'x') as text)`],
    ['jsonb', `'{"a": "' || printf('%.*c', 2000000, 'x') || '"}'`],
  ])('are sent from where they were read: %s %s', (wireType, value) => {
    const path = givenFiles().path('a.db')
    writeSqlite(
      path,
      `create table t(n, c); insert into t select n, case n % 2 when 0 then n else ${value} end from ${numbers(4)}`,
    )
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
    const table = plannedTable('t', [
      ['n', 'int8', 'int8'],
      ['c', wireType, wireType],
    ])
    // A row of megabytes ends its batch on the short way.
    const cut = { rows: 1, bytes: 1 }
    expect(encode(reader, table, cut)).toEqual(encode(longWay(reader), table, cut))
  })
})

describe('what does not fit into the coder', () => {
  test.each([
    [
      'more rows of a page than it encodes at once',
      `create table t(a, b, c); insert into t
      select case n when 16384 then 'no integer' else n % 7 end, n, case n when 16385 then 'no date' else '2024-02-29' end
      from ${numbers(40_000)}`,
    ],
    [
      'rows that are longer once they are converted',
      `create table t(a, b, c); insert into t
      select n, cast(printf('%.*c', case n % 5 when 0 then 250000 else 10 end, 'x') || x'ff' as text),
        cast(replace(hex(zeroblob(case n % 5 when 0 then 120000 else 3 end)), '00', cast(x'fe' as text)) as text)
      from ${numbers(40)}`,
    ],
    [
      'a JSON document as long as it takes, and a longer one',
      `create table t(a, b, c); insert into t
      select n, 'text', '["' || printf('%.*c', 65532 + n - 3, 'x') || '"]' from ${numbers(6)}`,
    ],
    [
      'JSON of many members, ordered or not, and deep',
      `create table t(a, b, c); insert into t
      select n, 'text', case n
        when 1 then (select json_group_object('k' || value, value) from generate_100)
        when 2 then (select json_group_object('k' || (101 - value), value) from generate_100)
        when 3 then (select '{' || group_concat('"' || (102 - value) || '":' || value) || '}' from (select value from generate_100 union all select 101))
        when 4 then replace(printf('%.64c', '['), ' ', '') || replace(printf('%.64c', ']'), ' ', '')
        when 5 then replace(printf('%.65c', '['), ' ', '') || replace(printf('%.65c', ']'), ' ', '')
        when 9 then (select '{' || group_concat('"k' || value || '":0') || '}' from (with recursive m(value) as (select 1 union all select value + 1 from m where value < 4200) select value from m))
        when 10 then '[0.' || printf('%.*c', 1100, '7') || ']'
        when 11 then '{"a":"x\\/y\\u0041\\"\\\\\\b\\f\\n\\r\\t"}'
        when 12 then '{"a\\/b":"x\\/y\\"\\\\\\b\\f\\n\\r\\t"}'
        when 13 then '["x\\/y\\"\\\\\\b\\f\\n\\r\\t"]'
        when 6 then '{"a":{"b":1,"b":2},"a":{"c":{"d":1,"cc":2},"b":[{"x":1,"x":2}]}}'
        else '{"b":1,"a":[],"a":{}}' end from ${numbers(14)}`,
    ],
  ])('goes another way: %s', (_, sql) => {
    const path = givenFiles().path('a.db')
    const hundred = `create table generate_100(value); insert into generate_100 select n from ${numbers(100)};`
    writeSqlite(path, hundred + sql)
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
    for (const wireType of ['int8', 'text', 'date', 'jsonb'] as const) {
      const table = plannedTable('t', [
        ['a', 'int8', 'int8'],
        ['b', 'text', 'text'],
        ['c', wireType, wireType],
      ])
      const cut = { rows: 1_000_000, bytes: 1_000_000_000 }
      expect(encode(reader, table, cut)).toEqual(encode(longWay(reader), table, cut))
    }
  })
})

test.each([
  'c080',
  'c1bf',
  'e09fbf',
  'e0a080',
  'ed9fbf',
  'eda080',
  'edbfbf',
  'ee8080',
  'f08080bf',
  'f08fbfbf',
  'f0908080',
  'f48fbfbf',
  'f4908080',
  'f5808080',
  'f8',
  '80',
  'bf',
  'c3',
  'e282',
  'f09f9a',
  'c341',
  'e28241',
  'f09f9a41',
  'ff',
  'fe',
])('bytes that are UTF-8 or not: %s, at the beginning, in the middle and at the end of a text', (bytes) => {
  const path = givenFiles().path('a.db')
  const around = [['', ''], ['6162636465', '66676869'], ['', '6162636465666768'], ['61626364656667', '']] // prettier-ignore
  const rows = around.map(([before, after]) => `(cast(x'${before}${bytes}${after}' as text))`)
  writeSqlite(path, `create table t(c); insert into t values ${rows.join(', ')}`)
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const table = plannedTable('t', [['c', 'text', 'text']])
  const cut = { rows: 1000, bytes: 1_000_000 }
  expect(encode(reader, table, cut)).toEqual(encode(longWay(reader), table, cut))
})

test('tables that are read in turn in one thread do not mix', () => {
  const path = givenFiles().path('a.db')
  const rows = (table: string, text: string): string =>
    `create table ${table}(id integer primary key, c); insert into ${table} select n, '${text} ' || n from ${numbers(30_000)};`
  writeSqlite(path, ['one', 'two', 'three'].map((name) => rows(name, name)).join('\n'))
  const tables = ['one', 'two', 'three'].map((name) =>
    plannedTable(
      name,
      [
        ['id', 'int8', 'int8'],
        ['c', 'text', 'text'],
      ],
      { rowHash: name === 'two' ? 'seeded' : 'chained' },
    ),
  )
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const begin = (table: PlannedTable) =>
    encodeRows({
      reader,
      table,
      shard: { number: 0, by: 'rowid', lower: null, upper: null },
      after: null,
      batchRows: 1000,
      batchBytes: 1_000_000,
      stopped: () => false,
      onConverted: null,
    })
  const running = tables.map(begin)
  const sums = tables.map(() => 0n)
  for (let turn = 0; turn < 40; turn++) {
    for (const [at, batches] of running.entries()) {
      // The second is given up in the middle, and begins again.
      if (at === 1 && turn === 3) {
        batches.return(undefined)
        sums[1] = 0n
        running[1] = begin(tables[1] as PlannedTable)
        continue
      }
      const next = batches.next()
      if (!next.done) sums[at] = BigInt.asUintN(64, (sums[at] ?? 0n) + next.value.batch.hash(0, next.value.batch.rows))
    }
  }
  const whole = tables.map((table) => encode(longWay(reader), table, { rows: 1_000_000, bytes: 1_000_000_000 }))
  expect(sums.map(String)).toEqual(whole.map(({ batches }) => batches[0]?.hash))
})

test('a shard takes what the one before it in the thread has given back, and no new memory', () => {
  const path = givenFiles().path('a.db')
  writeSqlite(path, `create table t(id integer primary key, c); insert into t select n, n from ${numbers(30_000)}`)
  using reader = openRowReader({ kind: 'sqlite', path, immutable: true })
  const table = plannedTable('t', [['id', 'int8', 'int8']])
  const carry = (): void => void encode(reader, table, { rows: 1_000_000, bytes: 1_000_000_000 })
  for (let i = 0; i < 3; i++) carry()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 5; i++) carry()
  // 30,000 positions of 8 bytes, five times, would be there until V8 clears up.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5 * 30_000 * 8)
})

describe('a batch can be cut anywhere', () => {
  test.each([
    { rows: 1, bytes: 1_000_000 },
    { rows: 7, bytes: 1_000_000 },
    { rows: 100_000, bytes: 1 },
    { rows: 100_000, bytes: 4096 },
  ])('after %o', (cut) => {
    using reader = openRowReader({ kind: 'sqlite', path: given(), immutable: true })
    const table = tableOf('seeded')
    const whole = encode(reader, table, { rows: 1_000_000, bytes: 1_000_000_000 })
    const parts = encode(reader, table, cut)
    expect(parts).toEqual(encode(longWay(reader), table, cut))
    const sum = parts.batches.reduce((total, { hash }) => BigInt.asUintN(64, total + BigInt(hash)), 0n)
    expect(String(sum)).toBe(whole.batches[0]?.hash)
    expect(parts.issues).toEqual(whole.issues)
  })

  test('and the rows end with it when it is asked to stop, though their page has more', () => {
    using reader = openRowReader({ kind: 'sqlite', path: given(), immutable: true })
    const taken = []
    for (const { batch, done } of encodeRows({
      reader,
      table: tableOf('seeded', { onMisfit: 'null' }),
      shard: { number: 0, by: 'rowid', lower: null, upper: null },
      after: null,
      batchRows: 7,
      batchBytes: 1_000_000,
      stopped: () => taken.length === 2,
      onConverted: null,
    })) {
      taken.push({ rows: batch.rows, done })
    }
    expect(taken).toEqual([
      { rows: 7, done: false },
      { rows: 7, done: false },
    ])
  })

  test('and goes on behind any position as if it had never stopped', () => {
    using reader = openRowReader({ kind: 'sqlite', path: given(), immutable: true })
    const table = tableOf('chained', { onMisfit: 'null' })
    const whole = encode(reader, table, { rows: 97, bytes: 1_000_000 })
    // The last batch has no rows behind it.
    for (const [number, { position }] of whole.batches.slice(0, -1).entries()) {
      const rest = encode(reader, table, { rows: 97, bytes: 1_000_000, after: position ?? '' })
      expect(rest.batches).toEqual(whole.batches.slice(number + 1))
    }
  })
})
