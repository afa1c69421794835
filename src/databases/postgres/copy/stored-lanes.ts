import { isUtf8 } from 'node:buffer'
import type { ColumnConversion } from '../../../model/plan.ts'
import { isStoredText, type SqliteRecords, storedLength } from '../../../model/records.ts'
import { checkTextBytes } from '../../../util/text-bytes.ts'
import { type Lane, lanes } from '../../../wasm/record-machine.ts'
import { ownChunkBytes } from './copy-buffer.ts'

/**
 * The short cut of the hot path: ordinary values go from SQLite's pages into the COPY stream without ever being a value of
 * JavaScript. "Ordinary" is what a column's conversion takes as it is, and most values are. What a lane does not take goes the
 * long way (decode, convert, encode), which alone knows all the rules.
 */
export function storedLane(conversion: ColumnConversion, isReal: boolean): Lane {
  switch (conversion.wireType) {
    case 'bool':
      return lanes.bool
    case 'int2':
    case 'int4':
    case 'int8':
      return isReal ? lanes.none : lanes[conversion.wireType]
    case 'float8':
      return isReal ? lanes.float8 : lanes.onlyReal
    case 'date':
      return lanes.date
    case 'timestamp':
    case 'timestamptz':
      return isPlainTimestamp(conversion) ? lanes.timestamp : lanes.none
    case 'text':
      if (conversion.maxCharacters !== null || conversion.enumLabels !== null || conversion.asBase64 === true) {
        return lanes.none
      }
      return conversion.emptyToNull ? lanes.filledText : lanes.text
    case 'jsonb':
      return lanes.jsonb
    case 'bytea':
      return lanes.bytea
    case 'uuid':
      return lanes.uuid
    default:
      return lanes.none
  }
}

function isPlainTimestamp({ wireType, timeZone, timePrecision = 6 }: ColumnConversion): boolean {
  return timePrecision >= 6 && (wireType === 'timestamp' || timeZone.toUpperCase() === 'UTC')
}

/**
 * A long text or blob that is what its column takes, as it stands in memory that does not change while its row is
 * on its way: it is sent from there, not copied. Null for everything else.
 */
export function longStoredBytes(records: SqliteRecords, cell: number, lane: Lane): Uint8Array | null {
  const type = records.types[cell] as number
  const length = storedLength(type)
  if (!records.owned || length <= ownChunkBytes) return null
  const from = records.offsets[cell] as number
  const isTaken =
    lane === lanes.bytea ||
    ((lane === lanes.text || lane === lanes.filledText) && isStoredText(type) && isText(records, from, length))
  return isTaken ? records.bytes.subarray(from, from + length) : null
}

function isText({ bytes, view }: SqliteRecords, from: number, length: number): boolean {
  const found = checkTextBytes(view, from, length)
  return found === 'ascii' || (found === 'wide' && isUtf8(bytes.subarray(from, from + length)))
}
