import { isUtf8 } from 'node:buffer'
import type { ColumnConversion } from '../../../model/plan.ts'
import { isStoredText, type SqliteRecords, storedAs, storedInteger, storedLength } from '../../../model/records.ts'
import { readDateTimeBytes, readDaysBytes } from '../../../util/date-time-bytes.ts'
import { checkTextBytes, wordHasZero, wordSigns } from '../../../util/text-bytes.ts'
import { ownChunkBytes } from './copy-buffer.ts'
import { type FieldOutput, startField, writeHexBytes, writeSafeInt8 } from './field-writers.ts'
import { hashBytes, hashWord } from './hash-bytes.ts'

/**
 * The short cut of the hot path: ordinary values go from SQLite's pages into the COPY stream without ever being a value of
 * JavaScript. "Ordinary" is what a column's conversion takes as it is, and most values are. False: this one is not, nothing
 * of it counts, and the caller takes the long way (decode, convert, encode), which alone knows all the rules.
 *
 * Like a FieldWriter it writes one field and leaves its hash in `digest`. Never called for NULL. `cell` belongs to `row`.
 */
export type StoredFieldWriter = (out: FieldOutput, records: SqliteRecords, row: number, cell: number) => boolean

/** The short cut for a column, or null where every value needs the long way. */
export function storedFieldWriter(conversion: ColumnConversion, isReal: boolean): StoredFieldWriter | null {
  switch (conversion.wireType) {
    case 'bool':
      return storeBool
    case 'int2':
      return isReal ? null : storeInt2
    case 'int4':
      return isReal ? null : storeInt4
    case 'int8':
      return isReal ? null : storeInt8
    case 'float8':
      return isReal ? storeFloat8 : storeOnlyReal
    case 'date':
      return storeDate
    case 'timestamp':
    case 'timestamptz':
      return isPlainTimestamp(conversion) ? storeTimestamp : null
    case 'text':
      return conversion.maxCharacters === null && conversion.enumLabels === null && conversion.asBase64 !== true
        ? storeText(conversion)
        : null
    case 'jsonb':
      return storeJsonb
    case 'bytea':
      return storeBytes
    case 'uuid':
      return storeUuid
    default:
      return null
  }
}

function isPlainTimestamp({ wireType, timeZone, timePrecision = 6 }: ColumnConversion): boolean {
  return timePrecision >= 6 && (wireType === 'timestamp' || timeZone.toUpperCase() === 'UTC')
}

function integerOf(records: SqliteRecords, row: number, cell: number): number {
  const type = records.types[cell] as number
  return storedInteger(records.view, type, records.offsets[cell] as number, records.rowids[row] as number)
}

function storeBool(out: FieldOutput, records: SqliteRecords, row: number, cell: number): boolean {
  const number = integerOf(records, row, cell)
  if (number !== 0 && number !== 1) return false
  const at = startField(out.buffer, 1)
  out.buffer.view.setUint8(at, number)
  hashWord(number)
  return true
}

function storeInt2(out: FieldOutput, records: SqliteRecords, row: number, cell: number): boolean {
  const number = integerOf(records, row, cell)
  if ((number << 16) >> 16 !== number) return false
  const at = startField(out.buffer, 2)
  out.buffer.view.setInt16(at, number)
  hashWord(number)
  return true
}

function storeInt4(out: FieldOutput, records: SqliteRecords, row: number, cell: number): boolean {
  const number = integerOf(records, row, cell)
  if ((number | 0) !== number) return false
  const at = startField(out.buffer, 4)
  out.buffer.view.setInt32(at, number)
  hashWord(number)
  return true
}

function storeInt8(out: FieldOutput, records: SqliteRecords, row: number, cell: number): boolean {
  if (records.types[cell] === storedAs.int8) return storeEightBytes(out, records, cell)
  const number = integerOf(records, row, cell)
  if (Number.isNaN(number)) return false
  writeSafeInt8(out.buffer, number)
  return true
}

/** Both sides keep int8 and float8 as the same eight bytes. */
function storeEightBytes({ buffer }: FieldOutput, records: SqliteRecords, cell: number): boolean {
  const from = records.offsets[cell] as number
  const at = startField(buffer, 8)
  buffer.view.setInt32(at, records.view.getInt32(from))
  buffer.view.setInt32(at + 4, records.view.getInt32(from + 4))
  hashBytes(buffer.view, at, 8)
  return true
}

/** NaN, which only a damaged file holds, is NULL to SQLite. */
function storeReal(out: FieldOutput, records: SqliteRecords, cell: number): boolean {
  return !Number.isNaN(records.view.getFloat64(records.offsets[cell] as number)) && storeEightBytes(out, records, cell)
}

function storeOnlyReal(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  return records.types[cell] === storedAs.real && storeReal(out, records, cell)
}

