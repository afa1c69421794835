import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { affinity } from '../../databases/sqlite/declared-type.ts'
import { type GivenDatabase, givenDatabase, query } from '../../../test/support/postgres.ts'
import { translateDefault } from './defaults.ts'
import { type ExpressionScope, type ScopeColumn, translateExpression, translateGenerated } from './expressions.ts'
import { type ResolvedRelation, translateView } from './views.ts'

/**
 * The proof of "the same meaning": originals run in SQLite and translations in PostgreSQL, over the same rows. The texts of
 * the target have a linguistic collation, so that an order or a comparison that leans on it shows.
 */
const columns: readonly (ScopeColumn & { readonly name: string; readonly declared: string })[] = [
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
  ['1', '0', '0', '0.0', '0', `''`, `''`, `''`, `''`, `x''`, '0', `'2024-01-31 00:00:00'`, `'2024-01-31 00:00:00Z'`, `'2024-01-31'`, '0', `'{"a":1,"s":"x","z":null}'`, `'{"a":1}'`],
  ['2', '1', '2', '1.5', '1.25', `'abc'`, `'ABC'`, `'Foo'`, `'x  '`, `x'00ff'`, '1', `'2024-02-29 12:34:56'`, `'2024-02-29 12:34:56Z'`, `'2024-02-29'`, '1709210096', `'{"a":true,"s":"abc"}'`, `'{"a":[1,2,3],"k":{"d":"e"}}'`],
  ['3', '-7', '2', '-2.5', '-0.5', `'a_b%c'`, `'É'`, `'fOO'`, `'x'`, `x'41'`, 'null', `'1999-12-31 23:59:59'`, `'1999-12-31 23:59:59Z'`, `'1999-12-31'`, '-5', `'{"a":5,"s":"5"}'`, `'[]'`],
  ['4', 'null', '5', 'null', 'null', 'null', `'x'`, 'null', 'null', 'null', '1', 'null', 'null', 'null', 'null', 'null', 'null'],
  ['5', '7', '-2', '1e10', '99', `'é'`, `'e'`, `'ÉCOLE'`, `' x'`, `x'616263'`, '0', `'2024-03-31 06:07:08.123'`, `'2024-03-31 06:07:08.123Z'`, `'2024-03-31'`, '4102444800', `'{"a":"1","s":true}'`, `'{"a":"é","s":"x y"}'`],
  ['6', '9007199254740993', '3', '0.1', '0.1', `' 5'`, `'05'`, `'école'`, `'X'`, `x'ff'`, '1', `'2024-12-31 23:59:59.999'`, `'2024-12-31 23:59:59.999Z'`, `'2024-12-31'`, '1', `'[1,2]'`, `'[1,2]'`],
  ['7', '5', '0', '100.0', '5', `'5'`, `'5.0'`, `'5'`, `'5 '`, `x'35'`, '0', `'2000-01-01 12:00:00'`, `'2000-01-01 12:00:00Z'`, `'2000-01-01'`, '946728000', `'{"a":{"b":[7]}}'`, `'{"a":{"b":[7]}}'`],
  ['8', '3', '3', '3.0', '3', `'5abc'`, `'-12x'`, `'a b'`, `'Z'`, `x'00'`, '1', `'2024-02-29 00:00:00'`, `'2024-02-29 00:00:00Z'`, `'2024-02-29'`, '2', `'{}'`, `'{}'`],
  ['9', '-1', '-1', '-0.0', '-3', `'line\none'`, `'B'`, `'_'`, `'a'`, `x'5c'`, 'null', `'2024-01-01 10:00:00'`, `'2024-01-01 10:00:00Z'`, `'2024-01-01'`, '3', `'[]'`, `'"s"'`],
  ['10', '2', '7', '2.675', '2.68', `'a\\b'`, `'a'`, `'[x]'`, `'b'`, `x'0a'`, '1', `'2024-06-15 08:00:00'`, `'2024-06-15 08:00:00Z'`, `'2024-06-15'`, '86400', `'{"a":0,"s":"ÄÖ"}'`, `'{"s":"a/b"}'`],
]

