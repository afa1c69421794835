import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BothDatabases, givenBothDatabases, lines, sameRelations } from '../../../test/support/both-databases.ts'
import { query } from '../../../test/support/postgres.ts'
import { translateView } from './views.ts'

/** The proof of "the same meaning" for queries and for every value in them: the originals run in SQLite. */

let both: BothDatabases

beforeAll(async () => {
  both = await givenBothDatabases()
})

afterAll(() => both[Symbol.asyncDispose]())

async function expectSameRows(select: string): Promise<void> {
  const view = { name: { schema: 'main', name: 'v' }, sql: '', select, columns: [], broken: null }
  const translated = translateView(view, (name) => sameRelations[name.toLowerCase()] ?? null)
  if (!translated.ok) throw new Error(translated.reason)
  const names = translated.columns.map((_, index) => `c${index}`)
  await query(both.url, `create or replace temp view v (${names.join(', ')}) as ${translated.sql}`)
  expect(await both.inPostgres(translated.sql)).toEqual(both.inSqlite(select))
}

const values = lines(String.raw`
  n
  active
  n > m
  not active
  true
  false
  null
  1.5
  x'00ff'
  'it''s'
  "not a column"
  -5
  0x1F
  1e3
  n + m
  n - m
  n * m
  n / m
  n % m
  n / 2
  n / 0
  r / 2
  r / n
  n / 2.0
  n * 1.5
  1 / 3
  1 / 3.0
  7 / 2
  -7 / 2
  -7 % 3
  0.1 + 0.2
  2000000000 * 2
  d + 1
  d * 2
  d * r
  d - n
  -n
  +5
  - -5
  ~n
  n & 6
  n | 6
  n << 3
  n >> 1
  1 << 40
  -8 >> 1
  active + 1
  (n > m) + 1
  sign(n)
  t || u
  t || '-' || n
  n || m
  'a' || 'b'
  lower(t)
  upper(t)
  lower('ÀB')
  length(t)
  length(n)
  length(b)
  length(u || t)
  trim(rt)
  trim(t, 'a')
  ltrim(t)
  rtrim(rt)
  replace(t, 'a', 'xy')
  replace(t, '', 'z')
  substr(t, 1, 2)
  substr(t, 0, 2)
  substr(t, 2)
  substr(t, -2)
  substr(t, 3, 0)
  substr(n, 1, 1)
  substr(t, 1, instr(t, 'b') - 1)
  substr(t, instr(t, 'b') + 1)
  instr(t, 'c')
  instr(t, '')
  hex(b)
  hex(t)
  lower(hex(b))
  unicode(t)
  concat(t, n)
  coalesce(n, m)
  coalesce(t, u)
  coalesce(r, 1)
  coalesce(length(t), 1.5)
  coalesce(active, 0)
  coalesce(active, 2)
  ifnull(t, 0 || 1)
  nullif(n, 5)
  nullif(t, '')
  nullif(n, m)
  iif(n > 1, n, m)
  iif(n > 1, t)
  iif(active, 1, 0)
  case n when 1 then 'a' when 5 then 'b' else t end
  case when n > 1 then 2 when n < 0 then r end
  case when n then active else 0 end
  case t when 'abc' then 1 end
  case nc when 'FOO' then 1 else 2 end
  case active when 1 then 'yes' when 0 then 'no' end
  min(n, m)
  max(n, m)
  min(t, u)
  max(t, u)
  max(length(t), 3.5)
  min(1, 2)
  abs(n)
  abs(r)
  round(r)
  round(d, 1)
  round(n)
  round(2.5)
  round(-2.5)
  typeof(n)
  typeof(t)
  typeof('x')
  cast(t as integer)
  cast(u as integer)
  cast(r as integer)
  cast(n as text)
  cast(n as real)
  cast(d as integer)
  cast('12abc' as integer)
  cast(active as integer)
  cast(n as varchar(10))
  cast(n > m as integer)
  cast(-1.9 as int)
  cast(n as decimal)
  date(ts)
  datetime(ts)
  time(ts)
  date(dt)
  datetime(dt)
  date(tz)
  datetime(ep, 'unixepoch')
  strftime('%Y-%m', ts)
  strftime('%d/%m/%Y %H:%M:%S', ts)
  strftime('%Y-%m-%dT%H:%M:%fZ', ts)
  strftime('%j', ts)
  strftime('%w', dt)
  strftime('%H', tz)
  strftime('%s', ts)
  strftime('%Y is the year', dt)
  strftime('100%%', dt)
  date(ts, '+1 day')
  datetime(ts, '-90 minutes')
  date(ts, 'start of month')
  datetime(dt, 'start of year', '+12 hours')
  datetime(ts, '+1.5 days')
  date('2024-02-29', '+1 day')
  datetime('2024-02-29 10:00')
  date('2024-02-29T10:00:00')
  julianday(dt)
  julianday(ts)
  julianday(ts) - julianday('2024-01-01')
  unixepoch(ts)
  unixepoch('2024-01-01')
  cast(strftime('%Y', ts) as integer)
  cast(strftime('%s', ts) as integer) + 1
  strftime('%s', ts) * 1000
  datetime(n, 'unixepoch')
  strftime('%I %p', ts)
  strftime('%F %T', ts)
  json_array_length(jt)
  json('[1, 2]')
  json_array()
  json_object()
  exp(1)
  sqrt(4)
  pi()
  (select max(n) from o)
  (select label from o where o.id = t.id)
  (select count(*) from o where o.n = t.n)
  n in (select n from o)
  n not in (select n from o where n is not null)
  exists (select 1 from o where o.id = t.n)
  t.n
  main.t.n
  "n"
  [n]
  exists (select 1 from o where o.n = t.n)
`)

