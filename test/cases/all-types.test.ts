import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { migrate, type Report } from '../../src/index.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { readIssueFile } from '../support/run-cli.ts'
import { allowedForms } from './all-types-forms.ts'

/**
 * Every type that a column can have, filled with the same values: each value arrives as it was written, or in a form that the list of `all-types-forms.ts` allows, or
 * is listed. The converters have no part in the judgement.
 */

/** SQL literals of SQLite. */
const literals = [
  ...'0 1 -1 5 90 101 2024 1234567890123 -9223372036854775808 90000000'.split(' '),
  ...'0.1 1.239 -0.5 19.999 1e300 2.5 9e999 -0.0'.split(' '),
  ...['now', 'today', 'yesterday', 'tomorrow', 'infinity', '-infinity', 'epoch', 'allballs', 'empty'].map(quote),
  ...['', 'a', 'abcdefgh', 'Yes', 't', 'NULL', 'NaN', 'true', '007', '1e5', '0x1F', '1_000', '12.50', '-', '+5'].map(
    quote,
  ),
  ...[' padded ', 'x'.repeat(80), 'tab\there', 'back\\slash', 'quo"te', "apo''s"].map((text) => `'${text}'`),
  ...['1.02:03:04', '1 day', '2 hours ago', 'P1DT2H', '90 minutes', '10:00', '10:00:00.987654321', '25:61:61'].map(
    quote,
  ),
  ...['10:00:00+02', '10:00:00.5-03:30', '24:00:00', '2024-01-01', '2024-02-30', '01/02/2024', '20240101'].map(quote),
  ...[
    '2024-01-01 10:00:00.987654',
    '2024-01-01T10:00:00Z',
    '2024-01-01 10:00:00+05',
    '0001-01-01',
    '1970-01-02 02:03:04',
  ].map(quote),
  ...[
    '{}',
    '{1,2}',
    '{1, 2}',
    '{1.239,2}',
    '{a,b}',
    '{abcdefgh,xy}',
    '{now}',
    '{NULL,1}',
    '{"a b",c}',
    '{{1,2},{3,4}}',
  ].map(quote),
  ...[
    '{2024-01-01 10:00:00.9}',
    '{10:00:00.9}',
    '{true,f}',
    '[1,2]',
    '["a","b"]',
    '[1.239]',
    '[null]',
    '[]',
    '[0:1]={5,6}',
  ].map(quote),
  ...['[1,5]', '(1,5)', '[5,1]', '[now,]', '[2024-01-01,2024-01-05]', '[1.5,2.5)', '(,)', '{[1,3),[5,7]}', '[a,b]'].map(
    quote,
  ),
  ...['10', '10101010', '102', '10.0.0.1', '10.0.0.1/8', '10.0.0.0/8', '::1', '2001:DB8::1', '300.1.1.1'].map(quote),
  ...[
    '08:00:2b:01:02:03',
    '08002b010203',
    '0800.2b01.0203',
    '08-00-2B-01-02-03-04-05',
    '$1.00',
    '$1,234.567',
    '-5.005',
  ].map(quote),
  ...['(1,2)', '1,2', '((1,2),(3,4))', '<(1,2),3>', '{1,2,3}', '(1, 2, 3)', '(1,abc)', '(now,1)'].map(quote),
  ...[
    'a=>1',
    '"k"=>"v"',
    'a=>1, a=>2',
    '{"a": 1, "b": null}',
    '{"b":1,"a":2}',
    '{"a":1,"a":2}',
    '<a/>',
    '<a>',
    'a & b',
  ].map(quote),
  ...[
    'word two word',
    'top.sub',
    'a.b.c',
    '978-0-306-40615-7',
    '0306406152',
    '1~5',
    '1.0 .. 2.00',
    '16/B374D848',
    '10:20:10,15',
  ].map(quote),
  ...['6b1c9a04-6f2e-4f6e-9f0e-1d2c3b4a5f60', 'pg_class', 'happy', 'postgres=r/postgres'].map(quote),
  // Bytes as PostgreSQL writes them inside an array.
  String.raw`'{"\\x00ff"}'`,
  `x''`,
  `x'00ff'`,
  `x'616263'`,
]

function quote(text: string): string {
  return `'${text}'`
}

/** With modifiers, and what a user makes: types that cut or round without a word when a value is cast. */
const furtherTypes = [
  'varchar(3)',
  'char(4)',
  'bit(4)',
  'varbit(4)',
  'bit varying',
  'numeric(5,2)',
  'numeric(3,0)',
  'interval(0)',
  'interval year',
  'interval(2)',
  'timestamp(0)',
  'timestamptz(3)',
  'time(0)',
  'timetz(0)',
  'interval day to second(1)',
  'varchar(3)[]',
  'char(4)[]',
  'bit(4)[]',
  'numeric(5,2)[]',
  'timestamp(0)[]',
  'time(0)[]',
  'timetz(0)[]',
  'interval(0)[]',
  'timestamptz(0)[]',
]

const madeTypes = `
create type mood as enum ('happy', 'sad', 'Yes', 'a');
create type pair as (n int, t varchar(2));
create type dated as (d date, n int);
create domain small as int check (value < 100);
create domain short as varchar(3);
create domain shorts as varchar(3)[];
create domain mooddom as mood;
create domain moment as timetz(0);
create domain day_list as date[];
create domain precise as interval(0) not null;
create type moodrange as range (subtype = mood);`

/** Types whose input functions refuse every text; a test of their own shows that they are refused before the load. */
const withoutInput = new Set([
  'pg_node_tree',
  'pg_ndistinct',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
])

