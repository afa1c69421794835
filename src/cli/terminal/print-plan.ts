import type { Plan, PlannedTable } from '../../model/plan.ts'
import { tableLabel } from '../../model/catalog.ts'
import { countOf, formatBytes, formatCount } from '../../report/figures.ts'
import { warningText } from '../../report/warning-text.ts'
import { sqlComment } from '../../databases/postgres/printable-sql.ts'
import { printable } from '../../util/printable.ts'
import { hangLines } from './cut-text.ts'
import type { Screen } from './screen.ts'

/**
 * The plan for people: SQL that runs, and everything else as SQL comments, so that `rowferry plan app.db > plan.sql` is a
 * script. What is only worth a glance goes to stderr.
 */
export async function printPlan(screen: Screen, plan: Plan): Promise<void> {
  const { printPlanSql } = await import('../../plan/print-plan.ts')
  const comments = ['', ...decisionLines(plan), '', ...warningLines(plan)].map((line) => sqlComment(printable(line)))
  const lines = [...printPlanSql(plan).trimEnd().split('\n'), ...comments.flat()]
  screen.printProduct(lines.map((line) => (line.startsWith('--') ? screen.colors.dim(line) : line)))
  const rows = plan.tables.reduce((total, table) => total + table.rows, 0)
  const bytes = plan.tables.reduce((total, table) => total + table.bytes, 0)
  screen.beside.printAlways(
    `PLANNED: ${countOf(plan.tables.length, 'table')}, ${countOf(rows, 'row')}, ${formatBytes(bytes)}, ` +
      `${countOf(plan.warnings.length, 'warning')}, ${countOf(plan.notCarried.length, 'object')} not carried; nothing was written.`,
  )
}

function decisionLines(plan: Plan): string[] {
  return ['Types, and why:', ...plan.tables.flatMap(tableLines)]
}

function tableLines(table: PlannedTable): string[] {
  const head = `${table.source.name}${table.source.name === table.target.name ? '' : ` into ${tableLabel(table.target)}`}`
  const width = Math.min(32, Math.max(...table.columns.map((column) => column.source.length), 1))
  const columns = table.columns.flatMap((column) => [
    ...hangLines(`    ${column.source.padEnd(width)}  `, `${column.type} : ${column.reason}`, 130),
    ...column.evidence.flatMap((evidence) => hangLines(`    ${' '.repeat(width)}    `, evidence, 130)),
  ])
  const omitted = table.omitted.map(({ column, reason }) => `    ${column.padEnd(width)}  left out: ${reason}`)
  const figures = `${countOf(table.rows, 'row')}, ${formatBytes(table.bytes)}, ${table.mode}${table.mode === 'into-existing' ? ` by ${table.strategy}` : ''}, ${countOf(table.shards.length, 'shard')}`
  const surrogate = table.surrogateKey
  const added =
    surrogate === undefined
      ? []
      : [`    ${surrogate.padEnd(width)}  bigint : added for Zero as the key; the server numbers the rows`]
  return ['', `  ${head} (${figures})`, ...added, ...columns, ...omitted]
}

function warningLines(plan: Plan): string[] {
  if (plan.warnings.length === 0) return ['No warnings.']
  const groups = Map.groupBy(plan.warnings, (warning) => warning.code)
  return [
    `${countOf(plan.warnings.length, 'warning')}:`,
    ...[...groups].flatMap(([code, group]) => [
      `  ${code} (${formatCount(group.length)})`,
      ...group.flatMap((warning) => [
        ...hangLines('    ', warningText(warning), 130),
        ...(warning.remedy === null ? [] : hangLines('    → ', warning.remedy, 130)),
      ]),
    ]),
  ]
}
