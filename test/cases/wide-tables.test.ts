import { expect, test } from 'vitest'
import { type ConfigInput, migrate, plan, verify } from '../../src/index.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { readIssueFile } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

const types = ['int', 'text', 'real', 'blob', 'json', 'date']
const values = ['7', `'${'wörter '.repeat(6)}'`, '2.5', "x'00ff10'", `'{"a": 1}'`, "'2024-02-29'"]

/** A table with all kinds of columns, each with a value that PostgreSQL keeps in its row. */
function wideSql(table: string, count: number, { key, tail = '' }: { key: string | null; tail?: string }): string {
  const columns = Array.from(
    { length: count - (key === null ? 0 : 1) },
    (_, at) => `c${at} ${types[at % types.length]}`,
  )
  const row = (id: number) => [
    ...(key === null ? [] : [String(id)]),
    ...columns.map((_, at) => values[at % values.length]),
  ]
  const body = [...(key === null ? [] : [`id ${key}`]), ...columns].join(', ')
  return `create table ${table}(${body}) ${tail}; insert into ${table} values (${row(1).join(', ')}), (${row(2).join(', ')});`
}

const split = { wideTables: 'split' } satisfies ConfigInput

async function partsOf(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select relname || ' ' || count(*) filter (where attnum > 0) as part from pg_class c join pg_attribute a on attrelid = c.oid
     where relnamespace = 'public'::regnamespace and relkind = 'r' group by relname order by relname`,
  )
  return rows.map(({ part }) => part ?? '')
}

test('a table of 2,000 columns is refused with a remedy that carries it, keys and all', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(`${wideSql('t', 2000, { key: 'integer primary key autoincrement' })}
    update t set c6 = id, c1801 = 'u' || id; create unique index late on t(c1801); create index across on t(c6, c1801);
    create table child(id integer primary key, t int references t, u text references t(c1801));
    insert into child values (1, 2, 'u1'); create view v as select id, c6 from t`)
  const options = { source, target: target.url, cwd: givenFolder() }
  await expect(migrate(options)).rejects.toMatchObject({
    code: 'CATALOG_TOO_MANY_COLUMNS',
    remedy: expect.stringContaining('--wide-tables split') as string,
  })
  const report = await migrate({ ...options, config: split })
  expect(report).toMatchObject({ exitCode: 0, failure: null })
  const codes = report.warnings.map(({ code, message }) => `${code}: ${message}`)
  expect(codes).toContainEqual(
    expect.stringMatching(/^table-split: t is carried as 5 tables: t \(\d+ columns\), t_2.*id joins/),
  )
  const parts = await partsOf(target.url)
  expect(parts.map((part) => part.split(' ')[0])).toEqual(['child', 't', 't_2', 't_3', 't_4', 't_5'])
  const [sum] = await query(
    target.url,
    `select t.c6, c1801, c1997 from t join t_2 using (id) join t_3 using (id) join t_4 using (id) join t_5 using (id)
     where id = 2`,
  )
  expect(sum).toEqual({ c6: '2', c1801: 'u2', c1997: values[1997 % 6]?.replaceAll("'", '') })
  const keys = await query(
    target.url,
    `select pg_get_constraintdef(oid) as key from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by 1`,
  )
  expect(keys.map(({ key }) => key)).toEqual([
    ...Array.from({ length: 4 }, () => 'FOREIGN KEY (id) REFERENCES t(id) ON UPDATE CASCADE ON DELETE CASCADE'),
    'FOREIGN KEY (t) REFERENCES t(id)',
    'FOREIGN KEY (u) REFERENCES t_4(c1801)',
  ])
  const left = report.objects.filter(({ outcome }) => outcome === 'not-carried').map(({ name }) => name)
  expect(left).toEqual(['across'])
  await query(target.url, 'delete from child; delete from t where id = 1')
  expect(await query(target.url, 'select count(*) from t_5')).toEqual([{ count: '1' }])
}, 60_000)

test.each<[what: string, sql: string, parts: RegExp, config?: ConfigInput]>([
  ['without a key, by its rowid', wideSql('t', 1610, { key: null }), /^t \d+,t_2 \d+,t_3 \d+,t_4 \d+$/],
  [
    'WITHOUT ROWID of a UTF-16 file',
    `pragma encoding = 'UTF-16le'; ${wideSql('t', 1700, { key: 'text primary key', tail: 'without rowid' })}`,
    /^t \d+,t_2 /,
  ],
  [
    'whose key can be NULL, beside a table t_2',
    `${wideSql('t', 1700, { key: 'text primary key' })} update t set id = null where id = '1'; create table t_2(a); insert into t_2 values (5)`,
    /^t \d+,t_2 1,t_2_part \d+,t_3 \d+/,
  ],
  [
    'under another name, without a column',
    wideSql('t', 1700, { key: 'integer primary key' }),
    /^w \d+,w_2 \d+/,
    {
      tables: { t: { rename: 'w', columns: { c3: { exclude: true }, c1690: { rename: 'last' } } } },
    },
  ],
])(
  'a wide table %s is carried and compared',
  async (_, sql, parts, config) => {
    await using target = await givenDatabase()
    const source = givenSqlite(sql)
    const options = { source, target: target.url, cwd: givenFolder(), config: { ...split, ...config } }
    expect(await migrate(options)).toMatchObject({ exitCode: 0, failure: null, totals: { rejected: 0 } })
    const found = await partsOf(target.url)
    expect(found.join(',')).toMatch(parts)
    expect(await verify(options)).toMatchObject({ exitCode: 0 })
  },
  60_000,
)

test('rows that no page holds are listed, verify counts them, and split carries them', async () => {
  await using target = await givenDatabase()
  const columns = Array.from({ length: 400 }, (_, at) => `c${at} text`)
  const source = givenSqlite(`create table n(id integer primary key, ${columns.join(', ')});
    insert into n(id) values (1); insert into n values (2, ${columns.map(() => `'twenty characters, so'`).join(', ')})`)
  const options = { source, target: target.url, cwd: givenFolder() }
  const report = await migrate(options)
  expect(report).toMatchObject({ exitCode: 5, totals: { loaded: 1, rejected: 1 } })
  expect(readIssueFile(report.files.rejects)).toMatchObject([
    { key: { id: 2 }, reason: expect.stringMatching(/too big/) as string },
  ])
  expect(await verify(options)).toMatchObject({ exitCode: 6, failure: null })
  await query(target.url, 'drop table n')
  expect(await migrate({ ...options, config: split })).toMatchObject({ exitCode: 0, totals: { rejected: 0 } })
  await query(target.url, `update n_2 set c399 = 'changed' where id = 2`)
  expect(await verify({ ...options, config: split })).toMatchObject({ exitCode: 6 })
}, 60_000)

test('a table whose numbers alone fill a page is told beforehand', async () => {
  const columns = Array.from({ length: 1030 }, (_, at) => `c${at} int`)
  const source = givenSqlite(`create table n(id integer primary key, ${columns.join(', ')})`)
  const { warnings } = await plan({ source, cwd: givenFolder() })
  const told = { code: 'rows-may-not-fit', remedy: expect.stringContaining('--wide-tables split') as string }
  expect(warnings).toEqual([expect.objectContaining(told)])
})