const scope: ExpressionScope = {
  column: (name) => columns.find((candidate) => candidate.name === name.toLowerCase()) ?? null,
}

const relation: ResolvedRelation = { target: { schema: 'public', name: 't' }, columns }

const other: ResolvedRelation = {
  target: { schema: 'public', name: 'o' },
  columns: [
    { ...column('id', 'integer', 'bigint'), name: 'id' },
    { ...column('n', 'integer', 'bigint'), name: 'n' },
    { ...column('label', 'text', 'text'), name: 'label' },
    { ...column('flag', 'boolean', 'boolean'), name: 'flag' },
  ],
}

const relations: Readonly<Record<string, ResolvedRelation>> = { t: relation, o: other }

let sqlite: DatabaseSync
let postgres: GivenDatabase

function forPostgres(value: string, { type }: ScopeColumn): string {
  if (value === 'null') return value
  if (type === 'bytea') return `'\\x${value.slice(2, -1)}'`
  if (type === 'boolean') return value === '1' ? 'true' : 'false'
  return type === 'timestamp with time zone' && /^-?\d+$/.test(value) ? `to_timestamp(${value})` : value
}

beforeAll(async () => {
  sqlite = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true })
  sqlite.exec(`create table t (${columns.map((each) => `${each.name} ${each.declared}`).join(', ')})`)
  for (const row of rows) sqlite.exec(`insert into t values (${row.join(', ')})`)
  const others = `insert into o values (1, 1, 'one', %1), (2, 7, 'Two', %0), (3, null, null, null), (4, 7, 'three', %1), (2, 3, 'É', %0)`
  sqlite.exec(`create table o (id integer, n integer, label text, flag boolean)`)
  sqlite.exec(others.replaceAll('%', ''))
  postgres = await givenDatabase()
  const types = columns.map((each) => `${each.target} ${each.type}${each.type === 'text' ? ' collate "en-x-icu"' : ''}`)
  const inserts = rows.map((row) => {
    const values = row.map((value, index) => forPostgres(value, columns[index] ?? columns[0] ?? column('', '', '')))
    return `insert into t values (${values.join(', ')})`
  })
  await query(postgres.url, `create table t (${types.join(', ')}); set timezone to 'UTC'; ${inserts.join('; ')}`)
  await query(
    postgres.url,
    `create table o (id bigint, n bigint, label text collate "en-x-icu", flag boolean); ${others.replaceAll('%1', 'true').replaceAll('%0', 'false')}`,
  )
})

afterAll(async () => {
  sqlite.close()
  await postgres[Symbol.asyncDispose]()
})

/** Both databases' results as texts: numbers by value, truth as 0 and 1, bytes as hexadecimal digits. */
function plain(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return rounded(value)
  const text = String(value)
  if (text === 't' || text === 'true') return '1'
  if (text === 'f' || text === 'false') return '0'
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text
  if (/^-?\d{16,}$/.test(text)) return text
  return rounded(Number(text))
}

/** PostgreSQL calculates decimals exactly, and -0 is 0 to whoever compares. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(14)) + 0)
}

function inSqlite(sql: string): (string | null)[][] {
  const statement = sqlite.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return (statement.all() as unknown as unknown[][]).map((row) => row.map(plain))
}

/** Another zone than UTC, so that a translation that leans on the session's shows. */
async function inPostgres(sql: string): Promise<(string | null)[][]> {
  const found = await query(postgres.url, `set timezone to 'America/New_York'; ${sql}`)
  return found.map((row) => Object.values(row).map(plain))
}

async function expectSameResult(select: string): Promise<void> {
  const translated = translateView(
    { name: { schema: 'main', name: 'v' }, sql: '', select, columns: [], broken: null },
    (name) => relations[name.toLowerCase()] ?? null,
  )
  if (!translated.ok) throw new Error(`${select}\n${translated.reason}`)
  const names = translated.columns.map((_, index) => `c${index}`)
  await query(postgres.url, `create or replace temp view v (${names.join(', ')}) as ${translated.sql}`)
  expect(await inPostgres(translated.sql), translated.sql).toEqual(inSqlite(select))
}

