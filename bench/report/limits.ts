import type { ContenderName } from '../contenders/contender.ts'
import { growthOf, type GrowthPoint } from './growth.ts'
import type { RoundResult, ShapeResult, SizeResult } from './results.ts'
import { median, medianOf, pairedRatio } from './statistics.ts'
import { megabytesText, percentText, rowsText, ratioText, secondsText } from './text.ts'

/** A promise about speed or memory, and what was measured. Times in seconds hold for a machine with two cores. */
export type Limit = {
  readonly what: string
  readonly limit: string
  readonly measured: string
  readonly holds: boolean
}

export function checkLimits(result: ShapeResult): Limit[] {
  const limits = result.sizes.flatMap((size) => [...perSize(result, size), memory(size)])
  return [...limits, ...growth(result)].filter((limit) => limit !== null)
}

function perSize(result: ShapeResult, size: SizeResult): (Limit | null)[] {
  switch (result.shape) {
    case 'mixed':
      return [ratioTo(size, 'pgloader', 0.42), ratioTo(size, 'pipe', 0.75), verification(size, 0.3), profile(size, 0.2)]
    case 'tiny-tables':
      return [time(size, 10)]
    case 'smallest':
      return [time(size, 1.5)]
    default:
      return []
  }
}

function runsOf(size: SizeResult, name: ContenderName): readonly RoundResult[] {
  return size.contenders.find((contender) => contender.name === name)?.runs ?? []
}

function ratioTo(size: SizeResult, name: ContenderName, limit: number): Limit | null {
  const ratio = pairedRatio(runsOf(size, 'rowferry'), runsOf(size, name))
  if (ratio === null) return null
  return { what: `rowferry / ${name}`, limit: ratioText(limit), measured: ratioText(ratio), holds: ratio <= limit }
}

function profile(size: SizeResult, limit: number): Limit | null {
  const share = medianOf(runsOf(size, 'rowferry'), ({ phases }) => {
    const [part, load] = [phases?.['profile'], phases?.['copy-tables']]
    return part === undefined || load === undefined ? null : part / load
  })
  return share === null ? null : shareOfLoad('profile / copy-tables', share, limit)
}

/** Not the time of its step: it is at work during the load and beside other steps too. What it adds to the whole says it all. */
function verification(size: SizeResult, limit: number): Limit | null {
  const unverified = runsOf(size, 'rowferry load')
  const shares = runsOf(size, 'rowferry').flatMap(({ round, seconds, phases }) => {
    const without = unverified.find((run) => run.round === round)?.wholeSeconds
    const load = phases?.['copy-tables']
    return without === undefined || load === undefined ? [] : [(seconds - without) / load]
  })
  const share = median(shares)
  return share === null ? null : shareOfLoad('rowferry less the same with --verify none / copy-tables', share, limit)
}

function shareOfLoad(what: string, share: number, limit: number): Limit {
  return { what, limit: percentText(limit), measured: percentText(share), holds: share <= limit }
}

function time(size: SizeResult, limit: number): Limit | null {
  const seconds = medianOf(runsOf(size, 'rowferry'), (run) => run.seconds)
  if (seconds === null) return null
  return {
    what: 'seconds from command to end',
    limit: secondsText(limit),
    measured: secondsText(seconds),
    holds: seconds <= limit,
  }
}

const memoryLimit = 400e6

function memory(size: SizeResult): Limit | null {
  const peaks = runsOf(size, 'rowferry').flatMap(({ peakMemory }) => peakMemory ?? [])
  if (peaks.length === 0) return null
  const peak = Math.max(...peaks)
  return {
    what: `peak memory at ${rowsText(size.rows)}`,
    limit: megabytesText(memoryLimit),
    measured: megabytesText(peak),
    holds: peak <= memoryLimit,
  }
}

/** Linear within a tenth, and no size costs more time per row or more memory than the first, beyond that. */
const growthLimit = 1.1

function growth(result: ShapeResult): Limit[] {
  const points = growthOf(result)
  const [first, ...others] = points
  if (first === undefined) return []
  return others.flatMap((point) => {
    const sizes = `at ${rowsText(point.rows)} / at ${rowsText(first.rows)}`
    const time = atMost(`time per row ${sizes}`, point.perMillion / first.perMillion)
    const memory =
      point.peakMemory === null || first.peakMemory === null
        ? []
        : [atMost(`peak memory ${sizes}`, point.peakMemory / first.peakMemory)]
    return [...linear(point, first, points.at(-1) ?? first), time, ...memory]
  })
}

/** How far a size lies from the line through the smallest and the largest: a start that costs the same for all is no growth. */
function linear(point: GrowthPoint, first: GrowthPoint, last: GrowthPoint): Limit[] {
  if (point.rows <= first.rows || point.rows >= last.rows) return []
  const slope = (last.seconds - first.seconds) / (last.rows - first.rows)
  const ratio = point.seconds / (first.seconds + slope * (point.rows - first.rows))
  return [
    {
      what: `time at ${rowsText(point.rows)} / on the line from ${rowsText(first.rows)} to ${rowsText(last.rows)}`,
      limit: `${ratioText(2 - growthLimit)} – ${ratioText(growthLimit)}`,
      measured: ratioText(ratio),
      holds: ratio >= 2 - growthLimit && ratio <= growthLimit,
    },
  ]
}

function atMost(what: string, ratio: number): Limit {
  return { what, limit: ratioText(growthLimit), measured: ratioText(ratio), holds: ratio <= growthLimit }
}
