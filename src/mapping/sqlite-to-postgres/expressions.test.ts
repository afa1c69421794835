import { describe, expect, test } from 'vitest'
import { type ExpressionScope, translateExpression, translateGenerated } from './expressions.ts'

/** Columns as they are in the databases the cases come from: type in PostgreSQL, by name. */
const types: Readonly<Record<string, string>> = {
  ...named('bigint', 'id n dimension spatial_index_enabled active deleted'),
  ...named('boolean', 'deprecated direct_download open_license is_admin read_only'),
  ...named(
    'double precision',
    'accuracy ensemble_accuracy inv_flattening semi_minor_axis semi_major_axis south_lat Discount',
  ),
  ...named('numeric(10,2)', 'UnitPrice'),
  ...named(
    'text',
    'auth_name type publication_date coordinate_system_auth_name coordinate_system_code text_definition url',
  ),
  ...named('text', 'proj_grid_name method_auth_name method_code package_name name email status'),
  ...named('timestamp without time zone', 'BirthDate created_at updated_at deleted_at'),
  ...named('timestamp with time zone', 'expires'),
  ...named('jsonb', 'config rel_many_unique'),
  ...named('bytea', 'photo'),
}

function named(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]))
}

export const scope: ExpressionScope = {
  column(name) {
    const target = Object.keys(types).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    const type = types[target ?? '']
    if (target === undefined || type === undefined) return null
    return {
      target,
      type,
      collation: null,
      timeUnit: target === 'expires' ? 'epoch-s' : null,
      affinity: type === 'text' ? 'text' : type === 'double precision' ? 'real' : 'numeric',
    }
  },
}

describe('conditions of real databases', () => {
  test.each([
    ['deprecated IN (0, 1)', '"deprecated" in (false, true)'],
    ['length(auth_name) >= 1', 'length("auth_name") >= 1'],
    ['accuracy >= 0', '"accuracy" >= 0'],
    [
      'ensemble_accuracy IS NULL OR ensemble_accuracy > 0',
      '("ensemble_accuracy" is null) or ("ensemble_accuracy" > 0)',
    ],
    ["type IN ('length', 'angle', 'scale', 'time')", `"type" in ('length', 'angle', 'scale', 'time')`],
    ['inv_flattening = 0 OR inv_flattening >= 1.0', '("inv_flattening" = 0) or ("inv_flattening" >= 1)'],
    [
      'semi_minor_axis > 0 AND semi_minor_axis <= semi_major_axis',
      '("semi_minor_axis" > 0) and ("semi_minor_axis" <= "semi_major_axis")',
    ],
    ['south_lat BETWEEN -90 AND 90', '"south_lat" between -90 and 90'],
    ['NULL OR length(publication_date) = 10', 'null::boolean or (length("publication_date") = 10)'],
    ["type != 'Cartesian' OR dimension IN (2,3)", `("type" <> 'Cartesian') or ("dimension" in (2, 3))`],
    [
      'NOT ((coordinate_system_auth_name IS NULL OR coordinate_system_code IS NULL) AND text_definition IS NULL)',
      'not ((("coordinate_system_auth_name" is null) or ("coordinate_system_code" is null)) and ("text_definition" is null))',
    ],
    [
      "NOT(url LIKE 'https://cdn.proj.org/%' AND (direct_download = 0 OR open_license = 0 OR url != 'https://cdn.proj.org/' || proj_grid_name))",
      `not ((lower("url" collate "C") like 'https://cdn.proj.org/%') and ((("direct_download" = false) or ("open_license" = false)) or ("url" <> ('https://cdn.proj.org/' || "proj_grid_name"))))`,
    ],
    [
      "NOT (method_auth_name = 'PROJ' AND method_code NOT IN ('PROJString', 'WKT'))",
      `not (("method_auth_name" = 'PROJ') and ("method_code" not in ('PROJString', 'WKT')))`,
    ],
    ['package_name IS NULL', '"package_name" is null'],
    ['Discount BETWEEN 0 AND 1', '"Discount" between 0 and 1'],
    ['UnitPrice >= 0', '"UnitPrice" >= 0'],
    ['BirthDate < CURRENT_TIMESTAMP', `"BirthDate" < (date_trunc('second', now() at time zone 'utc'))`],
    ['spatial_index_enabled IN (0,1,2)', '"spatial_index_enabled" in (0, 1, 2)'],
    ['read_only IN (0,1)', '"read_only" in (false, true)'],
    ["name NOT GLOB '*[^a-z0-9_]*'", `"name" collate "C" !~ '^.*[^a-z0-9_].*$'`],
    ["typeof(id) = 'integer'", `(case when "id" is null then 'null' else 'integer' end) = 'integer'`],
    ['json_valid(config)', 'case when "config" is not null then true end'],
    ['"status" IN ("open", "closed")', `"status" in ('open', 'closed')`],
    ["[name] <> ''", `"name" <> ''`],
    ['`name` IS NOT NULL', '"name" is not null'],
    ['updated_at >= created_at', '"updated_at" >= "created_at"'],
    ["is_admin = 't'", '"is_admin" = true'],
    ['NOT is_admin', 'not "is_admin"'],
    ['is_admin + deprecated < 2', '("is_admin"::integer::bigint + "deprecated"::integer) < 2'],
    ["email LIKE '%_@_%'", `"email" like '%_@_%'`],
    ['length(trim(name)) > 0', 'length(btrim("name")) > 0'],
    ['name = lower(name)', '"name" = lower("name" collate "C")'],
    ['expires > 1700000000', '"expires" > to_timestamp(1700000000)'],
  ])('%s', (text, sql) => {
    expect(translateExpression(text, scope, 'check')).toMatchObject({ ok: true, sql })
  })
})