function storeFloat8(out: FieldOutput, records: SqliteRecords, row: number, cell: number): boolean {
  if (records.types[cell] === storedAs.real) return storeReal(out, records, cell)
  const number = integerOf(records, row, cell)
  if (Number.isNaN(number)) return false
  const at = startField(out.buffer, 8)
  out.buffer.view.setFloat64(at, number)
  hashBytes(out.buffer.view, at, 8)
  return true
}

function storeDate(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  const type = records.types[cell] as number
  if (!isStoredText(type) || storedLength(type) !== 10) return false
  const days = readDaysBytes(records.bytes, records.offsets[cell] as number)
  if (Number.isNaN(days)) return false
  const at = startField(out.buffer, 4)
  out.buffer.view.setInt32(at, days)
  hashWord(days)
  return true
}

function storeTimestamp(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  const type = records.types[cell] as number
  if (!isStoredText(type)) return false
  const micros = readDateTimeBytes(records.bytes, records.offsets[cell] as number, storedLength(type))
  if (Number.isNaN(micros)) return false
  writeSafeInt8(out.buffer, micros)
  return true
}

function storeText({ emptyToNull }: ColumnConversion): StoredFieldWriter {
  return (out, records, _row, cell) => {
    const type = records.types[cell] as number
    if (!isStoredText(type) || (emptyToNull && type === storedAs.bytes + 1)) return false
    const { buffer } = out
    const length = storedLength(type)
    if (mayKeep(records, length)) return isText(records, cell, length) && keepBytes(out, records, cell, length)
    const at = startField(buffer, length)
    if (!copyText(records, records.offsets[cell] as number, buffer.view, at, length)) return false
    hashBytes(buffer.view, at, length)
    return true
  }
}

function storeJsonb(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  const type = records.types[cell] as number
  const length = storedLength(type)
  if (!isStoredText(type) || length === 0) return false
  const { buffer, jsonbText } = out
  const at = startField(buffer, 1 + length)
  buffer.view.setUint8(at, 1) // jsonb_recv's version
  if (!copyText(records, records.offsets[cell] as number, buffer.view, at + 1, length)) return false
  if (!jsonbText.write(buffer.bytes, at + 1, at + 1 + length) || !jsonbText.plain) return false
  hashBytes(jsonbText.view, 0, jsonbText.length)
  return true
}

function storeBytes(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  const type = records.types[cell] as number
  if (type < storedAs.bytes) return false
  const length = storedLength(type)
  if (mayKeep(records, length)) return keepBytes(out, records, cell, length)
  const { buffer } = out
  const from = records.offsets[cell] as number
  const at = startField(buffer, length)
  records.bytes.copy(buffer.bytes, at, from, from + length)
  hashBytes(buffer.view, at, length)
  return true
}

function storeUuid(out: FieldOutput, records: SqliteRecords, _row: number, cell: number): boolean {
  const type = records.types[cell] as number
  const from = records.offsets[cell] as number
  if (!isStoredText(type) || storedLength(type) !== 36 || !isDashed(records.bytes, from)) return false
  const at = startField(out.buffer, 16)
  if (!writeHexBytes(out.buffer.bytes, at, records.bytes, from, 36)) return false
  hashBytes(out.buffer.view, at, 16)
  return true
}

/** Where a UUID has its dashes: 8-4-4-4-12. */
function isDashed(bytes: Uint8Array, from: number): boolean {
  return bytes[from + 8] === dash && bytes[from + 13] === dash && bytes[from + 18] === dash && bytes[from + 23] === dash
}

const dash = 0x2d

/** Long values of records whose memory does not change are sent from where they stand. */
function mayKeep(records: SqliteRecords, length: number): boolean {
  return records.owned && length > ownChunkBytes
}

function keepBytes({ buffer, column }: FieldOutput, records: SqliteRecords, cell: number, length: number): boolean {
  const from = records.offsets[cell] as number
  const at = startField(buffer, 0)
  buffer.view.setInt32(at - 4, length)
  buffer.addOwnChunk(records.bytes.subarray(from, from + length), column)
  hashBytes(records.view, from, length)
  return true
}

function isText({ bytes, view, offsets }: SqliteRecords, cell: number, length: number): boolean {
  const from = offsets[cell] as number
  const found = checkTextBytes(view, from, length)
  return found === 'ascii' || (found === 'wide' && isUtf8(bytes.subarray(from, from + length)))
}

/** Copies a text that is valid UTF-8 without NUL; false, with part of it copied, where it is not. Four bytes at a time. */
function copyText({ bytes, view }: SqliteRecords, from: number, to: DataView, at: number, length: number): boolean {
  let wide = 0
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const word = view.getInt32(from + i)
    if (wordHasZero(word)) return false
    wide |= word
    to.setInt32(at + i, word)
  }
  for (; i < length; i++) {
    const byte = view.getUint8(from + i)
    if (byte === 0) return false
    wide |= byte
    to.setUint8(at + i, byte)
  }
  return (wide & wordSigns) === 0 || isUtf8(bytes.subarray(from, from + length))
}
