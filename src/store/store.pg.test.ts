import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkpointAfter, type GivenTransfer, givenTransfer } from '../../test/support/given-transfer.ts'
import { plannedTable, planOf } from '../../test/support/planned-tables.ts'
import { givenDatabase, query } from '../../test/support/postgres.ts'
import { connect } from '../databases/postgres/connection/postgres-connection.ts'
import type { Issue } from '../model/batch.ts'
import { correctShard, writeCheckpoint, writeIssues } from './checkpoints.ts'
import { foreignKeysToRestore, restoreForeignKeys, suspendForeignKeys } from './dropped-foreign-keys.ts'
import { deleteIssues, readIssues } from './issues.ts'
import { type LoadedContent, noteContents, noteTables, readLoadedTables } from './loaded-tables.ts'
import { markObjects, readObjects } from './objects.ts'
import { openStore, storeExists } from './store.ts'
import {
  createTransfer,
  findUnfinishedTransfer,
  finishTransfer,
  forgetTransfer,
  markStep,
  readDoneSteps,
} from './transfers.ts'

const connecting = { signal: new AbortController().signal, what: 'the target' }
const schemas = `select count(*) from pg_namespace where nspname = 'rowferry'`
const people = plannedTable('people', [['id', 'bigint', 'int8']])

describe('the schema rowferry', () => {
  test('is not made by looking', async () => {
    await using database = await givenDatabase()
    await using client = await connect(database.url, connecting)
    expect(await storeExists(client)).toBe(false)
    expect(await findUnfinishedTransfer(client, '/app.db', 'public')).toBeNull()
    expect(await readLoadedTables(client, '/app.db', 'public')).toEqual(new Map())
    expect(await foreignKeysToRestore(client, 'public')).toEqual([])
    expect(await query(database.url, schemas)).toEqual([{ count: '0' }])
  })

  test('may be made by many at once, and again', async () => {
    await using database = await givenDatabase()
    const installs = Array.from({ length: 5 }, async () => {
      await using client = await connect(database.url, connecting)
      await openStore(client)
      await openStore(client)
    })
    await Promise.all(installs)
    expect(await query(database.url, 'select number from rowferry.revisions')).toEqual([
      { number: '1' },
      { number: '2' },
    ])
  })

  test('of a newer rowferry is refused, for reading too', async () => {
    await using database = await givenDatabase()
    await using client = await connect(database.url, connecting)
    await openStore(client)
    await client.query('insert into rowferry.revisions (number) values (99)')
    await expect(openStore(client)).rejects.toMatchObject({
      code: 'CATALOG_UNSUPPORTED',
      message: expect.stringContaining('99'),
    })
    await expect(findUnfinishedTransfer(client, 's', 'public')).rejects.toMatchObject({ code: 'CATALOG_UNSUPPORTED' })
  })

  test('without the right to make it, the grant to type is named and nothing is made', async () => {
    await using database = await givenDatabase()
    await query(database.url, `drop role if exists "poor user"; create role "poor user" login password 'x'`)
    const url = new URL(database.url)
    url.username = 'poor user'
    url.password = 'x'
    await using client = await connect(url.href, connecting)
    await expect(openStore(client)).rejects.toMatchObject({
      code: 'CATALOG_PERMISSION',
      remedy: expect.stringContaining('to "poor user";'),
    })
    expect(await query(database.url, schemas)).toEqual([{ count: '0' }])
  })
})

const loading = { id: 'x', sourceIdentity: '/app.db', sourceFingerprint: 'f', rowferryVersion: '0' }