describe('conditions of partial indexes', () => {
  test.each([
    ["email != ''", `"email" <> ''`],
    ["rel_many_unique != '[]'", `"rel_many_unique" <> '[]'::jsonb`],
    ['deleted_at IS NULL', '"deleted_at" is null'],
    ['active = 1', '"active" = 1'],
    ['deleted=0', '"deleted" = 0'],
    ['name > "foo"', `("name" collate "C") > 'foo'`],
    ['is_admin', '"is_admin"'],
    ['NOT is_admin', 'not "is_admin"'],
    ["status IN ('open', 'closed')", `"status" in ('open', 'closed')`],
    ["created_at > '2024-01-01'", `"created_at" > '2024-01-01'::timestamp`],
    ["lower(name) = 'x'", `lower("name") = 'x'`],
  ])('%s', (text, sql) => {
    expect(translateExpression(text, scope, 'index-where')).toMatchObject({ ok: true, sql })
  })
})

describe('what is refused', () => {
  test.each([
    ['rowid > 5', 'it uses rowid, which PostgreSQL does not have'],
    ["id = 'abc'", "it compares id (bigint) with 'abc'"],
    ["name REGEXP '^a'", 'the operator REGEXP is not translated'],
    ["name MATCH 'a'", 'the operator MATCH is not translated'],
    ['(id, n) IN ((1, 2))', 'a row value is not translated'],
    ['name', 'it uses name (text) as a condition, which SQLite reads as a number'],
    [
      'UnitPrice / 2 > 1',
      'it divides UnitPrice (numeric(10,2)) by 2: SQLite leaves the fraction out where both values are whole',
    ],
    ['UnitPrice % 2 = 0', '% of UnitPrice (numeric(10,2)) is not translated'],
    [
      "UnitPrice || '' = '5'",
      'it uses UnitPrice (numeric(10,2)) as text, and PostgreSQL may write it otherwise than SQLite',
    ],
    [
      'accuracy || id = 5',
      'it uses accuracy (double precision) as text, and PostgreSQL may write it otherwise than SQLite',
    ],
    ['substr(name, n) = 1', 'substr() whose start may be negative is not translated'],
    ["substr(name, -3, 2) = 'ab'", 'substr() with a negative start and a length is not translated'],
    [
      'date(name) = name',
      'it reads name, which is text in PostgreSQL, as a time, and what SQLite would make of its values is not known',
    ],
    ["strftime('%W', created_at) = '05'", 'strftime() with %W is not translated'],
    [
      "date(created_at, '+1 month') > '2024-01-01'",
      "the modifier '+1 month' (a month after 31 January is 2 or 3 March in SQLite and the end of February in PostgreSQL)",
    ],
    ["date(created_at, 'localtime') = '2024-01-01'", "the date modifier 'localtime' is not translated"],
    [
      "date(expires) = '2024-01-01'",
      'it reads the numbers of expires (timestamp with time zone) in another unit than they are in (epoch-s)',
    ],
    [
      "datetime(expires) > '2024'",
      'it reads the numbers of expires (timestamp with time zone) in another unit than they are in (epoch-s)',
    ],
    ['no_such_column = 1', 'no_such_column is no column of what it reads'],
    ['no_such_function(id)', 'the function no_such_function() is not translated'],
    ['count(*) > 1', 'the aggregate count() is not translated'],
    ['id IN (SELECT id FROM t)', 'a query inside an expression is not translated'],
    ["name COLLATE german = 'x'", 'the collation german is not translated'],
    ["name LIKE 'a%' ESCAPE 'xy'", 'LIKE with an escape that is not one character'],
    ['name GLOB email', 'GLOB with a pattern that is not a literal'],
    ['id > name', 'it compares id (bigint) with name (text)'],
    ["config = 'not json'", "it compares config (jsonb) with 'not json'"],
    ["config > '{}'", "it compares config (jsonb) with '{}'"],
    ["photo = 'abc'", "it compares photo (bytea) with 'abc'"],
    ['created_at = name', 'it compares created_at (timestamp without time zone) with name (text)'],
    ["created_at > 'yesterday'", "it compares created_at (timestamp without time zone) with 'yesterday'"],
    ['created_at > 5', 'it compares created_at (timestamp without time zone) with 5'],
    ["expires > '2024-01-01'", "it compares the numbers of expires (timestamp with time zone) with '2024-01-01'"],
    [
      "typeof(UnitPrice) = 'real'",
      'typeof() of UnitPrice (numeric(10,2)), which may be of several types in SQLite is not translated',
    ],
    ["json_extract(config, '$.a') > 5", 'it compares a value inside JSON with 5'],
    ["json_extract(config, '$.a') = '5'", "it compares a value inside JSON with '5'"],
    ["json_extract(config, '$[#-1]') = 'x'", 'the JSON path $[#-1] is not translated'],
    ['id << n > 1', '<< by a number that is not a literal from 0 to 63'],
    ["printf('%d', id) = '1'", 'the function printf() is not translated'],
    ['+id = 5', 'a + before a value, which takes away its affinity in SQLite is not translated'],
    ['coalesce(id, name) = 1', 'coalesce() gives integer and text values, and a PostgreSQL expression has one type'],
    [
      "CASE WHEN id THEN 1 ELSE 'a' END = 1",
      'CASE gives integer and text values, and a PostgreSQL expression has one type',
    ],
    ['min(id, name) = 1', 'min() gives integer and text values, and a PostgreSQL expression has one type'],
    ['max(id) = 1', 'the aggregate max() is not translated'],
    [
      "cast(UnitPrice as text) = '1'",
      'it uses UnitPrice (numeric(10,2)) as text, and PostgreSQL may write it otherwise than SQLite',
    ],
    ['round(accuracy, n) = 1', 'round() to a number of digits that is not a literal is not translated'],
    ["raise(abort, 'no')", 'raise expr is not translated'],
    ["id -> '$.a' = 1", 'the operator -> is not translated'],
    ['', 'it is not understood'],
    ['id = ', 'it is not understood'],
    ['id = 1; drop table t', 'it is not understood'],
    ['id IN t', 'IN with the name of a table is not translated'],
  ])('%s', (text, reason) => {
    expect(translateExpression(text, scope, 'check')).toEqual({ ok: false, reason })
  })
})

