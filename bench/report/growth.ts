import type { ShapeResult } from './results.ts'
import { medianOf } from './statistics.ts'

export type GrowthPoint = {
  readonly rows: number
  readonly seconds: number
  readonly perMillion: number
  readonly peakMemory: number | null
}

export function growthOf(result: ShapeResult): GrowthPoint[] {
  return result.sizes.flatMap(({ rows, contenders }) => {
    const runs = contenders.find(({ name }) => name === 'rowferry')?.runs ?? []
    const seconds = medianOf(runs, (run) => run.seconds)
    if (seconds === null) return []
    const peakMemory = medianOf(runs, (run) => run.peakMemory)
    return [{ rows, seconds, perMillion: (seconds / rows) * 1e6, peakMemory }]
  })
}
