import { expect, test } from 'vitest'
import { givenDatabase, query } from '../../../../test/support/postgres.ts'
import { connect } from '../connection/postgres-connection.ts'
import { columnChanges, readStructures, structureChanges } from './relation-structure.ts'

const changes = [
  ['alter table t add w int', 'column "w" was added'],
  ['alter table t drop v', 'column "v" was dropped'],
  ['alter table t alter v type varchar(9)', 'column "v" was changed'],
  [`alter table t alter v set default 'x'`, 'column "v" was changed'],
  ['alter table t alter v set not null', 'column "v" was changed'],
  ['alter table t rename v to w', 'column "w" was added, column "v" was dropped'],
  ['alter table t drop constraint t_pkey', 'constraint "t_pkey" was dropped'],
  ['alter table t add constraint c check (id > 0)', 'constraint "c" was added'],
  ['create index i on t(v)', 'index "i" was added'],
  [
    'create table child(t_id bigint references t)',
    'foreign key of another table "public.child child_t_id_fkey" was added',
  ],
  ['create view report as select count(*) from t', 'view on it, "public.report" was added'],
  [
    'create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger tr before insert on t for each row execute function f()',
    'trigger "tr" was added',
  ],
  ['create rule r as on delete to t do also select 1', 'rule "r" was added'],
  ['alter table t enable row level security', 'setting "row level security" was added'],
  ['create policy p on t using (true)', 'policy "p" was added'],
  ['alter table t set (fillfactor = 50)', 'setting "storage" was changed'],
  ['alter table t replica identity full', 'setting "replica identity" was changed'],
  ['grant select on t to pg_monitor', 'grant to "pg_monitor" was added'],
  ['grant update (v) on t to pg_monitor', 'grant on column "v" was added'],
  [`comment on table t is 'ours'`, 'comment on "t" was added'],
  [`comment on column t.v is 'ours'`, 'comment on "v" was added'],
  ['create statistics s on id, v from t', 'statistics "s" was added'],
  ['create publication p for table t', 'publication "p" was added'],
  ['create table heir() inherits (t)', 'child table "public.heir" was added'],
  [`create or replace view seen as select id, v, 1 as more from u`, 'query of "seen" was changed'],
  ['grant select on seen to pg_monitor', 'grant to "pg_monitor" was added'],
] as const

test('every object that a drop would take with it is seen, by name', async () => {
  await using database = await givenDatabase()
  await query(
    database.url,
    'create table t(id bigint primary key, v text); create table u(id bigint, v text); create view seen as select id, v from u',
  )
  await using client = await connect(database.url, { signal: new AbortController().signal, what: 'the target' })
  const read = () => readStructures(client, 'public', ['t', 'seen'])
  const before = await read()
  const found: (readonly [sql: string, says: string])[] = []
  for (const [sql] of changes) {
    await client.query(`begin; set local search_path = public; ${sql}; set local search_path = ''`)
    const now = await read()
    await client.query('rollback')
    const seen = [...before].flatMap(([name, structure]) => {
      const current = now.get(name)
      return current ? structureChanges(structure, current) : [`${name} is gone`]
    })
    found.push([sql, seen.join(', ')])
  }
  expect(found).toEqual(changes.map(([sql, says]) => [sql, expect.stringContaining(says) as string]))
  expect(await read()).toEqual(before)
})

test('of what stays when only rows are replaced, the columns count', async () => {
  await using database = await givenDatabase()
  await query(database.url, 'create table t(id bigint primary key, v text)')
  await using client = await connect(database.url, { signal: new AbortController().signal, what: 'the target' })
  const read = async () => (await readStructures(client, 'public', ['t'])).get('t')
  const before = await read()
  await query(database.url, 'create index i on t(v); alter table t alter v set not null; grant select on t to public')
  const indexed = await read()
  await query(database.url, 'alter table t add w int, alter v type varchar(9)')
  const altered = await read()
  expect(before && indexed && columnChanges(before, indexed)).toEqual([])
  expect(before && altered && columnChanges(before, altered)).toEqual([
    'column "w" was added',
    'column "v" was changed',
  ])
})

test('what another major version prints otherwise is no change', () => {
  const relation = (printedBy: number, query: string, rights: string) => ({
    kind: 'v',
    owner: 'o',
    printedBy,
    parts: [
      { kind: 'query of', name: 'v', definition: query },
      { kind: 'grant to', name: 'app', definition: rights },
    ],
  })
  const before = relation(
    15,
    ' SELECT t.id,\n    t.v\n   FROM public.t\n  WHERE (t.id > 1);',
    'INSERTfalse SELECTfalse',
  )
  const same = relation(
    18,
    ' SELECT id,\n    v\n   FROM public.t\n  WHERE (id > 1);',
    'INSERTfalse MAINTAINfalse SELECTfalse',
  )
  const other = relation(18, ' SELECT id,\n    v\n   FROM public.t\n  WHERE (id > 2);', 'INSERTfalse SELECTfalse')
  expect(structureChanges(before, same)).toEqual([])
  expect(structureChanges(before, other)).toEqual(['query of "v" was changed'])
  expect(structureChanges({ ...before, printedBy: 18 }, same)).toHaveLength(2)
})
