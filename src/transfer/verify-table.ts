import type { Issue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { TableVerification } from '../model/report.ts'
import { readIssues } from '../store/issues.ts'
import { isHashable } from './early-hashes.ts'
import { generatedColumnsOf, hashSource } from './hash-source.ts'
import { stageSource, type StageContext } from './stage-source.ts'
import type { StepContext } from './steps/step.ts'
import type { TableTotals } from './transfer-account.ts'

/** Differing rows that a report lists, per table. */
export const listedDifferences = 100

type Compared = Extract<TableVerification, { level: 'counts' | 'content' }>

/** Rows that the target table must hold, or, beside rows of its own, must hold at least. */
export function expectedRows(table: PlannedTable, totals: TableTotals): number {
  return table.mode === 'into-existing' ? totals.counts.created : totals.rowsRead - totals.rejected
}

/**
 * A table that holds nothing but the source's rows is compared by the sum of its row hashes, which costs one scan. Where that
 * differs, or where the table has rows of its own, every row is compared inside PostgreSQL against the source's rows, read
 * and converted once more into a temporary table: that names keys and columns.
 */
export async function verifyTable(table: PlannedTable, context: StepContext): Promise<Compared> {
  const totals = context.account.totals(table.target.name)
  if (isHashable(table)) {
    const { rows, hash } = await context.hashes.of(table)
    if (
      rows === expectedRows(table, totals) &&
      hash === totals.hash &&
      (await generatedAgree(table, totals, context))
    ) {
      return equalContent(totals.rowsRead, rows)
    }
  }
  const rejectedKeys = await readRejectedKeys(table, context)
  const whole = { ...table, columns: [...table.columns, ...generatedColumnsOf(table).columns], generated: [] }
  return compareRows(whole, { sourceRows: totals.rowsRead, rejectedKeys }, context)
}

/** What PostgreSQL computed in generated columns against what SQLite had computed. Rejected rows make no statement possible. */
async function generatedAgree(table: PlannedTable, totals: TableTotals, context: StepContext): Promise<boolean> {
  if (table.generated.length === 0) return true
  if (totals.rejected > 0) return false
  const generated = generatedColumnsOf(table)
  const expected = await hashSource(generated, context)
  const held = await context.target.hashTable(generated, context)
  return expected.rows === held.rows && expected.hash === held.hash
}

/** Compares every row; rows that were rejected are not missed. */
export async function compareRows(
  table: PlannedTable,
  expected: { readonly sourceRows: number; readonly rejectedKeys: ReadonlySet<string> },
  context: StageContext,
): Promise<Compared> {
  const targetRows = await context.target.countRows(table.target, context)
  const limit = listedDifferences + expected.rejectedKeys.size
  const isRejected = (key: Issue['key']): boolean => expected.rejectedKeys.has(keyText(key))
  const found = await stageSource(
    table,
    context,
    (staging) => context.target.findDifferences(table, staging, { signal: context.signal, limit }),
    expected.rejectedKeys.size === 0 ? undefined : isRejected,
  )
  const differences = found.differences.filter(
    (difference) => difference.problem !== 'missing' || !isRejected(difference.key),
  )
  const total = found.total - (found.differences.length - differences.length)
  if (total === 0) return equalContent(expected.sourceRows, targetRows)
  return {
    level: 'content',
    verdict: 'differs',
    sourceRows: expected.sourceRows,
    targetRows,
    notCompared: [],
    differences: differences.slice(0, listedDifferences),
    differingRows: total,
  }
}

export function equalContent(sourceRows: number, targetRows: number): Compared {
  return {
    level: 'content',
    verdict: 'equal',
    sourceRows,
    targetRows,
    notCompared: [],
    differences: [],
    differingRows: 0,
  }
}

async function readRejectedKeys(table: PlannedTable, { target, transferId }: StepContext): Promise<Set<string>> {
  const keys = new Set<string>()
  for await (const { line } of readIssues(await target.reconnect(), transferId, 'reject', table.target)) {
    keys.add(keyText((JSON.parse(line) as Issue).key))
  }
  return keys
}

function keyText(key: Readonly<Record<string, string | number | null>>): string {
  return JSON.stringify(Object.values(key).map((value) => (value === null ? null : String(value))))
}
