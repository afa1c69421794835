import type { TableVerification } from '../../model/report.ts'
import { expectedRows } from '../verify-table.ts'
import { plannedTable, type RunStep } from './step.ts'

/** Rows that were read are in the target or in the rejects. */
export const verifyCounts: RunStep<'verify-counts'> = async (step, context) => {
  const { target, account, emit, signal, plan } = context
  const counts = await target.countTables(step.tables, { signal })
  for (const [index, name] of step.tables.entries()) {
    const table = plannedTable(plan, name)
    const totals = account.totals(name.name)
    const targetRows = counts[index] ?? 0
    const expected = expectedRows(table, totals)
    const equal = table.mode === 'into-existing' ? targetRows >= expected : targetRows === expected
    const verification: TableVerification = {
      level: 'counts',
      verdict: equal ? 'equal' : 'differs',
      sourceRows: totals.rowsRead,
      targetRows,
      notCompared: [],
      differences: [],
      differingRows: equal ? 0 : Math.abs(targetRows - expected),
      secondReading: null,
    }
    account.setVerification(name.name, verification)
    emit('table:verified', { table: name.name, verification })
  }
}
