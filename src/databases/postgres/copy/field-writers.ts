import type { PostgresValue, WireType } from '../../../model/batch.ts'
import { type CopyBuffer, ownChunkBytes, viewOf } from './copy-buffer.ts'
import { fieldTooLong, maxRowBytes, notWellFormed, wrongForm } from './field-errors.ts'
import { hashBytes, hashWord } from './hash-bytes.ts'
import { type JsonbText, jsonbVersion } from './jsonb-text.ts'
import type { Decimal } from './numeric-binary.ts'

/** Where fields go, and what is reused from value to value. */
export type FieldOutput = {
  buffer: CopyBuffer
  /** Index of the column that is being written, for errors. */
  column: number
  /** For the hash of its value. */
  seed: number
  readonly decimal: Decimal
  readonly jsonbText: JsonbText
}

type Value = Exclude<PostgresValue, null>

/**
 * Writes one value, length first, in the form of the type's receive function, and leaves in `digest` the hash that
 * PostgreSQL computes of the column's `hashExpression`: for most types that of the very bytes just written.
 */
export type FieldWriter = (out: FieldOutput, value: Value) => void

/** The forms of values stand at `PostgresValue`; anything else throws DATA_MISFIT. */
export const fieldWriters = {
  bool: writeBool,
  int2: (out, value) => writeInt2(out, value),
  int4: (out, value) => writeInt4(out, value, 'int4'),
  int8: (out, value) => writeInt8(out, value, 'int8'),
  float4: writeFloat4,
  float8: writeFloat8,
  numeric: writeNumeric,
  date: (out, value) => writeInt4(out, value, 'date'),
  time: (out, value) => writeInt8(out, value, 'time'),
  timestamp: (out, value) => writeInt8(out, value, 'timestamp'),
  timestamptz: (out, value) => writeInt8(out, value, 'timestamptz'),
  text: (out, value) => writeBytes(out, value, 'text'),
  json: (out, value) => writeBytes(out, value, 'json'),
  jsonb: writeJsonb,
  bytea: (out, value) => writeBytes(out, value, 'bytea'),
  uuid: writeUuid,
} as const satisfies Record<WireType, FieldWriter>

/** For char(n), whose trailing blanks mean nothing and are gone after `::text`. */
export function writeBlankPadded(out: FieldOutput, value: Value): void {
  if (typeof value === 'string') {
    let end = value.length
    while (end > 0 && value.charCodeAt(end - 1) === 0x20) end--
    writeBytes(out, value.slice(0, end), 'text')
  } else if (value instanceof Uint8Array) {
    let end = value.length
    while (end > 0 && value[end - 1] === 0x20) end--
    writeBytes(out, value.subarray(0, end), 'text')
  } else writeBytes(out, value, 'text') // which refuses it
}

/** Starts a field of known length and says where its bytes go. */
function startField(buffer: CopyBuffer, length: number): number {
  buffer.reserve(4 + length)
  const at = buffer.position
  buffer.view.setInt32(at, length)
  buffer.position = at + 4 + length
  return at + 4
}

function writeBool(out: FieldOutput, value: Value): void {
  if (typeof value !== 'boolean') throw wrongForm(out.column, 'bool', value)
  const at = startField(out.buffer, 1)
  out.buffer.view.setUint8(at, value ? 1 : 0)
  hashWord(value ? 1 : 0, out.seed)
}

function writeInt2(out: FieldOutput, value: Value): void {
  const number = Number(value)
  if (!isInteger(value) || (number << 16) >> 16 !== number) throw wrongForm(out.column, 'int2', value)
  const at = startField(out.buffer, 2)
  out.buffer.view.setInt16(at, number)
  hashWord(number, out.seed)
}

function writeInt4(out: FieldOutput, value: Value, wireType: 'int4' | 'date'): void {
  const number = typeof value === 'number' ? value : Number(value)
  if (!isInteger(value) || (number | 0) !== number) throw wrongForm(out.column, wireType, value)
  const at = startField(out.buffer, 4)
  out.buffer.view.setInt32(at, number)
  hashWord(number, out.seed)
}

