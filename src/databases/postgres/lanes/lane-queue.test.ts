import { describe, expect, test } from 'vitest'
import { LaneQueue } from './lane-queue.ts'
import type { LockMode } from './table-locks.ts'

type Work = {
  readonly name: string
  readonly rank: number
  readonly isLong?: boolean
  readonly locks: { table: { schema: string; name: string }; mode: LockMode }[]
}

/** `work('pk', 1, 'key a')`, `work('fk', 6, 'reference a', 'reference b')` */
function work(name: string, rank: number, ...locks: string[]): Work {
  return {
    name,
    rank,
    locks: locks.map((lock) => {
      const [mode, table] = lock.split(' ')
      return { mode: mode as LockMode, table: { schema: 's', name: table ?? '' } }
    }),
  }
}

function given(...all: Work[]): { queue: LaneQueue<Work>; takeAll: () => string[] } {
  const queue = new LaneQueue<Work>()
  for (const one of all) queue.add(one)
  const takeAll = (): string[] => {
    const names: string[] = []
    for (let next = queue.take(); next; next = queue.take()) names.push(next.name)
    return names
  }
  return { queue, takeAll }
}

describe('work begins', () => {
  test.each<[string, Work[], string[]]>([
    ['indexes of one table side by side', [work('i', 4, 'index a'), work('j', 4, 'index a')], ['i', 'j']],
    [
      'indexes beside the reading of their table',
      [work('i', 2, 'index a'), work('j', 4, 'index a'), work('h', 9, 'read a')],
      ['i', 'j', 'h'],
    ],
    [
      'one alter of a table after the other',
      [work('k', 2, 'alter a'), work('u', 3, 'alter a'), work('v', 3, 'alter b')],
      ['k', 'v'],
    ],
    [
      'lower ranks first, whenever they came',
      [work('h', 9, 'read a'), work('i', 4, 'index b'), work('k', 2, 'alter c')],
      ['k', 'i', 'h'],
    ],
    ['nothing beside an alter', [work('c', 5, 'alter a'), work('h', 9, 'read a'), work('o', 9, 'read b')], ['c', 'o']],
    [
      'a foreign key when the indexes of both its tables stand',
      [work('f', 6, 'reference a', 'reference b'), work('k', 2, 'index b')],
      ['k'],
    ],
    [
      'foreign keys of other tables side by side',
      [
        work('f', 6, 'reference a', 'reference b'),
        work('g', 6, 'reference c', 'reference b'),
        work('h', 6, 'reference c', 'reference d'),
      ],
      ['f'],
    ],
    [
      'what waits is not overtaken by what it could not run beside',
      [work('r', 2, 'read a'), work('c', 5, 'alter a'), work('h', 9, 'read a')],
      ['r'],
    ],
    [
      'statistics after the indexes, beside the reading',
      [work('i', 4, 'index a'), work('s', 8, 'analyze a'), work('h', 9, 'read a')],
      ['i', 'h'],
    ],
  ])('%s', (_, all, expected) => {
    expect(given(...all).takeAll()).toEqual(expected)
  })
})

test('what waits and could run beside other work is counted', () => {
  const index = work('i', 4, 'index a')
  const others = [work('j', 4, 'index a'), work('f', 6, 'reference b', 'reference a'), work('h', 9, 'read a')]
  const { queue } = given(index, ...others, work('s', 8, 'analyze a'), work('t', 8, 'analyze b'))
  queue.take()
  expect(queue.waitingBeside(index)).toBe(3)
})

describe('where something needs a table for itself', () => {
  const [key, index, read] = [work('k', 6, 'alter a'), work('i', 5, 'index a'), work('h', 11, 'read a')]
  const statistics = work('s', 10, 'analyze a')

  test('it begins when nothing else runs there', () => {
    const { queue, takeAll } = given(index, key)
    expect(takeAll()).toEqual(['i'])
    queue.remove(index)
    expect(takeAll()).toEqual(['k'])
    queue.add(read)
    expect(takeAll()).toEqual([])
    queue.remove(key)
    expect(takeAll()).toEqual(['h'])
  })

  test('reading that begins does not keep it waiting, but goes on while an index is built anyway', () => {
    const { queue, takeAll } = given(index, key, read)
    expect(takeAll()).toEqual(['i', 'h'])
    queue.add(work('h2', 11, 'read a'))
    queue.remove(index)
    expect(takeAll()).toEqual([])
    queue.remove(read)
    expect(takeAll()).toEqual(['k'])
  })

  test('statistics are made meanwhile beside a long reading, but not beside an index', () => {
    const long = { ...work('l', 4, 'read a'), isLong: true }
    const { queue, takeAll } = given(long, index, key, work('f', 8, 'reference a', 'reference b'), statistics)
    expect(takeAll()).toEqual(['l', 'i'])
    queue.remove(index)
    expect(takeAll()).toEqual(['s'])
    queue.remove(long)
    expect(takeAll()).toEqual([])
    queue.remove(statistics)
    expect(takeAll()).toEqual(['k'])
  })

  test('an index that waits for it is not overtaken by statistics', () => {
    const long = { ...work('l', 0, 'read a'), isLong: true }
    const { queue, takeAll } = given(long, work('n', 1, 'alter a'), index, statistics)
    expect(takeAll()).toEqual(['l'])
    queue.remove(long)
    expect(takeAll()).toEqual(['n'])
  })
})

describe('beside a long reading', () => {
  const long = { ...work('l', 9, 'read a'), isLong: true }
  const later = [work('h1', 9, 'read a'), work('h2', 9, 'read a')]

  test('short ones begin though something waits for the table, and end before it has to wait for them', () => {
    const check = work('c', 5, 'alter a')
    const { queue, takeAll } = given(long, ...later)
    queue.take()
    queue.add(check)
    expect(queue.take()?.name).toBe('h1')
    queue.remove(long)
    expect(takeAll()).toEqual([])
    queue.remove(later[0] as Work)
    expect(takeAll()).toEqual(['c'])
    queue.remove(check)
    expect(takeAll()).toEqual(['h2'])
  })
})

test('work that found no session goes back into its place', () => {
  const [first, second] = [work('i', 4, 'index a'), work('j', 4, 'index a')]
  const { queue, takeAll } = given(first, second)
  queue.take()
  queue.putBack(first)
  expect(takeAll()).toEqual(['i', 'j'])
})
