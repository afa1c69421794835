import type { ColumnConversion, PrintedType } from '../../../model/plan.ts'
import { JsonbText } from '../../../databases/postgres/copy/jsonb-text.ts'
import { MISFIT } from '../../mapping.ts'
import { refuse } from '../misfits.ts'
import { scalarConverter } from '../scalar-converter.ts'
import { elementText } from './element-text.ts'
import { elementConversion } from './printed-type.ts'
import type { PrintedWriter } from './printed-writer.ts'

/** How PostgreSQL and its `to_json` write bytes inside an array. */
const hexBytes = /^\\x(?:[0-9a-f]{2})*$/i

/** An element of an array or a bound of a range: converted as in a column of its type, then printed. */
export function wireWriter(type: Extract<PrintedType, { kind: 'wire' }>, column: ColumnConversion): PrintedWriter {
  const convert = scalarConverter(elementConversion(type, column))
  const { wireType, numeric, maxCharacters, blankPadded } = type
  return (value, cell) => {
    if (wireType === 'bytea' && typeof value === 'string' && hexBytes.test(value)) return value.toLowerCase()
    const converted = convert(value, cell)
    if (converted === MISFIT) return MISFIT
    if (converted === null) return refuse(value, 'a value of the element', cell)
    if (wireType === 'jsonb') return jsonbText(String(converted)) ?? refuse(value, 'JSON that jsonb can hold', cell)
    const text = elementText(wireType, converted)
    if (wireType === 'numeric') return withScale(text, numeric?.scale ?? 0)
    return blankPadded ? text.padEnd(maxCharacters ?? 0, ' ') : text
  }
}

/** A column of `numeric(5,2)` prints 1.2 as 1.20. */
function withScale(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.')
  return fraction.length >= scale ? text : `${whole}.${fraction.padEnd(scale, '0')}`
}

function jsonbText(json: string): string | null {
  const bytes = Buffer.from(json)
  const printed = new JsonbText()
  // The first byte is the version of the binary form.
  return printed.write(bytes, 0, bytes.length) ? printed.bytes.toString('utf8', 1, printed.length) : null
}
