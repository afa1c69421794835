import { expect, test } from 'vitest'
import { migrate, plan, verify } from '../../src/index.ts'
import { cutAfter } from '../support/cutting-proxy.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { givenSqlite } from '../support/sample-databases.ts'

const sql = `create table a(id integer primary key, v text unique); insert into a values (1, 'x'), (2, 'y');
  create table b(id integer primary key, a int references a); insert into b values (1, 1); create view w as select v from a`

/** Runs `work` with the connection cut after each of some packets; gives where it failed. */
async function failures(
  points: readonly number[],
  work: (url: string, direct: string) => Promise<void>,
): Promise<string[]> {
  const failed: string[] = []
  await Promise.all(
    points.map(async (packets) => {
      await using database = await givenDatabase()
      await using proxy = await cutAfter(database.url, packets)
      await work(proxy.url, database.url).catch((error: unknown) =>
        failed.push(
          `packet ${packets}: ${error instanceof Error ? error.message + JSON.stringify(error['actual' as never]) : ''}`,
        ),
      )
    }),
  )
  return failed
}

async function packetsOf(work: (url: string, direct: string) => Promise<void>): Promise<number> {
  await using database = await givenDatabase()
  await using proxy = await cutAfter(database.url, Infinity)
  await work(proxy.url, database.url)
  return proxy.packets
}

/** So many points, the first packet of a session (its login) left out. */
function pointsOf(packets: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => 3 + Math.floor(((packets - 4) * at) / (count - 1)))
}

test('a server that restarts while catalogs are read, checks are made or the end is noted is waited for', async () => {
  const source = givenSqlite(sql)
  const migrated = async (url: string, direct: string): Promise<void> => {
    const { exitCode, failure, status } = await migrate({ source, target: url, cwd: givenFolder() })
    expect({ exitCode, failure, status }).toEqual({ exitCode: 0, failure: null, status: 'completed' })
    expect(await query(direct, 'select (select count(*) from a) as a, (select count(*) from w) as w')).toEqual([
      { a: '2', w: '2' },
    ])
  }
  const packets = await packetsOf(migrated)
  // The keys and the foreign key that needs one of them are made towards the end.
  const points = [...new Set([...pointsOf(packets, 10), 77, 79])].filter((point) => point < packets)
  expect(await failures(points, migrated)).toEqual([])
}, 60_000)

test('plan and verify wait for it too', async () => {
  const source = givenSqlite(sql)
  await using filled = await givenDatabase()
  expect(await migrate({ source, target: filled.url, cwd: givenFolder() })).toMatchObject({ exitCode: 0 })
  const planned = async (url: string): Promise<void> => {
    expect(await plan({ source, target: url, cwd: givenFolder() })).toMatchObject({ tables: [{}, {}] })
  }
  expect(await failures(pointsOf(await packetsOf(planned), 4), planned)).toEqual([])
  let packets = 0
  {
    await using proxy = await cutAfter(filled.url, Infinity)
    expect(await verify({ source, target: proxy.url })).toMatchObject({ exitCode: 0 })
    packets = proxy.packets
  }
  await Promise.all(
    pointsOf(packets, 6).map(async (point) => {
      await using proxy = await cutAfter(filled.url, point)
      expect(await verify({ source, target: proxy.url })).toMatchObject({ exitCode: 0 })
    }),
  )
}, 60_000)
