import { describe, expect, test } from 'vitest'
import { type ConfigInput, type Report, RowferryError } from '../../src/index.ts'
import { assertRows } from '../support/assert-rows.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { migrateHere } from '../support/library-runs.ts'
import { givenDatabase, type GivenDatabase, query } from '../support/postgres.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** A user without privileges of a superuser, which no policy and no missing right would stop. */
const user = 'rowferry_test_loader'

async function givenTarget(setup: string): Promise<GivenDatabase & { readonly userUrl: string }> {
  const database = await givenDatabase()
  await query(
    database.url,
    `do $$ begin create role ${user} login password 'x'; exception when duplicate_object then null; end $$;
     alter role ${user} nobypassrls;
     grant create on database ${database.name} to ${user}; grant create on schema public to ${user}; ${setup}`,
  )
  const url = new URL(database.url)
  url.username = user
  url.password = 'x'
  return { ...database, userUrl: url.href }
}

const run = (source: string, url: string, config: ConfigInput = {}): Promise<Report | RowferryError> =>
  migrateHere({ source, url, config })

const people = `create table people(id integer primary key, name text); insert into people values (1, 'ann')`
const target = 'create table people(id bigint primary key, name text)'

describe('a table that cannot be loaded', () => {
  const refusals = [
    {
      what: 'row-level security of a table of another user',
      setup: `${target}; grant all on people to ${user}; alter table people enable row level security; create policy p on people using (name = current_user)`,
      says: `Row-level security of people applies to user ${user}`,
    },
    {
      what: 'row-level security that its owner is subject to',
      setup: `set role ${user}; ${target}; alter table people enable row level security; alter table people force row level security; reset role`,
      says: `Row-level security of people applies to user ${user}`,
    },
    {
      what: 'a table that the user may not read',
      setup: `${target}; insert into people values (7, 'theirs')`,
      says: `User ${user} may not read the table people, so rowferry cannot tell whether it has rows`,
      strategy: 'merge',
    },
    {
      what: 'a table that the user may only read',
      setup: `${target}; grant select on people to ${user}`,
      says: `User ${user} may not insert into the table people`,
    },
    {
      what: 'a table that the user may not update, by strategy merge',
      setup: `${target}; insert into people values (7, 'theirs'); grant select, insert on people to ${user}`,
      says: `User ${user} may not update the table people`,
      strategy: 'merge',
    },
    {
      what: 'a table that the user may not truncate, by strategy replace',
      setup: `${target}; insert into people values (7, 'theirs'); grant select, insert on people to ${user}`,
      says: `User ${user} may not truncate the table people`,
      strategy: 'replace',
    },
  ] as const
  test.each(refusals)('because of $what is refused; the SQL of the remedy makes it work', async (given) => {
    await using database = await givenTarget(given.setup)
    const config = 'strategy' in given ? { strategy: given.strategy } : {}
    const source = givenSqlite(people)
    const before = await dumpTarget(database.url)
    const first = await run(source, database.userUrl, config)
    expect(first).toMatchObject({
      code: 'CATALOG_PERMISSION',
      message: expect.stringContaining(given.says) as string,
    })
    expect(await dumpTarget(database.url), 'nothing has changed').toEqual(before)
    // One remedy may lead to the next, as from reading to updating.
    for (let end = first, left = 3; end instanceof RowferryError && left > 0; left--) {
      await query(database.url, /(grant|alter) .*;/.exec(end.remedy ?? '')?.[0] ?? 'no statement')
      end = await run(source, database.userUrl, config)
    }
    await assertRows(database.url, 'select id, name from people where id = 1', [[1, 'ann']])
  })

  const lying = [
    { what: 'view', name: 'people', setup: 'create view people as select 1 as id' },
    { what: 'view', name: 'People', setup: 'create view "People" as select 1 as id' },
    { what: 'view', name: 'our_people', source: 'OurPeople', setup: 'create view our_people as select 1 as id' },
    { what: 'materialized view', name: 'people', setup: 'create materialized view people as select 1 as id' },
    { what: 'sequence', name: 'people', setup: 'create sequence people' },
    { what: 'sequence', name: 'people', setup: 'create table other(id int); create sequence people owned by other.id' },
    { what: 'composite type', name: 'people', setup: 'create type people as (id int)' },
    {
      what: 'foreign table',
      name: 'people',
      setup:
        'create foreign data wrapper w; create server s foreign data wrapper w; create foreign table people(id int) server s',
    },
  ] as const
  test.each(lying)('because a $what $name lies there is refused, and nothing is changed', async (given) => {
    await using database = await givenTarget(given.setup)
    const table = 'source' in given ? given.source : 'people'
    const before = await dumpTarget(database.url)
    expect(await run(givenSqlite(people.replaceAll('people', table)), database.url)).toMatchObject({
      code: 'CATALOG_UNSUPPORTED',
      message: expect.stringContaining(given.what) as string,
      remedy: expect.stringContaining(`--exclude ${table}`) as string,
    })
    expect(await dumpTarget(database.url)).toEqual(before)
  })

  test('because a view lies there can go elsewhere, be left out or be renamed, as the remedy says', async () => {
    await using database = await givenTarget('create view people as select 1 as id')
    const source = givenSqlite(`${people}; create table more(id integer primary key)`)
    expect(await run(source, database.url, { exclude: ['people'] })).toMatchObject({ exitCode: 0 })
    expect(await run(source, database.url, { schema: 'another_name' })).toMatchObject({ exitCode: 0 })
    const tables = { people: { rename: 'another_name' } }
    expect(await run(source, database.url, { tables })).toMatchObject({ exitCode: 0 })
    await assertRows(database.url, 'select count(*) from public.another_name', [[1]])
  })

  test('is told with all others of its kind in one refusal', async () => {
    await using database = await givenTarget(`${target}; create view pets as select 1 as id`)
    const end = await run(givenSqlite(`${people}; create table pets(id integer)`), database.userUrl)
    expect(end).toMatchObject({
      code: 'CATALOG_PERMISSION',
      message: expect.stringMatching(/may not read the table people.*view pets/) as string,
    })
  })
})

