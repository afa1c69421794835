import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { givenFolder } from '../../../../test/support/folders.ts'
import { givenFiles, numbers, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import { RowferryError } from '../../../errors/errors.ts'
import { seededNumbers } from '../../../util/seeded-numbers.ts'
import { openSqliteSource } from '../sqlite-source.ts'
import { openRowReader } from './sqlite-reader.ts'

const { signal } = new AbortController()
const pageSize = 512

const shapes = {
  plain: `pragma page_size = ${pageSize}; create table t(id integer primary key, a int, b text);
    insert into t select n, n * 7, 'some name that is longer ' || n from ${numbers(400)}`,
  indexed: `pragma page_size = ${pageSize}; create table t(id integer primary key, a int, b text); create index by_a on t(a);
    insert into t select n * 3, n * 7, 'some name that is longer ' || n from ${numbers(400)}`,
  overflowing: `pragma page_size = ${pageSize}; create table t(id integer primary key, a int, b text);
    insert into t select n, n, printf('%.*c', n * 13, 'x') from ${numbers(60)}`,
  deleted: `pragma page_size = ${pageSize}; create table t(id integer primary key, a int, b text);
    insert into t select n, n * 7, 'some name that is longer ' || n from ${numbers(600)}; delete from t where id % 3 = 0 or id > 500`,
} as const

/** One byte outside of the first page is changed; seeds are kept, so that a failure can be seen again. */
function mutate(bytes: Buffer, next: () => number): Buffer {
  const changed = Buffer.from(bytes)
  const page = 1 + Math.floor(next() * (changed.length / pageSize - 1))
  // Half of the changes hit the page's header and its pointers, where one byte does the most.
  const within = next() < 0.5 ? Math.floor(next() * 24) : Math.floor(next() * pageSize)
  const at = page * pageSize + within
  changed[at] = (changed[at] as number) ^ (1 + Math.floor(next() * 255))
  return changed
}

async function salvage(path: string): Promise<{ rows: Map<string, string>; doubled: number; reported: boolean }> {
  await using source = await openSqliteSource({ path, workFolder: givenFolder(), signal, salvage: true })
  const { tables } = await source.readCatalog({ signal })
  const table = tables.find(({ name }) => name.name === 't')
  if (table === undefined) return { rows: new Map(), doubled: 0, reported: true }
  await source.profile([table], { signal, parallel: 0, emit: () => {} })
  using reader = openRowReader(source.opening)
  const rows = new Map<string, string>()
  let doubled = 0
  const shard = { number: 0, by: 'rowid', lower: null, upper: null } as const
  const request = {
    table: table.name,
    columns: ['a', 'b'],
    keyColumns: [],
    shard,
    after: null,
    averageRowBytes: 40,
    widestRowBytes: 1000,
  }
  for (const page of reader.read(request)) {
    for (const [index, row] of page.rows.entries()) {
      const key = page.positionOf(index)
      if (rows.has(key)) doubled++
      rows.set(key, JSON.stringify(row.map(String)))
    }
  }
  return { rows, doubled, reported: source.salvageReport.length > 0 }
}

test.each(Object.keys(shapes) as (keyof typeof shapes)[])(
  'salvage over mutated files of the shape %s doubles no row and loses none in silence',
  { timeout: 120_000 },
  async (shape) => {
    const folder = givenFiles()
    const original = readFileSync(writeSqlite(folder.path(`${shape}.db`), shapes[shape]))
    const whole = await salvage(folder.path(`${shape}.db`))
    expect(whole).toMatchObject({ doubled: 0, reported: false })
    const next = seededNumbers(`salvage ${shape}`)
    const silent: string[] = []
    for (let seed = 0; seed < 60; seed++) {
      const path = folder.path(`${shape}-${seed}.db`)
      writeFileSync(path, mutate(original, next))
      try {
        const found = await salvage(path)
        const lost = [...whole.rows.keys()].filter((key) => !found.rows.has(key)).length
        if (found.doubled > 0) silent.push(`${seed}: ${found.doubled} doubled`)
        if (lost > 0 && !found.reported) silent.push(`${seed}: ${lost} lost in silence`)
      } catch (error) {
        if (!(error instanceof RowferryError)) throw error
      }
    }
    expect(silent).toEqual([])
  },
)