describe('what an index does not take', () => {
  test.each([
    ["strftime('%Y', created_at)", 'PostgreSQL allows only immutable functions in an index, and to_char() is not'],
    ['expires > unixepoch()', 'PostgreSQL allows only immutable functions in an index, and the present time is not'],
    ['date(created_at)', 'PostgreSQL allows only immutable functions in an index, and to_char() is not'],
    ["datetime('now')", 'PostgreSQL allows only immutable functions in an index, and the present time is not'],
    ['random()', 'PostgreSQL allows only immutable functions in an index, and random() is not'],
    ['hex(name)', 'PostgreSQL allows only immutable functions in an index, and convert_to() is not'],
  ])('%s', (text, reason) => {
    expect(translateExpression(text, scope, 'index')).toEqual({ ok: false, reason })
  })
})

describe('parts of indexes', () => {
  test.each([
    ['lower(email)', 'lower("email")'],
    ['substr(name, 0, 10)', 'substr("name", 0, 10)'],
    ['length(name)', 'length("name")'],
    ['id > 5', '"id" > 5'],
    [
      'json_array_length(config)',
      `case when jsonb_typeof("config") = 'array' then jsonb_array_length("config") when "config" is not null then 0 end`,
    ],
    ["name || ' ' || email", `("name" || ' ') || "email"`],
    ["json_extract(config, '$.a') = 'x'", `("config" #>> '{"a"}') = 'x'`],
  ])('%s', (text, sql) => {
    expect(translateExpression(text, scope, 'index')).toMatchObject({ ok: true, sql })
  })
})

