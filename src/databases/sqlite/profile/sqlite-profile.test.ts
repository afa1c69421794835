import { describe, expect, test } from 'vitest'
import { givenFolder } from '../../../../test/support/folders.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import type { TransferEvents } from '../../../model/events.ts'
import type { ColumnProfile, Profile, TableProfile } from '../../../model/profile.ts'
import { openSqliteSource } from '../sqlite-source.ts'

const { signal } = new AbortController()

type ProfileEvent = TransferEvents['profile:progress']

async function profile(sql: string, parallel = 2): Promise<Profile & { events: ProfileEvent[] }> {
  const path = writeSqlite(givenFiles().path('a.db'), sql)
  await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal })
  const { tables } = await source.readCatalog({ signal })
  const events: ProfileEvent[] = []
  const found = await source.profile(tables, {
    signal,
    parallel,
    emit: (name, event) => {
      if (name === 'profile:progress') events.push(event as ProfileEvent)
    },
  })
  return { ...found, events }
}

async function profileTable(sql: string): Promise<TableProfile> {
  const [table] = (await profile(sql)).tables
  if (table === undefined) throw new Error('no table')
  return table
}

/** The profile of one column `a` with these values. */
async function profileColumn(declaredType: string, values: readonly string[]): Promise<ColumnProfile> {
  const { columns } = await profileTable(
    `create table t(a ${declaredType}); insert into t values ${values.map((value) => `(${value})`).join(', ')}`,
  )
  if (columns[0] === undefined) throw new Error('no column')
  return columns[0]
}

function counts(column: ColumnProfile): Record<string, number> {
  return Object.fromEntries(Object.entries(column.classes).map(([name, found]) => [name, found.count]))
}

describe('values are told apart as far as the declared type makes it plausible', () => {
  const cases: [string, string[], Record<string, number>][] = [
    [
      'integer',
      ['0', '1', '-7', '1.5', "'007'", "'x'", "''"],
      { 'integer-bit': 2, integer: 2, real: 1, text: 1, 'text-empty': 1 },
    ],
    [
      '',
      ['1', '1.0', '2.0', '2.5', '-0.0', '9e999', "'5'", "x'00'"],
      { 'integer-bit': 1, 'real-bit': 1, 'real-integral': 1, real: 2, 'real-infinite': 1, text: 1, blob: 1 },
    ],
    [
      'text',
      ["'2024-01-01'", "'1'", "''", "x'6162'", "x'610062'", "x'ff'"],
      { text: 2, 'text-empty': 1, 'blob-text': 1, blob: 2 },
    ],
    ['blob', ["'abc'", "x'6162'", '7'], { text: 1, blob: 1, integer: 1 }],
    [
      'boolean',
      ['0', '1', "'true'", "'N'", '2', "'maybe'", "''"],
      { 'integer-bit': 2, 'text-boolean': 2, integer: 1, text: 1, 'text-empty': 1 },
    ],
    ['decimal(10,2)', ["'1e400'", "'12345678901234567890123'", "'1.50x'"], { text: 1, 'real-infinite': 1, real: 1 }],
    [
      'datetime',
      ["'2024-02-29'", "'2024-02-29 10:11:12'", "'2024-02-29T10:11Z'", "'10:11'", "'now'", "''", "'2023-02-29'"],
      { 'text-date': 1, 'text-datetime': 1, 'text-datetime-offset': 1, 'text-time': 1, text: 2, 'text-empty': 1 },
    ],
    ['date text', ["'20240229'", "'20240231'", '5'], { 'text-compact-date': 1, 'text-integer': 2 }],
    [
      'json',
      [`'{"a":1}'`, `'"\\u0000"'`, "'{'", "jsonb('[1]')", `jsonb('"\\u0000"')`, "x'7b7d'", "x'ff00'"],
      { 'text-json': 1, 'text-json-odd': 1, text: 1, 'blob-json': 1, 'blob-json-odd': 1, 'blob-text': 1, blob: 1 },
    ],
    [
      'uuid',
      ["'7f9c24e8-3b12-4fef-91e0-56a2d5a8a1b2'", "x'7f9c24e83b124fef91e056a2d5a8a1b2'", "x'7f'", "'x'"],
      { 'text-uuid': 1, 'blob-uuid': 1, blob: 1, text: 1 },
    ],
  ]
  test.each(cases)('%s', async (declaredType, values, expected) => {
    const found = counts(await profileColumn(declaredType, values))
    expect(found).toEqual(expected)
  })

  test('samples are the first five of a class, with the key of their row', async () => {
    const { columns } = await profileTable(`create table t(g text, n int, v integer, primary key (g, n));
      insert into t select 'g', n, iif(n % 3 = 0, 'bad ' || n, n) from ${numbers(30)}; insert into t values (null, 1, 'worse')`)
    const { text } = columns[2]?.classes ?? {}
    expect(text?.count).toBe(11)
    expect(text?.samples.map(({ value }) => value)).toEqual(['bad 3', 'bad 6', 'bad 9', 'bad 12', 'bad 15'])
    expect(text?.samples[0]?.key).toEqual({ g: 'g', n: 3 })
    expect(columns[0]?.nulls).toBe(1)
  })

  test('a row without a usable key is named by its rowid; long values are cut', async () => {
    const column = await profileColumn('text', ['1', `'${'é'.repeat(100)}'`, `zeroblob(100)`])
    expect(column.classes.text?.samples[1]).toEqual({ key: { rowid: 2 }, value: `${'é'.repeat(80)}…` })
    expect(column.classes.blob?.samples[0]?.value).toBe(`x'${'00'.repeat(40)}…'`)
  })
})

