import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../src/model/report.ts'
import type { Command } from '../measure.ts'
import type { Contender, Run } from './contender.ts'

/** The executable, by itself or through the build. */
export type Executable = readonly [program: string, ...parameters: string[]]

export function rowferry(executable: Executable): Contender {
  return {
    name: 'rowferry',
    does: 'the whole command: checks, profile of every value, load, keys and indexes, verification of the content',
    needs: [],
    kinds: ['load', 'upsert'],
    cannot: () => null,
    prepare: async () => undefined,
    commands: (run) => [migrate(executable, run, run.shape.kind === 'upsert' ? ['--strategy', 'overwrite'] : [])],
    account: (run) => ({ phases: phasesOf(readReport(run)) }),
  }
}

export function rowferryMerge(executable: Executable): Contender {
  return {
    ...rowferry(executable),
    name: 'rowferry merge',
    does: 'as rowferry, with the strategy merge, where a NULL of the source keeps the value of the target: a difference on purpose',
    kinds: ['upsert'],
    commands: (run) => [migrate(executable, run, ['--strategy', 'merge'])],
  }
}

/** There is no option for a load without keys; its part of the run is in the report. */
export function rowferryLoad(executable: Executable): Contender {
  return {
    name: 'rowferry load',
    does: 'the steps create-tables and copy-tables of a run of its own with --verify none, as its report.json has them: no start-up, profile, keys or verification',
    needs: [],
    kinds: ['load'],
    cannot: () => null,
    prepare: async () => undefined,
    commands: (run) => [migrate(executable, run, ['--verify', 'none'])],
    account: (run) => {
      const phases = phasesOf(readReport(run))
      return { seconds: (phases['create-tables'] ?? 0) + (phases['copy-tables'] ?? 0) }
    },
  }
}

function migrate([program, ...parameters]: Executable, run: Run, options: readonly string[]): Command {
  const target = [run.source, run.url, '--yes', '--report', reportFolder(run)]
  return { program, arguments: [...parameters, 'migrate', ...target, ...options] }
}

/** `checks` is all that belongs to no step: connections, catalogs, plan, report. */
function phasesOf(report: Report): Record<string, number> {
  const steps = report.steps.map(({ kind, seconds }) => [kind, seconds] as const)
  const total = steps.reduce((sum, [, seconds]) => sum + seconds, 0)
  return { checks: Math.max(0, report.seconds - total), ...Object.fromEntries(steps) }
}

function readReport(run: Run): Report {
  return JSON.parse(readFileSync(join(reportFolder(run), 'report.json'), 'utf8')) as Report
}

function reportFolder(run: Run): string {
  return join(run.folder, 'report')
}
