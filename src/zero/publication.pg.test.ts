import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { givenDatabase, pgVersion, query } from '../../test/support/postgres.ts'
import { defineConfig, type ConfigInput } from '../config/config.ts'
import { connect } from '../databases/postgres/connection/postgres-connection.ts'
import { RowferryError } from '../errors/errors.ts'
import { defaultZeroSettings } from '../config/zero-settings.ts'
import { checkServerForZero } from './check-server.ts'
import { type Published, publishForZero } from './publish-for-zero.ts'

async function publish(url: string, zero: ConfigInput['zero'] = true): Promise<Published | null> {
  await using client = await connect(url, { signal: new AbortController().signal, what: 'the target' })
  const settings = defineConfig({ ...(zero !== undefined && { zero }) }).zero ?? defaultZeroSettings
  return await publishForZero(client, { schema: 'public', settings })
}

/** `table: column, column` in the order of names. */
async function published(url: string, name = 'zero_data'): Promise<string[]> {
  const rows = await query(
    url,
    `select tablename || ': ' || array_to_string(attnames, ', ') as line from pg_publication_tables
     where pubname = '${name}' order by tablename`,
  )
  return rows.map(({ line }) => line ?? '')
}

/** Remedies of the errors that are found before a migration. */
async function rightsOf(url: string, publication: string): Promise<(string | null)[]> {
  await using client = await connect(url, { signal: new AbortController().signal, what: 'the target' })
  const findings = await checkServerForZero(client, { ...defaultZeroSettings, publication })
  return findings.filter(({ level }) => level === 'error').map(({ remedy }) => remedy)
}

describe('the publication for Zero', () => {
  test('publishes what Zero can sync and nobody excluded, with lists only where something is left out', async () => {
    await using db = await givenDatabase()
    await query(
      db.url,
      `create table users(id int primary key, name text, secret text, photo bytea);
       create table plain(id int primary key, n numeric);
       create table audit(id int primary key);
       create table keyless(a int);
       create unlogged table cache(id int primary key);
       create table "my table"(id int primary key);
       create table odd(id int primary key, at point, range int4range)`,
    )
    const made = await publish(db.url, {
      tables: { users: { columns: { secret: { exclude: true } } }, audit: { exclude: true } },
    })
    expect(made).toMatchObject({ outcome: 'made', tables: 3 })
    expect(await published(db.url)).toEqual(['odd: id', 'plain: id, n', 'users: id, name'])
    expect(made?.warnings.map(({ code, table }) => `${code} ${table}`).toSorted()).toEqual([
      'zero-not-synced cache',
      'zero-not-synced keyless',
      'zero-not-synced my table',
    ])
    await query(db.url, 'alter table plain add later int')
    expect(await published(db.url)).toContain('plain: id, n, later')
  })

  test('made again is not touched; changed where something changed', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table a(id int primary key, x bytea); create table b(id int primary key)')
    expect((await publish(db.url))?.outcome).toBe('made')
    const [before] = await query(db.url, 'select xmin, oid from pg_publication')
    expect((await publish(db.url))?.outcome).toBe('unchanged')
    expect((await query(db.url, 'select xmin, oid from pg_publication'))[0]).toEqual(before)

    await query(db.url, 'drop table b; create table b(id int primary key, y int); alter table a add z int')
    expect((await publish(db.url))?.outcome).toBe('changed')
    expect(await published(db.url)).toEqual(['a: id, z', 'b: id, y'])
    await query(db.url, `alter publication zero_data set (publish = 'insert')`)
    expect((await publish(db.url))?.outcome).toBe('changed')
    expect(await query(db.url, 'select pubupdate, pubdelete, pubtruncate, pubviaroot from pg_publication')).toEqual([
      { pubupdate: 't', pubdelete: 't', pubtruncate: 't', pubviaroot: 't' },
    ])
    await query(db.url, 'drop table a, b; create table c(x int)')
    expect((await publish(db.url))?.outcome).toBe('unchanged')
    expect(await published(db.url)).toEqual([])
  })

  test('needs no superuser', async () => {
    await using db = await givenDatabase()
    const role = `zero_${randomBytes(4).toString('hex')}`
    await query(
      db.url,
      `create role ${role} login password 'p' replication; grant create on database ${db.name} to ${role};
       grant create, usage on schema public to ${role}`,
    )
    const url = new URL(db.url)
    url.username = role
    url.password = 'p'
    try {
      await query(url.href, 'create table t(id int primary key, b bytea)')
      expect((await publish(url.href))?.outcome).toBe('made')
      expect((await publish(url.href, { tables: { t: { exclude: true } } }))?.outcome).toBe('changed')
      expect((await publish(url.href))?.outcome).toBe('changed')
      await query(db.url, 'create table theirs(id int primary key)')
      const again = await publish(url.href)
      expect(again?.outcome).toBe('unchanged')
      expect(again?.warnings[0]?.message).toMatch(/theirs is not in the publication: it belongs to postgres/)
      await query(db.url, `revoke create on database ${db.name} from ${role}`)
      expect(await rightsOf(url.href, 'zero_data')).toEqual([])
      expect(await rightsOf(url.href, 'another')).toEqual([`grant create on database "${db.name}" to "${role}";`])
      await query(db.url, 'create publication theirs')
      expect((await rightsOf(url.href, 'theirs'))[0]).toMatch(/^alter publication "theirs" owner to/)
    } finally {
      await query(db.url, `drop owned by ${role}; drop role ${role}`)
    }
  })

  test('has stored generated columns from PostgreSQL 18 on', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key, twice int generated always as (id * 2) stored, b bytea)')
    await publish(db.url)
    const expected = (await pgVersion(db.url)) >= 18 ? 't: id, twice' : 't: id'
    expect(await published(db.url)).toEqual([expected])
  })

  test('lets rows of a table with REPLICA IDENTITY FULL be changed: nothing of it is left out', async () => {
    await using db = await givenDatabase()
    await query(
      db.url,
      'create table t(id int primary key, b bytea); alter table t replica identity full; insert into t values (1, null)',
    )
    expect((await publish(db.url))?.warnings.map(({ code }) => code)).toEqual(['zero-not-left-out'])
    await query(db.url, 'update t set id = 2')
    expect(await published(db.url)).toEqual(['t: id, b'])
  })

  test('of somebody who publishes everything is refused', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key); create publication zero_data for all tables')
    await expect(publish(db.url)).rejects.toThrow(RowferryError)
    await expect(publish(db.url)).rejects.toThrow(/FOR ALL TABLES/)
  })

  test('is not made where none is wanted', async () => {
    await using db = await givenDatabase()
    expect(await publish(db.url, { publication: null })).toBeNull()
    expect(await query(db.url, 'select from pg_publication')).toEqual([])
  })

  test('counts partitions as their table', async () => {
    await using db = await givenDatabase()
    await query(
      db.url,
      'create table p(id int primary key) partition by range (id); create table p1 partition of p for values from (0) to (9)',
    )
    expect(await publish(db.url)).toMatchObject({ tables: 1 })
    expect(await published(db.url)).toEqual(['p: id'])
  })
})