describe('figures of a column', () => {
  test('ranges are exact at the ends of int8, and of reals', async () => {
    const column = await profileColumn('', [
      '9223372036854775807',
      '(-9223372036854775807 - 1)',
      '1e300',
      '-2.5',
      '9e999',
    ])
    expect(column.integerRange).toEqual({ min: '-9223372036854775808', max: '9223372036854775807' })
    expect(column.realRange).toEqual({ min: -2.5, max: 1e300 })
  })

  test.each([
    [['12', '-345'], 3, 0],
    [['1230.99', '0.5', "'99999.125x'"], 4, 2],
    [['0.1', '0.25', '1e-7'], 0, 7],
    [["'123456789.1234567891'"], 9, 10],
    [['1e15', '0.3'], 16, 1],
  ])('digits of %o: %d before and %d after the point', async (values, integer, fraction) => {
    const column = await profileColumn('decimal text', values)
    expect([column.maxIntegerDigits, column.maxFractionDigits]).toEqual([integer, fraction])
  })

  test.each([
    [['1230.99', '0.5'], 4, 2],
    [['0.1', '0.25', '1e-7', '12'], 2, 7],
    [['123456789.1234567891'], 9, 8],
    [['1e20', '-0.3'], 21, 1],
    [['0.1 + 0.2'], 0, 17],
  ])('digits of the reals %o: %d before and %d after the point', async (values, integer, fraction) => {
    const column = await profileColumn('', values)
    expect([column.maxIntegerDigits, column.maxFractionDigits]).toEqual([integer, fraction])
  })

  test('texts are measured in characters and in bytes; NUL and invalid bytes are listed', async () => {
    const column = await profileColumn('text', ["'日本🎉'", "'a' || char(0)", "cast(x'66fc6e66' as text)", "'a\uFFFD'"])
    expect(column).toMatchObject({ maxTextCharacters: 4, maxBytes: 10 })
    expect(column.withNul).toMatchObject({ count: 1, samples: [{ key: { rowid: 2 } }] })
    expect(column.invalidText).toEqual({ count: 1, samples: [{ key: { rowid: 3 }, value: 'f\uFFFDnf' }] })
  })

  test('fractions below the microsecond are listed', async () => {
    const column = await profileColumn('timestamp', ["'2024-01-01 00:00:00.1234567'", "'2024-01-01 00:00:00.123456'"])
    expect(column.subMicrosecond.samples).toEqual([{ key: { rowid: 1 }, value: '2024-01-01 00:00:00.1234567' }])
  })

  test.each([
    ['seconds', '1709210096', { 'epoch-s': 1, 'epoch-ms': 1, 'epoch-us': 1, 'epoch-ns': 1 }],
    ['milliseconds', '1709210096123', { 'epoch-ms': 1, 'epoch-us': 1, 'epoch-ns': 1 }],
    ['microseconds', '1709210096123456', { 'epoch-us': 1, 'epoch-ns': 1 }],
    ['nanoseconds', '1709210096123456789', { 'epoch-ns': 1 }],
    [
      'a Julian day',
      '2460370.02425926',
      { 'julian-day': 1, 'epoch-s': 1, 'epoch-ms': 1, 'epoch-us': 1, 'epoch-ns': 1 },
    ],
    ['a compact date', '20240229', { yyyymmdd: 1, 'epoch-s': 1, 'epoch-ms': 1, 'epoch-us': 1, 'epoch-ns': 1 }],
    ['no valid compact date', '20230229', { 'epoch-s': 1, 'epoch-ms': 1, 'epoch-us': 1, 'epoch-ns': 1 }],
    ['too late for anything', '9223372036854775807', {}],
  ])('a number in a time column: %s', async (_, value, expected) => {
    expect((await profileColumn('datetime', [value])).timeUnits).toEqual(expected)
  })

  test('up to twenty different values are counted, more are not', async () => {
    const few = await profileColumn('text', ["'a'", "'b'", "'a'", 'null', '1'])
    expect(few.distinct).toEqual([
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
      { value: '1', count: 1 },
    ])
    const many = await profileTable(`create table t(a, b); insert into t select n, n % 20 from ${numbers(21)}`)
    expect(many.columns.map((column) => column.distinct?.length ?? null)).toEqual([null, 20])
  })
})