function isInteger(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

const int64Min = -0x8000_0000_0000_0000n
const int64Max = 0x7fff_ffff_ffff_ffffn
const twoTo32 = 0x1_0000_0000

function writeInt8(out: FieldOutput, value: Value, wireType: WireType): void {
  const { buffer } = out
  if (typeof value === 'number' && Number.isSafeInteger(value)) writeSafeInt8(out, value)
  else if (typeof value === 'bigint' && value >= int64Min && value <= int64Max) {
    const at = startField(buffer, 8)
    buffer.view.setBigInt64(at, value)
    hashBytes(buffer.view, at, 8, out.seed)
  } else throw wrongForm(out.column, wireType, value)
}

/** A safe integer as int8, or as any type that is one on the wire. */
function writeSafeInt8({ buffer, seed }: FieldOutput, value: number): void {
  const at = startField(buffer, 8)
  buffer.view.setInt32(at, Math.floor(value / twoTo32) | 0)
  buffer.view.setInt32(at + 4, value | 0) // modulo 2^32, as ToInt32 is defined
  hashBytes(buffer.view, at, 8, seed)
}

function writeFloat4(out: FieldOutput, value: Value): void {
  if (typeof value !== 'number') throw wrongForm(out.column, 'float4', value)
  const at = startField(out.buffer, 4)
  out.buffer.view.setFloat32(at, value)
  hashBytes(out.buffer.view, at, 4, out.seed)
}

function writeFloat8(out: FieldOutput, value: Value): void {
  if (typeof value !== 'number') throw wrongForm(out.column, 'float8', value)
  const at = startField(out.buffer, 8)
  out.buffer.view.setFloat64(at, value)
  hashBytes(out.buffer.view, at, 8, out.seed)
}

function writeNumeric(out: FieldOutput, value: Value): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw wrongForm(out.column, 'numeric', value)
  if (typeof value === 'boolean' || typeof value === 'object') throw wrongForm(out.column, 'numeric', value)
  const { buffer, decimal } = out
  const text = typeof value === 'string' ? value : String(value)
  // The digits stand in the buffer's free space while they are read. As groups they take at most half of their length.
  buffer.reserve(64 + 2 * text.length)
  const from = buffer.position + 32 + text.length
  const ascii = writeAscii(buffer.bytes, from, text)
  if (!ascii || !decimal.read(buffer.bytes, from, from + text.length) || !decimal.inRange)
    throw wrongForm(out.column, 'numeric', value)
  const at = startField(buffer, decimal.byteLength)
  // `numeric_send(trim_scale(…))` is hashed: 1.50 and 1.5 are the same number.
  decimal.write(buffer.view, at, decimal.trimmedScale)
  hashBytes(buffer.view, at, decimal.byteLength, out.seed)
  decimal.writeScale(buffer.view, at, decimal.scale)
}

/** False, with part of it written, when the text has other characters. */
function writeAscii(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return false
    bytes[at + i] = code
  }
  return true
}

function writeJsonb(out: FieldOutput, value: Value): void {
  const { buffer } = out
  const long = typeof value === 'string' ? value.length > ownChunkBytes : isLongBytes(value)
  const lengthAt = buffer.position
  buffer.reserve(5)
  buffer.position += 5
  buffer.view.setUint8(lengthAt + 4, jsonbVersion)
  if (long) {
    const bytes = asBytes(out, value, 'jsonb')
    buffer.addOwnChunk(bytes, out.column)
    buffer.view.setInt32(lengthAt, 1 + bytes.length)
    hashJsonb(out, bytes, 0, bytes.length)
  } else {
    const length = copyBytes(out, value, 'jsonb')
    buffer.view.setInt32(lengthAt, 1 + length)
    hashJsonb(out, buffer.bytes, lengthAt + 5, buffer.position)
  }
}

/** Text that is no JSON is sent all the same: PostgreSQL refuses the row and says why. */
function hashJsonb({ jsonbText, seed }: FieldOutput, bytes: Uint8Array, from: number, to: number): void {
  jsonbText.write(bytes, from, to)
  hashBytes(jsonbText.view, 0, jsonbText.length, seed)
}