test('a table of an earlier run is refused for the same reasons', async () => {
  await using database = await givenTarget(`set role ${user}; ${target}; reset role`)
  const source = givenSqlite(people)
  expect(await run(source, database.userUrl)).toMatchObject({ exitCode: 0 })
  await query(database.url, 'alter table people enable row level security; alter table people force row level security')
  expect(await run(source, database.userUrl)).toMatchObject({ message: expect.stringContaining('Row-level') as string })
  await query(database.url, `alter table people disable row level security; revoke select on people from ${user}`)
  expect(await run(source, database.userUrl)).toMatchObject({
    message: expect.stringContaining('may not read') as string,
  })
})

describe('a table that can be loaded', () => {
  test('is one with policies that do not apply to the user', async () => {
    await using database = await givenTarget(
      `set role ${user}; ${target}; alter table people enable row level security; create policy p on people using (false); reset role`,
    )
    expect(await run(givenSqlite(people), database.userUrl), 'its owner').toMatchObject({ exitCode: 0 })
    expect(await run(givenSqlite(people), database.url, { strategy: 'replace' }), 'a superuser').toMatchObject({
      exitCode: 0,
    })
    await assertRows(database.url, 'select count(*) from people', [[1]])
  })

  test('is a partitioned one, by every strategy; a row without a partition is rejected', async () => {
    await using database = await givenTarget(
      `create table events(id bigint, at timestamptz not null, note text, primary key (id, at)) partition by range (at);
       create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01')`,
    )
    const source = givenSqlite(
      `create table events(id integer primary key, at datetime not null, note text);
       insert into events values (1, '2024-01-15 10:00:00', 'in'), (2, '2024-02-15 10:00:00', 'in'), (3, '1999-01-01 00:00:00', 'out')`,
    )
    expect(await run(source, database.url)).toMatchObject({ exitCode: 5, totals: { loaded: 2, rejected: 1 } })
    await query(database.url, `update events_2024 set note = 'edited' where id = 1`)
    expect(await run(source, database.url)).toMatchObject({
      code: 'CATALOG_TARGET_CHANGED',
      message: expect.stringContaining('events: 2 rows, rowferry loaded 2') as string,
    })
    for (const strategy of ['skip', 'merge', 'overwrite', 'replace'] as const) {
      expect(await run(source, database.url, { strategy }), strategy).toMatchObject({ exitCode: 5 })
    }
    await assertRows(database.url, 'select tableoid::regclass, id, note from events order by id', [
      ['events_2024', 1, 'in'],
      ['events_2024', 2, 'in'],
    ])
  })
})
