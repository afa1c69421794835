import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { assertRows } from '../../test/support/assert-rows.ts'
import { givenDatabase, query } from '../../test/support/postgres.ts'
import type { Announcement, ShardJob } from './queue-messages.ts'
import { TransferQueue } from './transfer-queue.ts'

const announcement: Announcement = {
  kind: 'transfer',
  transferId: '2026-01-02T03-04-05-abcd',
  version: '1.0.0',
  source: { label: 'app.db', location: '/data/app.db', sha256: 'f00', bytes: 7 },
  target: 'postgres://me@db:5432/app',
  schema: 'public',
}
const { transferId } = announcement

function job(shard: number): { id: string; data: ShardJob } {
  const table = { schema: 'public', name: 'events' }
  const lease = { transfer: 1, shard }
  const limits = { batchRows: 10, batchBytes: 10, fireTriggers: false, remaps: [] }
  return { id: randomUUID(), data: { kind: 'shard', table, shard, lease, ...limits } }
}

async function openQueue(url: string): Promise<TransferQueue> {
  const queue = await TransferQueue.open(url, { install: true })
  if (queue === null) throw new Error('not installed')
  return queue
}

/** As if so many seconds had gone by without a sign of life. */
async function silence(url: string, seconds: number): Promise<void> {
  await query(url, `update rowferry_queue.job set heartbeat_on = heartbeat_on - interval '${seconds} s'`)
}

describe('the queue', () => {
  test('is made by a coordinator only, and dropped without a trace', async () => {
    await using database = await givenDatabase()
    expect(await TransferQueue.open(database.url, { install: false })).toBeNull()
    await assertRows(database.url, `select nspname from pg_namespace where nspname like 'rowferry%'`, [])
    await using queue = await openQueue(database.url)
    expect(await queue.transfers()).toEqual([])
    await queue.drop()
    await assertRows(database.url, `select nspname from pg_namespace where nspname like 'rowferry%'`, [])
  })

  test('goes on after its connection was cut', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    await query(
      database.url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await queue.transfers().catch(() => undefined)
    expect(await queue.transfers()).toHaveLength(1)
  })
})

describe('an announcement', () => {
  test('is there as long as its coordinator is, and stays as abandoned when that vanishes', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    const claim = await queue.announce(announcement)
    expect(await queue.transfers()).toEqual([{ ...announcement, state: 'running' }])
    expect(await queue.holdAnnouncement(claim)).toBe('held')
    await silence(database.url, 11)
    await expect.poll(() => queue.transfers(), { timeout: 10_000 }).toEqual([{ ...announcement, state: 'abandoned' }])
    expect(await queue.holdAnnouncement(claim)).toBe('lapsed')
    const again = await queue.announceAgain(announcement)
    expect(await queue.holdAnnouncement(again)).toBe('held')
    expect(await queue.holdAnnouncement(claim)).toBe('superseded')
    await queue.forget(transferId)
    expect(await queue.holdAnnouncement(again)).toBe('dropped')
    expect(await queue.transfers()).toEqual([])
  })

  test('tells the coordinator that somebody cancelled', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await using elsewhere = await openQueue(database.url)
    const claim = await queue.announce(announcement)
    expect(await elsewhere.cancel('another')).toBe(false)
    expect(await elsewhere.cancel(transferId)).toBe(true)
    expect(await queue.holdAnnouncement(claim)).toBe('cancelled')
    expect(await elsewhere.cancel(transferId)).toBe(false)
  })

  test('of a coordinator that never came back is cleared away by the next one', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    await silence(database.url, 11)
    await expect.poll(() => queue.transfers(), { timeout: 10_000 }).toMatchObject([{ state: 'abandoned' }])
    await query(
      database.url,
      `update rowferry_queue.job set completed_on = completed_on - interval '2 h'; update rowferry_queue.queue set created_on = created_on - interval '2 h'`,
    )
    await queue.announce({ ...announcement, transferId: 'next' })
    expect(await queue.transfers()).toMatchObject([{ transferId: 'next' }])
    await assertRows(database.url, `select count(*) from rowferry_queue.queue where name like '%/%'`, [[3]])
  })
})

describe('shards', () => {
  test('go to one worker each; what is sent twice stands there once', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    const jobs = [job(0), job(1)]
    await queue.enqueue(transferId, jobs)
    await queue.enqueue(transferId, jobs)
    const claims = [await queue.claimShard(transferId), await queue.claimShard(transferId)]
    expect(claims.map((claim) => claim?.job)).toEqual(jobs.map(({ data }) => data))
    expect(await queue.claimShard(transferId)).toBeNull()
  })

  test('of a silent worker go to another, and the first one learns that it lost its claim', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    await queue.enqueue(transferId, [job(0)])
    const first = await queue.claimShard(transferId)
    if (!first) throw new Error('nothing to claim')
    expect(await queue.holdShard(transferId, first)).toBe(true)
    await silence(database.url, 11)
    const found: (typeof first)[] = []
    const claimAgain = async (): Promise<number> => {
      const claim = await queue.claimShard(transferId)
      if (claim) found.push(claim)
      return found.length
    }
    await expect.poll(claimAgain, { timeout: 10_000 }).toBe(1)
    const [second] = found
    expect(second).toMatchObject({ id: first.id, job: first.job })
    expect(await queue.holdShard(transferId, first)).toBe(false)
    // Neither can it give back or settle what is not its own any more.
    await queue.returnShard(transferId, first, 'late')
    expect(second && (await queue.holdShard(transferId, second))).toBe(true)
  })

  test('that are given back are there at once; after 20 times the coordinator is told', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    const { id, data } = job(3)
    await queue.enqueue(transferId, [{ id, data }])
    for (let time = 0; time <= 20; time++) {
      const claim = await queue.claimShard(transferId)
      if (!claim) throw new Error(`not there the ${time}. time`)
      expect(await queue.takeResults(transferId)).toEqual([])
      await queue.returnShard(transferId, claim, 'no use')
    }
    expect(await queue.claimShard(transferId)).toBeNull()
    expect(await queue.takeResults(transferId)).toEqual([data])
  })

  test('that are taken out, or whose transfer is over, are lost to whoever has them', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await using elsewhere = await openQueue(database.url)
    await queue.announce(announcement)
    await queue.enqueue(transferId, [job(0), job(1)])
    const claim = await elsewhere.claimShard(transferId)
    if (!claim) throw new Error('nothing to claim')
    await queue.removeShards(transferId)
    expect(await elsewhere.holdShard(transferId, claim)).toBe(false)
    await queue.forget(transferId)
    expect(await elsewhere.claimShard(transferId)).toBeNull()
    await elsewhere.settleShard(transferId, claim, {
      kind: 'loaded',
      table: claim.job.table,
      shard: 0,
      worker: 'w',
      rows: 1,
    })
  })

  test('are settled with what came of them, which the coordinator hears once', async () => {
    await using database = await givenDatabase()
    await using queue = await openQueue(database.url)
    await queue.announce(announcement)
    await queue.enqueue(transferId, [job(0)])
    const claim = await queue.claimShard(transferId)
    if (!claim) throw new Error('nothing to claim')
    const failure = { code: 'CATALOG_DISK_FULL', message: 'No space.', remedy: null, context: { n: 1 } } as const
    const failed = { kind: 'failed', table: claim.job.table, shard: 0, worker: 'w 1', failure } as const
    await queue.settleShard(transferId, claim, failed)
    expect(await queue.takeResults(transferId)).toEqual([failed])
    expect(await queue.takeResults(transferId)).toEqual([])
    expect(await queue.claimShard(transferId)).toBeNull()
  })
})