describe('notes say what is not exactly the same', () => {
  test.each([
    ["rel_many_unique = '[]'", 'JSON is compared by its content, where SQLite compared the texts'],
    ["created_at > '2024-01-01'", 'times are compared as points in time, where SQLite compared the texts'],
    ['UnitPrice * 2 > 5', 'decimal numbers are calculated exactly, where SQLite calculates in binary floating point'],
  ])('%s', (text, note) => {
    expect(translateExpression(text, scope, 'check')).toMatchObject({ ok: true, notes: [note] })
  })

  test('nothing is noted where nothing differs', () => {
    expect(translateExpression('id > 5', scope, 'check')).toMatchObject({ ok: true, notes: [] })
  })

  test('an index folds case as queries will', () => {
    expect(translateExpression('lower(email)', scope, 'index')).toMatchObject({
      notes: ['lower() also folds letters beyond ASCII, as queries will; in SQLite it does not'],
    })
  })
})

describe('a text column is compared with a number', () => {
  const withAffinity = (affinity: 'text' | 'blob' | null): ExpressionScope => ({
    column: (name) => ({ target: name, type: 'text', collation: null, timeUnit: null, affinity }),
  })

  test('as texts where its affinity is TEXT', () => {
    expect(translateExpression('a = 1', withAffinity('text'), 'check')).toMatchObject({ ok: true, sql: `"a" = '1'` })
  })

  test('not at all where it has none or where that is not known', () => {
    expect(translateExpression('a = 1', withAffinity('blob'), 'check')).toMatchObject({ ok: false })
    expect(translateExpression('a = 1', withAffinity(null), 'check')).toMatchObject({ ok: false })
  })
})

describe('a generated column has the type of its column', () => {
  test.each([
    ["id || 'x'", 'text', `"id"::text || 'x'`],
    ['id > 5', 'bigint', '("id" > 5)::integer'],
    ['id > 5', 'boolean', '"id" > 5'],
    ['id * 2', 'text', '("id" * 2)::text'],
    ['UnitPrice * id', 'numeric', '"UnitPrice" * "id"'],
    [
      "json_extract(config, '$.name')",
      'text',
      `case "config" #> '{"name"}' when 'true'::jsonb then '1' when 'false'::jsonb then '0' else "config" #>> '{"name"}' end`,
    ],
  ])('%s AS %s', (text, type, sql) => {
    expect(translateGenerated(text, type, scope)).toMatchObject({ ok: true, sql, type })
  })

  test('and is refused where a value would not fit', () => {
    expect(translateGenerated('name', 'bigint', scope)).toEqual({
      ok: false,
      reason: 'it gives name (text), and the column is bigint',
    })
  })

  test('and does not use another generated column', () => {
    const generated: ExpressionScope = {
      column: (name) => ({ target: name, type: 'bigint', collation: null, timeUnit: null, generated: true }),
    }
    expect(translateGenerated('a + 1', 'bigint', generated)).toEqual({
      ok: false,
      reason: 'it uses a, which is a generated column too',
    })
  })
})
