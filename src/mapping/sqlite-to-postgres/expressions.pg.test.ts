import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BothDatabases,
  givenBothDatabases,
  lines,
  sameColumns,
  sameScope,
} from '../../../test/support/both-databases.ts'
import { query } from '../../../test/support/postgres.ts'
import { type Translation, translateExpression, translateGenerated } from './expressions.ts'

/** The proof of "the same meaning": originals run in SQLite and translations in PostgreSQL, over the same rows. */

let both: BothDatabases

beforeAll(async () => {
  both = await givenBothDatabases()
})

afterAll(() => both[Symbol.asyncDispose]())

function sqlOf(translated: Translation): string {
  if (!translated.ok) throw new Error(translated.reason)
  return translated.sql
}

const conditions = lines(String.raw`
  n
  not n
  r
  d
  active
  not active
  active = 1
  active <> 0
  active == 1
  active in (0, 1)
  active is true
  active is not true
  active is 1
  active is not 0
  active = true
  active >= 1
  active < m
  n is true
  n is not false
  (n > m) = 1
  (n > m) is not null
  n > m
  n = m
  n is m
  n is not m
  n is not distinct from m
  n <> 5
  n = '5'
  n > '3'
  n between -1 and 5
  not n between -1 and 5
  n not between m and 5
  n in (1, 5, null)
  n not in (1, 5)
  n in ('5', '7')
  r > n
  r = 0.1
  d = 0.1
  d >= 1.25
  d > n
  r >= 1.0 or n is null
  null or n = 1
  1
  0
  null
  true and n
  t = u
  t < u
  t > 'B'
  t >= 'a' and t < 'b'
  t between 'a' and 'e'
  t <> ''
  t in ('abc', 'é')
  t = 'ABC' collate nocase
  t < 'B' collate nocase
  t = 5
  t <> 5
  nc = 'FOO'
  nc <> 'foo'
  nc = 'école'
  nc < 'g'
  nc = t
  t = nc
  nc in ('FOO', 'A B')
  nc = 'foo' collate binary
  rt = 'x'
  rt = 'x   '
  rt = t
  t like 'A%'
  t like '%B%'
  t not like 'a%'
  t like 'é'
  t like 'É'
  t like 'a!_b!%%' escape '!'
  t like 'a\b'
  t like '_'
  t like u
  n like '5%'
  t like '%o_e%'
  u like '%'
  t like 'a\_b%' escape '\'
  t glob 'a*'
  t glob 'A*'
  t glob '[a-c]*'
  t not glob '*[^0-9]*'
  t glob '*[_%]*'
  t glob '?'
  n glob '*5*'
  t glob '*\*'
  nc glob '[[]x]'
  nc glob '*[]]'
  t glob '[^a-z]*'
  u glob '-*x'
  length(t) = 3
  length(t)
  typeof(n) = 'integer'
  typeof(n) in ('integer', 'null')
  typeof(t) = 'text'
  typeof(b) is 'blob'
  typeof(r) = 'real'
  b = x'00'
  b > x'41'
  b <> x''
  b is null
  ts < '2024-02-29 12:34:56'
  ts >= '2024-02-29 12:34:56'
  dt = '2024-02-29'
  dt between '2024-01-01' and '2024-02-29'
  tz > '2024-02-29 00:00:00Z'
  date(ts) = '2024-02-29'
  ts between datetime('2024-01-01') and datetime('2024-12-31')
  strftime('%Y', ts) = '2024'
  strftime('%m', dt) in ('01', '02')
  ep > 1000
  ep = 3
  ep <> 3
  ts < datetime('now')
  ts < current_timestamp
  dt < date('now')
  ts > '2023-01-01' and n
  j ->> '$.s' = 'x'
  json_extract(j, '$.s') = 'abc'
  j ->> 's' <> 'abc'
  json_extract(j, '$.a') = 1
  json_extract(j, '$.a') = 5
  json_extract(j, '$.a') <> 5
  j ->> '$.a' <> 0
  json_extract(j, '$.z') is null
  json_extract(jt, '$.s') = 'x y'
  j ->> '$.a.b[0]' = 7
  json_valid(jt)
  json_valid(j)
  n + m
  n - m > 0
  n % 2 = 1
  -n > 0
  ~n = -6
  n & 1
  n | 8 = 8
  n << 2 > 8
  n >> 1 = 2
  n is null or m
  n not null
  n isnull
  n notnull
  case when n then m end
  case active when 1 then n else 0 end
  coalesce(active, 0)
  coalesce(n, 0) > 0
  iif(n > 1, m, n)
  min(n, m) > 0
  max(n, m, 4) > 4
  abs(n) > 5
  instr(t, 'b') > 0
  not (n = 1 or m = 2) and r
  n = m = 1
  n < m = 0
  n + m * 2 > 5
  not n = m
  not n is null
  t || u = 'abcABC'
  n || '' = '5'
`)

