import { type SqliteValue, TextBytes } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import { sqliteRealText } from '../../util/sqlite-real-text.ts'
import { decodeAs, decodeUtf16Replacing, decodeUtf8Replacing, isValidUtf8 } from '../../util/utf8.ts'
import { bareUuidText } from '../../util/uuid-text.ts'
import type { Cell, Converter, MISFIT } from '../mapping.ts'
import { convertEmpty, refuse, refuseBecause } from './misfits.ts'

/** Converters to text, bytea and uuid. Numbers become the text that SQLite's CAST gives. */

export function textConverter(conversion: ColumnConversion): Converter {
  const { emptyToNull } = conversion
  const finish = textFinisher(conversion)
  return (value, cell) => {
    if (typeof value === 'string') {
      // Readers hand out well-formed strings only; what is not comes as TextBytes.
      if (value.includes('\0')) return cleanNul(value, value, conversion, cell, finish)
      if (value === '' && emptyToNull) return convertEmpty(true, 'a value', cell)
      return finish === null ? value : finish(value, value, cell)
    }
    if (value === null) return null
    return convertOther(value, conversion, cell, finish)
  }
}

/** The last check of a text: its length, or the labels of an enum. Null where there is nothing to check. */
type Finisher = (text: string, before: SqliteValue, cell: Cell) => string | typeof MISFIT

function textFinisher({ maxCharacters, enumLabels, castTo }: ColumnConversion): Finisher | null {
  if (enumLabels !== null) {
    const labels = new Set(enumLabels)
    return (text, before, cell) =>
      labels.has(text) ? text : refuse(before, `a label of ${castTo ?? 'the enum'}`, cell)
  }
  if (maxCharacters === null) return null
  return (text, before, cell) => (text.length <= maxCharacters ? text : checkLength(text, before, maxCharacters, cell))
}

/** PostgreSQL counts code points, and cuts blanks beyond the length without a word. */
function checkLength(text: string, before: SqliteValue, maxCharacters: number, cell: Cell): string | typeof MISFIT {
  let units = 0
  for (let characters = 0; characters < maxCharacters && units < text.length; characters++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1
  }
  if (units === text.length) return text
  if (!/^ +$/.test(text.slice(units))) {
    const length = Array.from(text).length
    return refuseBecause(
      `the text has ${length} characters and the column allows ${maxCharacters}`,
      cell,
      'DATA_TOO_LONG',
    )
  }
  const cut = text.slice(0, units)
  cell.altered('truncated', before, cut, false)
  return cut
}

function convertOther(
  value: bigint | number | Uint8Array | TextBytes,
  conversion: ColumnConversion,
  cell: Cell,
  finish: Finisher | null,
): string | Uint8Array | null | typeof MISFIT {
  if (typeof value === 'bigint') return finished(String(value), value, cell, finish)
  if (typeof value === 'number') return finished(sqliteRealText(value), value, cell, finish)
  if (value instanceof TextBytes)
    return value.valid ? hugeText(value, conversion, cell) : invalidText(value, conversion, cell, finish)
  return blobText(value, conversion, cell, finish)
}

function finished(text: string, before: SqliteValue, cell: Cell, finish: Finisher | null): string | typeof MISFIT {
  return finish === null ? text : finish(text, before, cell)
}

