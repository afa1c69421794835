import { types } from 'pg'
import type { PgBoss } from 'pg-boss'
import { translatePostgresError } from '../databases/postgres/postgres-errors.ts'
import { RowferryError } from '../errors/errors.ts'
import { BoundedSession } from './bounded-session.ts'
import { Announcement, ShardJob, WorkResult } from './queue-messages.ts'

/** The queue's schema, in the target or in another PostgreSQL. */
export const queueSchema = 'rowferry_queue'

/** How long a claim holds without a sign of life; the queue library allows no less. */
export const heartbeatSeconds = 10

/** A shard that so many workers took and nobody finished does more harm than good. */
const retryLimit = 20
const jobsAtOnce = 1000
/** Transfers whose coordinator went away and never came back are cleared away after this. */
const abandonedMs = 3_600_000
const day = 86_400

/** A job of the queue for as long as it is ours: `retryCount` fences off whoever had it before. */
export type Claim<Job> = { readonly id: string; readonly retryCount: number; readonly job: Job }

/** `abandoned`: its coordinator gave no sign of life; the same command goes on with it. */
export type AnnouncedTransfer = Announcement & { readonly state: 'running' | 'cancelled' | 'abandoned' }

/**
 * Distributed transfers in pg-boss (https://pgboss.io): per transfer a queue with its announcement, one with its shards and
 * one with what came of them. The queue only says who should do what; what is done stands in the checkpoints.
 */
export class TransferQueue implements AsyncDisposable {
  readonly #session: BoundedSession
  readonly #boss: PgBoss

  private constructor(session: BoundedSession, boss: PgBoss) {
    this.#session = session
    this.#boss = boss
  }

  /** `install` makes the schema where it is missing; without it, null is given then. */
  static async open(url: string, options: { readonly install: boolean }): Promise<TransferQueue | null> {
    const session = new BoundedSession(url, 'the queue')
    try {
      await assertNewEnough(session)
      if (!options.install && !(await isInstalled(session))) {
        await session[Symbol.asyncDispose]()
        return null
      }
      const { PgBoss } = await import('pg-boss')
      const boss = new PgBoss({
        db: { executeSql: (text, values) => session.raw(text, values, types) },
        schema: queueSchema,
        schedule: false,
        // Whoever is there looks for claims without a sign of life.
        supervise: true,
        superviseIntervalSeconds: 1,
        monitorIntervalSeconds: 1,
        migrate: options.install,
        reindex: false,
        monitorVacuum: false,
      })
      // Its timers report here what the next call of ours runs into as well.
      boss.on('error', () => undefined)
      await boss.start()
      return new TransferQueue(session, boss)
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw translatePostgresError(error, { target: 'the queue' })
    }
  }

