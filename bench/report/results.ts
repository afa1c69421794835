import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ContenderName } from '../contenders/contender.ts'
import type { Machine } from '../machine.ts'
import type { Measurement } from '../measure.ts'
import { type ShapeName, shapeNames } from '../shapes/shape.ts'

/** What a benchmark found out about one shape, as it is kept in `bench/results/<shape>.json`. */
export type ShapeResult = {
  readonly version: 1
  readonly shape: ShapeName
  readonly description: string
  /** ISO date and time of the end. */
  readonly measuredAt: string
  readonly machine: Machine
  readonly rounds: number
  readonly sizes: readonly SizeResult[]
}

export type SizeResult = {
  readonly rows: number
  readonly tables: number
  readonly sourceBytes: number
  readonly contenders: readonly ContenderResult[]
}

export type ContenderResult = {
  readonly name: ContenderName
  readonly does: string
  /** Why there are no runs, or no more of them; null when all is well. */
  readonly missing: string | null
  /** One for each counted round. */
  readonly runs: readonly RoundResult[]
  /** What differs from what rowferry has loaded and verified; null when it was not compared. */
  readonly differences: readonly string[] | null
}

export type RoundResult = Measurement & {
  readonly round: number
  readonly phases?: Readonly<Record<string, number>>
  /** Of the whole command, where `seconds` are only those of a part. */
  readonly wholeSeconds?: number
}

export function writeResult(path: string, result: ShapeResult): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
}

/** The last result of each shape that has one. */
export function readResults(folder: string): ShapeResult[] {
  return shapeNames
    .map((name) => join(folder, `${name}.json`))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as ShapeResult)
}