const conditions = [
  'n', 'not n', 'r', 'd', 'active', 'not active', 'active = 1', 'active <> 0', 'active == 1', 'active in (0, 1)', 'active is true', 'active is not true',
  'active is 1', 'active is not 0', 'active = true', 'active >= 1', 'active < m', 'n is true', 'n is not false', '(n > m) = 1', '(n > m) is not null',
  'n > m', 'n = m', 'n is m', 'n is not m', 'n is not distinct from m', 'n <> 5', "n = '5'", "n > '3'", 'n between -1 and 5', 'not n between -1 and 5', 'n not between m and 5',
  'n in (1, 5, null)', 'n not in (1, 5)', "n in ('5', '7')", 'r > n', 'r = 0.1', 'd = 0.1', 'd >= 1.25', 'd > n', 'r >= 1.0 or n is null', 'null or n = 1', '1', '0', 'null', 'true and n',
  't = u', 't < u', "t > 'B'", "t >= 'a' and t < 'b'", "t between 'a' and 'e'", "t <> ''", "t in ('abc', 'é')", "t = 'ABC' collate nocase", "t < 'B' collate nocase",
  't = 5', 't <> 5', "nc = 'FOO'", "nc <> 'foo'", "nc = 'école'", "nc < 'g'", 'nc = t', 't = nc', "nc in ('FOO', 'A B')", "nc = 'foo' collate binary", "rt = 'x'", "rt = 'x   '", 'rt = t',
  "t like 'A%'", "t like '%B%'", "t not like 'a%'", "t like 'é'", "t like 'É'", "t like 'a!_b!%%' escape '!'", "t like 'a\\b'", "t like '_'", "t like u", "n like '5%'", "t like '%o_e%'", "u like '%'", "t like 'a\\_b%' escape '\\'",
  "t glob 'a*'", "t glob 'A*'", "t glob '[a-c]*'", "t not glob '*[^0-9]*'", "t glob '*[_%]*'", "t glob '?'", "n glob '*5*'", "t glob '*\\*'", "nc glob '[[]x]'", "nc glob '*[]]'", "t glob '[^a-z]*'", "u glob '-*x'",
  'length(t) = 3', 'length(t)', 'typeof(n) = \'integer\'', "typeof(n) in ('integer', 'null')", "typeof(t) = 'text'", "typeof(b) is 'blob'", "typeof(r) = 'real'",
  "b = x'00'", "b > x'41'", "b <> x''", 'b is null', "ts < '2024-02-29 12:34:56'", "ts >= '2024-02-29 12:34:56'", "dt = '2024-02-29'", "dt between '2024-01-01' and '2024-02-29'", "tz > '2024-02-29 00:00:00Z'",
  "date(ts) = '2024-02-29'", "ts between datetime('2024-01-01') and datetime('2024-12-31')", "strftime('%Y', ts) = '2024'", "strftime('%m', dt) in ('01', '02')", 'ep > 1000', 'ep = 3', 'ep <> 3', "ts < datetime('now')", 'ts < current_timestamp', 'dt < date(\'now\')',
  "ts > '2023-01-01' and n", "j ->> '$.s' = 'x'", "json_extract(j, '$.s') = 'abc'", "j ->> 's' <> 'abc'", "json_extract(j, '$.a') = 1", "json_extract(j, '$.a') = 5", "json_extract(j, '$.a') <> 5", "j ->> '$.a' <> 0", "json_extract(j, '$.z') is null", "json_extract(jt, '$.s') = 'x y'",
  "j ->> '$.a.b[0]' = 7", "json_valid(jt)", "json_valid(j)", 'n + m', 'n - m > 0', 'n % 2 = 1', '-n > 0', '~n = -6', 'n & 1', 'n | 8 = 8', 'n << 2 > 8', 'n >> 1 = 2', 'n is null or m', 'n not null', 'n isnull', 'n notnull',
  'case when n then m end', 'case active when 1 then n else 0 end', 'coalesce(active, 0)', 'coalesce(n, 0) > 0', 'iif(n > 1, m, n)', 'min(n, m) > 0', 'max(n, m, 4) > 4', 'abs(n) > 5', "instr(t, 'b') > 0",
  'not (n = 1 or m = 2) and r', 'n = m = 1', 'n < m = 0', 'n + m * 2 > 5', 'not n = m', 'not n is null', "t || u = 'abcABC'", "n || '' = '5'", "exists (select 1 from o where o.n = t.n)",
] as const

