import type { SqliteRow, SqliteValue } from './batch.ts'

/**
 * Rows of a SQLite table as they are stored, not decoded: for each cell its serial type and where its bytes begin. The hot
 * paths look at the bytes themselves; everything else asks for `value` or `row`.
 * https://sqlite.org/fileformat2.html#record_format
 *
 * The memory is used again for the next records, so nothing of it may be kept; that of `owned` records lives until
 * the next ones are asked for.
 */
export interface SqliteRecords {
  readonly count: number
  /** Requested columns; the cell of row r and column c is r × columns + c. */
  readonly columns: number
  readonly bytes: Buffer
  readonly view: DataView
  /** By cell: `storedAs`. */
  readonly types: Int32Array
  /** By cell: where its value begins in `bytes`; of no meaning for values that have no bytes. */
  readonly offsets: Int32Array
  /** By row; safe integers. */
  readonly rowids: Float64Array
  /** By column: an integer stored there is the real of that value (REAL affinity). */
  readonly reals: readonly boolean[]
  /** A single long row in memory of its own. */
  readonly owned: boolean
  value(row: number, column: number): SqliteValue
  /** Values in column order and the rowid at the end, like a row that was read with SQL. */
  row(row: number): SqliteRow
}

/** Serial types. From 12 on even numbers are blobs and odd ones texts, of (type - 12) >> 1 bytes. */
export const storedAs = {
  null: 0,
  /** 1 to 6: big-endian integers of 1, 2, 3, 4, 6 and 8 bytes. */
  int8: 6,
  real: 7,
  zero: 8,
  one: 9,
  /** Not of the file format, which keeps 10 and 11 free: the value is the row's rowid. */
  rowid: 10,
  bytes: 12,
} as const

/** Length in bytes of a text or blob. */
export function storedLength(type: number): number {
  return (type - storedAs.bytes) >> 1
}

export function isStoredText(type: number): boolean {
  return type > storedAs.bytes && (type & 1) === 1
}

/**
 * The integer of a cell; NaN where the type is none or the integer is not a safe one. `rowid` is the value of a column
 * that is the rowid.
 */
export function storedInteger(view: DataView, type: number, at: number, rowid: number): number {
  switch (type) {
    case 1:
      return view.getInt8(at)
    case 2:
      return view.getInt16(at)
    case 3:
      return (view.getInt8(at) << 16) | view.getUint16(at + 1)
    case 4:
      return view.getInt32(at)
    case 5:
      return view.getInt16(at) * 0x1_0000_0000 + view.getUint32(at + 2)
    case 6: {
      const high = view.getInt32(at)
      // Beyond ±2^53 a double is not exact.
      return high >= -0x20_0000 && high < 0x20_0000 ? high * 0x1_0000_0000 + view.getUint32(at + 4) : NaN
    }
    case 8:
      return 0
    case 9:
      return 1
    case 10:
      return rowid
    default:
      return NaN
  }
}
