import Table from 'cli-table3'
import stringWidth from 'fast-string-width'
import { cutText } from './cut-text.ts'
import type { Screen } from './screen.ts'

export type TextColumn<Row> = {
  readonly head: string
  readonly cell: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Columns with a higher number go first when the terminal is narrow; 0 stays. */
  readonly dispensable: number
  readonly paint?: (text: string, row: Row) => string
}

/** Narrower than this a first column says nothing any more. */
const narrowestFirst = 10

/** A table without lines between rows. Columns are dropped, then the first column is cut, until it fits the terminal. */
export function textTable<Row>(screen: Screen, columns: readonly TextColumn<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.head), ...cells.map((row) => stringWidth(row[index] ?? ''))),
  )
  const kept = columnsThatFit(columns, widths, screen.width())
  const others = kept.slice(1).reduce((total, index) => total + (widths[index] ?? 0) + 2, 0)
  const firstWidth = Math.max(narrowestFirst, screen.width() - others)
  const table = new Table({
    head: kept.map((index) => screen.colors.bold(columns[index]?.head ?? '')),
    colAligns: kept.map((index) => columns[index]?.align ?? 'left'),
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  rows.forEach((row, rowIndex) => {
    table.push(
      kept.map((index) => {
        const text = cutText(cells[rowIndex]?.[index] ?? '', index === 0 ? firstWidth : Number.MAX_SAFE_INTEGER)
        return columns[index]?.paint?.(text, row) ?? text
      }),
    )
  })
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function columnsThatFit<Row>(columns: readonly TextColumn<Row>[], widths: readonly number[], width: number): number[] {
  let kept = columns.map((_, index) => index)
  const total = (): number =>
    kept.reduce(
      (sum, index) => sum + (index === 0 ? Math.min(widths[0] ?? 0, narrowestFirst * 2) : (widths[index] ?? 0)) + 2,
      -2,
    )
  while (total() > width) {
    const worst = Math.max(...kept.map((index) => columns[index]?.dispensable ?? 0))
    if (worst === 0) break
    kept = kept.filter((index) => columns[index]?.dispensable !== worst)
  }
  return kept
}

/** Characters of a table that is only columns (`cli-table3`). */
export const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}
