import { countOf } from '../report/figures.ts'
import { exitCodes } from '../errors/policy.ts'
import type { FailureReport, ReportStatus, TableReport } from '../model/report.ts'

/** What of the source did not arrive and is in no count of rows, so that the sentence has to say it. */
export type NotCarried = {
  readonly virtualTables: number
  readonly damagedTables: number
  /** Source columns that an existing target table has no place for, and how many values that are not NULL they hold. */
  readonly columns: number
  readonly columnValues: number
  /** Keys, indexes and the like that PostgreSQL refused. */
  readonly refusedObjects: number
  /** Keys and checks that stand NOT VALID, or that were dropped for the load and could not be made again. */
  readonly unprovenConstraints: number
  /** Of the schema, found by the verification. */
  readonly schemaDifferences?: number
}

const everythingCarried: NotCarried = {
  virtualTables: 0,
  damagedTables: 0,
  columns: 0,
  columnValues: 0,
  refusedObjects: 0,
  unprovenConstraints: 0,
}

export type Verdict = { readonly status: ReportStatus; readonly exitCode: number; readonly verdict: string }

/** The one place that turns figures into status, exit code and sentence, so that they always agree. */
export function buildVerdict(
  tables: readonly TableReport[],
  failure: (FailureReport & { readonly exitCode: number }) | null,
  notCarried: NotCarried = everythingCarried,
): Verdict {
  if (failure) return failed(failure)
  const sum = (of: (table: TableReport) => number): number => tables.reduce((total, table) => total + of(table), 0)
  const rows = countOf(
    sum((table) => table.rowsRead),
    'row',
  )
  const tableCount = countOf(tables.length, 'table')
  const differing = tables.filter(
    ({ verification }) => verification.level !== 'none' && verification.verdict === 'differs',
  )
  const { schemaDifferences = 0 } = notCarried
  if (differing.length > 0 || schemaDifferences > 0) {
    const rowsDiffering = sum(({ verification }) => (verification.level === 'none' ? 0 : verification.differingRows))
    const found = [
      ...(differing.length > 0 ? [`${countOf(rowsDiffering, 'differing row')} in ${listNames(differing)}`] : []),
      ...(schemaDifferences > 0 ? [`${countOf(schemaDifferences, 'difference')} of the schema`] : []),
    ]
    return {
      status: 'differs',
      exitCode: exitCodes.VERIFY,
      verdict: `DIFFERENT: verification found ${found.join(' and ')}.`,
    }
  }
  const verified = verifiedPhrase(tables, notCarried) + leftOutPhrase(notCarried)
  const rejected = sum((table) => table.rejected)
  const altered = sum((table) => table.altered)
  if (rejected > 0 || altered > 0 || isIncomplete(notCarried)) {
    return {
      status: 'completed_with_rejects',
      exitCode: exitCodes.DATA,
      verdict: `DONE WITH EXCEPTIONS: ${rows} read from ${tableCount}, ${countOf(rejected, 'row')} rejected, ${countOf(altered, 'value')} altered, each listed${verified}.`,
    }
  }
  return {
    status: 'completed',
    exitCode: exitCodes.ok,
    verdict: `DONE: ${rows} of ${tableCount} carried${verified}.`,
  }
}

/** Something was in the source or promised by the plan, and is not in the target. */
function isIncomplete({ damagedTables, columnValues, refusedObjects, unprovenConstraints }: NotCarried): boolean {
  return damagedTables + columnValues + refusedObjects + unprovenConstraints > 0
}

function failed(failure: FailureReport & { readonly exitCode: number }): Verdict {
  const interrupted = failure.exitCode === exitCodes.interrupted || failure.exitCode === exitCodes.terminated
  return {
    status: interrupted ? 'interrupted' : 'failed',
    exitCode: failure.exitCode,
    verdict: `${interrupted ? 'INTERRUPTED' : 'FAILED'}: ${failure.message}`,
  }
}

function verifiedPhrase(tables: readonly TableReport[], { damagedTables }: NotCarried): string {
  const levels = new Set(tables.map((table) => table.verification.level))
  if (levels.has('none')) return levels.size === 1 && tables.length > 0 ? ', NOT verified' : ''
  const what = levels.has('content') ? 'content' : 'counts'
  // Of a damaged source only what could be read can be compared.
  return damagedTables > 0 ? `, ${what} of the rows that could be read verified` : `, ${what} verified`
}

function leftOutPhrase({
  virtualTables,
  damagedTables,
  columns,
  columnValues,
  refusedObjects,
  unprovenConstraints,
}: NotCarried): string {
  const left = [
    ...(virtualTables > 0 ? [countOf(virtualTables, 'virtual table')] : []),
    ...(columns > 0
      ? [countOf(columns, 'column') + (columnValues > 0 ? ` with ${countOf(columnValues, 'value')}` : '')]
      : []),
  ]
  const parts = [
    ...(left.length > 0 ? [`not carried: ${left.join(', ')}`] : []),
    ...(damagedTables > 0 ? [`perhaps not whole because of damage: ${countOf(damagedTables, 'table')}`] : []),
    ...(refusedObjects > 0 ? [`refused by PostgreSQL: ${countOf(refusedObjects, 'object')} of the schema`] : []),
    ...(unprovenConstraints > 0 ? [`not valid for the rows there: ${countOf(unprovenConstraints, 'constraint')}`] : []),
  ]
  return parts.map((part) => `; ${part}`).join('')
}

function listNames(tables: readonly TableReport[]): string {
  const names = tables.map((table) => table.target.name)
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more tables`
}
