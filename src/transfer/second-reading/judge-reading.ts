import type { PlannedTable } from '../../model/plan.ts'
import type { TableTotals } from '../transfer-account.ts'
import { isHashable } from '../early-hashes.ts'
import type { RowSum } from './second-reading.ts'
import type { SecondResult } from './second-readings.ts'

/** What speaks against a table, in a sentence without full stop; null when its second reading agrees with what was loaded. */
export function contradictionOf(
  table: PlannedTable,
  totals: Pick<TableTotals, 'rowsRead' | 'rejected' | 'hash'>,
  { reading, reread }: SecondResult,
): string | null {
  if (reread === null) return null
  const { slow, fast, counted } = reread
  if (counted !== null && counted !== totals.rowsRead)
    return `SQLite counts ${counted.toLocaleString('en')} rows in ${table.source.name}, and ${totals.rowsRead.toLocaleString('en')} were read`
  const where = reading.scope === 'whole' ? 'all rows' : `a sample of ${reread.rowsRead.toLocaleString('en')} rows`
  if (!isEqual(slow, fast))
    return `${where} of ${table.source.name}, read again through SQLite, are not what was loaded`
  // Rows that PostgreSQL refused or that lost their parents are in the reading and not in what was loaded.
  const isComparable =
    reading.scope === 'whole' && isHashable(table) && totals.rejected === 0 && table.orphanRules.length === 0
  if (isComparable && slow.hash !== totals.hash)
    return `all rows of ${table.source.name}, read again, are not what was loaded`
  return null
}

function isEqual(a: RowSum, b: RowSum): boolean {
  return a.rows === b.rows && a.hash === b.hash
}
