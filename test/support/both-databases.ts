import { DatabaseSync } from 'node:sqlite'
import { affinity } from '../../src/databases/sqlite/declared-type.ts'
import type { ExpressionScope, ScopeColumn } from '../../src/mapping/sqlite-to-postgres/expressions.ts'
import type { ResolvedRelation } from '../../src/mapping/sqlite-to-postgres/query-scope.ts'
import { givenDatabase, query } from './postgres.ts'

/**
 * The same rows in SQLite and in PostgreSQL, for proofs that a translation means the same. The texts of the target have a
 * linguistic collation and its session another zone than UTC, so that what leans on either shows.
 */
export const sameColumns: readonly (ScopeColumn & { readonly name: string; readonly declared: string })[] = [
  column('id', 'integer primary key', 'bigint'),
  column('n', 'integer', 'bigint'),
  column('m', 'integer', 'bigint'),
  column('r', 'real', 'double precision'),
  column('d', 'numeric(10,2)', 'numeric(10,2)'),
  column('t', 'text', 'text'),
  column('u', 'text', 'text'),
  { ...column('nc', 'text collate nocase', 'text'), collation: 'NOCASE' },
  { ...column('rt', 'text collate rtrim', 'text'), collation: 'RTRIM' },
  column('b', 'blob', 'bytea'),
  column('active', 'boolean', 'boolean'),
  column('ts', 'datetime', 'timestamp without time zone'),
  column('tz', 'datetime', 'timestamp with time zone'),
  column('dt', 'date', 'date'),
  { ...column('ep', 'datetime', 'timestamp with time zone'), timeUnit: 'epoch-s' },
  column('j', 'json', 'jsonb'),
  column('jt', 'text', 'text'),
]

function column(name: string, declared: string, type: string): ScopeColumn & { name: string; declared: string } {
  return { name, declared, target: name, type, collation: null, timeUnit: null, affinity: affinity(declared) }
}

/** SQLite's literals, which PostgreSQL reads as well but for blobs and times. */
const rows: readonly (readonly string[])[] = [
  [
    '1',
    '0',
    '0',
    '0.0',
    '0',
    `''`,
    `''`,
    `''`,
    `''`,
    `x''`,
    '0',
    `'2024-01-31 00:00:00'`,
    `'2024-01-31 00:00:00Z'`,
    `'2024-01-31'`,
    '0',
    `'{"a":1,"s":"x","z":null}'`,
    `'{"a":1}'`,
  ],
  [
    '2',
    '1',
    '2',
    '1.5',
    '1.25',
    `'abc'`,
    `'ABC'`,
    `'Foo'`,
    `'x  '`,
    `x'00ff'`,
    '1',
    `'2024-02-29 12:34:56'`,
    `'2024-02-29 12:34:56Z'`,
    `'2024-02-29'`,
    '1709210096',
    `'{"a":true,"s":"abc"}'`,
    `'{"a":[1,2,3],"k":{"d":"e"}}'`,
  ],
  [
    '3',
    '-7',
    '2',
    '-2.5',
    '-0.5',
    `'a_b%c'`,
    `'É'`,
    `'fOO'`,
    `'x'`,
    `x'41'`,
    'null',
    `'1999-12-31 23:59:59'`,
    `'1999-12-31 23:59:59Z'`,
    `'1999-12-31'`,
    '-5',
    `'{"a":5,"s":"5"}'`,
    `'[]'`,
  ],
  [
    '4',
    'null',
    '5',
    'null',
    'null',
    'null',
    `'x'`,
    'null',
    'null',
    'null',
    '1',
    'null',
    'null',
    'null',
    'null',
    'null',
    'null',
  ],
  [
    '5',
    '7',
    '-2',
    '1e10',
    '99',
    `'é'`,
    `'e'`,
    `'ÉCOLE'`,
    `' x'`,
    `x'616263'`,
    '0',
    `'2024-03-31 06:07:08.123'`,
    `'2024-03-31 06:07:08.123Z'`,
    `'2024-03-31'`,
    '4102444800',
    `'{"a":"1","s":true}'`,
    `'{"a":"é","s":"x y"}'`,
  ],
  [
    '6',
    '9007199254740993',
    '3',
    '0.1',
    '0.1',
    `' 5'`,
    `'05'`,
    `'école'`,
    `'X'`,
    `x'ff'`,
    '1',
    `'2024-12-31 23:59:59.999'`,
    `'2024-12-31 23:59:59.999Z'`,
    `'2024-12-31'`,
    '1',
    `'[1,2]'`,
    `'[1,2]'`,
  ],
  [
    '7',
    '5',
    '0',
    '100.0',
    '5',
    `'5'`,
    `'5.0'`,
    `'5'`,
    `'5 '`,
    `x'35'`,
    '0',
    `'2000-01-01 12:00:00'`,
    `'2000-01-01 12:00:00Z'`,
    `'2000-01-01'`,
    '946728000',
    `'{"a":{"b":[7]}}'`,
    `'{"a":{"b":[7]}}'`,
  ],
  [
    '8',
    '3',
    '3',
    '3.0',
    '3',
    `'5abc'`,
    `'-12x'`,
    `'a b'`,
    `'Z'`,
    `x'00'`,
    '1',
    `'2024-02-29 00:00:00'`,
    `'2024-02-29 00:00:00Z'`,
    `'2024-02-29'`,
    '2',
    `'{}'`,
    `'{}'`,
  ],
  [
    '9',
    '-1',
    '-1',
    '-0.0',
    '-3',
    `'line\none'`,
    `'B'`,
    `'_'`,
    `'a'`,
    `x'5c'`,
    'null',
    `'2024-01-01 10:00:00'`,
    `'2024-01-01 10:00:00Z'`,
    `'2024-01-01'`,
    '3',
    `'[]'`,
    `'"s"'`,
  ],
  [
    '10',
    '2',
    '7',
    '2.675',
    '2.68',
    `'a\\b'`,
    `'a'`,
    `'[x]'`,
    `'b'`,
    `x'0a'`,
    '1',
    `'2024-06-15 08:00:00'`,
    `'2024-06-15 08:00:00Z'`,
    `'2024-06-15'`,
    '86400',
    `'{"a":0,"s":"ÄÖ"}'`,
    `'{"s":"a/b"}'`,
  ],
]