const withQueries = new Set(["exists (select 1 from o where o.n = t.n)"])

describe('a condition holds for the same rows', () => {
  test.each(conditions)('%s', async (condition) => {
    if (withQueries.has(condition)) return expectSameResult(`select id from t where ${condition} order by id`)
    const translated = translateExpression(condition, scope, 'check')
    if (!translated.ok) throw new Error(translated.reason)
    const sql = `select id, (${translated.sql})::integer from t order by id`
    const original = `select id, (${condition}) <> 0 from t order by id`
    expect(await inPostgres(sql), translated.sql).toEqual(inSqlite(original))
    return undefined
  })
})

const values = [
  'n', 'active', 'n > m', 'not active', 'true', 'false', 'null', '1.5', "x'00ff'", "'it''s'", '"not a column"', '-5', '0x1F', '1e3', 'n + m', 'n - m', 'n * m', 'n / m', 'n % m', 'n / 2', 'n / 0', 'r / 2', 'r / n', 'n / 2.0', 'n * 1.5', '1 / 3', '1 / 3.0', '7 / 2', '-7 / 2', '-7 % 3', '0.1 + 0.2', '2000000000 * 2',
  'd + 1', 'd * 2', 'd * r', 'd - n', '-n', '+5', '- -5', '~n', 'n & 6', 'n | 6', 'n << 3', 'n >> 1', '1 << 40', '-8 >> 1', 'active + 1', '(n > m) + 1', 'sign(n)',
  't || u', "t || '-' || n", 'n || m', "'a' || 'b'", 'lower(t)', 'upper(t)', "lower('ÀB')", 'length(t)', 'length(n)', 'length(b)', 'length(u || t)', 'trim(rt)', "trim(t, 'a')", 'ltrim(t)', 'rtrim(rt)', "replace(t, 'a', 'xy')", "replace(t, '', 'z')",
  'substr(t, 1, 2)', 'substr(t, 0, 2)', 'substr(t, 2)', 'substr(t, -2)', 'substr(t, 3, 0)', 'substr(n, 1, 1)', "substr(t, 1, instr(t, 'b') - 1)", "substr(t, instr(t, 'b') + 1)", "instr(t, 'c')", "instr(t, '')", 'hex(b)', 'hex(t)', 'lower(hex(b))', 'unicode(t)', "concat(t, n)",
  'coalesce(n, m)', 'coalesce(t, u)', 'coalesce(r, 1)', 'coalesce(length(t), 1.5)', 'coalesce(active, 0)', 'coalesce(active, 2)', 'ifnull(t, 0 || 1)', 'nullif(n, 5)', "nullif(t, '')", 'nullif(n, m)', 'iif(n > 1, n, m)', 'iif(n > 1, t)', 'iif(active, 1, 0)',
  'case n when 1 then \'a\' when 5 then \'b\' else t end', 'case when n > 1 then 2 when n < 0 then r end', 'case when n then active else 0 end', 'case t when \'abc\' then 1 end', 'case nc when \'FOO\' then 1 else 2 end', 'case active when 1 then \'yes\' when 0 then \'no\' end',
  'min(n, m)', 'max(n, m)', 'min(t, u)', 'max(t, u)', 'max(length(t), 3.5)', 'min(1, 2)', 'abs(n)', 'abs(r)', 'round(r)', 'round(d, 1)', 'round(n)', 'round(2.5)', 'round(-2.5)', 'typeof(n)', 'typeof(t)', "typeof('x')",
  'cast(t as integer)', 'cast(u as integer)', 'cast(r as integer)', 'cast(n as text)', 'cast(n as real)', 'cast(d as integer)', "cast('12abc' as integer)", 'cast(active as integer)', 'cast(n as varchar(10))', 'cast(n > m as integer)', 'cast(-1.9 as int)', 'cast(n as decimal)',
  'date(ts)', 'datetime(ts)', 'time(ts)', 'date(dt)', 'datetime(dt)', 'date(tz)', "datetime(ep, 'unixepoch')", "strftime('%Y-%m', ts)", "strftime('%d/%m/%Y %H:%M:%S', ts)", "strftime('%Y-%m-%dT%H:%M:%fZ', ts)", "strftime('%j', ts)", "strftime('%w', dt)", "strftime('%H', tz)", "strftime('%s', ts)", "strftime('%Y is the year', dt)", "strftime('100%%', dt)",
  "date(ts, '+1 day')", "datetime(ts, '-90 minutes')", "date(ts, 'start of month')", "datetime(dt, 'start of year', '+12 hours')", "datetime(ts, '+1.5 days')", "date('2024-02-29', '+1 day')", "datetime('2024-02-29 10:00')", "date('2024-02-29T10:00:00')", 'julianday(dt)', 'julianday(ts)', "julianday(ts) - julianday('2024-01-01')", 'unixepoch(ts)', "unixepoch('2024-01-01')", "cast(strftime('%Y', ts) as integer)", "cast(strftime('%s', ts) as integer) + 1", "strftime('%s', ts) * 1000", "datetime(n, 'unixepoch')", "strftime('%I %p', ts)", "strftime('%F %T', ts)",
  "json_array_length(jt)", "json('[1, 2]')", 'json_array()', 'json_object()', 'exp(1)', 'sqrt(4)', 'pi()',
  "(select max(n) from o)", '(select label from o where o.id = t.id)', '(select count(*) from o where o.n = t.n)', 'n in (select n from o)', 'n not in (select n from o where n is not null)', 'exists (select 1 from o where o.id = t.n)', 't.n', 'main.t.n', '"n"', '[n]', '`n`',
] as const

