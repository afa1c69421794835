import { isUtf8 } from 'node:buffer'
import type { ColumnConversion } from '../../model/plan.ts'
import { classifyJsonText } from '../../util/json-text.ts'
import { decodeJsonb } from '../../util/sqlite-jsonb.ts'
import { type Converter, MISFIT } from '../mapping.ts'
import { convertEmpty, refuse } from './misfits.ts'

/** Converter to json and jsonb: JSON texts as they are, numbers as JSON numbers, SQLite's binary JSON as text. */
export function jsonConverter({ wireType, emptyToNull }: ColumnConversion): Converter {
  const wanted = wireType === 'jsonb' ? 'JSON that jsonb can hold' : 'JSON'
  const takesOdd = wireType === 'json'
  const check = (text: string): string | typeof MISFIT => {
    const found = classifyJsonText(text)
    return found === 'json' || (takesOdd && found === 'json-odd') ? text : MISFIT
  }
  return (value, cell) => {
    if (value === null) return null
    if (value === '') return convertEmpty(emptyToNull, wanted, cell)
    if (typeof value === 'bigint') return String(value)
    let text: string | null = null
    if (typeof value === 'string') text = value
    else if (typeof value === 'number') text = Number.isFinite(value) ? String(value) : null
    else if (value instanceof Uint8Array) text = jsonOfBlob(value)
    const checked = text === null ? MISFIT : check(text)
    return checked === MISFIT ? refuse(value, wanted, cell) : checked
  }
}

/** As SQLite does it: what is not binary JSON may be JSON text. */
function jsonOfBlob(blob: Uint8Array): string | null {
  const decoded = decodeJsonb(blob)
  if (decoded !== null) return decoded
  return isUtf8(blob) ? Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('utf8') : null
}
