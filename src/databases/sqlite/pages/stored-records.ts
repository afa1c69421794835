import { type SqliteRow, type SqliteValue, TextBytes } from '../../../model/batch.ts'
import { isStoredText, type SqliteRecords, storedAs, storedInteger, storedLength } from '../../../model/records.ts'
import { decodeText } from '../read/decode-text.ts'
import { UnreadablePages } from './page-file.ts'
import type { RecordLayout } from './record-layout.ts'

/** Length of an integer or real by its serial type; 10 and 11 do not occur, and no record is so long. */
const fixedLengths = new Int32Array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0x4000_0000, 0x4000_0000])
const firstRows = 32
const twoTo32 = 0x1_0000_0000

/** The records of some leaf pages, filled record by record (`add`) and emptied for the next ones (`clear`). */
export class StoredRecords implements SqliteRecords {
  count = 0
  readonly columns: number
  bytes: Buffer<ArrayBuffer>
  view: DataView<ArrayBuffer>
  types: Int32Array<ArrayBuffer>
  offsets: Int32Array<ArrayBuffer>
  rowids: Float64Array<ArrayBuffer>
  readonly reals: readonly boolean[]
  readonly owned: boolean
  /** By field of the record: the requested column, or -1. As long as the last requested field needs. */
  readonly #columnOfField: Int32Array
  readonly #rowidColumns: readonly number[]
  readonly #defaults: readonly boolean[]

  constructor(layout: RecordLayout, bytes: number, owned = false) {
    this.owned = owned
    const { fields } = layout
    this.columns = fields.length
    this.reals = layout.reals
    this.#defaults = layout.defaults
    this.#columnOfField = new Int32Array(Math.max(-1, ...fields) + 1).fill(-1)
    for (const [column, field] of fields.entries()) if (field >= 0) this.#columnOfField[field] = column
    this.#rowidColumns = fields.flatMap((field, column) => (field < 0 ? [column] : []))
    this.bytes = Buffer.allocUnsafeSlow(bytes)
    this.view = viewOf(this.bytes)
    this.rowids = new Float64Array(firstRows)
    this.types = new Int32Array(firstRows * this.columns)
    this.offsets = new Int32Array(firstRows * this.columns)
  }

  clear(): void {
    this.count = 0
  }

  /** Gives owned memory back at once: until the next collection of garbage several of them would add up. */
  release(): void {
    this.view.buffer.transfer(0)
  }

  /** Makes `bytes` at least so long; what stands in the first `kept` bytes stays. */
  reserve(length: number, kept: number): void {
    if (length <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.bytes.length))
    this.bytes.copy(larger, 0, 0, kept)
    this.bytes = larger
    this.view = viewOf(larger)
  }

  /** Adds the record that stands in bytes from..to-1, and says which cells it has. */
  add(rowid: number, from: number, to: number): void {
    if (this.count === this.rowids.length) this.#grow()
    const { bytes, types, offsets } = this
    const columnOfField = this.#columnOfField
    const fields = columnOfField.length
    const cell = this.count * this.columns
    let headerLength = bytes[from] as number
    let at = from + 1
    if (headerLength >= 0x80) {
      at = readVarint(bytes, from)
      headerLength = varint.value
    }
    const headerEnd = from + headerLength
    let content = headerEnd
    let field = 0
    while (field < fields && at < headerEnd) {
      let type = bytes[at++] as number
      if (type >= 0x80) {
        at = readVarint(bytes, at - 1)
        type = varint.value
        if (type < 0 || type > 0x7fff_ffff) throw new UnreadablePages()
      }
      const length = type >= 12 ? (type - 12) >> 1 : (fixedLengths[type] as number)
      const column = columnOfField[field++] as number
      if (column >= 0) {
        types[cell + column] = type
        offsets[cell + column] = content
      }
      content += length
    }
    const isWhole = at < headerEnd || (at === headerEnd && content === to)
    if (!isWhole || content > to || headerEnd > to) throw new UnreadablePages()
    if (field < fields) this.#endEarly(cell, field)
    for (const column of this.#rowidColumns) types[cell + column] = storedAs.rowid
    this.rowids[this.count++] = rowid
  }

  /** The record was written before these columns were added to the table. */
  #endEarly(cell: number, field: number): void {
    for (; field < this.#columnOfField.length; field++) {
      const column = this.#columnOfField[field] as number
      if (column < 0) continue
      if (this.#defaults[column] === true) throw new UnreadablePages()
      this.types[cell + column] = storedAs.null
    }
  }

  #grow(): void {
    const rows = 2 * this.rowids.length
    this.rowids = copied(this.rowids, new Float64Array(rows))
    this.types = copied(this.types, new Int32Array(rows * this.columns))
    this.offsets = copied(this.offsets, new Int32Array(rows * this.columns))
  }

  value(row: number, column: number): SqliteValue {
    const cell = row * this.columns + column
    const type = this.types[cell] as number
    const at = this.offsets[cell] as number
    if (type === storedAs.null) return null
    if (type === storedAs.real) return realOf(this.view.getFloat64(at))
    if (type >= storedAs.bytes) return this.#bytesValue(type, at)
    const integer = storedInteger(this.view, type, at, this.rowids[row] as number)
    const exact = Number.isNaN(integer) ? this.view.getBigInt64(at) : BigInt(integer)
    return this.reals[column] === true ? Number(exact) : exact
  }

  #bytesValue(type: number, at: number): SqliteValue {
    const end = at + storedLength(type)
    const stored = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + at, end - at)
    if (!isStoredText(type)) return this.owned ? stored : stored.slice()
    const text = decodeText(stored, 'UTF-8')
    return typeof text === 'string' || this.owned ? text : new TextBytes(text.bytes.slice(), text.valid)
  }

  row(row: number): SqliteRow {
    const values: SqliteRow = []
    for (let column = 0; column < this.columns; column++) values.push(this.value(row, column))
    values.push(BigInt(this.rowids[row] as number))
    return values
  }
}

/** SQLite stores no NaN, and takes one that stands there for NULL. */
function realOf(stored: number): number | null {
  return Number.isNaN(stored) ? null : stored
}

function viewOf(bytes: Buffer<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function copied<Numbers extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  from: Numbers,
  to: Numbers,
): Numbers {
  to.set(from)
  return to
}

/** The number that `readVarint` found: a shared register, because a returned pair would be an allocation per record. */
export const varint = { value: 0 }

/**
 * Reads a number of 1 to 9 bytes into `varint.value` and gives where it ends. Numbers that a double cannot hold exactly are
 * UnreadablePages. https://sqlite.org/fileformat2.html#varint
 */
export function readVarint(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let length = 1; length <= 8; length++) {
    const byte = bytes[at++] as number
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) throw new UnreadablePages()
      varint.value = value
      return at
    }
  }
  return readLongestVarint(bytes, at)
}

/** Nine bytes are 64 bits: all negative numbers, and those of 57 bits and more. */
function readLongestVarint(bytes: Uint8Array, last: number): number {
  const from = last - 8
  let high = 0
  let low = 0
  for (let i = 0; i < 8; i++) {
    const bits = (bytes[from + i] as number) & 0x7f
    high = ((high << 7) | (low >>> 25)) >>> 0
    low = ((low << 7) | bits) >>> 0
  }
  high = (high << 8) | (low >>> 24) | 0
  low = ((low << 8) | (bytes[last] as number)) >>> 0
  const value = high * twoTo32 + low
  if (!Number.isSafeInteger(value)) throw new UnreadablePages()
  varint.value = value
  return last + 1
}
