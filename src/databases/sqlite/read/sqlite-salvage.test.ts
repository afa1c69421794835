import { closeSync, openSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../../../../test/support/folders.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import type { SqliteRow } from '../../../model/batch.ts'
import { findReadable } from './sqlite-salvage.ts'
import { openRowReader } from './sqlite-reader.ts'
import { openSqliteSource } from '../sqlite-source.ts'

const { signal } = new AbortController()

const twentyThousand = `create table t(id integer primary key, a int, b text); create index t_a on t(a);
  insert into t select n, n * 7, 'some name that is longer ' || n from ${numbers(20_000)};
  create table w(k text primary key, v text) without rowid; insert into w select printf('%05d', id), b from t;
  create table sound(a); insert into sound values (1)`

/** Overwrites leaf pages of a table, by their place in its order. */
function damage(path: string, table: string, places: readonly number[]): void {
  const leaves = leafPages(path, table)
  const file = openSync(path, 'r+')
  for (const place of places) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, ((leaves.at(place) ?? 0) - 1) * 4096)
  closeSync(file)
}

function leafPages(path: string, table: string): number[] {
  using db = new DatabaseSync(path, { readOnly: true })
  const pages = db.prepare(`select pageno from dbstat where name = ? and pagetype = 'leaf' order by path`).all(table)
  return pages.map((page) => Number(page['pageno']))
}

function given(): string {
  return writeSqlite(givenFiles().path('a.db'), twentyThousand)
}

async function profile(path: string, salvage: boolean) {
  await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal, salvage })
  const { tables } = await source.readCatalog({ signal })
  const found = await source.profile(tables, { signal, parallel: 2, emit: () => {} })
  return { tables: found.tables, report: source.salvageReport }
}

describe('damaged pages in the middle of a file', () => {
  test('stop the reading with the table and the number of rows before them', async () => {
    const path = given()
    damage(path, 't', [50])
    await expect(profile(path, false)).rejects.toMatchObject({
      code: 'CONNECT_SOURCE_DAMAGED',
      message: expect.stringMatching(/damaged in table "t" after [\d,]+ rows \(the last readable rowid is \d+\)/),
      remedy: expect.stringContaining('--salvage'),
    })
  })

  test('are read around with salvage; an index still knows how many rows they held', async () => {
    const path = given()
    damage(path, 't', [10, 11, 50, 150, -1])
    const { tables, report } = await profile(path, true)
    const [salvaged] = report
    expect(report.map(({ table }) => table)).toEqual(['t'])
    expect(salvaged?.missing).toHaveLength(4)
    const missing = salvaged?.missing.reduce((sum, { rows }) => sum + (rows ?? Number.NaN), 0) ?? 0
    expect(missing).toBeGreaterThan(100)
    expect(tables[0]?.rows).toBe(20_000 - missing)
    expect(salvaged?.rowsRead).toBe(tables[0]?.rows)
    expect(salvaged?.sentence).toMatch(
      /^table "t": 19,\d{3} rows read; rowids \d+ to \d+, .* on are unreadable \(\d{3} rows\); .*/,
    )
    expect(tables[2]?.rows).toBe(1)
  })

  test('say so when nobody knows how many', async () => {
    const path = writeSqlite(
      givenFiles().path('a.db'),
      `create table t(a); insert into t select zeroblob(90) from ${numbers(5000)}`,
    )
    damage(path, 't', [5])
    const { report } = await profile(path, true)
    expect(report[0]?.missing).toEqual([{ first: expect.any(String), last: expect.any(String), rows: null }])
    expect(report[0]?.sentence).toContain('an unknown number of rows')
  })

  test('cost a table without rowid only what lies on them: it is read from both ends', async () => {
    const path = given()
    damage(path, 'w', [20])
    const { tables, report } = await profile(path, true)
    expect(tables[1]?.rows).toBeGreaterThan(19_800)
    expect(tables[1]?.rows).toBeLessThan(20_000)
    expect(report[0]?.sentence).toMatch(/unknown number behind a damaged page/)
  })

  test('do not change with where the reading goes on', () => {
    const path = given()
    damage(path, 't', [3, 4, 99])
    damage(path, 'w', [20])
    using reader = openRowReader({ kind: 'sqlite', path, immutable: true, salvage: true })
    for (const [name, by] of [
      ['t', 'rowid'],
      ['w', 'ordinal'],
    ] as const) {
      const read = (after: string | null): { rows: SqliteRow[]; at: string[] } => {
        const pages = [
          ...reader.read({
            table: { schema: 'main', name },
            columns: [name === 't' ? 'b' : 'k'],
            shard: { number: 1, by, lower: null, upper: null },
            after,
            averageRowBytes: 40,
            widestRowBytes: 60,
          }),
        ]
        return {
          rows: pages.flatMap(({ rows }) => rows),
          at: pages.flatMap((page) => page.rows.map((_, index) => page.positionOf(index))),
        }
      }
      const whole = read(null)
      for (const index of [0, 150, 700, 12_345]) {
        expect(read(whole.at[index] ?? '')).toEqual({
          rows: whole.rows.slice(index + 1),
          at: whole.at.slice(index + 1),
        })
      }
    }
  })

  test('a damaged overflow page costs one row', async () => {
    const path = writeSqlite(
      givenFiles().path('a.db'),
      `create table t(id integer primary key, v text); insert into t select n, printf('%.*c', 20000, 'x') from ${numbers(50)}`,
    )
    using db = new DatabaseSync(path, { readOnly: true })
    const { pageno } = db.prepare(`select pageno from dbstat where pagetype = 'overflow' order by path`).get() ?? {}
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.from([0xff, 0xff, 0xff, 0x0f]), 0, 4, (Number(pageno) - 1) * 4096)
    closeSync(file)
    const { tables, report } = await profile(path, true)
    expect(tables[0]?.rows).toBe(49)
    expect(report[0]?.missing).toEqual([{ first: '1', last: '1', rows: null }])
  })
})

describe('the next readable rowid', () => {
  const last = 2n ** 63n - 1n
  test.each([
    ['right behind', 100n, (rowid: bigint) => rowid > 100n, 101n],
    ['far away', 100n, (rowid: bigint) => rowid >= 123_456_789_012n, 123_456_789_012n],
    [
      'behind a readable stretch between two damages',
      0n,
      (rowid: bigint) => rowid >= 40n && (rowid < 80n || rowid > 500n),
      40n,
    ],
    ['nowhere', 5n, () => false, null],
  ])('is found %s', (_, from, probe, expected) => {
    expect(findReadable(from, last, probe)).toBe(expected)
  })
})
