import type { ContenderResult, RoundResult, ShapeResult } from './results.ts'

/** For tests: rowferry and pgloader with the seconds given for each round. */
export function sampleResult(options: {
  readonly shape?: ShapeResult['shape']
  readonly rowferry: readonly number[]
  readonly pgloader?: readonly number[]
  readonly phases?: Readonly<Record<string, number>>
  readonly peakMemory?: number
  /** Whole runs of `rowferry load`. */
  readonly unverified?: readonly number[]
}): ShapeResult {
  const { phases, peakMemory = 200e6 } = options
  const runs = (seconds: readonly number[]): RoundResult[] =>
    seconds.map((value, index) => ({
      round: index + 1,
      seconds: value,
      clientCpu: 1,
      serverCpu: 2,
      peakMemory,
      ...(phases !== undefined && { phases }),
    }))
  const contenders: ContenderResult[] = [
    { name: 'rowferry', does: 'all', missing: null, runs: runs(options.rowferry), differences: null },
    {
      name: 'pgloader',
      does: 'less | more',
      missing: options.pgloader === undefined ? 'pgloader not installed' : null,
      runs: runs(options.pgloader ?? []),
      differences: options.pgloader === undefined ? null : ['score: type real instead of double precision'],
    },
  ]
  if (options.unverified !== undefined) {
    const load = runs(options.unverified).map((run) => ({ ...run, seconds: 1, wholeSeconds: run.seconds }))
    contenders.push({ name: 'rowferry load', does: 'load', missing: null, runs: load, differences: [] })
  }
  return {
    version: 1,
    shape: options.shape ?? 'mixed',
    description: 'one table',
    measuredAt: '2026-05-04T10:00:00.000Z',
    machine: {
      processor: 'Processor X',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      kernel: 'Linux 6.1',
      node: '24.0.0',
      postgres: '18.0',
      postgresSettings: { autovacuum: 'off' },
      rowferry: '0.1.0',
      tools: { pgloader: '3.6' },
    },
    rounds: options.rowferry.length,
    sizes: [{ rows: 1_000_000, tables: 1, sourceBytes: 100e6, contenders }],
  }
}
