import { isUtf8 } from 'node:buffer'
import type { ColumnConversion } from '../../../model/plan.ts'
import { isStoredText, type SqliteRecords, storedLength } from '../../../model/records.ts'
import { checkTextBytes } from '../../../util/text-bytes.ts'
import { type ShortCut, shortCuts } from '../../../wasm/record-coder.ts'
import { ownChunkBytes } from './copy-buffer.ts'

/**
 * The short cut of the hot path: ordinary values go from SQLite's pages into the COPY stream without ever being a value of
 * JavaScript. "Ordinary" is what a column's conversion takes as it is, and most values are. What a short cut does not take goes the
 * long way (decode, convert, encode), which alone knows all the rules.
 */
export function storedShortCut(conversion: ColumnConversion, isReal: boolean): ShortCut {
  switch (conversion.wireType) {
    case 'bool':
      return shortCuts.bool
    case 'int2':
    case 'int4':
    case 'int8':
      return isReal ? shortCuts.none : shortCuts[conversion.wireType]
    case 'float8':
      return isReal ? shortCuts.float8 : shortCuts.onlyReal
    case 'date':
      return shortCuts.date
    case 'timestamp':
    case 'timestamptz':
      return isPlainTimestamp(conversion) ? shortCuts.timestamp : shortCuts.none
    case 'text':
      if (conversion.maxCharacters !== null || conversion.enumLabels !== null || conversion.asBase64 === true) {
        return shortCuts.none
      }
      if (conversion.printed !== undefined && conversion.printed.kind !== 'verbatim') return shortCuts.none
      return conversion.emptyToNull ? shortCuts.filledText : shortCuts.text
    case 'jsonb':
      return shortCuts.jsonb
    case 'bytea':
      return shortCuts.bytea
    case 'uuid':
      return shortCuts.uuid
    default:
      return shortCuts.none
  }
}

function isPlainTimestamp({ wireType, timeZone, timePrecision = 6 }: ColumnConversion): boolean {
  return timePrecision >= 6 && (wireType === 'timestamp' || timeZone.toUpperCase() === 'UTC')
}

/**
 * A long text or blob that is what its column takes, as it stands in memory that does not change while its row is
 * on its way: it is sent from there, not copied. Null for everything else.
 */
export function longStoredBytes(records: SqliteRecords, cell: number, shortCut: ShortCut): Uint8Array | null {
  const type = records.types[cell] as number
  const length = storedLength(type)
  if (!records.owned || length <= ownChunkBytes) return null
  const from = records.offsets[cell] as number
  const isTaken =
    shortCut === shortCuts.bytea ||
    ((shortCut === shortCuts.text || shortCut === shortCuts.filledText) &&
      isStoredText(type) &&
      isText(records, from, length))
  return isTaken ? records.bytes.subarray(from, from + length) : null
}

function isText({ bytes, view }: SqliteRecords, from: number, length: number): boolean {
  const found = checkTextBytes(view, from, length)
  return found === 'ascii' || (found === 'wide' && isUtf8(bytes.subarray(from, from + length)))
}