describe('figures of a table', () => {
  test('sizes, rowids and cuts', async () => {
    const table = await profileTable(`create table t(id integer primary key, a text, b blob);
      insert into t select n * 1000, 'é', zeroblob(n % 10) from ${numbers(1000)}`)
    expect(table).toMatchObject({ rows: 1000, widestRowBytes: 8 + 2 + 9, bytes: 1000 * (8 + 2) + 4500 })
    expect(table.rowidRange).toEqual({ min: '1000', max: '1000000' })
    expect(table.rowidSamples).toHaveLength(256)
  })

  test('an empty table, a table without rowid, giant and sparse rowids', async () => {
    const { tables } = await profile(`create table e(a); create table w(k primary key, v) without rowid;
      insert into w values ('x', 1); create table g(id integer primary key);
      insert into g values (-9223372036854775808), (5), (9223372036854775807)`)
    expect(tables.map(({ rows, rowidRange }) => [rows, rowidRange])).toEqual([
      [0, null],
      [1, null],
      [3, { min: '-9223372036854775808', max: '9223372036854775807' }],
    ])
    expect(tables[2]?.rowidSamples).toEqual(['-9223372036854775808', '5'])
  })

  test('ranges that threads examine side by side add up exactly, with samples in row order', async () => {
    const sql = `create table big(id integer primary key, a, s text, d datetime);
      insert into big select n, iif(n % 9999 = 0, 'odd ' || n, n / 2.0), 'some text number ' || n, 1700000000 + n from ${numbers(60_000)};
      create table sparse(id integer primary key, a); insert into sparse select n * n * n, n % 3 from ${numbers(30_000)};
      create table small(a); insert into small values (1)`
    const [side, alone] = [await profile(sql, 2), await profile(sql, 0)]
    expect(side.tables.map(({ rows }) => rows)).toEqual([60_000, 30_000, 1])
    const withoutCuts = ({ tables }: Profile) => tables.map((table) => ({ ...table, rowidSamples: [] }))
    expect(withoutCuts(side)).toEqual(withoutCuts(alone))
    const cuts = side.tables[0]?.rowidSamples.map(Number) ?? []
    const widths = cuts.map((cut, at) => cut - (cuts[at - 1] ?? 0))
    expect(cuts).toHaveLength(256)
    expect(Math.max(...widths) / Math.min(...widths)).toBeLessThan(2)
    expect(side.events.at(-1)).toMatchObject({ tablesDone: 3, tablesTotal: 3, rows: 90_001 })
  })

  test('a thousand small tables are profiled many at a time', async () => {
    const sql = Array.from(
      { length: 1000 },
      (_, at) =>
        `create table t${at}(id integer primary key, a text, b date); insert into t${at} values (1, 'x', '2024-01-01');`,
    )
    const path = writeSqlite(givenFiles().path('a.db'), `begin; ${sql.join('')} commit`)
    await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal })
    const { tables } = await source.readCatalog({ signal })
    const started = performance.now()
    const found = await source.profile(tables, { signal, parallel: 2, emit: () => {} })
    expect(found.tables.every(({ rows }) => rows === 1)).toBe(true)
    // Generous: the machine that runs the tests may be busy.
    expect(performance.now() - started).toBeLessThan(60_000)
  })

  test('an aborted profile ends with the reason', async () => {
    const path = writeSqlite(
      givenFiles().path('a.db'),
      `create table t(a); insert into t select zeroblob(100) from ${numbers(50_000)}`,
    )
    await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal })
    const { tables } = await source.readCatalog({ signal })
    const stop = new AbortController()
    const profiling = source.profile(tables, { signal: stop.signal, parallel: 2, emit: () => {} })
    stop.abort(new Error('enough'))
    await expect(profiling).rejects.toThrow('enough')
  })
})