describe('a value is the same', () => {
  test.each([...values, '`n`'])('%s', async (value) => {
    expect.hasAssertions()
    await expectSameRows(`select id, ${value} as v from t order by id`)
  })
})

const queries = lines(String.raw`
  select * from o order by id, n
  select t.id, o.*, t.u, t.nc from t join o on o.id = t.id order by t.id, o.label
  select t.id, o.label from t left join o on o.n = t.n order by t.id, o.label desc
  select t.id, label from t, o where t.id = o.id order by 1, 2
  select t.id, label from t join o order by t.id, label limit 7
  select * from o natural join (select id, count(*) as c from o group by id) order by id, n
  select a.id, id, b.label from o a join o b using (id) order by a.id, a.n, b.n
  select a.label, b.label from o a left join o b on a.n = b.n and a.id <> b.id order by 1, 2
  select o.id from o right join t on t.id = o.id order by t.id, o.id
  select x.id from (select id, n from t where n > 0) x join (o join t on t.id = o.id) on x.id = o.id order by x.id
  select id from (select id from o) order by id desc limit 2 offset 1
  select id from o order by id limit 1, 2
  select id from o order by id limit -1
  select label from o order by label
  select label from o order by label desc
  select label from o order by label nulls last
  select label from o order by label collate nocase, id
  select distinct n from o order by n
  select distinct label as l from o order by l desc
  select n as label, id from o order by label, id
  select id, n + 1 as k from o where k > 2 order by k, id
  select n, count(*) from o group by n order by n
  select n as grp, count(*) as c from o group by grp having c > 1
  select n, count(*), sum(id), total(id), avg(id), min(label), max(label) from o group by 1 order by 1
  select count(*), count(n), count(distinct n), sum(n), avg(n), min(n), max(n), total(n) from o
  select sum(flag), max(flag), total(flag) from o
  select sum(n), total(n), avg(r), sum(r) from t where n > 100000000000000000
  select group_concat(label) from (select label from o where id = 1)
  select group_concat(id, '-' order by id) from (select distinct id from o)
  select count(*) filter (where n > 1) from o
  select sum(d), max(d), min(ts), max(dt) from t
  select min(t), max(t), min(nc collate binary) from t
  select id, row_number() over (order by label, id) from o order by id, n
  select id, rank() over (partition by n order by id) as r from o order by id, r, n
  select id, n, sum(n) over (order by id, n rows between unbounded preceding and current row) as s from o order by id, n
  select id, n, lag(n) over w, lead(n, 1) over w, first_value(n) over w from o window w as (order by id, n) order by id, n
  select id, 'a' as kind from t union all select id, label from o order by 1, 2
  select id from t union select id from o order by id
  select id from t except select id from o intersect select n from o order by id
  select id from t intersect select id from o union select 99 order by 1
  select flag from o where flag union all select 0 order by 1
  select null as x, id from o union all select n, id from o order by id, x
  select id, 2 as n from o union all select id, r from t order by id, n
  select id, label from o union all select id, n from o order by id, label
  with x as (select id, n from o where n > 1), y (a) as (select id from x) select a from y order by a
  with x as (select 1 as a union all select 2) select a from x union all select a + 10 from x order by a
  select id, (case when n > 1 then 'big' else label end) as size from o order by id, size
  select id from o where id in (select id from t where n > 0) order by id
  select id from o where not exists (select 1 from t where t.n = o.n) order by id
  select id from o where n = (select max(n) from o as p where p.id = o.id) order by id
  select o.id, u from o join t on t.u = 'x' order by o.id
  select o.id, t.id from o join t on o.n = t.t order by 1, 2
  select o.id, t.id from o join t on o.n <> t.u order by 1, 2
  select "label" || "x" as "y" from o where "id" = 1
  select id from o where label = "one"
  select "n > 1" from (select n > 1 from o) order by 1
  select id, count(*) over () from o where flag order by id
  select ID, Label from O where LABEL is not null order by Id, N
  select 1 = 1, 2 > 1, not 1
  select id, id from o order by 1, n
  select max(id, n) from o order by id, n
`)

describe('a query gives the same rows', () => {
  test.each(queries)('%s', async (select) => {
    expect.hasAssertions()
    await expectSameRows(select)
  })
})
