import { describe, expect, test } from 'vitest'
import { bisectBatch, type RowRange } from './bisect-batch.ts'

class Refused extends Error {}

async function bisect(rows: number, refuses: (range: RowRange, loaded: ReadonlySet<number>) => boolean) {
  const loaded = new Set<number>()
  let attempts = 0
  const bisection = await bisectBatch(
    { from: 0, to: rows },
    {
      attempt: async (range) => {
        attempts++
        if (refuses(range, loaded)) throw new Refused()
        for (let row = range.from; row < range.to; row++) loaded.add(row)
      },
      isRowFault: (error) => error instanceof Refused,
      mayPassLater: () => true,
    },
  )
  return { loaded, attempts, faults: bisection.faults.map(({ index }) => index), done: bisection.done }
}

const has =
  (...rows: number[]) =>
  (range: RowRange) =>
    rows.some((row) => range.from <= row && row < range.to)

describe('bisecting', () => {
  test.each([
    [0, []],
    [1, []],
    [1, [0]],
    [7, [0, 3, 6]],
    [8, [0, 1, 2, 3, 4, 5, 6, 7]],
    [1000, [999]],
    [1001, [500, 501]],
  ])('%i rows of which %j are at fault', async (rows, faults) => {
    const result = await bisect(rows, has(...faults))
    expect(result.faults).toEqual(faults)
    expect(result.loaded.size).toBe(rows - faults.length)
    const covered = result.done.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
    expect(covered.toSorted((a, b) => a - b)).toEqual([...result.loaded].toSorted((a, b) => a - b))
  })

  test('one bad row in 10,000 costs a handful of attempts', async () => {
    expect((await bisect(10_000, has(4321))).attempts).toBeLessThan(32)
  })

  test('a row that only needs another one of the batch passes in the end', async () => {
    const needsLater = ({ from, to }: RowRange, loaded: ReadonlySet<number>): boolean =>
      has(9)({ from, to }) || (from <= 2 && 2 < to && to <= 6 && !loaded.has(6))
    const result = await bisect(10, needsLater)
    expect(result.faults).toEqual([9])
    expect(result.loaded).toContain(2)
  })

  describe('an error that may be about a row or about the table', () => {
    const uncertain = async (rows: number, message: (row: number) => string | null): Promise<number[]> => {
      const { faults } = await bisectBatch(
        { from: 0, to: rows },
        {
          attempt: async ({ from, to }) => {
            for (let row = from; row < to; row++) {
              const text = message(row)
              if (text !== null) throw new Error(text)
            }
          },
          isRowFault: () => true,
          isCertain: () => false,
          mayPassLater: () => false,
        },
      )
      return faults.map(({ index }) => index)
    }

    test('is the row’s where other rows pass', async () => {
      expect(await uncertain(100, (row) => (row === 7 ? 'odd' : null))).toEqual([7])
    })

    test('is the table’s where the first 20 rows all fail of it', async () => {
      await expect(uncertain(1000, () => 'function f() does not exist')).rejects.toThrow('function f() does not exist')
    })

    test('is the rows’ where each of them fails of something else', async () => {
      expect(await uncertain(30, (row) => `odd value ${row}`)).toHaveLength(30)
    })
  })

  test('an error that is not about the rows ends it at once', async () => {
    const attempts: RowRange[] = []
    const failing = bisectBatch(
      { from: 0, to: 100 },
      {
        attempt: async (range) => {
          attempts.push(range)
          throw new Error('disk full')
        },
        isRowFault: (error) => error instanceof Refused,
        mayPassLater: () => false,
      },
    )
    await expect(failing).rejects.toThrow('disk full')
    expect(attempts).toHaveLength(1)
  })
})
