import { expect, test } from 'vitest'
import { plannedTable } from '../../test/support/planned-tables.ts'
import { Threads } from '../util/threads.ts'
import type { ShardTask } from './shard-tasks.ts'
import { ShardWorkers } from './shard-workers.ts'

const worker = new URL('../../test/support/dying-shard-worker.ts', import.meta.url)

/** Big enough for threads. */
function taskOf(name: string): ShardTask {
  const table = plannedTable(name, [['id', 'bigint', 'int8']], { bytes: 10_000_000 })
  const [shard = { number: 0, by: 'rowid', lower: null, upper: null }] = table.shards
  return {
    kind: 'hash',
    source: { kind: 'sqlite', path: '', immutable: true },
    target: { kind: 'postgres', url: '' },
    transferId: 't',
    table,
    shard,
    batchRows: 1,
    batchBytes: 1,
    fireTriggers: false,
    remaps: [],
    debug: false,
  }
}

async function outcomes(threads: number, names: readonly string[]): Promise<string[]> {
  await using workers = new ShardWorkers(new Threads(threads), worker)
  const settled = await Promise.allSettled(names.map((name) => workers.run(taskOf(name), () => undefined)))
  return settled.map(({ status }, at) => `${names[at]} ${status}`)
}

test('a thread that dies fails the shard it had, and the other one carries all others to their end', async () => {
  expect(await outcomes(2, ['dies', 'a', 'b', 'c'])).toEqual([
    'dies rejected',
    'a fulfilled',
    'b fulfilled',
    'c fulfilled',
  ])
})

test('when no thread is left, what nobody took fails too', async () => {
  expect(await outcomes(1, ['a', 'dies', 'b'])).toEqual(['a fulfilled', 'dies rejected', 'b rejected'])
})

/** They close a while after their threads have ended. */
async function openPorts(expected: number): Promise<void> {
  const ports = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length
  await expect.poll(ports, { timeout: 30_000 }).toBe(expected)
}

test('no port is left open when the threads end before a shard has begun', async () => {
  // Of the tests before.
  await openPorts(0)
  const threads = new Threads(1)
  const workers = new ShardWorkers(threads, worker)
  const first = workers.run(taskOf('a'), () => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  const second = workers.run(taskOf('b'), () => undefined)
  const settling = Promise.allSettled([first, second])
  await new Promise((resolve) => setTimeout(resolve, 50))
  await threads.end()
  const settled = await settling
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await openPorts(0)
})
