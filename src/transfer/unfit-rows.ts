import { openRowReader } from '../databases/open-database.ts'
import type { Issue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { RowDifference, TableVerification } from '../model/report.ts'
import { encodeRows } from './encode-rows.ts'
import type { StageContext } from './stage-source.ts'

type Compared = Extract<TableVerification, { level: 'counts' | 'content' }>

/** Rows of the source that the target's types cannot hold, so that no comparison of values sees them. */
export type UnfitRows = { readonly listed: readonly RowDifference[]; readonly count: number }

/** Lists at most `limit` of them, as missing; counts all. */
export function findUnfitRows(table: PlannedTable, context: StageContext, limit: number): UnfitRows {
  using reader = openRowReader(context.source.opening)
  const listed: RowDifference[] = []
  let count = 0
  for (const shard of table.shards) {
    const batches = encodeRows({
      reader,
      table,
      shard,
      after: null,
      ...context.settings,
      stopped: () => context.signal.aborted,
      onConverted: null,
    })
    for (const { issues } of batches) {
      context.signal.throwIfAborted()
      const unfit = issues.filter((issue) => issue.kind === 'reject')
      count += unfit.length
      listed.push(...unfit.slice(0, limit - listed.length).map((issue) => missingRow(table, issue)))
    }
  }
  return { listed, count }
}

function missingRow(table: PlannedTable, issue: Extract<Issue, { kind: 'reject' }>): RowDifference {
  const names = new Map(table.columns.map(({ source, target }) => [source, target]))
  const column = issue.column === null ? undefined : names.get(issue.column)
  const key = Object.entries(issue.key).flatMap(([source, value]): [string, string | null][] => {
    const target = names.get(source)
    return target === undefined ? [] : [[target, value === null ? null : String(value)]]
  })
  return {
    table: table.source.name,
    key: Object.fromEntries(key),
    problem: 'missing',
    columns: column === undefined ? [] : [{ column, source: issue.value ?? null, target: null }],
  }
}

/** A row that both know by the same key was found extra in the target: it is there, with another value. */
export function withUnfitRows(compared: Compared, { listed, count }: UnfitRows, limit: number): Compared {
  if (count === 0) return compared
  const unfit = new Map(listed.filter(hasKey).map((row) => [keyText(row), row]))
  const met = new Set<string>()
  const differences = compared.differences.map((difference): RowDifference => {
    const same = difference.problem === 'extra' ? unfit.get(keyText(difference)) : undefined
    if (!same) return difference
    met.add(keyText(difference))
    return { ...same, problem: 'different' }
  })
  const rest = listed.filter((row) => !hasKey(row) || !met.has(keyText(row)))
  return {
    ...compared,
    verdict: 'differs',
    differences: [...differences, ...rest].slice(0, limit),
    differingRows: compared.differingRows + count - met.size,
  }
}

function hasKey({ key }: RowDifference): boolean {
  return Object.keys(key).length > 0
}

function keyText({ key }: RowDifference): string {
  return JSON.stringify(Object.entries(key))
}
