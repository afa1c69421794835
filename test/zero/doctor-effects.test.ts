import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createSchema, number, table } from '@rocicorp/zero'
import { describe, expect, test } from 'vitest'
import { defaultZeroSettings } from '../../src/config/zero-settings.ts'
import { connect, type PostgresConnection } from '../../src/databases/postgres/connection/postgres-connection.ts'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import type { ZeroFinding } from '../../src/model/zero.ts'
import { type ZeroConditionName, zeroConditions } from '../../src/zero/examine/conditions.ts'
import { examineForZero } from '../../src/zero/examine/examine-for-zero.ts'
import { fixFindings, type ZeroFix } from '../../src/zero/examine/fix-findings.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { startZeroCache, whyZeroCacheDies, ZeroCacheDied } from './support/zero-cache.ts'
import { startZero } from './support/zero-client.ts'

/** What the doctor says of a condition is true: the real zero-cache dies of it, and lives when it is mended. */
type Effect = {
  /** SQL that makes it; names of the cases do not meet. */
  readonly broken: string
  /** What zero-cache says. */
  readonly dies: RegExp
  /** Where the doctor's remedy is no SQL. */
  readonly mended?: string
  readonly publication?: string
}

const ofTheCatalog = {
  'publication-missing': {
    broken: 'create table p1 (id int primary key)',
    dies: /publication/i,
    mended: 'create publication absent for all tables',
    publication: 'absent',
  },
  'publication-operations': {
    broken: `create table p2 (id int primary key); create publication partial for all tables with (publish = 'insert')`,
    dies: /publish|PUBLICATION/i,
    publication: 'partial',
  },
  'table-name': {
    broken: 'create table "has space" (id int primary key)',
    dies: /Table "has space" has invalid characters/,
  },
  'column-name': {
    broken: 'create table n2 (id int primary key, "2nd" int)',
    dies: /Column "2nd" in table "n2" has invalid characters/,
  },
  'reserved-column': {
    broken: 'create table n3 (id int primary key, "_0_version" text)',
    dies: /reserved column name "_0_version"/,
  },
  'reserved-name': {
    broken: 'create table n4 (id int primary key, a int); create index sqlite_autoindex_n4_1 on n4 (a)',
    dies: /object name reserved for internal use: sqlite_autoindex_n4_1/,
  },
  'table-case': {
    broken: 'create table n5 (id int primary key); create table "N5" (id int primary key)',
    dies: /table "?n5"? already exists/i,
  },
  'column-case': { broken: 'create table n6 (id int primary key, a int, "A" int)', dies: /duplicate column name: A/ },
  'index-case': {
    broken:
      'create table n7 (id int primary key, a int); create index n7_i on n7 (a); create index "N7_I" on n7 (a, id)',
    dies: /index "?n7_i"? already exists/i,
  },
  'index-like-table': {
    broken:
      'create table n8 (id int primary key, a int); create table n8_other (id int primary key); create index "N8_OTHER" on n8 (a)',
    dies: /there is already a table named N8_OTHER/,
  },
  'column-type-aborts': {
    broken: `create table c1 (id int primary key, at point); insert into c1 values (1, '(1,2)')`,
    dies: /TEXT_ARRAY_ATTRIBUTE/,
  },
  'array-dimensions': {
    broken: `create table c2_source (id int primary key, tags text[]); create table c2 as select * from c2_source; alter table c2 add primary key (id)`,
    dies: /TEXT_ARRAY_ATTRIBUTE/,
  },
  'replica-identity-nothing': {
    broken: 'create table r1 (id int primary key); alter table r1 replica identity nothing',
    dies: /REPLICA IDENTITY NOTHING/,
  },
  'replica-identity-index': {
    broken:
      'create table r2 (id int primary key, a int not null); create unique index r2_a on r2 (a); alter table r2 replica identity using index r2_a; drop index r2_a',
    dies: /./,
  },
} satisfies Partial<Record<ZeroConditionName, Effect>>

/** Need a server of their own, or rows that arrive while zero-cache runs. */
const elsewhere = ['wal-level', 'replication-slots', 'wal-senders', 'number-range'] satisfies ZeroConditionName[]
/** No server older than 15 is at hand: see examine-server.test.ts. */
const untried = ['server-version'] satisfies ZeroConditionName[]

test('every condition that stops zero-cache is tried', () => {
  const stopping = Object.entries(zeroConditions).filter(([, { severity }]) => severity === 'stops')
  expect([...Object.keys(ofTheCatalog), ...elsewhere, ...untried].toSorted()).toEqual(
    stopping.map(([name]) => name).toSorted(),
  )
})

const cases: [string, Effect][] = Object.entries(ofTheCatalog)

describe.concurrent('zero-cache dies of', () => {
  test.each(cases)('%s, as the doctor says', async (condition, { broken, dies, publication }) => {
    await using database = await givenDatabase()
    await query(database.url, broken)
    expect(stopsOf(await examine(database.url, publication))).toContain(condition)
    expect(await whyZeroCacheDies(startOptions(database.url, publication))).toMatch(dies)
  })
})

