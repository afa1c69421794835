import type { PlannedTable } from '../model/plan.ts'
import type { TableVerification } from '../model/report.ts'
import type { StepContext } from './steps/step.ts'
import { stageSource } from './stage-source.ts'
import type { TableTotals } from './transfer-account.ts'

/** Differing rows that a report lists, per table. */
const listedDifferences = 100

/** Rows that the target table must hold, or, beside rows of its own, must hold at least. */
export function expectedRows(table: PlannedTable, totals: TableTotals): number {
  return table.mode === 'into-existing' ? totals.counts.created : totals.rowsRead - totals.rejected
}

/**
 * A table that holds nothing but the source's rows is compared by the sum of its row hashes, which costs one scan. Where that
 * differs, or where the table has rows of its own, every row is compared inside PostgreSQL against the source's rows, read
 * and converted once more into a staging table: that names keys and columns.
 */
export async function verifyTable(table: PlannedTable, context: StepContext): Promise<TableVerification> {
  const totals = context.account.totals(table.target.name)
  const notCompared = table.columns.filter((column) => column.conversion.castTo !== null).map((column) => column.target)
  if (table.mode !== 'into-existing' && notCompared.length === 0) {
    const { rows, hash } = await context.target.hashTable(table, context)
    if (rows === expectedRows(table, totals) && hash === totals.hash) {
      return equal(totals.rowsRead, rows)
    }
  }
  return compareRows(table, totals, context)
}

async function compareRows(table: PlannedTable, totals: TableTotals, context: StepContext): Promise<TableVerification> {
  const targetRows = await context.target.countRows(table.target, context)
  const { differences, total } = await stageSource(table, context, (staging) =>
    context.target.findDifferences(table, staging, { signal: context.signal, limit: listedDifferences }),
  )
  if (total === 0) return equal(totals.rowsRead, targetRows)
  return {
    level: 'content',
    verdict: 'differs',
    sourceRows: totals.rowsRead,
    targetRows,
    notCompared: [],
    differences,
    differingRows: total,
  }
}

function equal(sourceRows: number, targetRows: number): TableVerification {
  return { level: 'content', verdict: 'equal', sourceRows, targetRows, notCompared: [], differences: [], differingRows: 0 }
}
