import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../databases/postgres/connection/postgres-connection.ts'
import { startEmbeddedPostgres } from '../../databases/postgres/embedded/embedded-postgres.ts'
import { givenFolder } from '../../../test/support/folders.ts'
import { zeroSettings } from '../../../test/support/zero-cases.ts'
import { examineForZero } from './examine-for-zero.ts'
import { readServerFacts } from './read-facts.ts'

const { signal } = new AbortController()

test('a server that is set for no replication has every condition of it', async () => {
  const settings = { wal_level: 'minimal', max_wal_senders: '0', max_replication_slots: '0', max_connections: '40' }
  await using server = await startEmbeddedPostgres({ dataDirectory: join(givenFolder(), 'postgres'), settings })
  await using client = await connect(server.url, { signal, what: 'the test' })
  const found = await examineForZero(client, { schema: 'public', settings: zeroSettings, signal })
  expect(found.map((own) => own.condition)).toEqual(['wal-level', 'replication-slots', 'wal-senders', 'connections'])
  expect(found[3]?.effect).toMatch(/: 3\d connections are free, and it opens up to 60\.$/)
})

test('a zero-cache is attached where its tables and a slot of their name are', async () => {
  // Of its own: making a slot waits for all transactions of the server.
  await using server = await startEmbeddedPostgres({ dataDirectory: join(givenFolder(), 'postgres') })
  await using client = await connect(server.url, { signal, what: 'the test' })
  expect(await readServerFacts(client)).toMatchObject({ attached: false, superuser: true, mayReplicate: true })
  await client.query('create schema my_app_0; create table my_app_0."shardConfig" (lock bool)')
  await client.query(`select pg_create_logical_replication_slot('other_0_a', 'pgoutput')`)
  expect(await readServerFacts(client)).toMatchObject({ attached: false, usedSlots: 1 })
  await client.query(`select pg_create_logical_replication_slot('my_app_0_a', 'pgoutput')`)
  expect(await readServerFacts(client)).toMatchObject({ attached: true, usedSlots: 2 })
})
