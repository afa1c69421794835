/** The middle value; of two middle ones their mean. Null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2
}

export type Spread = { readonly median: number; readonly min: number; readonly max: number }

export function spreadOf(values: readonly number[]): Spread | null {
  const middle = median(values)
  return middle === null ? null : { median: middle, min: Math.min(...values), max: Math.max(...values) }
}

/** Median of a figure of several runs; null when one of them does not have it. */
export function medianOf<Run>(runs: readonly Run[], figure: (run: Run) => number | null): number | null {
  const values = runs.map(figure)
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? median(known) : null
}

type Timed = { readonly round: number; readonly seconds: number }

/**
 * The median of the ratios within each round: what slows down the machine for a while slows down both, and falls out. Only
 * rounds that both have count.
 */
export function pairedRatio(ours: readonly Timed[], theirs: readonly Timed[]): number | null {
  const ratios = ours.flatMap(({ round, seconds }) => {
    const other = theirs.find((run) => run.round === round)
    return other === undefined || other.seconds === 0 ? [] : [seconds / other.seconds]
  })
  return median(ratios)
}
