import type { ObjectReport, Report, RowDifference, TableReport } from '../../model/report.ts'
import { mayBeIncomplete } from '../../report/damaged-tables.ts'
import type { Warning } from '../../model/warning.ts'
import { tableLabel } from '../../model/catalog.ts'
import { countOf, formatBytes, formatCount, formatDuration, rowsPerSecond } from '../../report/figures.ts'
import { warningText } from '../../report/warning-text.ts'
import { cutText, hang } from './cut-text.ts'
import { printFailure } from './print-error.ts'
import type { Screen } from './screen.ts'
import { textTable, type TextColumn } from './text-table.ts'

const mostTables = 40
const mostSamples = 3

/** The end of every transfer on a terminal: tables, what to know, files, what to type next, and the verdict as the last line. */
export function printReport(screen: Screen, report: Report): void {
  if (report.tables.length > 0) printTables(screen, report)
  printDifferences(screen, report)
  printSchemaDifferences(screen, report)
  printWarnings(screen, report.warnings)
  printObjects(screen, report.objects)
  printFiles(screen, report)
  printNext(screen, report)
  screen.print()
  if (report.failure !== null) printFailure(screen, report.failure)
  screen.printAlways(verdictLine(screen, report))
}

/** The sentence stays whole and on one line: programs look at the last line too. */
function verdictLine(screen: Screen, report: Report): string {
  const { colors } = screen
  const paint =
    report.status === 'completed'
      ? colors.green
      : report.status === 'completed_with_rejects' || report.status === 'interrupted'
        ? colors.yellow
        : colors.red
  return colors.bold(paint(report.verdict))
}

const problems = (table: TableReport): number =>
  table.rejected +
  table.altered +
  (table.verification.level !== 'none' && table.verification.verdict === 'differs' ? 1 : 0)

function printTables(screen: Screen, report: Report): void {
  const shown = screen.verbose ? report.tables : mostTelling(report.tables)
  screen.print()
  for (const line of textTable(screen, tableColumns(screen, report), shown).split('\n')) screen.print(line)
  const { totals } = report
  if (shown.length < report.tables.length) {
    screen.print(
      screen.colors.dim(
        `… and ${formatCount(report.tables.length - shown.length)} more tables, all without a fault (--verbose shows them)`,
      ),
    )
  }
  if (report.proof !== null) screen.print(hang('', report.proof.sentence, screen.width()))
  const rate = rowsPerSecond(totals.rowsRead, report.seconds)
  screen.print(
    hang(
      '',
      `${countOf(totals.tables, 'table')}, ${countOf(totals.rowsRead, 'row')} read, ${formatCount(totals.loaded)} loaded, ` +
        `${formatCount(totals.rejected)} rejected, ${countOf(totals.altered, 'value')} altered, ${formatBytes(totals.bytes)} ` +
        `in ${formatDuration(report.seconds)}${rate === null ? '' : ` (${formatCount(rate)} rows/s)`}`,
      screen.width(),
    ),
  )
}

/** With hundreds of tables: those with something to tell, then the largest. */
function mostTelling(tables: readonly TableReport[]): readonly TableReport[] {
  if (tables.length <= mostTables) return tables
  const ranked = tables.toSorted((a, b) => problems(b) - problems(a) || b.rowsRead - a.rowsRead)
  const chosen = new Set(ranked.slice(0, Math.max(mostTables, ranked.filter((table) => problems(table) > 0).length)))
  return tables.filter((table) => chosen.has(table))
}

function tableColumns(screen: Screen, report: Report): TextColumn<TableReport>[] {
  const { colors } = screen
  const loaded = (table: TableReport): number => table.counts.created + table.counts.updated + table.counts.unchanged
  const orNone = (count: number): string => (count === 0 ? '-' : formatCount(count))
  const warn = (text: string): string => (text === '-' ? colors.dim(text) : colors.yellow(text))
  const anySkipped = report.tables.some((table) => table.counts.skipped > 0)
  return [
    { head: 'Table', cell: (table) => table.source, dispensable: 0 },
    { head: 'Read', cell: (table) => formatCount(table.rowsRead), align: 'right', dispensable: 0 },
    { head: 'Loaded', cell: (table) => formatCount(loaded(table)), align: 'right', dispensable: 1 },
    ...(anySkipped
      ? [
          {
            head: 'Skipped',
            cell: (table: TableReport) => orNone(table.counts.skipped),
            align: 'right' as const,
            dispensable: 2,
          },
        ]
      : []),
    { head: 'Rejected', cell: (table) => orNone(table.rejected), align: 'right', dispensable: 2, paint: warn },
    { head: 'Altered', cell: (table) => orNone(table.altered), align: 'right', dispensable: 3, paint: warn },
    { head: 'Time', cell: (table) => formatDuration(table.seconds), align: 'right', dispensable: 4 },
    {
      head: 'Rows/s',
      cell: (table) => {
        const rate = rowsPerSecond(table.rowsRead, table.seconds)
        return rate === null ? '-' : formatCount(rate)
      },
      align: 'right',
      dispensable: 5,
    },
    {
      head: screen.width() < 60 ? 'OK' : 'Verified',
      cell: (table) => verifiedCell(table, report),
      dispensable: 0,
      paint: (text) =>
        text.startsWith('✓')
          ? colors.green(text)
          : text.startsWith('✗')
            ? colors.red(text)
            : text.startsWith('!')
              ? colors.yellow(text)
              : text,
    },
  ]
}

