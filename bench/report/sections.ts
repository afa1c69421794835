import { growthOf } from './growth.ts'
import { checkLimits } from './limits.ts'
import type { ContenderName } from '../contenders/contender.ts'
import type { ContenderResult, RoundResult, ShapeResult, SizeResult } from './results.ts'
import { medianOf, pairedRatio, spreadOf } from './statistics.ts'
import { countText, megabytesText, none, percentText, ratioText, rowsText, secondsText } from './text.ts'

/** A table to be shown on a terminal or in a page. */
export type Section = {
  readonly title: string
  readonly head: readonly string[]
  /** Columns of figures, which stand at the right. */
  readonly figures: ReadonlySet<number>
  readonly rows: readonly (readonly string[])[]
}

/** All that is said about a shape, in the order in which it is read. */
export function sectionsOf(result: ShapeResult): Section[] {
  const sizes = result.sizes.flatMap((size) => [
    timesSection(size),
    phasesSection(size),
    floorSection(size),
    differencesSection(size),
  ])
  const sections = [growthSection(result), ...sizes, limitsSection(result)]
  return sections.filter((section) => section !== null && section.rows.length > 0) as Section[]
}

export function titleOf({ rows, tables, sourceBytes }: SizeResult): string {
  return `${rowsText(rows)} in ${countText(tables)} table${tables === 1 ? '' : 's'}, ${megabytesText(sourceBytes)} of SQLite`
}

function timesSection(size: SizeResult): Section {
  const ours = size.contenders.find(({ name }) => name === 'rowferry')?.runs ?? []
  return {
    title: titleOf(size),
    head: ['', 'seconds', 'min – max', 'rows/s', 'CPU client', 'CPU server', 'peak memory', 'rowferry / it', 'content'],
    figures: new Set([1, 2, 3, 4, 5, 6, 7]),
    rows: size.contenders.map((contender) => {
      const { name, runs } = contender
      const spread = spreadOf(runs.map(({ seconds }) => seconds))
      if (spread === null) return [name, none, none, none, none, none, none, none, contender.missing ?? none]
      return [
        name,
        secondsText(spread.median),
        `${secondsText(spread.min)} – ${secondsText(spread.max)}`,
        countText(size.rows / spread.median),
        secondsText(medianOf(runs, ({ clientCpu }) => clientCpu)),
        secondsText(medianOf(runs, ({ serverCpu }) => serverCpu)),
        megabytesText(medianOf(runs, ({ peakMemory }) => peakMemory)),
        name === 'rowferry' ? none : ratioText(pairedRatio(ours, runs)),
        contentText(contender),
      ]
    }),
  }
}

function contentText({ name, missing, differences }: ContenderResult): string {
  if (missing !== null) return missing
  if (name === 'rowferry') return 'verified'
  if (differences === null) return 'not compared'
  return differences.length === 0 ? 'equal' : 'differs, see below'
}

/** Where the time of rowferry's own run goes. */
function phasesSection(size: SizeResult): Section | null {
  const runs = size.contenders.find(({ name }) => name === 'rowferry')?.runs ?? []
  const names = Object.keys(runs[0]?.phases ?? {})
  const total = medianOf(runs, ({ seconds }) => seconds)
  if (total === null || names.length === 0) return null
  const phases = names.map((name) => [name, medianOf(runs, ({ phases }) => phases?.[name] ?? null) ?? 0] as const)
  const rest = total - phases.reduce((sum, [, seconds]) => sum + seconds, 0)
  return {
    title: 'Parts of the run of rowferry',
    head: ['', 'seconds', 'share'],
    figures: new Set([1, 2]),
    rows: [...phases, ['start and end of the process', Math.max(0, rest)] as const].map(([name, seconds]) => [
      name === 'checks' ? 'checks, catalogs, plan' : name,
      secondsText(seconds),
      percentText(seconds / total),
    ]),
  }
}

/** A load over one connection cannot be faster than the server takes in the same bytes. */
function floorSection(size: SizeResult): Section | null {
  const runsOf = (name: ContenderName): readonly RoundResult[] =>
    size.contenders.find((contender) => contender.name === name)?.runs ?? []
  const load = medianOf(runsOf('rowferry load'), ({ seconds }) => seconds)
  const floor = medianOf(runsOf('ready binary'), ({ serverCpu }) => serverCpu)
  if (load === null || floor === null || floor === 0) return null
  return {
    title: 'How far the load is from what the server needs',
    head: ['seconds of rowferry load', 'CPU seconds of the server for the same bytes (ready binary)', 'ratio'],
    figures: new Set([0, 1, 2]),
    rows: [[secondsText(load), secondsText(floor), ratioText(load / floor)]],
  }
}

function differencesSection(size: SizeResult): Section {
  return {
    title: 'What others loaded differently',
    head: ['', 'difference from what rowferry loaded and verified'],
    figures: new Set(),
    rows: size.contenders.flatMap(({ name, differences }) => (differences ?? []).map((text) => [name, text])),
  }
}

/** Only with several sizes: whether time grows with the rows, and memory does not. */
function growthSection(result: ShapeResult): Section | null {
  if (result.sizes.length < 2) return null
  const points = growthOf(result)
  const first = points[0]
  return {
    title: 'Growth of rowferry',
    head: ['rows', 'seconds', 'seconds per million', 'against the first', 'peak memory'],
    figures: new Set([0, 1, 2, 3, 4]),
    rows: points.map((point) => [
      countText(point.rows),
      secondsText(point.seconds),
      secondsText(point.perMillion),
      first === undefined ? none : ratioText(point.perMillion / first.perMillion),
      megabytesText(point.peakMemory),
    ]),
  }
}

function limitsSection(result: ShapeResult): Section {
  return {
    title: 'What must hold',
    head: ['', 'limit', 'measured', ''],
    figures: new Set([1, 2]),
    rows: checkLimits(result).map(({ what, limit, measured, holds }) => [
      what,
      limit,
      measured,
      holds ? 'holds' : 'DOES NOT HOLD',
    ]),
  }
}