describe('a value is the same', () => {
  test.each(values)('%s', async (value) => {
    await expectSameResult(`select id, ${value} as v from t order by id`)
  })
})

const queries = [
  'select * from o order by id, n',
  'select t.id, o.*, t.u, t.nc from t join o on o.id = t.id order by t.id, o.label',
  'select t.id, o.label from t left join o on o.n = t.n order by t.id, o.label desc',
  'select t.id, label from t, o where t.id = o.id order by 1, 2',
  'select t.id, label from t join o order by t.id, label limit 7',
  'select * from o natural join (select id, count(*) as c from o group by id) order by id, n',
  'select a.id, id, b.label from o a join o b using (id) order by a.id, a.n, b.n',
  'select a.label, b.label from o a left join o b on a.n = b.n and a.id <> b.id order by 1, 2',
  'select o.id from o right join t on t.id = o.id order by t.id, o.id',
  'select x.id from (select id, n from t where n > 0) x join (o join t on t.id = o.id) on x.id = o.id order by x.id',
  'select id from (select id from o) order by id desc limit 2 offset 1',
  'select id from o order by id limit 1, 2',
  'select id from o order by id limit -1',
  'select label from o order by label',
  'select label from o order by label desc',
  'select label from o order by label nulls last',
  'select label from o order by label collate nocase, id',
  'select distinct n from o order by n',
  'select distinct label as l from o order by l desc',
  'select n as label, id from o order by label, id',
  'select id, n + 1 as k from o where k > 2 order by k, id',
  'select n, count(*) from o group by n order by n',
  'select n as grp, count(*) as c from o group by grp having c > 1',
  'select n, count(*), sum(id), total(id), avg(id), min(label), max(label) from o group by 1 order by 1',
  'select count(*), count(n), count(distinct n), sum(n), avg(n), min(n), max(n), total(n) from o',
  'select sum(flag), max(flag), total(flag) from o',
  'select sum(n), total(n), avg(r), sum(r) from t where n > 100000000000000000',
  'select group_concat(label) from (select label from o where id = 1)',
  "select group_concat(id, '-' order by id) from (select distinct id from o)",
  'select count(*) filter (where n > 1) from o',
  'select sum(d), max(d), min(ts), max(dt) from t',
  'select min(t), max(t), min(nc collate binary) from t',
  'select id, row_number() over (order by label, id) from o order by id, n',
  'select id, rank() over (partition by n order by id) as r from o order by id, r, n',
  'select id, n, sum(n) over (order by id, n rows between unbounded preceding and current row) as s from o order by id, n',
  'select id, n, lag(n) over w, lead(n, 1) over w, first_value(n) over w from o window w as (order by id, n) order by id, n',
  "select id, 'a' as kind from t union all select id, label from o order by 1, 2",
  'select id from t union select id from o order by id',
  'select id from t except select id from o intersect select n from o order by id',
  'select id from t intersect select id from o union select 99 order by 1',
  'select flag from o where flag union all select 0 order by 1',
  'select null as x, id from o union all select n, id from o order by id, x',
  'select id, 2 as n from o union all select id, r from t order by id, n',
  'select id, label from o union all select id, n from o order by id, label',
  'with x as (select id, n from o where n > 1), y (a) as (select id from x) select a from y order by a',
  'with x as (select 1 as a union all select 2) select a from x union all select a + 10 from x order by a',
  "select id, (case when n > 1 then 'big' else label end) as size from o order by id, size",
  'select id from o where id in (select id from t where n > 0) order by id',
  'select id from o where not exists (select 1 from t where t.n = o.n) order by id',
  'select id from o where n = (select max(n) from o as p where p.id = o.id) order by id',
  "select o.id, u from o join t on t.u = 'x' order by o.id",
  'select o.id, t.id from o join t on o.n = t.t order by 1, 2',
  'select o.id, t.id from o join t on o.n <> t.u order by 1, 2',
  'select "label" || "x" as "y" from o where "id" = 1',
  'select id from o where label = "one"',
  'select "n > 1" from (select n > 1 from o) order by 1',
  "select id, count(*) over () from o where flag order by id",
  'select ID, Label from O where LABEL is not null order by Id, N',
  'select 1 = 1, 2 > 1, not 1',
  'select id, id from o order by 1, n',
  'select max(id, n) from o order by id, n',
] as const