function verifiedCell(table: TableReport, report: Report): string {
  const { verification } = table
  if (verification.level === 'none') return '-'
  if (verification.verdict === 'equal' && mayBeIncomplete(report, table)) return '! read rows only'
  if (verification.verdict === 'equal') return verification.level === 'content' ? '✓' : '✓ counts'
  return verification.differingRows > 0 ? `✗ ${formatCount(verification.differingRows)}` : '✗'
}

function printDifferences(screen: Screen, report: Report): void {
  for (const table of report.tables) {
    const { verification } = table
    if (verification.level === 'none' || verification.verdict === 'equal') continue
    screen.print()
    screen.print(
      screen.colors.red(
        `✗ ${table.source}: ${countOf(verification.sourceRows, 'row')} in the source, ${formatCount(verification.targetRows)} in the target, ${countOf(verification.differingRows, 'row')} ${verification.differingRows === 1 ? 'differs' : 'differ'}`,
      ),
    )
    for (const difference of verification.differences.slice(0, 5)) {
      screen.print(hang('    ', differenceText(difference), screen.width()))
    }
    if (verification.differingRows > 5) screen.print(screen.colors.dim('    … the first 100 are in report.json'))
  }
}

function printSchemaDifferences(screen: Screen, { schemaDifferences }: Report): void {
  if (schemaDifferences.length === 0) return
  screen.print()
  screen.print(screen.colors.red(`✗ ${countOf(schemaDifferences.length, 'difference')} of the schema`))
  for (const { table, object, problem } of schemaDifferences.slice(0, screen.verbose ? Infinity : 10))
    screen.print(hang('    ', `${table}: ${object} ${problem}`, screen.width()))
}

function differenceText(difference: RowDifference): string {
  const key = Object.entries(difference.key)
    .map(([column, value]) => `${column}=${value ?? 'NULL'}`)
    .join(', ')
  if (difference.problem === 'missing') return `${key}: not in the target`
  if (difference.problem === 'extra') return `${key}: not in the source`
  const columns = difference.columns.map(
    ({ column, source, target }) => `${column} is ${quoted(target)} instead of ${quoted(source)}`,
  )
  return `${key}: ${columns.join('; ')}`
}

function quoted(value: string | null): string {
  return value === null ? 'NULL' : cutText(JSON.stringify(value), 60)
}

/** Grouped by code: how many, and the first three. */
export function printWarnings(screen: Screen, warnings: readonly Warning[]): void {
  if (warnings.length === 0) return
  const { colors } = screen
  const groups = Map.groupBy(warnings, (warning) => warning.code)
  screen.print()
  screen.print(colors.bold(countOf(warnings.length, 'warning')))
  for (const [code, group] of groups) {
    const samples = screen.verbose ? group : group.slice(0, mostSamples)
    screen.print(`${colors.yellow('!')} ${code} ${colors.dim(`(${formatCount(group.length)})`)}`)
    for (const warning of samples) screen.print(hang('    ', warningText(warning), screen.width()))
    if (group.length > samples.length)
      screen.print(colors.dim(`    … and ${formatCount(group.length - samples.length)} more`))
    const remedies = [...new Set(samples.flatMap((warning) => warning.remedy ?? []))]
    for (const remedy of remedies.slice(0, screen.verbose ? remedies.length : 1)) {
      screen.print(hang('    → ', remedy, screen.width()))
    }
  }
}

function printObjects(screen: Screen, objects: readonly ObjectReport[]): void {
  const lost = objects.filter((object) => object.outcome === 'refused' || object.outcome === 'not-carried')
  if (lost.length === 0) return
  const { colors } = screen
  const shown = screen.verbose ? lost : lost.slice(0, 10)
  screen.print()
  screen.print(colors.bold(`${countOf(lost.length, 'object')} of the schema not carried`))
  for (const object of shown) {
    const where = object.table === null ? '' : ` of ${tableLabel(object.table)}`
    const why = object.error ?? object.note
    const mark = object.outcome === 'refused' ? colors.red('✗') : colors.yellow('!')
    screen.print(
      `${mark} ${hang('  ', `${object.kind.replaceAll('-', ' ')} ${object.name}${where}${why === null ? '' : `: ${why}`}`, screen.width()).trimStart()}`,
    )
  }
  if (lost.length > shown.length)
    screen.print(
      colors.dim(`  … and ${formatCount(lost.length - shown.length)} more; report.html shows all with their SQL`),
    )
}

function printFiles(screen: Screen, report: Report): void {
  const { files } = report
  const named: readonly (readonly [string, string | null])[] = [
    ['report', files.html],
    ['rejected', files.rejects],
    ['altered', files.altered],
    ['log', files.log],
  ]
  const written = named.filter(([, path]) => path !== null)
  if (written.length === 0) return
  screen.print()
  for (const [name, path] of written) screen.print(`${screen.colors.dim(`${name}:`.padEnd(10))}${path}`)
}

function printNext(screen: Screen, report: Report): void {
  if (report.next.length === 0) return
  screen.print()
  screen.print('Next:')
  for (const command of report.next) screen.print(`  ${screen.colors.cyan(command)}`)
}
