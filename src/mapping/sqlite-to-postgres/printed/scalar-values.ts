import type { ColumnConversion, PrintedType } from '../../../model/plan.ts'
import { classifyNumberText, doubleToDecimal, plainDecimal, roundDecimal } from '../../../util/number-text.ts'
import { refuse } from '../misfits.ts'
import { hstoreText, parseHstore, parseJsonObject } from './hstore-text.ts'
import { ownText } from './own-text.ts'
import type { PrintedWriter } from './printed-writer.ts'

/** Under `lc_monetary = C`: `$1,234.50`. More than two digits behind the point are rounded and listed. */
export const moneyWriter: PrintedWriter = (value, cell) => {
  const plain = amountOf(value)
  if (plain === null) return refuse(value, 'an amount of money', cell)
  const [whole = '', fraction = ''] = roundDecimal(plain, 2).replace('-', '').split('.')
  const isZero = /^0*$/.test(whole + fraction)
  const text = `${plain.startsWith('-') && !isZero ? '-' : ''}$${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${fraction.padEnd(2, '0')}`
  const lost = plain.split('.')[1]?.slice(2) ?? ''
  if (/[1-9]/.test(lost)) cell.altered('fraction-rounded', value, text, false)
  return text
}

function amountOf(value: string | bigint | number): string | null {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? plainDecimal(doubleToDecimal(value)) : null
  const bare = /^(-?)\$((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)$/.exec(value)
  if (bare !== null) return `${bare[1] ?? ''}${(bare[2] ?? '').replaceAll(',', '')}`
  return classifyNumberText(value) === null ? null : plainDecimal(value)
}

/** Only 0 and 1 are the same as a number and as a bit. */
export const bitWriter: PrintedWriter = (value, cell) => {
  const text = String(value)
  const isBits = typeof value === 'string' ? /^[01]*$/.test(value) : text === '0' || text === '1'
  return isBits ? text : refuse(value, 'a string of bits', cell)
}

const zonedTime = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/i

/** `10:00:00+02`. A time without offset is UTC; in another zone its offset would depend on the date, so it is a misfit there. */
export function timetzWriter(
  { precision }: Extract<PrintedType, { kind: 'timetz' }>,
  { timeZone }: ColumnConversion,
): PrintedWriter {
  return (value, cell) => {
    const found = typeof value === 'string' ? zonedTime.exec(value) : null
    if (found === null) return refuse(value, 'a time of day', cell)
    const [, hour = '', minute = '', second = '00', fraction = '', utc, sign, hours = '00', minutes] = found
    const hasOffset = utc !== undefined || sign !== undefined
    if (!hasOffset && timeZone.toUpperCase() !== 'UTC') return refuse(value, 'a time of day with an offset', cell)
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return refuse(value, 'a time of day', cell)
    const kept = fraction.slice(0, Math.min(6, precision)).replace(/0+$/, '')
    // Rounding could carry into the next day, and nobody writes so many digits: refused.
    if (fraction.slice(kept.length).replace(/0+$/, '') !== '') {
      return refuse(value, `a time of day with up to ${Math.min(6, precision)} digits of a second`, cell)
    }
    const offset = `${sign ?? '+'}${hours}${minutes === undefined || minutes === '00' ? '' : `:${minutes}`}`
    return `${hour}:${minute}:${second}${kept === '' ? '' : `.${kept}`}${offset === '-00' ? '+00' : offset}`
  }
}

/** Words become lexemes as they stand, sorted; order and repetition are lost, which is listed. Text with quotes or positions is PostgreSQL's own form. */
export const tsvectorWriter: PrintedWriter = (value, cell) => {
  const text = ownText(value)
  if (/['\\:]/.test(text)) return text
  const words = text.split(/\s+/).filter((word) => word !== '')
  const sorted = [...new Set(words)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const printed = sorted.map((word) => `'${word}'`).join(' ')
  if (sorted.join(' ') !== text) cell.altered('truncated', value, printed, false)
  return printed
}

/** From a JSON object of texts, numbers, booleans and NULLs, or from hstore's own form. */
export const hstoreWriter: PrintedWriter = (value, cell) => {
  const pairs = typeof value === 'string' ? (parseJsonObject(value) ?? parseHstore(value)) : null
  return pairs === null ? refuse(value, 'an hstore or a flat JSON object', cell) : hstoreText(pairs)
}
