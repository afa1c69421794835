import { describe, expect, test } from 'vitest'
import type { ResolvedRelation } from './query-scope.ts'
import { translateView, type ViewTranslation } from './views.ts'

const relations: Readonly<Record<string, ResolvedRelation>> = {
  orders: relation('Orders', { id: 'bigint', customer: 'bigint', at: 'timestamp without time zone', paid: 'boolean' }),
  customers: relation('Customers', { id: 'bigint', name: 'text', price: 'numeric(10,2)', rate: 'double precision' }),
  labels: relation('labels', { label: 'text' }, 'NOCASE'),
}

function relation(name: string, types: Record<string, string>, collation: 'NOCASE' | null = null): ResolvedRelation {
  return {
    target: { schema: 'app', name },
    columns: Object.entries(types).map(([column, type]) => ({
      name: column,
      target: column,
      type,
      collation,
      timeUnit: null,
      affinity: type === 'text' ? 'text' : type === 'double precision' ? 'real' : 'numeric',
    })),
  }
}

function translate(select: string, columns: readonly string[] = []): ViewTranslation {
  const view = { name: { schema: 'main', name: 'v' }, sql: '', select, columns, broken: null }
  return translateView(view, (name) => relations[name.toLowerCase()] ?? null)
}

describe('a view', () => {
  test.each([
    ['select id from orders', 'select "orders"."id" as "id" from "app"."Orders" as "orders"'],
    [
      'SELECT * FROM Orders AS o WHERE paid',
      'select "o"."id" as "id", "o"."customer" as "customer", "o"."at" as "at", "o"."paid" as "paid" from "app"."Orders" as "o" where "o"."paid"',
    ],
    [
      'select o.id, name from orders o left join customers c on c.id = o.customer where o.paid = 1',
      'select "o"."id" as "id", "c"."name" as "name" from "app"."Orders" as "o" left join "app"."Customers" as "c" on "c"."id" = "o"."customer" where "o"."paid" = true',
    ],
    [
      'select count(*) from orders, customers',
      'select count(*) as "column_1" from "app"."Orders" as "orders" cross join "app"."Customers" as "customers"',
    ],
    [
      'select name from customers order by name desc limit 3',
      'select "customers"."name" as "name" from "app"."Customers" as "customers" order by "customers"."name" collate "C" desc nulls last limit 3',
    ],
    [
      'select id from orders union select id from customers order by id',
      'select "result"."id" from (select "orders"."id" as "id" from "app"."Orders" as "orders" union select "customers"."id" as "id" from "app"."Customers" as "customers") as "result" order by "result"."id" nulls first',
    ],
    [
      'select paid from orders union all select 0 from customers',
      'select "orders"."paid" as "paid" from "app"."Orders" as "orders" union all select false as "column_1" from "app"."Customers" as "customers"',
    ],
    [
      "select id from orders where at between datetime('1997-01-01') and datetime('1997-12-31')",
      `select "orders"."id" as "id" from "app"."Orders" as "orders" where "orders"."at" between '1997-01-01 00:00:00'::timestamp and '1997-12-31 00:00:00'::timestamp`,
    ],
    [
      'select x from (select id as x from orders)',
      'select "query_1"."x" as "x" from (select "orders"."id" as "x" from "app"."Orders" as "orders") as "query_1"',
    ],
    [
      'with o as (select customer, count(*) as n from orders group by customer) select name, n from customers join o on customer = id',
      'with "o" ("customer", "n") as (select "orders"."customer" as "customer", count(*) as "n" from "app"."Orders" as "orders" group by "orders"."customer") select "customers"."name" as "name", "o"."n" as "n" from "app"."Customers" as "customers" inner join "o" as "o" on "o"."customer" = "customers"."id"',
    ],
    [
      'select sum(price), avg(rate), id > 5 as big from customers',
      'select sum("customers"."price") as "column_1", avg("customers"."rate") as "column_2", ("customers"."id" > 5)::integer as "big" from "app"."Customers" as "customers"',
    ],
    [
      'select (CAST(id as TEXT)) `id`, (ROW_NUMBER() OVER()) as n from orders',
      'select "orders"."id"::text as "id", row_number() over () as "n" from "app"."Orders" as "orders"',
    ],
  ])('%s', (select, sql) => {
    expect(translate(select)).toMatchObject({ ok: true, sql })
  })

  test.each([
    ['select id from elsewhere', 'elsewhere is not among the tables and views that are transferred'],
    ['select id from temp.orders', 'the schema temp is not translated'],
    ['select rowid from orders', 'it uses rowid, which PostgreSQL does not have'],
    ['select absent from orders', 'absent is no column of what it reads'],
    ['select value from json_each(1)', 'the table function json_each() is not translated'],
    ['select distinct label from labels', 'DISTINCT under a collation is not translated'],
    ['select count(*) from labels group by label', 'GROUP BY label (text) under a collation is not translated'],
    [
      'select id from orders union select name from customers',
      'UNION gives integer and text values, and a PostgreSQL expression has one type',
    ],
    ['select id, name from orders join customers', 'id may be a column of several tables'],
    [
      'with recursive c as (select 1 as n union all select n + 1 from c) select n from c',
      'the recursive query c is not translated',
    ],
    [
      'select price / 2 from customers',
      'it divides price (numeric(10,2)) by 2: SQLite leaves the fraction out where both values are whole',
    ],
    ['select', 'its query is not understood'],
    ['values (1, 2)', 'values clause is not translated'],
    ['delete from orders', 'delete stmt is not translated'],
  ])('%s is refused', (select, reason) => {
    expect(translate(select)).toEqual({ ok: false, reason })
  })

  test('is refused when it gives another number of columns than SQLite says', () => {
    expect(translate('select id, customer from orders', ['id'])).toEqual({
      ok: false,
      reason: 'it gives 2 columns where SQLite gives 1',
    })
  })

  test('tells the types of its columns to the views that read it', () => {
    expect(
      translate('select id, rate, name, count(*) as n from orders join customers using (id)', ['a', 'b', 'c', 'd']),
    ).toMatchObject({
      columns: [
        { name: 'a', type: 'bigint', affinity: 'numeric' },
        { name: 'b', type: 'double precision', affinity: 'real' },
        { name: 'c', type: 'text', affinity: 'text' },
        { name: 'd', type: 'bigint', affinity: 'blob' },
      ],
    })
  })
})
