import { noDays, noMicros, readDays, readMicros } from './dates'
import { hashBytes, hashEightBytes, hashWord } from './hash'
import { jsonbVersion, jsonLength, writeJsonb } from './jsonb'
import {
  hashHighAt,
  hashLowAt,
  jsonAt,
  shortCutsAt,
  memoryBytes,
  mostRows,
  offsetsAt,
  outAt,
  outBytes,
  pagesAt,
  rowEndsAt,
  typesAt,
} from './layout'
import { integerOf, isInteger, isText } from './records'
import { copyText } from './text'

/**
 * The short cut of the hot path: records into rows of a binary COPY stream, and the hash of each row. `record-coder.ts` says
 * what callers see. What a short cut does not take is left to the caller, cell by cell.
 */

/** Why `encodeRows` came back. */
const atEnd: i32 = 0
/** The rows that were asked for are done, or their bytes. */
const atLimit: i32 = 1
/** Rows have to be taken away first; the one at hand begins anew. */
const outIsFull: i32 = 2
/** The caller has to write the cell at `column`. */
const atCell: i32 = 3
/** The row at hand is too long even for an empty output. */
const rowTooLong: i32 = 4

/** How a column's values become fields; `none` is for the caller. Numbers as in `shortCuts` of record-coder.ts. */
const shortCutBits = (1 << 7) - 1
const nullable = 1 << 7

export let stoppedFor: i32 = 0
/** Complete rows in the output, and their bytes. */
export let rows: i32 = 0
export let bytes: i32 = 0
/** Of the row at hand. */
export let column: i32 = 0

let out: i32 = outAt
/** As `RowHash` has it, of the fields so far. */
let hash: u64 = 0
let isSeeded: bool = false

/** A full output is taken away while it is still in the processor's cache. */
const fullAt: i32 = outAt + 512 * 1024
const outEnd: i32 = outAt + outBytes

if (memory.size() * 0x1_0000 < memoryBytes) memory.grow((memoryBytes >> 16) + 1 - memory.size())

/** Takes the complete rows away, and whatever there is of another. */
export function clear(): void {
  rows = 0
  bytes = 0
  beginRow()
}

export function hashAs(seeded: bool): void {
  isSeeded = seeded
}

/** Forgets the row at hand. */
export function dropRow(): void {
  beginRow()
}

function beginRow(): void {
  column = 0
  hash = 0
  out = outAt + bytes
}

/**
 * Encodes records first..end-1 of `columns` cells each, the first from `column` on. Stops behind the row with which the output has
 * `mostBytes` bytes or `rowLimit` rows. Returns the record where it stopped.
 */
export function encodeRows(first: i32, end: i32, columns: i32, rowLimit: i32, mostBytes: i32): i32 {
  let row = first
  for (; row < end; row++) {
    if (column === 0) {
      if (rows >= rowLimit || bytes >= mostBytes) return stop(atLimit, row)
      if (rows === mostRows || out >= fullAt) return stop(outIsFull, row)
      store<u16>(out, bswap<u16>(<u16>columns))
      out += 2
    }
    let cell = row * columns + column
    for (; column < columns; column++, cell++) {
      const shortCut = <i32>load<u8>(shortCutsAt + column)
      const type = load<i32>(typesAt + 4 * cell)
      if (type === 0 && (shortCut & nullable) !== 0) {
        if (out + 64 > outEnd) return noRoom(row)
        endNull()
        continue
      }
      const length = type >= 12 ? (type - 12) >> 1 : 0
      if (out + length + 64 > outEnd) return noRoom(row)
      if (!writeField(shortCut & shortCutBits, type, pagesAt + load<i32>(offsetsAt + 4 * cell), length, row)) {
        return stop(atCell, row)
      }
    }
    endRow()
  }
  return stop(atEnd, row)
}

function stop(why: i32, row: i32): i32 {
  stoppedFor = why
  return row
}

function noRoom(row: i32): i32 {
  const empty = rows === 0
  beginRow()
  return stop(empty ? rowTooLong : outIsFull, row)
}

/**
 * A field of `length` bytes, which the caller puts where the function says, for the cell at `column`; `high` and `low` are its
 * hash. 0 when there is no room for it.
 */
export function addField(length: i32, high: i32, low: i32): i32 {
  if (out + length + 64 > outEnd) return 0
  const at = out
  out += length
  endField(((<u64>(<u32>high)) << 32) | <u64>(<u32>low))
  column++
  return at
}

/** NULL for the cell at `column`. */
export function addNull(): i32 {
  if (out + 64 > outEnd) return 0
  endNull()
  column++
  return out
}

function endNull(): void {
  store<i32>(out, -1)
  out += 4
  if (!isSeeded) hash *= 31
}

function endField(valueHash: u64): void {
  hash = isSeeded ? hash ^ valueHash : hash * 31 + valueHash
}

/** For the hash of the field at hand. */
function seed(): u32 {
  return isSeeded ? <u32>(column + 1) : 0
}

function endRow(): void {
  // As `RowHash`: the row's hash as a double, hashed once more.
  const sum = <f64>(<i64>hash)
  const rowHash = sum === 0 ? 0 : hashEightBytes(reinterpret<u64>(sum), 0)
  bytes = out - outAt
  store<i32>(rowEndsAt + 4 * rows, bytes)
  store<u32>(hashHighAt + 4 * rows, <u32>(rowHash >> 32))
  store<u32>(hashLowAt + 4 * rows, <u32>rowHash)
  rows++
  column = 0
  hash = 0
}

