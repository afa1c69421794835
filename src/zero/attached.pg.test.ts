import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { givenZeroShard } from '../../test/support/zero-shard.ts'
import { givenDatabase, query } from '../../test/support/postgres.ts'
import { connect, type PostgresConnection } from '../databases/postgres/connection/postgres-connection.ts'
import { checkZeroGrants, dropIdleSlots, findAttachedZero, slotsToDrop } from './attached.ts'

const tables = [
  { schema: 'public', name: 't' },
  { schema: 'public', name: 'u' },
]

async function session(url: string): Promise<PostgresConnection> {
  return await connect(url, { signal: new AbortController().signal, what: 'the target' })
}

describe('a Zero that is attached', () => {
  test('is found by its slot and what it publishes', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key); create table u(id int)')
    await using client = await session(db.url)
    expect(await findAttachedZero(client, tables)).toBeNull()
    await using shard = await givenZeroShard(db.url, 'app_0')
    expect(await findAttachedZero(client, tables)).toMatchObject({
      slots: [{ name: shard.slot, active: false }],
      replicated: tables,
    })
    expect(await findAttachedZero(client, [{ schema: 'other', name: 't' }]), 'not published').toBeNull()
    expect(await findAttachedZero(client, [])).toBeNull()
  })

  test('is none where the slot is of somebody else', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key); create publication p for all tables')
    const slot = `mirror_${randomBytes(4).toString('hex')}`
    await query(db.url, `select pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    try {
      await using client = await session(db.url)
      expect(await findAttachedZero(client, tables)).toBeNull()
    } finally {
      await query(db.url, `select pg_drop_replication_slot('${slot}')`)
    }
  })

  test('that is not running keeps tables from being replaced, until its slots shall be dropped', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key)')
    await using client = await session(db.url)
    await using shard = await givenZeroShard(db.url, 'app_1')
    const attached = await findAttachedZero(client, tables)
    expect(() => slotsToDrop(attached, { reset: false })).toThrow(
      expect.objectContaining({
        code: 'CATALOG_ZERO_ATTACHED',
        remedy: expect.stringContaining('--reset-zero') as string,
      }),
    )
    const slots = slotsToDrop(attached, { reset: true })
    expect(slots).toEqual([shard.slot])
    await dropIdleSlots(client, slots)
    await dropIdleSlots(client, slots)
    expect(await findAttachedZero(client, tables)).toBeNull()
    expect(slotsToDrop(null, { reset: false })).toEqual([])
  })

  test('that runs has to be stopped first', async () => {
    await using db = await givenDatabase()
    await query(db.url, 'create table t(id int primary key)')
    await using client = await session(db.url)
    await using shard = await givenZeroShard(db.url, 'app_2')
    await using _reader = await shard.run()
    const attached = await findAttachedZero(client, tables)
    expect(attached?.slots).toEqual([{ name: shard.slot, active: true }])
    for (const reset of [true, false]) {
      expect(() => slotsToDrop(attached, { reset })).toThrow(
        expect.objectContaining({ remedy: expect.stringMatching(/^Stop zero-cache/) as string }),
      )
    }
    await expect(dropIdleSlots(client, [shard.slot])).rejects.toThrow(/zero-cache is running/)
  })
})

test('whoever may not write into the schema of its event triggers is told the grants, and they suffice', async () => {
  await using db = await givenDatabase()
  const role = `app_${randomBytes(4).toString('hex')}`
  await query(
    db.url,
    `create role ${role} login password 'p'; grant create on database ${db.name} to ${role};
     grant create, usage on schema public to ${role}`,
  )
  await using shard = await givenZeroShard(db.url, 'app_3', { eventTrigger: true })
  const url = new URL(db.url)
  url.username = role
  url.password = 'p'
  try {
    await using client = await session(url.href)
    await expect(client.query('create table public.mine(id int)')).rejects.toThrow(/permission denied for schema app_3/)
    const [finding, ...others] = await checkZeroGrants(client)
    expect(others).toEqual([])
    expect(finding?.message).toContain(`schema ${shard.schema}`)
    await query(db.url, finding?.remedy ?? '')
    expect(await checkZeroGrants(client)).toEqual([])
    await client.query('create table public.mine(id int)')
  } finally {
    await query(db.url, `drop event trigger if exists app_ddl_start_3; drop owned by ${role}; drop role ${role}`)
  }
})
