import { maskUrl } from '../util/secrets.ts'
import { errorFamily, exitCodeOf } from '../errors/policy.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { FailureReport, ObjectReport, Report } from '../model/report.ts'
import { buildVerdict } from './build-verdict.ts'
import { proofOf } from './proof-sentence.ts'
import type { TransferAccount } from './transfer-account.ts'

export type ReportInput = {
  readonly version: string
  readonly transferId: string
  readonly plan: Plan
  readonly account: TransferAccount
  readonly failure: (FailureReport & { readonly exitCode: number }) | null
  readonly startedAt: Date
  readonly resumed: boolean
  readonly verify: Report['verify']
  readonly files: Report['files']
  readonly next: readonly string[]
}

export function buildReport(input: ReportInput): Report {
  const { account, plan, startedAt } = input
  const tables = plan.tables.map((table) => account.tableReport(table))
  const sum = (of: (table: (typeof tables)[number]) => number): number =>
    tables.reduce((total, table) => total + of(table), 0)
  const rowsRead = sum((table) => table.rowsRead)
  const rejected = sum((table) => table.rejected)
  const finishedAt = new Date()
  const { status, exitCode, verdict } = buildVerdict(tables, input.failure, {
    virtualTables: plan.notCarried.filter((object) => object.kind === 'virtual-table').length,
    damagedTables: plan.warnings.filter((warning) => warning.code === 'rows-unreadable').length,
    columns: plan.warnings.filter((warning) => warning.code === 'column-omitted').length,
    schemaDifferences: account.schemaDifferences.length,
    columnValues: plan.tables.flatMap(({ omitted }) => omitted).reduce((total, { values = 0 }) => total + values, 0),
    refusedObjects: account.objects.filter((object) => object.outcome === 'refused').length,
    unprovenConstraints:
      account.objects.filter(isNotValid).length +
      account.warnings.filter((warning) => warning.code === 'foreign-key-not-restored').length,
  })
  return {
    version: 1,
    rowferry: input.version,
    transferId: input.transferId,
    status,
    exitCode,
    verdict,
    source: { kind: plan.source.kind, label: plan.source.label },
    target: { kind: plan.target.kind, label: plan.target.label, schema: plan.target.schema },
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    resumed: input.resumed,
    verify: input.verify,
    proof: proofOf(tables, account.seed),
    totals: {
      tables: tables.length,
      rowsRead,
      loaded: rowsRead - rejected,
      rejected,
      altered: sum((table) => table.altered),
      declaredConversions: sum((table) => table.declaredConversions),
      bytes: sum((table) => table.bytes),
    },
    steps: account.steps,
    tables,
    schemaDifferences: account.schemaDifferences,
    objects: [...account.objects, ...plan.notCarried.map(notCarried)],
    findings: account.findings,
    warnings: [...plan.warnings, ...account.warnings],
    failure: input.failure && {
      code: input.failure.code,
      message: input.failure.message,
      remedy: input.failure.remedy,
    },
    files: input.files,
    next: input.next,
  }
}

/** The statement says whether it leaves out the rows that are there. */
function isNotValid({ outcome, sql }: ObjectReport): boolean {
  return (outcome === 'created' || outcome === 'changed') && / not valid$/i.test(sql ?? '')
}

function notCarried(object: Plan['notCarried'][number]): ObjectReport {
  return { ...object, outcome: 'not-carried', error: null }
}

/** What the report says of an error that ended a transfer. */
export function buildFailure(error: unknown, logPath: string | null): FailureReport & { readonly exitCode: number } {
  if (error instanceof RowferryError && errorFamily(error.code) !== 'INTERNAL') {
    return { code: error.code, message: maskUrl(error.message), remedy: error.remedy, exitCode: exitCodeOf(error) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 'INTERNAL',
    message: `A defect of rowferry stopped the transfer: ${maskUrl(message)}`,
    remedy: logPath === null ? null : `Please report it with the log: ${logPath}`,
    exitCode: exitCodeOf(null),
  }
}