describe('a condition holds for the same rows', () => {
  test.each(conditions)('%s', async (condition) => {
    const sql = sqlOf(translateExpression(condition, sameScope, 'check'))
    const original = both.inSqlite(`select id, (${condition}) <> 0 from t order by id`)
    expect(await both.inPostgres(`select id, (${sql})::integer from t order by id`)).toEqual(original)
  })
})

describe('what PostgreSQL keeps to immutable functions', () => {
  const parts = lines(`
    lower(t)
    length(t)
    substr(t, 1, 3)
    n > m
    n + m
    t || '-' || n
    coalesce(t, u)
    j ->> '$.a' = 'x'
    n / m
    abs(n)
    replace(t, 'a', 'b')
  `)

  test.each(parts)('%s is a part of an index', async (text) => {
    const sql = sqlOf(translateExpression(text, sameScope, 'index'))
    await expect(query(both.url, `create index on t ((${sql}))`)).resolves.toEqual([])
  })

  const predicates = lines(`
    t <> ''
    active = 1
    n is not null
    nc = 'FOO'
    t like 'a%'
    ts > '2024-01-01'
    tz > '2024-01-01'
    ep > 5
    j = '[]'
    t glob 'a*'
    dt <> '2024-01-01'
    t > 'foo'
  `)

  test.each(predicates)('%s is the condition of an index', async (text) => {
    const sql = sqlOf(translateExpression(text, sameScope, 'index-where'))
    await expect(query(both.url, `create index on t (id) where ${sql}`)).resolves.toEqual([])
  })

  const generated: readonly [expression: string, type: string][] = [
    ["n || 'x'", 'text'],
    ['n * 2', 'bigint'],
    ['n * 2', 'text'],
    ['n > m', 'boolean'],
    ['n > m', 'bigint'],
    ['n', 'double precision'],
    ['lower(t)', 'text'],
    ['length(t)', 'bigint'],
    ['r * 2', 'double precision'],
    ['d * 2', 'numeric'],
    ["json_extract(j, '$.s')", 'text'],
    ["json_extract(jt, '$.s')", 'text'],
    ['coalesce(active, 0)', 'boolean'],
    ["case when n > 1 then 'a' end", 'text'],
  ]

  test.each(generated)('%s generates a column of %s', async (text, type) => {
    const sql = sqlOf(translateGenerated(text, type, sameScope))
    const names = sameColumns.map((each) => each.name).join(', ')
    both.sqlite.exec(`create table h (${names}, g ${type} as (${text})); insert into h select * from t`)
    const original = both.inSqlite('select id, g from h order by id')
    both.sqlite.exec('drop table h')
    const made = `create temp table h (like t); alter table h add g ${type} generated always as (${sql}) stored`
    const read = `${made}; insert into h select * from t; select id, g from h order by id`
    expect(await both.inPostgres(read)).toEqual(original)
  })
})