describe('a query gives the same rows', () => {
  test.each(queries)('%s', async (select) => {
    await expectSameResult(select)
  })
})

describe('what PostgreSQL keeps to immutable functions', () => {
  const immutable = ['lower(t)', 'length(t)', 'substr(t, 1, 3)', 'n > m', 'n + m', "t || '-' || n", 'coalesce(t, u)', "j ->> '$.a' = 'x'", 'n / m', 'abs(n)', "replace(t, 'a', 'b')"]

  test.each(immutable)('%s is a part of an index', async (text) => {
    const translated = translateExpression(text, scope, 'index')
    if (!translated.ok) throw new Error(translated.reason)
    await query(postgres.url, `create index on t ((${translated.sql}))`)
  })

  const predicates = ["t <> ''", 'active = 1', 'n is not null', "nc = 'FOO'", "t like 'a%'", "ts > '2024-01-01'", "tz > '2024-01-01'", 'ep > 5', "j = '[]'", "t glob 'a*'", "dt <> '2024-01-01'", "t > 'foo'"]

  test.each(predicates)('%s is the condition of an index', async (text) => {
    const translated = translateExpression(text, scope, 'index-where')
    if (!translated.ok) throw new Error(translated.reason)
    await query(postgres.url, `create index on t (id) where ${translated.sql}`)
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
    const translated = translateGenerated(text, type, scope)
    if (!translated.ok) throw new Error(translated.reason)
    const declared = type === 'boolean' ? 'boolean' : type
    sqlite.exec(`create table g as select * from t; create table h (${columns.map((each) => each.name).join(', ')}, g ${declared} as (${text})); insert into h select * from g`)
    const original = inSqlite('select id, g from h order by id')
    sqlite.exec('drop table g; drop table h')
    const read = `create temp table h (like t); alter table h add g ${type} generated always as (${translated.sql}) stored; insert into h select * from t; select id, g from h order by id`
    expect(await inPostgres(read), translated.sql).toEqual(original)
  })

  test('what formats a time is refused', () => {
    expect(translateGenerated('date(ts)', 'text', scope)).toMatchObject({ ok: false })
    expect(translateExpression("strftime('%Y', ts)", scope, 'index')).toMatchObject({ ok: false })
  })
})