test('zero-cache starts with all of them when they are mended as the doctor says', async () => {
  await using database = await givenDatabase()
  for (const [, { broken }] of cases) await query(database.url, broken)
  const publications = cases.flatMap(([, { publication }]) => publication ?? [])
  for (const [, { mended }] of cases) if (mended !== undefined) await query(database.url, mended)
  for (const publication of [undefined, ...publications]) {
    for (const { severity, remedy, fix: own } of await examine(database.url, publication)) {
      if (severity === 'stops' && own === null) await query(database.url, remedy)
    }
    const refused = (await fix(database.url, await examine(database.url, publication))).filter(
      ({ error }) => error !== null,
    )
    expect(refused).toEqual([])
  }
  for (const publication of [undefined, ...publications])
    expect(stopsOf(await examine(database.url, publication))).toEqual([])
  await using cache = await startZeroCache({ url: database.url, publications })
  expect(cache.startedInMs).toBeGreaterThan(0)
})

test('zero-cache dies of a number between 2^63 and 10^21 that arrives, and lives when the column is text', async () => {
  await using database = await givenDatabase()
  await query(database.url, `create table t (id int primary key, v numeric, n int); insert into t values (1, 1e19, 0)`)
  expect(stopsOf(await examine(database.url))).toEqual(['number-range'])
  const change = async (): Promise<string | null> => {
    await using cache = await startZeroCache({ url: database.url })
    await query(database.url, 'update t set n = n + 1')
    return await deathWithin(cache, 1500)
  }
  expect(await change()).toMatch(/OversizedUpdateBinding|too big/)
  await query(database.url, 'alter table t alter column v type text')
  expect(stopsOf(await examine(database.url))).toEqual([])
  expect(await change()).toBeNull()
})

test('clients fail on integers beyond 2^53, writers on deferrable keys; neither does when they are mended', async () => {
  await using database = await givenDatabase()
  await query(
    database.url,
    `create table big (id int primary key, v bigint); insert into big values (1, 9007199254740993);
     create table late (id int primary key deferrable, v int); insert into late values (1, 0)`,
  )
  const schema = createSchema({
    tables: ['big', 'late'].map((name) => table(name).columns({ id: number() }).primaryKey('id')),
  })
  const breaksOf = async (): Promise<ZeroFinding[]> =>
    (await examine(database.url)).filter(({ severity }) => severity === 'breaks')
  const update = async (): Promise<unknown> => query(database.url, 'update late set v = v + 1')
  const found = await breaksOf()
  expect(found.map(({ condition }) => condition).toSorted()).toEqual(['int8-range', 'key-deferrable'])
  {
    await using zero = await startZero(schema, { url: database.url })
    await expect(update()).rejects.toThrow(/does not have a replica identity/)
    await expect(zero.readTable('big')).rejects.toThrow(/9007199254740993 .*outside of supported bounds/)
  }
  await query(database.url, 'alter table big alter column v type text')
  await fix(database.url, found)
  expect(await breaksOf()).toEqual([])
  await using zero = await startZero(schema, { url: database.url })
  await update()
  expect(await zero.readTable('big')).toMatchObject([{ id: 1 }])
  expect(await zero.readTable('late')).toMatchObject([{ id: 1 }])
})

test('zero-cache dies without logical WAL, senders or slots, and lives when the server has them', async () => {
  const dataDirectory = join(givenFolder(), 'postgres')
  const on = async <T>(settings: Record<string, string>, act: (url: string) => Promise<T>): Promise<T> => {
    await using server = await startEmbeddedPostgres({ dataDirectory, settings: { fsync: 'off', ...settings } })
    return await act(server.url)
  }
  await on({ wal_level: 'replica' }, async (url) => {
    expect(stopsOf(await examine(url))).toContain('wal-level')
    expect(await whyZeroCacheDies({ url })).toMatch(/wal_level/)
  })
  await on({ max_wal_senders: '0' }, async (url) => {
    expect(stopsOf(await examine(url))).toEqual(['wal-senders'])
    expect(await whyZeroCacheDies({ url })).toMatch(/max_wal_senders/)
  })
  await on({ max_replication_slots: '1' }, async (url) => {
    await query(url, `select pg_create_logical_replication_slot('taken', 'pgoutput')`)
    expect(stopsOf(await examine(url))).toEqual(['replication-slots'])
    expect(await whyZeroCacheDies({ url })).toMatch(/replication slots/)
    await query(url, `select pg_drop_replication_slot('taken')`)
    expect(stopsOf(await examine(url))).toEqual([])
    expect(await whyZeroCacheDies({ url })).toBeNull()
  })
})

const { signal } = new AbortController()

async function examine(url: string, publication: string | null = null): Promise<readonly ZeroFinding[]> {
  return withClient(url, async (client) =>
    examineForZero(client, { schema: 'public', settings: { ...defaultZeroSettings, publication }, signal }),
  )
}

async function fix(url: string, findings: readonly ZeroFinding[]): Promise<readonly ZeroFix[]> {
  return withClient(url, async (client) => fixFindings(client, findings, { signal }))
}

async function withClient<T>(url: string, act: (client: PostgresConnection) => Promise<T>): Promise<T> {
  await using client = await connect(url, { signal, what: 'the target' })
  return await act(client)
}

function stopsOf(findings: readonly ZeroFinding[]): string[] {
  return findings.filter(({ severity }) => severity === 'stops').map(({ condition }) => condition)
}

function startOptions(url: string, publication: string | undefined): { url: string; publications?: string[] } {
  return publication === undefined ? { url } : { url, publications: [publication] }
}

/** What it says when it dies, null when it lives all the time. */
async function deathWithin(cache: { assertAlive(): void }, ms: number): Promise<string | null> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await wait(50)) {
    try {
      cache.assertAlive()
    } catch (error) {
      if (error instanceof ZeroCacheDied) return error.message
      throw error
    }
  }
  return null
}