/** Text as UTF-8, or bytes as they are: `hashtextextended` and `hashvarlenaextended` are the same over the bytes. */
function writeBytes(out: FieldOutput, value: Value, wireType: WireType): void {
  const { buffer } = out
  const long = typeof value === 'string' ? value.length > ownChunkBytes : isLongBytes(value)
  const lengthAt = buffer.position
  buffer.reserve(4)
  buffer.position += 4
  if (long) {
    const bytes = asBytes(out, value, wireType)
    buffer.addOwnChunk(bytes, out.column)
    buffer.view.setInt32(lengthAt, bytes.length)
    hashBytes(viewOf(bytes), 0, bytes.length, out.seed)
  } else {
    const length = copyBytes(out, value, wireType)
    buffer.view.setInt32(lengthAt, length)
    hashBytes(buffer.view, lengthAt + 4, length, out.seed)
  }
}

function isLongBytes(value: Value): boolean {
  return value instanceof Uint8Array && value.length > ownChunkBytes
}

/** Strings are checked before they are encoded, so that a value that is refused costs no gigabyte. */
function asBytes(out: FieldOutput, value: Value, wireType: WireType): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') throw wrongForm(out.column, wireType, value)
  if (!value.isWellFormed()) throw notWellFormed(out.column)
  if (3 * value.length > maxRowBytes) {
    const length = Buffer.byteLength(value)
    if (length > maxRowBytes) throw fieldTooLong(out.column, length)
  }
  return Buffer.from(value)
}

/** Strings up to this many characters are copied one by one: entering the engine's encoder costs more. */
const shortString = 24

/** Copies at most `ownChunkBytes` characters or bytes into the buffer; returns the number of bytes. */
function copyBytes(out: FieldOutput, value: Value, wireType: WireType): number {
  const { buffer } = out
  if (typeof value === 'string') {
    buffer.reserve(3 * value.length)
    let length = value.length
    if (length > shortString || !writeAscii(buffer.bytes, buffer.position, value)) {
      length = buffer.bytes.write(value, buffer.position, 'utf8')
      if (length !== value.length && !value.isWellFormed()) throw notWellFormed(out.column)
    }
    buffer.position += length
    return length
  }
  if (!(value instanceof Uint8Array)) throw wrongForm(out.column, wireType, value)
  buffer.reserve(value.length)
  buffer.bytes.set(value, buffer.position)
  buffer.position += value.length
  return value.length
}

function writeUuid(out: FieldOutput, value: Value): void {
  const { buffer } = out
  const at = startField(buffer, 16)
  if (value instanceof Uint8Array && value.length === 16) buffer.bytes.set(value, at)
  else if (typeof value !== 'string' || !writeHex(buffer.bytes, at, value)) throw wrongForm(out.column, 'uuid', value)
  hashBytes(buffer.view, at, 16, out.seed)
}

/** 32 hexadecimal digits, dashes left out, as 16 bytes. False when it is anything else. */
function writeHex(bytes: Uint8Array, at: number, text: string): boolean {
  if (text.length > longestUuid) return false
  return writeAscii(uuidText, 0, text) && writeHexBytes(bytes, at, uuidText, 0, text.length)
}

/** 32 digits with a dash before each and one at the end: nobody writes more. */
const longestUuid = 65
const uuidText = new Uint8Array(longestUuid)

/** The same of ASCII bytes. */
function writeHexBytes(bytes: Uint8Array, at: number, text: Uint8Array, from: number, length: number): boolean {
  let digits = 0
  let byte = 0
  for (let i = from; i < from + length; i++) {
    const code = text[i] as number
    if (code === dash) continue
    const digit = hexDigit(code)
    if (digit < 0 || digits === 32) return false
    byte = ((byte << 4) | digit) & 0xff
    if (digits & 1) bytes[at + (digits >> 1)] = byte
    digits++
  }
  return digits === 32
}

const dash = 0x2d

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