describe('a default stores the same', () => {
  const fixed: readonly [text: string, declared: string, type: string][] = [
    ['0', 'integer', 'bigint'],
    ["'12'", 'integer', 'bigint'],
    ['-1', 'integer', 'bigint'],
    ['0x1F', 'integer', 'bigint'],
    ['(1 + 2)', 'integer', 'bigint'],
    ['1e3', 'integer', 'bigint'],
    ['1e3', 'real', 'double precision'],
    ['(7 / 2)', 'integer', 'bigint'],
    ["'it''s'", 'text', 'text'],
    ['"it\'s"', 'text', 'text'],
    ["'a\\b'", 'text', 'text'],
    ['0', 'text', 'text'],
    ['1.0', 'text', 'text'],
    ['1.5', 'text', 'text'],
    ['word', 'text', 'text'],
    ["x'00ff'", 'blob', 'bytea'],
    ['true', 'boolean', 'boolean'],
    ['false', 'numeric', 'numeric'],
    ["('a' || 'b')", 'text', 'text'],
    ["(upper('x'))", 'text', 'text'],
    ['(length(hex(randomblob(20))))', 'integer', 'bigint'],
    ['(length(lower(hex(randomblob(7)))))', 'integer', 'bigint'],
    ["(date('2024-02-28', '+2 days'))", 'date', 'date'],
    ['null', 'text', 'text'],
  ]

  test.each(fixed)('DEFAULT %s in a column declared %s', async (text, declared, type) => {
    const [row] = await insertedDefault(text, declared, type)
    expect(row?.postgres).toEqual(row?.sqlite)
  })

  const present: readonly [text: string, declared: string, type: string][] = [
    ['current_timestamp', 'datetime', 'timestamp'],
    ['CURRENT_TIMESTAMP', 'text', 'text'],
    ["(datetime('now', '+1 day'))", 'datetime', 'timestamp'],
    ["(strftime('%Y-%m-%d %H:%M:%f', 'now'))", 'datetime', 'timestamp'],
    ["(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", 'text', 'text'],
    ['current_date', 'date', 'date'],
    ["(date('now', 'start of month'))", 'date', 'date'],
    ['(unixepoch())', 'integer', 'bigint'],
    ["(strftime('%s', 'now'))", 'integer', 'bigint'],
    ["(strftime('%s', 'now') * 1000)", 'integer', 'bigint'],
    ["(cast((julianday('now') - 2440587.5) * 86400000 as integer))", 'integer', 'bigint'],
  ]

  test.each(present)('DEFAULT %s in a column declared %s is the present time, to the same precision', async (text, declared, type) => {
    const [row] = await insertedDefault(text, declared, type)
    const [original, translated] = [String(row?.sqlite), String(row?.postgres)]
    expect(Math.abs(seconds(translated) - seconds(original))).toBeLessThan(60)
    const shape = (value: string): string => value.replaceAll(/\d/g, '9').replace(/\.9+/, '')
    expect(shape(translated)).toBe(shape(original))
  })

  async function insertedDefault(text: string, declared: string, type: string): Promise<{ sqlite: string | null; postgres: string | null }[]> {
    const translated = translateDefault(text, type, { timeUnit: null })
    if (!translated.ok) throw new Error(translated.reason)
    sqlite.exec(`create table x (id integer, v ${declared} default ${text}); insert into x (id) values (1)`)
    const [original] = inSqlite('select v from x')
    sqlite.exec('drop table x')
    const [found] = await inPostgres(
      `create temp table x (id int, v ${type} default ${translated.sql}); insert into x (id) values (1); select v from x`,
    )
    return [{ sqlite: original?.[0] ?? null, postgres: found?.[0] ?? null }]
  }

  /** Dates, date-times, epoch seconds or milliseconds as seconds. */
  function seconds(value: string): number {
    if (/^\d{10}$/.test(value)) return Number(value)
    if (/^\d{13}$/.test(value)) return Number(value) / 1000
    return Date.parse(value.includes(':') && !value.endsWith('Z') ? `${value.replace(' ', 'T')}Z` : value) / 1000
  }
})
