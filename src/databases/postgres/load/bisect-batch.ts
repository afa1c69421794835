/** Rows from..to-1. */
export type RowRange = { readonly from: number; readonly to: number }

export type Fault = { readonly index: number; readonly error: unknown }

export type Bisection<Result> = {
  /** In the order in which they succeeded; together with the faults they cover the whole range. */
  readonly done: readonly (RowRange & { readonly result: Result })[]
  /** Rows that failed alone, by ascending index. */
  readonly faults: readonly Fault[]
}

export type BisectOptions<Result> = {
  /** Must leave nothing behind when it throws. */
  readonly attempt: (range: RowRange) => Promise<Result>
  /** False: the error is not about the rows and ends everything. */
  readonly isRowFault: (error: unknown) => boolean
  /**
   * False: the error may be about a row or about the table (a trigger that calls a missing function). The first 20 rows that all fail alone with the same such
   * error, and none that passes, are the table's fault: the error is thrown. Left out: every row fault is the row's.
   */
  readonly isCertain?: (error: unknown) => boolean
  /** True for errors that can vanish once other rows of the range are there (a row that points to a later one). */
  readonly mayPassLater: (error: unknown) => boolean
}

/**
 * Does the range in as few pieces as it can: the whole first, halves of what failed, down to single rows. One bad row in
 * 10,000 costs 2 log2(10,000) = 27 attempts. Halves are done from left to right, so of two rows that exclude
 * each other the first stays.
 */
export async function bisectBatch<Result>(range: RowRange, options: BisectOptions<Result>): Promise<Bisection<Result>> {
  const done: (RowRange & { result: Result })[] = []
  let faults: Fault[] = []
  const todo: RowRange[] = range.to > range.from ? [range] : []
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const failure = await tryRange(next, options, done)
    if (failure === null) continue
    if (next.to - next.from === 1) {
      faults.push({ index: next.from, error: failure.error })
      if (done.length === 0 && isTablesFault(faults, options)) throw failure.error
    } else {
      const middle = (next.from + next.to) >>> 1
      todo.push({ from: middle, to: next.to }, { from: next.from, to: middle })
    }
  }
  for (let before = Infinity; faults.length < before;) {
    before = faults.length
    faults = await tryFaultsAgain(faults, options, done)
  }
  return { done, faults }
}

const faultsOfTheTable = 20

function isTablesFault(faults: readonly Fault[], { isCertain }: Pick<BisectOptions<unknown>, 'isCertain'>): boolean {
  if (isCertain === undefined || faults.length !== faultsOfTheTable) return false
  const messages = new Set(faults.map(({ error }) => (error instanceof Error ? error.message : String(error))))
  return messages.size === 1 && faults.every(({ error }) => !isCertain(error))
}

async function tryFaultsAgain<Result>(
  faults: readonly Fault[],
  options: BisectOptions<Result>,
  done: (RowRange & { result: Result })[],
): Promise<Fault[]> {
  const left: Fault[] = []
  for (const fault of faults) {
    const failure = options.mayPassLater(fault.error)
      ? await tryRange({ from: fault.index, to: fault.index + 1 }, options, done)
      : { error: fault.error }
    if (failure) left.push({ index: fault.index, error: failure.error })
  }
  return left
}

/** Null when it succeeded. */
async function tryRange<Result>(
  range: RowRange,
  options: BisectOptions<Result>,
  done: (RowRange & { result: Result })[],
): Promise<{ error: unknown } | null> {
  try {
    done.push({ ...range, result: await options.attempt(range) })
    return null
  } catch (error) {
    if (!options.isRowFault(error)) throw error
    return { error }
  }
}
