import type { Plan, PlannedTable } from '../../model/plan.ts'
import { tableLabel } from '../../model/catalog.ts'
import { countOf, formatBytes, formatCount } from '../../report/figures.ts'
import { warningText } from '../../report/warning-text.ts'
import { hang } from './cut-text.ts'
import type { Screen } from './screen.ts'

/**
 * The plan for people: SQL that runs, and everything else as SQL comments, so that `rowferry plan app.db > plan.sql` is a
 * script. What is only worth a glance goes to stderr.
 */
export async function printPlan(screen: Screen, plan: Plan): Promise<void> {
  const { printPlanSql } = await import('../../plan/print-plan.ts')
  const paint = plainOrColored(screen)
  screen.printProduct(paint(printPlanSql(plan)))
  screen.printProduct(paint(['', ...decisionLines(plan), '', ...warningLines(plan)].map(comment).join('\n')))
  const rows = plan.tables.reduce((total, table) => total + table.rows, 0)
  const bytes = plan.tables.reduce((total, table) => total + table.bytes, 0)
  screen.beside.printAlways(
    `PLANNED: ${countOf(plan.tables.length, 'table')}, ${countOf(rows, 'row')}, ${formatBytes(bytes)}, ` +
      `${countOf(plan.warnings.length, 'warning')}, ${countOf(plan.notCarried.length, 'object')} not carried; nothing was written.`,
  )
}

/** Names may hold line breaks; what follows one must not become SQL. */
function comment(text: string): string {
  return text
    .split(/\r\n|[\n\r]/)
    .map((line) => (line === '' ? '--' : `-- ${line}`))
    .join('\n')
}

function decisionLines(plan: Plan): string[] {
  return ['Types, and why:', ...plan.tables.flatMap(tableLines)]
}

function tableLines(table: PlannedTable): string[] {
  const head = `${table.source.name}${table.source.name === table.target.name ? '' : ` into ${tableLabel(table.target)}`}`
  const width = Math.min(32, Math.max(...table.columns.map((column) => column.source.length), 1))
  const columns = table.columns.flatMap((column) => [
    ...hang(`    ${column.source.padEnd(width)}  `, `${column.type} : ${column.reason}`, 130).split('\n'),
    ...column.evidence.flatMap((evidence) => hang(`    ${' '.repeat(width)}    `, evidence, 130).split('\n')),
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
        ...hang('    ', warningText(warning), 130).split('\n'),
        ...(warning.remedy === null ? [] : hang('    → ', warning.remedy, 130).split('\n')),
      ]),
    ]),
  ]
}

/** Comments dim on a terminal; untouched everywhere else. */
function plainOrColored(screen: Screen): (text: string) => string {
  return (text) =>
    text
      .split('\n')
      .map((line) => (line.startsWith('--') ? screen.colors.dim(line) : line))
      .join('\n')
}
