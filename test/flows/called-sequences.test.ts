import { expect, test } from 'vitest'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, latestReport, runCli } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** Table, the sequence that the application calls, and the value that it gets next; every table has keys 1, 7 and 130. */
const cases: readonly (readonly [table: string, sequence: string, next: number])[] = [
  ['doctrine_tag', 'doctrine_tag_id_seq', 131],
  ['app_entry', 'entry_id_seq', 131],
  ['people', 'people_seq increment 50', 201],
  ['orders', 'order_seq increment by 50 start 1', 201],
  ['orm_user', 'seq_orm_user', 131],
  ['oracle', 'oracle_s', 131],
  ['bird', 'gen_bird_id', 131],
  ['cities', '"CITY_SEQ"', 131],
  ['ahead', 'ahead_seq start 1000', 1000],
  ['odd', 'odd_seq increment 2 start 1', 133],
  ['block', 'block_id_seq increment 10 start 5 cache 20', 145],
  ['down', 'down_seq increment -1 minvalue -1000 maxvalue 500 start 500', 0],
  ['late', 'late_numbers', 131],
  ['owned', 'owned_numbers', 131],
]

const sharing = ['first', 'second']
const ambiguous = ['a_part', 'b_part']

test('sequences that only the application calls go on after the values of the column that their name tells', async () => {
  await using database = await givenDatabase()
  const tables = [...cases.map(([table]) => table), ...sharing, ...ambiguous]
  await query(
    database.url,
    `create schema app; set search_path to app;
     ${cases.map(([, sequence]) => `create sequence ${sequence};`).join('\n')}
     create sequence hibernate_sequence increment 1; create sequence part_seq; create sequence invoice_numbers;
     ${tables.map((table) => `create table ${table}(id bigint primary key, v text);`).join('\n')}
     alter table late alter id set default nextval('app.late_numbers'::text);
     alter sequence owned_numbers owned by owned.id;
     create table elsewhere(id bigint primary key, v text); insert into elsewhere values (5000, null);
     create table numbered(id serial primary key, v text);`,
  )
  const rows = tables.map(
    (table) =>
      `create table ${table}(id integer primary key, v text); insert into ${table} values (1, 'a'), (7, 'b'), (130, 'c');`,
  )
  const path = givenSqlite(
    `${rows.join('\n')} create table numbered(id integer primary key, v text); insert into numbered values (9, 'x')`,
  )
  const run = await runCli(['migrate', path, database.url, '--schema', 'app'])
  assertExit(run, 0)
  const next: Record<string, number> = {}
  for (const [, sequence] of cases) {
    const name = sequence.split(' ')[0] ?? ''
    const [row] = await query(database.url, `select nextval('app.${name}') as next`)
    next[sequence] = Number(row?.['next'])
  }
  expect(next).toEqual(Object.fromEntries(cases.map(([, sequence, expected]) => [sequence, expected])))
  const [others] = await query(
    database.url,
    `select nextval('app.hibernate_sequence') as shared, nextval('app.part_seq') as part, nextval('app.invoice_numbers') as unused, nextval('app.numbered_id_seq') as serial`,
  )
  // The shared one goes beyond a table that is not carried, too.
  expect(others).toEqual({ shared: '5001', part: '1', unused: '1', serial: '10' })
  const { warnings } = latestReport(run.cwd)
  const said = (code: string): string[] =>
    warnings.filter((warning) => warning.code === code).map(({ message }) => message)
  expect(said('sequence-assumed')).toHaveLength(cases.length)
  expect(said('sequence-assumed').join('\n')).toMatch(/app\.people_seq \(increment 50\) .* app\.people\.id: /)
  const remedies = warnings.flatMap(({ code, remedy }) => (code === 'sequence-unmatched' && remedy ? [remedy] : []))
  expect(remedies).toHaveLength(1)
  await query(database.url, remedies[0]?.replace(/^Where.*?: /, '') ?? '')
  expect(await query(database.url, `select nextval('app.part_seq') as next`)).toEqual([{ next: '131' }])
  expect(said('sequence-unmatched')).toEqual([
    expect.stringMatching(/part_seq stays where it is: .* fits app\.a_part\.id and app\.b_part\.id\./),
    expect.stringMatching(/invoice_numbers stays where it is: .* fits no table/),
  ])
})

test('a second run leaves them where the application took them', async () => {
  await using database = await givenDatabase()
  await query(database.url, `create table t(id int primary key); create sequence t_seq; select setval('t_seq', 400)`)
  const path = givenSqlite('create table t(id integer primary key); insert into t values (3)')
  assertExit(await runCli(['migrate', path, database.url]), 0)
  assertExit(await runCli(['migrate', path, database.url, '--strategy', 'overwrite']), 0)
  expect(await query(database.url, `select nextval('t_seq') as next`)).toEqual([{ next: '401' }])
})
