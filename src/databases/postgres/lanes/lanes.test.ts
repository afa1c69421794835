import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { PostgresConnection } from '../connection/postgres-connection.ts'
import { type Lane, Lanes } from './lanes.ts'

function session(ended: () => void = () => undefined): PostgresConnection {
  const client = Object.assign(new EventEmitter(), { [Symbol.asyncDispose]: async () => ended() })
  return client as unknown as PostgresConnection
}

const signal = new AbortController().signal

test('work waits for sessions that are being opened, also when others were refused sooner', async () => {
  let asked = 0
  const own = session()
  await using lanes = new Lanes({
    open: async () => {
      if (++asked > 2) throw new Error('too many connections')
      await wait(50)
      return session()
    },
    own: (work) => work(own),
    explain: (error) => error,
  })
  lanes.prepare(4, 4)
  lanes.widen(4)
  const over: PostgresConnection[] = []
  const run = async ({ client }: Lane): Promise<void> => {
    over.push(client)
    await wait(5)
  }
  await Promise.all(Array.from({ length: 12 }, () => lanes.run({ rank: 0, locks: [], signal, run })))
  expect(over).toHaveLength(12)
  expect(over).not.toContain(own)
  expect(new Set(over).size).toBe(2)
  expect(lanes.width).toBe(4)
})

test('closing waits for sessions that work was just given, and ends them', async () => {
  let opened = 0
  let ended = 0
  const lanes = new Lanes({
    // One that does not notice the signal in time.
    open: async () => {
      await wait(50)
      opened++
      return session(() => ended++)
    },
    own: () => Promise.reject(new Error('not asked for')),
    explain: (error) => error,
  })
  lanes.prepare(2, 2)
  lanes.widen(2)
  const works = Array.from({ length: 3 }, () => lanes.run({ rank: 0, locks: [], signal, run: async () => wait(1000) }))
  const all = Promise.allSettled(works)
  await lanes.close()
  expect([opened, ended]).toEqual([2, 2])
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
})

test('of what is asked for in one go the lowest ranks begin, and know what else waits', async () => {
  await using lanes = new Lanes({
    open: async () => session(),
    own: () => Promise.reject(new Error('not asked for')),
    explain: (error) => error,
  })
  lanes.widen(2)
  const begun: [rank: number, crowded: boolean][] = []
  const ask = (ranks: readonly number[]): Promise<unknown> =>
    Promise.all(
      ranks.map((rank) => {
        const run = async ({ crowded }: Lane): Promise<void> => {
          begun.push([rank, crowded])
          await wait(20)
        }
        return lanes.run({ rank, locks: [], signal, run })
      }),
    )
  // Sessions that are idle could take the first at once.
  await ask([0, 0])
  begun.length = 0
  await ask([3, 1, 2])
  expect(begun).toEqual([
    [1, true],
    [2, true],
    [3, true],
  ])
})
