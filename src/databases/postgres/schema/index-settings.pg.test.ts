import { expect, test } from 'vitest'
import { givenDatabase, query } from '../../../../test/support/postgres.ts'
import { crowdedSettings, indexSettings, resetIndexSettings } from './index-settings.ts'

const ask = `select current_setting('maintenance_work_mem') as memory, current_setting('max_parallel_maintenance_workers') as workers`

test.each<[number | undefined, string]>([
  [100, '8MB'],
  [5_000_000, '20MB'],
  [10_000_000_000, '256MB'],
  [0, '256MB'],
  [undefined, '256MB'],
])(
  'an index over %s rows that is made beside other work sorts in %s, without parallel workers',
  async (rows, memory) => {
    await using database = await givenDatabase()
    const sql = `${indexSettings(2)}; begin; ${crowdedSettings(rows)} ${ask}`
    expect(await query(database.url, sql)).toEqual([{ memory, workers: '0' }])
  },
)

test('what is set for one index is gone with its transaction', async () => {
  await using database = await givenDatabase()
  const [before] = await query(database.url, ask)
  const sql = `${indexSettings(2)}; begin; ${crowdedSettings(100)} commit; ${ask}`
  expect(await query(database.url, sql)).toEqual([{ ...before, memory: '256MB' }])
})

test.each([
  ['1GB', 2, '1GB'],
  ['64MB', 2, '256MB'],
  ['64MB', 4, '128MB'],
  ['64MB', 64, '64MB'],
])('a server with %s gives each of %i sessions %s', async (has, width, memory) => {
  await using database = await givenDatabase()
  const rows = await query(database.url, `set maintenance_work_mem = '${has}'; ${indexSettings(width)}; ${ask}`)
  expect(rows).toMatchObject([{ memory }])
})

const askAhead = `select current_setting('effective_io_concurrency') as effective,
  current_setting('maintenance_io_concurrency') as maintenance`

test.each([
  ['4GB', { effective: '0', maintenance: '0' }],
  ['8MB', { effective: '7', maintenance: '9' }],
])('where the server counts on %s of disk cache, reads ahead are %o', async (cache, expected) => {
  await using database = await givenDatabase()
  const given = `set effective_cache_size = '${cache}'; set effective_io_concurrency = 7; set maintenance_io_concurrency = 9`
  expect(await query(database.url, `${given}; ${indexSettings(2)}; ${askAhead}`)).toEqual([expected])
})

test('what was set for indexes is undone', async () => {
  await using database = await givenDatabase()
  const all = `select name, setting from pg_settings order by name`
  const sql = `${indexSettings(2)}; ${resetIndexSettings}; ${all}`
  expect(await query(database.url, sql)).toEqual(await query(database.url, all))
})