test(
  'no type takes a value that it does not print as it was written, unless it is listed',
  { timeout: 400_000 },
  async () => {
    await using database = await givenDatabase()
    const folder = givenFolder()
    const types = await makeTarget(database.url)
    const source = `${folder}/all.db`
    makeSource(source, types.length)
    const report = await migrate({ source, target: database.url, cwd: folder, config: { parallel: 2 } })
    expect(report.failure).toBeNull()
    expect({ exitCode: report.exitCode, status: report.status }, report.verdict).toEqual({
      exitCode: 5,
      status: 'completed_with_rejects',
    })
    const silent = await findSilent(database.url, { types, report, source })
    expect(silent.join('\n')).toBe('')
    expect(types.length).toBeGreaterThan(200)
  },
)

/** One table per type: `t0`, `t1`, … with the values in `v`. */
async function makeTarget(url: string): Promise<string[]> {
  await query(url, madeTypes)
  for (const { name } of await query(
    url,
    `select name from pg_available_extensions where name in ('citext', 'hstore', 'ltree', 'cube', 'seg', 'isn', 'intarray', 'pg_trgm')`,
  )) {
    await query(url, `create extension ${name}`)
  }
  const found = await query(
    url,
    `select format_type(t.oid, null) as type from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
     where n.nspname in ('pg_catalog', 'public') and t.typtype in ('b', 'd', 'e', 'c', 'r', 'm') and (t.typrelid = 0 or c.relkind = 'c')
       and not (t.typelem <> 0 and t.typcategory = 'A' and exists (select 1 from pg_type e left join pg_class k on k.oid = e.typrelid
         where e.oid = t.typelem and (e.typtype = 'p' or (e.typrelid <> 0 and k.relkind <> 'c'))))
     order by t.oid`,
  )
  const types: string[] = []
  for (const type of [...found.map((row) => row['type'] ?? ''), ...furtherTypes]) {
    const bare = type.replace(/\[\]$/, '').replace(/^.*\./, '')
    if (withoutInput.has(bare) || /^(gtsvector|ghstore|gtrgm|ltree_gist|intbig_gkey|gbtreekey.*)$/.test(bare)) continue
    await query(url, `create table t${types.length} (id int primary key, v ${type})`)
    types.push(type)
  }
  return types
}

function makeSource(path: string, tables: number): void {
  const db = new DatabaseSync(path)
  const values = literals.map((literal, at) => `(${at}, ${literal})`).join(', ')
  db.exec('begin')
  for (let table = 0; table < tables; table++) {
    db.exec(`create table t${table} (id integer primary key, v blob); insert into t${table} values ${values}`)
  }
  db.exec('commit')
  db.close()
}

/** Values that are neither as they were written, nor in an allowed form, nor listed. */
async function findSilent(
  url: string,
  { types, report, source }: { readonly types: readonly string[]; readonly report: Report; readonly source: string },
): Promise<string[]> {
  const listed = listedRows(report)
  const written = writtenValues(source)
  const silent: string[] = []
  const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: unknown) => text } })
  await client.connect()
  try {
    await client.query(
      `set timezone = 'UTC'; set intervalstyle = 'postgres'; set datestyle = 'ISO, YMD'; set lc_monetary = 'C'`,
    )
    for (const [table, type] of types.entries()) {
      const { rows } = await client.query<{ id: string; v: string | null }>(`select id, v::text as v from t${table}`)
      const held = new Map(rows.map(({ id, v }) => [Number(id), v]))
      for (const [id, text] of written.entries()) {
        if (listed.has(`t${table} ${id}`)) continue
        const printed = held.get(id)
        if (printed === undefined) silent.push(`${type}: ${JSON.stringify(text)} is missing`)
        else if (printed !== text && !isAllowed(type, text, printed))
          silent.push(`${type}: ${JSON.stringify(text)} → ${JSON.stringify(printed)}`)
      }
    }
  } finally {
    await client.end()
  }
  return silent
}

function listedRows({ files }: Report): Set<string> {
  const lines = [...readIssueFile(files.rejects), ...readIssueFile(files.altered)]
  return new Set(lines.map(({ table, key }) => `${table} ${key['id']}`))
}

/** As SQLite itself prints them; blobs as text where they are text, else in hexadecimal digits. */
function writtenValues(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db
    .prepare(
      `select case typeof(v) when 'blob' then '\\x' || lower(hex(v)) else cast(v as text) end as v from t0 order by id`,
    )
    .all()
  db.close()
  return rows.map((row) => String(row['v']))
}

function isAllowed(type: string, text: string, printed: string | null): boolean {
  return printed !== null && allowedForms.some((form) => form.types.test(type) && form.same(text, printed))
}

test.each(['pg_node_tree', 'pg_mcv_list'])(
  'a table with a column of %s is refused before anything is loaded',
  async (type) => {
    await using database = await givenDatabase()
    const folder = givenFolder()
    await query(database.url, `create table other (id int primary key); create table t (id int primary key, v ${type})`)
    const source = `${folder}/one.db`
    const db = new DatabaseSync(source)
    db.exec(
      `create table other (id integer primary key); insert into other values (1); create table t (id integer primary key, v text); insert into t values (1, 'x')`,
    )
    db.close()
    await expect(migrate({ source, target: database.url, cwd: folder })).rejects.toMatchObject({
      code: 'CATALOG_UNSUPPORTED',
      message: expect.stringContaining(type) as string,
    })
    expect(await query(database.url, 'select id from other')).toEqual([])
  },
)