describe('loaded tables', () => {
  const structure = { kind: 'r', owner: 'o', printedBy: 18, parts: [{ kind: 'column', name: 'id', definition: '{}' }] }
  const content: LoadedContent = {
    rows: 2,
    rejected: 1,
    hash: 2n ** 64n - 1n,
    hashed: { form: 'seeded', columns: [{ name: 'id', wireType: 'int8', castTo: null }] },
  }

  test('come back as they were noted, and are unknown again while the next transfer loads them', async () => {
    await using transfer = await givenTransfer([people])
    const { client, id } = transfer
    const note = { table: people.target, how: 'filled', planned: people, structure } as const
    await noteTables(client, { ...loading, id }, [note])
    await noteContents(client, id, [{ table: people.target, structure, content }])
    const noted = { name: 'people', how: 'filled', transferId: id, sourceFingerprint: 'f', rowferryVersion: '0' }
    const before = await readLoadedTables(client, '/app.db', 'public')
    expect(before.get('people')).toEqual({ ...noted, planned: people, structure, content })
    await noteTables(client, { ...loading, id }, [note])
    expect((await readLoadedTables(client, '/app.db', 'public')).get('people')).toMatchObject({ content: null })
  })

  test('of a store of revision 1 are made and unknown, before and after it is brought up to date', async () => {
    await using database = await givenDatabase()
    await query(
      database.url,
      `create schema rowferry;
       create table rowferry.revisions (number integer primary key, applied_at timestamptz not null default clock_timestamp());
       insert into rowferry.revisions (number) values (1);
       ${readFileSync(new URL('sql/000001.sql', import.meta.url), 'utf8')}
       insert into rowferry.loaded_tables values ('public', 'people', '/app.db', 'old')`,
    )
    await using client = await connect(database.url, connecting)
    const old = { name: 'people', how: 'made', transferId: 'old', planned: null, structure: null, content: null }
    const found = async () => (await readLoadedTables(client, '/app.db', 'public')).get('people')
    expect(await found()).toMatchObject(old)
    await openStore(client)
    expect(await found()).toMatchObject(old)
    expect(await query(database.url, 'select number from rowferry.revisions')).toEqual([
      { number: '1' },
      { number: '2' },
    ])
  })
})

