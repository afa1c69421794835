import type { RowKey } from '../../model/batch.ts'
import type { ClassProfile, ColumnProfile, OrphanProfile, TableProfile, ValueClass } from '../../model/profile.ts'
import { countOf, formatBytes, formatCount } from '../../report/figures.ts'
import type { Inspection } from '../engine.ts'
import { cutText, hang } from './cut-text.ts'
import type { Screen } from './screen.ts'
import { printWarnings } from './print-report.ts'
import { textTable } from './text-table.ts'

/** What stands in the database, table by table; then orphans, warnings, and one line that sums it up. */
export function printInspection(screen: Screen, inspection: Inspection): void {
  const { catalog, profile } = inspection
  const rows = profile.tables.reduce((total, table) => total + table.rows, 0)
  const bytes = profile.tables.reduce((total, table) => total + table.bytes, 0)
  screen.print(
    `${screen.colors.bold(inspection.label)}  SQLite ${catalog.version}, ${catalog.encoding}, ${countOf(profile.tables.length, 'table')}, ${countOf(rows, 'row')}, ${formatBytes(bytes)}`,
  )
  for (const table of profile.tables) printTable(screen, inspection, table)
  printOthers(screen, inspection)
  printOrphans(screen, profile.orphans)
  printWarnings(screen, inspection.warnings)
  screen.print()
  const decide = inspection.warnings.filter((warning) => warning.remedy !== null).length
  screen.printAlways(
    `INSPECTED: ${countOf(profile.tables.length, 'table')}, ${countOf(rows, 'row')}; ${decide === 0 ? 'nothing needs a decision.' : `${countOf(decide, 'finding')} may need a decision.`}`,
  )
}

function printTable(screen: Screen, inspection: Inspection, table: TableProfile): void {
  const { colors } = screen
  const declared = inspection.catalog.tables.find((candidate) => candidate.name.name === table.table)
  screen.print()
  screen.print(
    `${colors.bold(table.table)}  ${colors.dim(`${countOf(table.rows, 'row')}, ${formatBytes(table.bytes)}`)}`,
  )
  const text = textTable<ColumnProfile>(
    screen,
    [
      { head: '  Column', cell: (column) => `  ${column.column}`, dispensable: 0 },
      {
        head: 'Declared',
        cell: (column) => {
          const declaredType =
            declared?.columns.find((candidate) => candidate.name === column.column)?.declaredType ?? ''
          return declaredType === '' ? '-' : cutText(declaredType, 20)
        },
        dispensable: 2,
      },
      { head: 'Becomes', cell: (column) => decision(inspection, table, column)?.type ?? '-', dispensable: 0 },
      {
        head: 'NULL',
        cell: (column) => (column.nulls === 0 ? '-' : formatCount(column.nulls)),
        align: 'right',
        dispensable: 3,
      },
      { head: 'Values', cell: (column) => cutText(classesText(column), 44), dispensable: 1 },
      { head: 'Range', cell: (column) => cutText(rangeText(column), 40), dispensable: 4 },
    ],
    table.columns,
  )
  for (const line of text.split('\n')) screen.print(line)
  for (const column of table.columns) printOdd(screen, inspection, table, column)
}

function decision(
  inspection: Inspection,
  table: TableProfile,
  column: ColumnProfile,
): Inspection['decisions'][number] | undefined {
  return inspection.decisions.find((candidate) => candidate.table === table.table && candidate.column === column.column)
}

/** Finer classes that say nothing beside the coarser one: 0 and 1 among integers, whole numbers among reals. */
const coarser: Readonly<Partial<Record<ValueClass, ValueClass>>> = {
  'integer-bit': 'integer',
  'real-bit': 'real',
  'real-integral': 'real',
}

type FoundClass = readonly [ValueClass, ClassProfile]

function classesOf(column: ColumnProfile): readonly FoundClass[] {
  const found = (Object.entries(column.classes) as [ValueClass, ClassProfile][]).filter(([, { count }]) => count > 0)
  const merged = new Map<ValueClass, ClassProfile>()
  for (const [name, profile] of found) {
    const wider = coarser[name]
    const into = wider !== undefined && found.some(([other]) => other === wider) ? wider : name
    const before = merged.get(into)
    merged.set(into, {
      count: profile.count + (before?.count ?? 0),
      samples: [...(before?.samples ?? []), ...profile.samples],
    })
  }
  return [...merged].toSorted((a, b) => b[1].count - a[1].count)
}