  /** Makes the transfer known and gives the claim that keeps it so. Jobs of an earlier run of it are gone then. */
  async announce(announcement: Announcement): Promise<Claim<Announcement>> {
    const names = queueNames(announcement.transferId)
    await this.forget(announcement.transferId)
    // Those that were taken and not deleted, because the connection broke, come again soon.
    const results = { retryLimit: 1000, expireInSeconds: 5, retentionSeconds: 30 * day }
    await this.#boss.createQueue(names.results, results)
    await this.#boss.createQueue(names.shards, {
      retryLimit,
      heartbeatSeconds,
      expireInSeconds: day,
      retentionSeconds: 30 * day,
      deadLetter: names.results,
    })
    await this.#boss.createQueue(names.transfer, { retryLimit: 0, heartbeatSeconds, expireInSeconds: day })
    return this.announceAgain(announcement)
  }

  /** After the claim lapsed: a day is over, or the coordinator could not reach the queue for a while. */
  async announceAgain(announcement: Announcement): Promise<Claim<Announcement>> {
    const { transfer } = queueNames(announcement.transferId)
    await this.#boss.deleteAllJobs(transfer)
    await this.#forgetOld()
    await this.#boss.send(transfer, announcement)
    const [claimed] = await this.#boss.fetch(transfer)
    if (!claimed) throw new Error(`the announcement of ${announcement.transferId} was not in the queue`)
    return { id: claimed.id, retryCount: claimed.retryCount, job: announcement }
  }

  /**
   * A sign of life of the coordinator, and how it stands. `superseded`: another coordinator runs the same transfer by now;
   * `dropped`: somebody removed the queue.
   */
  async holdAnnouncement(
    claim: Claim<Announcement>,
  ): Promise<'held' | 'cancelled' | 'lapsed' | 'superseded' | 'dropped'> {
    const { transfer } = queueNames(claim.job.transferId)
    if (await this.#touch(transfer, claim)) return 'held'
    const found = await this.#ifThere(() => this.#boss.findJobs(transfer))
    if (found === null) return 'dropped'
    if (found.some(({ id, state }) => id === claim.id && state === 'cancelled')) return 'cancelled'
    return found.some(({ id, state }) => id !== claim.id && state === 'active') ? 'superseded' : 'lapsed'
  }

  /** With ids of our own: what was sent twice, because no answer came, stands there once. */
  async enqueue(transferId: string, jobs: readonly { readonly id: string; readonly data: ShardJob }[]): Promise<void> {
    for (let from = 0; from < jobs.length; from += jobsAtOnce) {
      await this.#boss.insert(queueNames(transferId).shards, jobs.slice(from, from + jobsAtOnce))
    }
  }

  async claimShard(transferId: string): Promise<Claim<ShardJob> | null> {
    const [found] = await this.#fetch(queueNames(transferId).shards, 1)
    return found ? { id: found.id, retryCount: found.retryCount, job: ShardJob.parse(found.data) } : null
  }

  /** A sign of life of a worker. False: the shard is somebody else's by now, or not wanted any more. */
  async holdShard(transferId: string, claim: Claim<ShardJob>): Promise<boolean> {
    return this.#touch(queueNames(transferId).shards, claim)
  }

  /** The shard needs nobody any more. */
  async settleShard(transferId: string, claim: Claim<ShardJob>, result: WorkResult): Promise<void> {
    const names = queueNames(transferId)
    await this.#ifThere(() => this.#boss.send(names.results, result))
    await this.#ifThere(() => this.#boss.complete(names.shards, attemptOf(claim)))
  }

  /** Others may have it at once. */
  async returnShard(transferId: string, claim: Claim<ShardJob>, reason: string): Promise<void> {
    await this.#ifThere(() => this.#boss.fail(queueNames(transferId).shards, attemptOf(claim), { reason }))
  }

  /** Takes all shards out; who holds one finds out with the next sign of life. */
  async removeShards(transferId: string): Promise<void> {
    await this.#ifThere(() => this.#boss.deleteAllJobs(queueNames(transferId).shards))
  }

  async takeResults(transferId: string): Promise<WorkResult[]> {
    const { results } = queueNames(transferId)
    const found = await this.#fetch(results, 200)
    if (found.length > 0) {
      await this.#boss.deleteJob(
        results,
        found.map(({ id }) => id),
      )
    }
    return found.map(({ data }) => WorkResult.parse(data))
  }

  async transfers(): Promise<AnnouncedTransfer[]> {
    const queues = await this.#boss.getQueues()
    const found: AnnouncedTransfer[] = []
    for (const { name } of queues.filter(({ name }) => name.startsWith(announcements)).toSorted(byName)) {
      const jobs = (await this.#ifThere(() => this.#boss.findJobs(name))) ?? []
      const [latest] = jobs.toSorted((a, b) => Number(b.createdOn) - Number(a.createdOn))
      const announcement = Announcement.safeParse(latest?.data)
      if (!latest || !announcement.success) continue
      const state = ({ active: 'running', cancelled: 'cancelled' } as const)[latest.state as 'active'] ?? 'abandoned'
      found.push({ ...announcement.data, state })
    }
    return found
  }

  /** Asks the coordinator to end the transfer; false when none is there to be asked. */
  async cancel(transferId: string): Promise<boolean> {
    const { transfer } = queueNames(transferId)
    const jobs = (await this.#ifThere(() => this.#boss.findJobs(transfer))) ?? []
    const active = jobs.filter(({ state }) => state === 'active')
    const [id] = active.map((job) => job.id)
    if (id === undefined) return false
    return affected(await this.#boss.cancel(transfer, id)) > 0
  }

  async #forgetOld(): Promise<void> {
    const before = Date.now() - abandonedMs
    for (const { name, createdOn } of await this.#boss.getQueues()) {
      if (!name.startsWith(announcements) || Number(createdOn) > before) continue
      const jobs = await this.#boss.findJobs(name)
      if (jobs.every(({ completedOn }) => completedOn !== null && Number(completedOn) < before)) {
        await this.forget(name.slice(announcements.length))
      }
    }
  }

  /** Everything of a transfer that is over. */
  async forget(transferId: string): Promise<void> {
    const names = queueNames(transferId)
    for (const name of [names.shards, names.results, names.transfer]) await this.#boss.deleteQueue(name)
  }

  /** Drops the schema, with everything in it. */
  async drop(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false })
    await this.#session.rows(`drop schema if exists ${queueSchema} cascade`)
  }

  async #touch(queue: string, claim: Claim<unknown>): Promise<boolean> {
    return affected(await this.#ifThere(() => this.#boss.touch(queue, attemptOf(claim)))) > 0
  }

  async #fetch(
    queue: string,
    batchSize: number,
  ): Promise<{ readonly id: string; readonly retryCount: number; readonly data: unknown }[]> {
    return (await this.#ifThere(() => this.#boss.fetch<unknown>(queue, { batchSize }))) ?? []
  }

  /** The queues of a transfer go when it is over, whoever is still looking at them. */
  async #ifThere<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Error && /^Queue \S+ does not exist$/.test(error.message)) return null
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: false })
    await this.#session[Symbol.asyncDispose]()
  }
}

const announcements = 'transfer/'

function queueNames(transferId: string): {
  readonly transfer: string
  readonly shards: string
  readonly results: string
} {
  return { transfer: `${announcements}${transferId}`, shards: `shards/${transferId}`, results: `results/${transferId}` }
}

function attemptOf({ id, retryCount }: Claim<unknown>): { id: string; retryCount: number } {
  return { id, retryCount }
}

/** How many jobs it was; the library's types do not know that it says so. */
function affected(response: object | null): number {
  return response !== null && 'affected' in response ? Number(response.affected) : 0
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

async function isInstalled(session: BoundedSession): Promise<boolean> {
  const found = await session.rows(
    `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = 'version'`,
    [queueSchema],
  )
  return found.length > 0
}

async function assertNewEnough(session: BoundedSession): Promise<void> {
  const [row] = await session.rows<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  )
  if (Number(row?.number) >= 130_000) return
  throw new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The queue of a distributed transfer needs PostgreSQL 13 or newer; this is ${row?.version ?? 'older'}.`,
    remedy: 'Keep the queue in another server: --queue postgres://…, or leave out --distributed',
  })
}
