import type { PrintedType } from '../../../model/plan.ts'
import { daysSince2000, formatDate } from '../../../util/date-time-text.ts'
import { MISFIT } from '../../mapping.ts'
import { refuse } from '../misfits.ts'
import type { PrintedWriter } from './printed-writer.ts'
import { withoutDetail } from './quiet-cell.ts'

/** `[1,5)`, `("a","b"]`, `empty`; a bound that is left out is infinite. */
// Blanks around a bare bound belong to it and are trimmed afterwards: matched in two places, long ones would take quadratic time.
const bound = /(\s*"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"\s*|[^",()[\]\\]*)/
const pattern = new RegExp(`^\\s*([[(])${bound.source},${bound.source}([\\])])\\s*$`)

type RangeType = Extract<PrintedType, { kind: 'range' }>

/** A range over integers or dates is printed with its lower bound included and its upper one excluded: `[1,5]` is `[1,6)`. */
export function rangeWriter({ step }: RangeType, write: PrintedWriter): PrintedWriter {
  return (value, cell) => {
    if (typeof value === 'string' && value.trim().toLowerCase() === 'empty') return 'empty'
    const found = typeof value === 'string' ? pattern.exec(value) : null
    if (found === null) return refuse(value, 'a range', cell)
    const [, opening = '', lowerBound = '', upperBound = '', closing = ''] = found
    const [lowerText, upperText] = [lowerBound.trim(), upperBound.trim()]
    const inner = withoutDetail(cell)
    const lower = lowerText === '' ? null : write(unquoted(lowerText), inner.cell)
    const upper = upperText === '' ? null : write(unquoted(upperText), inner.cell)
    if (lower === MISFIT || upper === MISFIT) return MISFIT
    const text = printRange({ opening, lower, upper, closing }, step)
    if (inner.altered !== null) cell.altered(inner.altered.rule, value, text, inner.altered.declared)
    return text
  }
}

type Bounds = {
  readonly opening: string
  readonly lower: string | null
  readonly upper: string | null
  readonly closing: string
}

function printRange({ opening, lower, upper, closing }: Bounds, step: RangeType['step']): string {
  const from = lower === null ? '' : step !== null && opening === '(' ? next(lower, step) : lower
  const to = upper === null ? '' : step !== null && closing === ']' ? next(upper, step) : upper
  if (step !== null && lower !== null && from === to) return 'empty'
  const begin = lower === null ? '(' : step === null ? opening : '['
  const end = upper === null ? ')' : step === null ? closing : ')'
  return `${begin}${quoted(from)},${quoted(to)}${end}`
}

function next(bound: string, step: 'integer' | 'day'): string {
  if (step === 'integer') return String(BigInt(bound) + 1n)
  const [year, month, day] = bound.split('-').map(Number) as [number, number, number]
  return formatDate(daysSince2000(year, month, day) + 1)
}

function quoted(bound: string): string {
  return /[\s"\\,()[\]]/.test(bound) ? `"${bound.replaceAll(/["\\]/g, '$&$&')}"` : bound
}

function unquoted(bound: string): string {
  return bound.startsWith('"') ? bound.slice(1, -1).replaceAll(/\\(.)|"(")/gs, '$1$2') : bound
}