function classesText(column: ColumnProfile): string {
  const classes = classesOf(column)
  if (classes.length === 0) return 'no values'
  if (classes.length === 1) return `${classes[0]?.[0]}`
  return classes.map(([name, found]) => `${name} ${formatCount(found.count)}`).join(', ')
}

function rangeText(column: ColumnProfile): string {
  const parts = [
    column.integerRange === null ? '' : `${column.integerRange.min} … ${column.integerRange.max}`,
    column.realRange === null ? '' : `${column.realRange.min} … ${column.realRange.max}`,
    column.maxTextCharacters > 0 ? `to ${countOf(column.maxTextCharacters, 'character')}` : '',
    column.maxTextCharacters === 0 && column.maxBytes > 8 && column.integerRange === null && column.realRange === null
      ? `to ${formatBytes(column.maxBytes)}`
      : '',
  ]
  return parts.filter((part) => part !== '').join('; ')
}

/** A class that holds fewer than one in ten values is odd: its samples are shown with their keys. Numbers among numbers are not. */
function printOdd(screen: Screen, inspection: Inspection, table: TableProfile, column: ColumnProfile): void {
  const classes = classesOf(column)
  const values = classes.reduce((total, [, found]) => total + found.count, 0)
  const usual = classes[0]?.[0] ?? ''
  const odd: (readonly [string, ClassProfile])[] = classes.filter(
    ([name, found]) => found.count * 10 < values && !(isNumber(name) && isNumber(usual)),
  )
  odd.push(['with a NUL character', column.withNul], ['not valid in its encoding', column.invalidText])
  for (const [name, found] of odd) {
    if (found.count === 0) continue
    const samples = found.samples
      .slice(0, 3)
      .map((sample) => `${cutText(JSON.stringify(sample.value), 42)} at ${keyText(sample.key)}`)
    screen.print(
      screen.colors.yellow(
        hang('  ! ', `${column.column}: ${formatCount(found.count)} ${name}: ${samples.join(', ')}`, screen.width()),
      ),
    )
  }
  const why = decision(inspection, table, column)
  if (why !== undefined && screen.verbose) {
    screen.print(screen.colors.dim(hang('    ', `${column.column} becomes ${why.type}: ${why.reason}`, screen.width())))
    for (const evidence of why.evidence) screen.print(screen.colors.dim(hang('      ', evidence, screen.width())))
  }
}

function isNumber(name: string): boolean {
  return name.startsWith('integer') || name.startsWith('real')
}

function keyText(key: RowKey): string {
  return Object.entries(key)
    .map(([column, value]) => `${column}=${value ?? 'NULL'}`)
    .join(',')
}

function printOthers(screen: Screen, { catalog }: Inspection): void {
  const lines = [
    ...catalog.views.map((view) => `view ${view.name.name}${view.broken === null ? '' : ` (broken: ${view.broken})`}`),
    ...catalog.triggers.map((trigger) => `trigger ${trigger.name} on ${trigger.table}`),
    ...catalog.virtualTables.map((table) => `virtual table ${table.name.name} (${table.module})`),
    ...catalog.skipped.map((table) => `${table.name}: ${table.reason}`),
  ]
  if (lines.length === 0) return
  screen.print()
  screen.print(screen.colors.bold('Besides the tables'))
  const shown = screen.verbose ? lines : lines.slice(0, 20)
  for (const line of shown) screen.print(hang('  ', line, screen.width()))
  if (lines.length > shown.length)
    screen.print(screen.colors.dim(`  … and ${formatCount(lines.length - shown.length)} more`))
}

function printOrphans(screen: Screen, orphans: readonly OrphanProfile[]): void {
  if (orphans.length === 0) return
  screen.print()
  screen.print(screen.colors.bold('Orphans: rows that point to no row'))
  for (const orphan of orphans) {
    const samples = orphan.samples.slice(0, 3).map((sample) => `${sample.value} at ${keyText(sample.key)}`)
    screen.print(
      screen.colors.yellow(
        hang(
          '  ! ',
          `${orphan.table}(${orphan.columns.join(', ')}) → ${orphan.parent}: ${countOf(orphan.count, 'row')}: ${samples.join('; ')}`,
          screen.width(),
        ),
      ),
    )
  }
}