/** Bytes that are text are carried as that text. */
function blobText(
  value: Uint8Array,
  { blobAsHex, castTo, emptyToNull }: ColumnConversion,
  cell: Cell,
  finish: Finisher | null,
): string | Uint8Array | null | typeof MISFIT {
  if (!value.includes(0) && isValidUtf8(value)) {
    if (value.length === 0 && emptyToNull) {
      cell.altered('empty-to-null', value, null, true)
      return null
    }
    if (finish === null && castTo === null) return value
    return finished(decodeUtf8Replacing(value).text, value, cell, finish)
  }
  if (!blobAsHex) return refuse(value, 'text', cell)
  const hex = `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  cell.altered('blob-to-hex', value, hex, false)
  return hex
}

/** A text longer than a JavaScript string can be stays bytes. */
function hugeText(
  value: TextBytes,
  { nul, maxCharacters, enumLabels }: ColumnConversion,
  cell: Cell,
): Uint8Array | typeof MISFIT {
  if (maxCharacters !== null || enumLabels !== null) {
    return refuseBecause(`the text has ${value.bytes.length} bytes, too many for the column`, cell, 'DATA_TOO_LONG')
  }
  if (!value.bytes.includes(0)) return value.bytes
  if (nul !== 'strip') return refuseBecause('the text contains NUL', cell, 'DATA_NUL')
  const stripped = value.bytes.filter((byte) => byte !== 0)
  cell.altered('nul-stripped', value, stripped, false)
  return stripped
}

function invalidText(
  value: TextBytes,
  conversion: ColumnConversion,
  cell: Cell,
  finish: Finisher | null,
): string | typeof MISFIT {
  const { invalidUtf8 } = conversion
  if (invalidUtf8 === 'reject' || invalidUtf8 === 'bytea') {
    return refuseBecause('the text is not valid in its encoding', cell, 'DATA_INVALID_TEXT')
  }
  if (invalidUtf8 === 'replace') {
    const { bytes, encoding } = value
    const text = encoding === 'UTF-8' ? decodeUtf8Replacing(bytes).text : decodeUtf16Replacing(bytes, encoding)
    cell.altered('invalid-utf8-replaced', value, text, false)
    return cleanNul(text, value, conversion, cell, finish)
  }
  const text = decodeAs(value.bytes, invalidUtf8)
  if (text === null) return refuseBecause(`the text is not valid ${invalidUtf8} either`, cell, 'DATA_INVALID_TEXT')
  cell.altered('invalid-utf8-decoded', value, text, true)
  return cleanNul(text, value, conversion, cell, finish)
}

function cleanNul(
  text: string,
  before: SqliteValue,
  { nul }: ColumnConversion,
  cell: Cell,
  finish: Finisher | null,
): string | typeof MISFIT {
  if (!text.includes('\0')) return finished(text, before, cell, finish)
  if (nul === 'reject') return refuseBecause('the text contains NUL', cell, 'DATA_NUL')
  const clean = nul === 'strip' ? text.replaceAll('\0', '') : text.replaceAll('\0', String.raw`\0`)
  cell.altered(nul === 'strip' ? 'nul-stripped' : 'nul-escaped', before, clean, false)
  return finished(clean, before, cell, finish)
}

/** Every value has bytes: a text those of its encoding, a number those of its text. */
export function byteaConverter(): Converter {
  return (value) => (value === null ? null : bytesOf(value))
}

function bytesOf(value: NonNullable<SqliteValue>): string | Uint8Array {
  if (value instanceof Uint8Array || typeof value === 'string') return value
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'number' ? sqliteRealText(value) : value.bytes
}

/** Four characters for three bytes; V8's longest string is 2^29 - 24 characters. */
const maxBase64Bytes = 400_000_000

/** The bytes of `byteaConverter` as text, on one line, as PostgreSQL's `decode(…, 'base64')` reads it. */
export function base64Converter(): Converter {
  return (value, cell) => {
    if (value === null) return null
    const bytes = bytesOf(value)
    const buffer =
      typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (buffer.length <= maxBase64Bytes) return buffer.toString('base64')
    return refuseBecause(`${buffer.length} bytes are too many for a text in base64`, cell, 'DATA_TOO_LONG')
  }
}

export function uuidConverter({ emptyToNull }: ColumnConversion): Converter {
  const wanted = 'a UUID'
  return (value, cell) => {
    if (value === null) return null
    if (typeof value === 'string') {
      if (value === '') return convertEmpty(emptyToNull, wanted, cell)
      return bareUuidText(value) ?? refuse(value, wanted, cell)
    }
    return value instanceof Uint8Array && value.length === 16 ? value : refuse(value, wanted, cell)
  }
}
