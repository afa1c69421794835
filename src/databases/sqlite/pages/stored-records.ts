import { type SqliteRow, type SqliteValue, TextBytes } from '../../../model/batch.ts'
import { isStoredText, type SqliteRecords, storedAs, storedInteger, storedLength } from '../../../model/records.ts'
import { decodeText } from '../read/decode-text.ts'
import { giveCoder, type RecordCoder, type RecordShape } from '../../../wasm/record-coder.ts'
import { UnreadablePages } from './page-file.ts'
import type { RecordLayout } from './record-layout.ts'

/** Length of an integer or real by its serial type; 10 and 11 do not occur, and no record is so long. */
const fixedLengths = new Int32Array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0x4000_0000, 0x4000_0000])
const twoTo32 = 0x1_0000_0000

/** The records of some leaf pages, filled record by record (`add`) and emptied for the next ones (`clear`). */
export class StoredRecords implements SqliteRecords {
  count = 0
  readonly columns: number
  readonly bytes: Buffer<ArrayBuffer>
  readonly view: DataView<ArrayBuffer>
  readonly types: Int32Array<ArrayBuffer>
  readonly offsets: Int32Array<ArrayBuffer>
  readonly rowids: Float64Array<ArrayBuffer>
  readonly reals: readonly boolean[]
  readonly coder: RecordCoder | null
  /** By field of the record: the requested column, or -1. As long as the last requested field needs. */
  readonly #columnOfField: Int32Array
  readonly #rowidColumns: readonly number[]
  readonly #defaults: readonly boolean[]

  /** `memory`: a coder's, or so many bytes of its own for one long record. */
  constructor(layout: RecordLayout, memory: RecordCoder | number) {
    const { fields } = layout
    this.columns = fields.length
    this.reals = layout.reals
    this.#defaults = layout.defaults
    this.#columnOfField = new Int32Array(Math.max(-1, ...fields) + 1).fill(-1)
    for (const [column, field] of fields.entries()) if (field >= 0) this.#columnOfField[field] = column
    this.#rowidColumns = fields.flatMap((field, column) => (field < 0 ? [column] : []))
    this.coder = typeof memory === 'number' ? null : memory
    const room = typeof memory === 'number' ? roomForOne(memory, this.columns) : memory
    this.bytes = room.pages
    this.view = viewOf(this.bytes)
    this.rowids = room.rowids
    this.types = room.types
    this.offsets = room.offsets
  }

  get owned(): boolean {
    return this.coder === null
  }

  clear(): void {
    this.count = 0
  }

  /** Tells the coder what is wanted of each record; every walk has to, since a coder serves one after the other. */
  shape(coder: RecordCoder): RecordShape {
    const fields = this.#columnOfField
    if (fields.length > coder.fields.length || this.#rowidColumns.length > 1) throw new UnreadablePages()
    coder.fields.set(fields)
    for (const [field, column] of fields.entries()) coder.needed[field] = this.#defaults[column] === true ? 1 : 0
    return { fields: fields.length, columns: this.columns, rowidColumn: this.#rowidColumns[0] ?? -1 }
  }

  /** Gives the memory back: that of its own at once, since until the next collection of garbage several of them would add up. */
  release(): void {
    if (this.coder !== null) giveCoder(this.coder)
    else this.view.buffer.transfer(0)
  }

  /** Adds the record that stands in bytes from..to-1, and says which cells it has. */
  add(rowid: number, from: number, to: number): void {
    const { bytes, types, offsets } = this
    const columnOfField = this.#columnOfField
    const fields = columnOfField.length
    const cell = this.count * this.columns
    // More columns than memory was laid out for: SQLite reads them.
    if (cell + this.columns > types.length || this.count === this.rowids.length) throw new UnreadablePages()
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

function roomForOne(bytes: number, columns: number): Pick<RecordCoder, 'pages' | 'rowids' | 'types' | 'offsets'> {
  return {
    pages: Buffer.allocUnsafeSlow(bytes),
    rowids: new Float64Array(1),
    types: new Int32Array(columns),
    offsets: new Int32Array(columns),
  }
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