describe('transfers', () => {
  test('an unfinished one is found by source and schema until it completed', async () => {
    await using transfer = await givenTransfer([people])
    const { client, id } = transfer
    expect(await findUnfinishedTransfer(client, '/other.db', 'public')).toBeNull()
    expect(await findUnfinishedTransfer(client, '/app.db', 'other')).toBeNull()
    await finishTransfer(client, id, 'interrupted')
    const found = await findUnfinishedTransfer(client, '/app.db', 'public')
    expect(found).toMatchObject({
      id,
      status: 'interrupted',
      plan: planOf([people]),
      sourceFingerprint: 'f',
      optionsHash: 'o',
    })
    expect(found?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    await finishTransfer(client, id, 'completed')
    expect(await findUnfinishedTransfer(client, '/app.db', 'public')).toBeNull()
  })

  test('a plan with NUL characters and lone surrogates comes back as it was', async () => {
    await using transfer = await givenTransfer([])
    const odd = plannedTable('odd', [['id', 'bigint', 'int8']], { omitted: [{ column: 'a\0b', reason: '\ud800' }] })
    await createTransfer(transfer.client, {
      id: 'odd',
      sourceIdentity: '/odd.db',
      sourceFingerprint: '',
      targetSchema: 'public',
      plan: planOf([odd]),
      optionsHash: '',
      rowferryVersion: '0',
    })
    expect((await findUnfinishedTransfer(transfer.client, '/odd.db', 'public'))?.plan).toEqual(planOf([odd]))
  })

  test('steps and objects are remembered; forgetting a transfer removes them, but not which tables it made', async () => {
    await using transfer = await givenTransfer([people])
    const { client, id } = transfer
    await markStep(client, id, 2)
    await markStep(client, id, 2)
    expect(await readDoneSteps(client, id)).toEqual(new Set([2]))
    const report = {
      kind: 'index',
      table: null,
      name: 'i',
      sourceSql: null,
      sql: null,
      note: null,
      outcome: 'refused',
      error: 'no',
    } as const
    await markObjects(client, id, 3, [{ number: 7, report }])
    expect(await readObjects(client, id, 3)).toEqual(new Map([[7, report]]))
    await noteTables(client, { ...loading, id }, [
      {
        table: people.target,
        how: 'made',
        planned: people,
        structure: { kind: 'r', owner: 'o', printedBy: 18, parts: [] },
      },
    ])
    await forgetTransfer(client, id)
    expect([...(await readLoadedTables(client, '/app.db', 'public')).keys()]).toEqual(['people'])
    expect(await readLoadedTables(client, '/other.db', 'public')).toEqual(new Map())
    expect(await transfer.query('select count(*) from rowferry.shards')).toEqual([{ count: '0' }])
    expect(await readDoneSteps(client, id)).toEqual(new Set())
  })
})

describe('checkpoints', () => {
  const altered = (declared: boolean): Issue => ({
    kind: 'altered',
    table: 'people',
    key: { id: 1 },
    column: 'id',
    before: 'a\0',
    after: null,
    rule: 'nul-stripped',
    declared,
  })
  const reject: Issue = {
    kind: 'reject',
    table: 'people',
    key: { id: 2 },
    column: null,
    reason: 'r',
    code: 'DATA_MISFIT',
  }

  test('add up, with the hash modulo 2^64', async () => {
    await using transfer = await givenTransfer([people])
    const counts = { created: 3, updated: 1, unchanged: 0, skipped: 0 }
    const issues = [altered(true), altered(false), altered(false), reject]
    const hash = 2n ** 64n - 1n
    await writeCheckpoint(transfer.client, checkpointAfter(transfer, people, null, 5), { counts, issues, hash })
    await writeCheckpoint(transfer.client, checkpointAfter(transfer, people, '5', 4, { done: true }), {
      counts,
      issues: [],
      hash,
    })
    expect(await transfer.shard(people)).toMatchObject({
      position: '9',
      done: true,
      rowsRead: 9,
      counts: { created: 6, updated: 2, unchanged: 0, skipped: 0 },
      rejected: 1,
      altered: 2,
      declaredConversions: 1,
      hash: (2n ** 64n - 2n).toString(),
    })
    const place = { transferId: transfer.id, table: people.target, shard: 0 }
    await correctShard(transfer.client, place, { created: -1, rejected: 1, altered: 0, hash: 3n })
    expect(await transfer.shard(people)).toMatchObject({ counts: { created: 5 }, rejected: 2, hash: '1' })
  })

  test.each([
    ['behind', '3', '8'],
    ['at the start again', null, '5'],
  ])('a batch that begins %s does not move it', async (_, after, position) => {
    await using transfer = await givenTransfer([people])
    const result = { counts: { created: 5, updated: 0, unchanged: 0, skipped: 0 }, issues: [reject], hash: 1n }
    await writeCheckpoint(transfer.client, checkpointAfter(transfer, people, null, 5), result)
    const stale = checkpointAfter(transfer, people, after, 5, { position })
    await expect(writeCheckpoint(transfer.client, stale, result)).rejects.toMatchObject({ code: 'CONNECT_TARGET_LOST' })
    expect(await transfer.shard(people)).toMatchObject({ position: '5', rowsRead: 5 })
  })

  test('issues come back in their order, by kind and table, whatever characters are in them', async () => {
    await using transfer = await givenTransfer([people])
    const { client, id } = transfer
    const rejects = Array.from({ length: 4500 }, (_, i): Issue => ({ ...reject, key: { id: i }, value: '\0\ud800"' }))
    await writeIssues(client, { transferId: id, table: people.target, shard: 0 }, [...rejects, altered(true)])
    await writeIssues(client, { transferId: id, table: { schema: 'public', name: 'other' }, shard: 0 }, [reject])
    const lines: unknown[] = []
    for await (const { line } of readIssues(client, id, 'reject', people.target)) lines.push(JSON.parse(line))
    expect(lines).toEqual(rejects)
    let all = 0
    for await (const _ of readIssues(client, id, 'reject')) all++
    expect(all).toBe(4501)
    await deleteIssues(client, id)
    for await (const _ of readIssues(client, id, 'altered')) expect.unreachable()
  })
})

describe('foreign keys that stand in the way of the load', () => {
  const setup = `create table people (id bigint primary key, boss bigint constraint "the boss" references people on delete cascade deferrable);
    create table a (id bigint primary key, b bigint); create table b (id bigint primary key, a bigint references a);
    alter table a add foreign key (b) references b;
    create table pets (id bigint primary key, owner bigint references people);
    create table outside (id bigint references people);`
  const tables = ['people', 'a', 'b', 'pets'].map((name) =>
    plannedTable(name, [['id', 'bigint', 'int8']], { mode: 'into-empty' }),
  )
  const waves = [['people', 'a', 'b'], ['pets']].map((names) => names.map((name) => ({ schema: 'public', name })))
  const plan = { ...planOf(tables), steps: [{ kind: 'copy-tables', waves }] } as const
  const definitions = `select conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace order by 1`
  const names = async (transfer: GivenTransfer) => (await transfer.query(definitions)).map(({ conname }) => conname)

  test('are dropped, and made again in their own words', async () => {
    await using transfer = await givenTransfer(tables, { setup })
    const { client, id } = transfer
    const before = await transfer.query(definitions)
    await suspendForeignKeys(client, id, plan)
    expect(await names(transfer)).toEqual(['outside_id_fkey', 'pets_owner_fkey'])
    const restored = await restoreForeignKeys(client, 'public', { loaded: true })
    expect(restored.map(({ outcome }) => outcome)).toEqual(['restored', 'restored', 'restored'])
    expect(await transfer.query(definitions)).toEqual(before)
    expect(await foreignKeysToRestore(client, 'public')).toEqual([])
  })

  test('stand NOT VALID between an interrupted run and its end, and fully in the end', async () => {
    await using transfer = await givenTransfer(tables, { setup })
    const { client, id } = transfer
    const before = await transfer.query(definitions)
    await suspendForeignKeys(client, id, plan)
    await transfer.query('insert into a values (1, 1)')
    const interrupted = await restoreForeignKeys(client, 'public', { loaded: false })
    expect(interrupted.map(({ outcome }) => outcome)).toEqual(['not-valid', 'not-valid', 'not-valid'])
    expect(await names(transfer)).toHaveLength(before.length)
    await suspendForeignKeys(client, id, plan)
    expect(await names(transfer)).toEqual(['outside_id_fkey', 'pets_owner_fkey'])
    await transfer.query('insert into b values (1, 1)')
    await forgetTransfer(client, id)
    await restoreForeignKeys(client, 'public', { loaded: true })
    expect(await transfer.query(definitions)).toEqual(before)
  })

  test('that rows contradict stay NOT VALID and the reason is given; one whose table is gone is let go', async () => {
    await using transfer = await givenTransfer(tables, { setup })
    const { client, id } = transfer
    await suspendForeignKeys(client, id, plan)
    await transfer.query('insert into people values (1, 77); drop table b')
    const restored = await restoreForeignKeys(client, 'public', { loaded: true })
    expect(restored.map(({ key, outcome }) => [key.name, outcome])).toEqual([
      ['a_b_fkey', 'gone'],
      ['b_a_fkey', 'gone'],
      ['the boss', 'not-valid'],
    ])
    expect(restored[2]?.reason).toContain('violates foreign key constraint "the boss"')
    expect(await foreignKeysToRestore(client, 'public')).toEqual([])
  })

  test('stay where the user does not own the table', async () => {
    await using transfer = await givenTransfer(tables, { setup })
    await transfer.query(
      'grant usage on schema rowferry to pg_monitor; grant all on all tables in schema rowferry to pg_monitor',
    )
    await transfer.client.query('set role pg_monitor')
    await suspendForeignKeys(transfer.client, transfer.id, plan)
    expect(await names(transfer)).toHaveLength(5)
  })
})