export const sameScope: ExpressionScope = {
  column: (name) => sameColumns.find((candidate) => candidate.name === name.toLowerCase()) ?? null,
}

const relation: ResolvedRelation = { target: { schema: 'public', name: 't' }, columns: sameColumns }

const other: ResolvedRelation = {
  target: { schema: 'public', name: 'o' },
  columns: [
    { ...column('id', 'integer', 'bigint'), name: 'id' },
    { ...column('n', 'integer', 'bigint'), name: 'n' },
    { ...column('label', 'text', 'text'), name: 'label' },
    { ...column('flag', 'boolean', 'boolean'), name: 'flag' },
  ],
}

export const sameRelations: Readonly<Record<string, ResolvedRelation>> = { t: relation, o: other }

function forPostgres(value: string, { type }: ScopeColumn): string {
  if (value === 'null') return value
  if (type === 'bytea') return `'\\x${value.slice(2, -1)}'`
  if (type === 'boolean') return value === '1' ? 'true' : 'false'
  return type === 'timestamp with time zone' && /^-?\d+$/.test(value) ? `to_timestamp(${value})` : value
}

const others = `insert into o values (1, 1, 'one', %1), (2, 7, 'Two', %0), (3, null, null, null), (4, 7, 'three', %1), (2, 3, 'É', %0)`

export type Cells = (string | null)[][]

export type BothDatabases = {
  readonly sqlite: DatabaseSync
  readonly url: string
  /** Rows as texts: numbers by value, truth as 0 and 1, bytes as hexadecimal digits. */
  inSqlite(sql: string): Cells
  inPostgres(sql: string): Promise<Cells>
} & AsyncDisposable

export async function givenBothDatabases(): Promise<BothDatabases> {
  const sqlite = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true })
  fillSqlite(sqlite)
  const database = await givenDatabase()
  await fillPostgres(database.url)
  return {
    sqlite,
    url: database.url,
    inSqlite(sql) {
      const statement = sqlite.prepare(sql)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      return (statement.all() as unknown as unknown[][]).map((row) => row.map(plain))
    },
    async inPostgres(sql) {
      const found = await query(database.url, `set timezone to 'America/New_York'; ${sql}`)
      return found.map((row) =>
        Object.values(row).map((value) => plain(value === 't' ? '1' : value === 'f' ? '0' : value)),
      )
    },
    async [Symbol.asyncDispose]() {
      sqlite.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

function fillSqlite(sqlite: DatabaseSync): void {
  sqlite.exec(`create table t (${sameColumns.map((each) => `${each.name} ${each.declared}`).join(', ')})`)
  for (const row of rows) sqlite.exec(`insert into t values (${row.join(', ')})`)
  sqlite.exec(`create table o (id integer, n integer, label text, flag boolean)`)
  sqlite.exec(others.replaceAll('%', ''))
}

async function fillPostgres(url: string): Promise<void> {
  const types = sameColumns.map(
    ({ target, type }) => `${target} ${type}${type === 'text' ? ' collate "en-x-icu"' : ''}`,
  )
  const inserts = rows.map((row) => {
    const values = sameColumns.map((each, index) => forPostgres(row[index] ?? 'null', each))
    return `insert into t values (${values.join(', ')})`
  })
  await query(url, `create table t (${types.join(', ')}); set timezone to 'UTC'; ${inserts.join('; ')}`)
  const filled = others.replaceAll('%1', 'true').replaceAll('%0', 'false')
  await query(url, `create table o (id bigint, n bigint, label text collate "en-x-icu", flag boolean); ${filled}`)
}

function plain(value: unknown): string | null {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return rounded(value)
  if (typeof value !== 'string') return null
  const isNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) && !/^-?\d{16,}$/.test(value)
  return isNumber ? rounded(Number(value)) : value
}

/** PostgreSQL calculates decimals exactly, and -0 is 0 to whoever compares. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(14)) + 0)
}

/** Cases written one in a line. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