/** False, with nothing of it done, for a value that is not the short cut's. Numbers as in record-coder.ts. */
function writeField(shortCut: i32, type: i32, at: i32, length: i32, row: i32): bool {
  switch (shortCut) {
    case 1:
      return writeBool(type, at, row)
    case 2:
      return writeInt2(type, at, row)
    case 3:
      return writeInt4(type, at, row)
    case 4:
      return writeInt8(type, at, row)
    case 5:
      return writeReal(type, at, row)
    case 6:
      return type === 7 && writeReal(type, at, row)
    case 7:
      return writeDate(type, at, length)
    case 8:
      return writeTimestamp(type, at, length)
    case 9:
      return writeText(type, at, length)
    case 10:
      return length > 0 && writeText(type, at, length)
    case 11:
      return writeJson(type, at, length)
    case 12:
      return writeBytes(type, at, length)
    case 13:
      return writeUuid(type, at, length)
    default:
      return false
  }
}

/** Length first; says where the field's bytes go. */
function startField(length: i32): i32 {
  const at = out + 4
  store<u32>(out, bswap<u32>(<u32>length))
  out = at + length
  return at
}

function writeBool(type: i32, at: i32, row: i32): bool {
  if (!isInteger(type)) return false
  const value = integerOf(type, at, row)
  if (value !== 0 && value !== 1) return false
  store<u8>(startField(1), <u8>value)
  endField(hashWord(<u32>value, seed()))
  return true
}

function writeInt2(type: i32, at: i32, row: i32): bool {
  if (!isInteger(type)) return false
  const value = integerOf(type, at, row)
  if (<i64>(<i16>value) !== value) return false
  store<u16>(startField(2), bswap<u16>(<u16>value))
  endField(hashWord(<u32>value, seed()))
  return true
}

function writeInt4(type: i32, at: i32, row: i32): bool {
  if (!isInteger(type)) return false
  const value = integerOf(type, at, row)
  if (<i64>(<i32>value) !== value) return false
  store<u32>(startField(4), bswap<u32>(<u32>value))
  endField(hashWord(<u32>value, seed()))
  return true
}

function writeInt8(type: i32, at: i32, row: i32): bool {
  if (!isInteger(type)) return false
  writeEightBytes(bswap<u64>(<u64>integerOf(type, at, row)))
  return true
}

/** As they stand in the stream. */
function writeEightBytes(word: u64): void {
  store<u64>(startField(8), word)
  endField(hashEightBytes(word, seed()))
}

/** NaN, which only a damaged file holds, is NULL to SQLite; integers beyond 2^53 are rounded by the long way. */
function writeReal(type: i32, at: i32, row: i32): bool {
  if (type === 7) {
    const word = load<u64>(at)
    if (isNaN<f64>(reinterpret<f64>(bswap<u64>(word)))) return false
    writeEightBytes(word)
    return true
  }
  if (!isInteger(type)) return false
  const value = integerOf(type, at, row)
  if (value > 0x1f_ffff_ffff_ffff || value < -0x1f_ffff_ffff_ffff) return false
  writeEightBytes(bswap<u64>(reinterpret<u64>(<f64>value)))
  return true
}

function writeDate(type: i32, at: i32, length: i32): bool {
  if (!isText(type) || length !== 10) return false
  const days = readDays(at)
  if (days === noDays) return false
  store<u32>(startField(4), bswap<u32>(<u32>days))
  endField(hashWord(<u32>days, seed()))
  return true
}

function writeTimestamp(type: i32, at: i32, length: i32): bool {
  if (!isText(type)) return false
  const micros = readMicros(at, length)
  if (micros === noMicros) return false
  writeEightBytes(bswap<u64>(<u64>micros))
  return true
}

function writeText(type: i32, at: i32, length: i32): bool {
  if ((type & 1) === 0 || type < 13) return false
  const to = out + 4
  if (!copyText(at, to, length)) return false
  startField(length)
  endField(hashBytes(to, length, seed()))
  return true
}

function writeJson(type: i32, at: i32, length: i32): bool {
  if (!isText(type) || length === 0) return false
  const to = out + 5
  if (!copyText(at, to, length) || !writeJsonb(to, length)) return false
  store<u8>(startField(1 + length), jsonbVersion)
  endField(hashBytes(jsonAt, jsonLength, seed()))
  return true
}

function writeBytes(type: i32, at: i32, length: i32): bool {
  if (type < 12) return false
  const to = startField(length)
  memory.copy(to, at, length)
  endField(hashBytes(to, length, seed()))
  return true
}

/** With its dashes: 8-4-4-4-12. */
function writeUuid(type: i32, at: i32, length: i32): bool {
  if (!isText(type) || length !== 36 || !isDashed(at)) return false
  const to = out + 4
  let digits = 0
  let byte: u32 = 0
  for (let i = 0; i < 36; i++) {
    const code = load<u8>(at + i)
    if (code === 0x2d) continue
    const digit = hexDigit(code)
    if (digit < 0 || digits === 32) return false
    byte = (byte << 4) | <u32>digit
    if (digits & 1) store<u8>(to + (digits >> 1), <u8>byte)
    digits++
  }
  if (digits !== 32) return false
  startField(16)
  endField(hashBytes(to, 16, seed()))
  return true
}

function isDashed(at: i32): bool {
  return load<u8>(at, 8) === 0x2d && load<u8>(at, 13) === 0x2d && load<u8>(at, 18) === 0x2d && load<u8>(at, 23) === 0x2d
}

function hexDigit(code: u8): i32 {
  if (code >= 0x30 && code <= 0x39) return <i32>code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? <i32>letter - 0x57 : -1
}
