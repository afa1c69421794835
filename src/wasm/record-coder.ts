import { readFileSync } from 'node:fs'
import type { RowHashForm } from '../model/plan.ts'

/**
 * The hot path in WebAssembly (`assembly/`, docs/design/reading-pages.md): it turns ordinary values of SQLite's records into fields of a
 * binary COPY stream, and hashes each row. A coder has a memory of its own, in which records are laid down; several threads, or
 * several tables read at the same time, have a coder each.
 */

/** What a column's ordinary values are and become; `none` is for the caller. `assembly/encode.ts` has the same numbers. */
export const shortCuts = {
  none: 0,
  bool: 1,
  int2: 2,
  int4: 3,
  int8: 4,
  /** Reals, and integers that SQLite keeps for reals. */
  float8: 5,
  onlyReal: 6,
  date: 7,
  timestamp: 8,
  text: 9,
  /** '' is for the caller. */
  filledText: 10,
  jsonb: 11,
  bytea: 12,
  uuid: 13,
} as const
export type ShortCut = (typeof shortCuts)[keyof typeof shortCuts]

/** Added to the short cut of a column that takes NULL. */
export const nullableFlag = 1 << 7

/** Why `encode` came back. */
export const stops = {
  atEnd: 0,
  /** So many rows or bytes as were asked for. */
  atLimit: 1,
  /** The rows have to be taken first; the one at hand begins anew. */
  outIsFull: 2,
  /** The cell at `column` is for the caller: `addField`, `addNull` or `dropRow`, then `encode` from the same row. */
  atCell: 3,
  /** The row is for the caller. */
  rowTooLong: 4,
} as const

/** Why `readLeaf` came back. */
export const leafStops = {
  atEnd: 0,
  /** The record at `cell` goes on on overflow pages and is for the caller. */
  atOverflow: 1,
  /** Not what a leaf looks like. */
  unreadable: 2,
  /** A rowid greater than the last one that is wanted. */
  behindLast: 3,
} as const

/** Cells of a leaf that lies in `pages`; offsets count from there. */
export type LeafCells = {
  readonly page: number
  readonly pointers: number
  readonly cells: number
  readonly usable: number
  /** The first and last rowid that are wanted, and the greatest that may stand there. */
  readonly first: number
  readonly last: number
  readonly bound: number
}

/** How many fields of a record are looked at (`fields` says for what), and columns wanted; `rowidColumn` is the rowid, or -1. */
export type RecordShape = { readonly fields: number; readonly columns: number; readonly rowidColumn: number }

/** What the values of a column are taken for when they are examined; added up. `assembly/examine.ts` has the same numbers. */
export const examined = {
  integers: 1,
  reals: 2,
  blobs: 4,
  anyText: 8,
  times: 16,
  json: 32,
  /** Integers that stand there are reals. */
  realColumn: 64,
  /** Few different values so far, which are told apart: integers from 0 to 255 here, others by the caller. */
  tellsApart: 128,
} as const

/** Places of the figures of an examined column. First, from 0 on, come the values seen of each class. */
export const figures = {
  nulls: 12,
  minInteger: 13,
  maxInteger: 14,
  minReal: 15,
  maxReal: 16,
  maxCharacters: 17,
  maxBytes: 18,
  /** How often each of the integers 0 to 255 came while values were told apart. */
  repeats: 32,
  count: 32 + 256,
} as const

type Global = { readonly value: number }
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly stoppedFor: Global
  readonly rows: Global
  readonly bytes: Global
  readonly column: Global
  clear(): void
  hashAs(isSeeded: boolean): void
  dropRow(): void
  encodeRows(first: number, end: number, columns: number, mostRows: number, mostBytes: number): number
  addField(length: number, high: number, low: number): number
  addNull(): number
  examine(first: number, end: number, columns: number, column: number, taken: number, samples: number): number
  readonly cell: Global
  readonly count: Global
  readonly lastSeen: Global
  readonly payloadAt: Global
  readonly payloadBytes: Global
  readonly rowid: Global
  setSeen(records: number, last: number): void
  readLeaf(
    page: number,
    pointers: number,
    from: number,
    cells: number,
    usable: number,
    first: number,
    last: number,
    bound: number,
    fields: number,
    columns: number,
    rowidColumn: number,
  ): number
} & Readonly<
  Record<
    `${'shortCuts' | 'fields' | 'needed' | 'types' | 'offsets' | 'rowids' | 'sizes' | 'figures' | 'pages' | 'out' | 'rowEnds' | 'hashHigh' | 'hashLow'}At`,
    Global
  >
> &
  Readonly<Record<`most${'Columns' | 'Fields' | 'Cells' | 'Records' | 'Rows'}` | 'pagesBytes' | 'outBytes', Global>>

/** As much of it as is used here; TypeScript has it only among the types of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** Once per thread; the engine shares the machine code between threads. */
let compiled: object | null = null

function compile(): object {
  return new WebAssembly.Module(readFileSync(new URL('./record-coder.wasm', import.meta.url)))
}

export class RecordCoder {
  /** Leaf pages and records from overflow pages are laid down here. */
  readonly pages: Buffer<ArrayBuffer>
  /** By column; `shortCuts`. */
  readonly shortCuts: Uint8Array<ArrayBuffer>
  /** By field of the stored records: the column that is wanted, or -1. */
  readonly fields: Int32Array<ArrayBuffer>
  /** By field: 1 where records that end before it are for SQLite. */
  readonly needed: Uint8Array<ArrayBuffer>
  /** By cell, and by row; as in `SqliteRecords`. */
  readonly types: Int32Array<ArrayBuffer>
  readonly offsets: Int32Array<ArrayBuffer>
  readonly rowids: Float64Array<ArrayBuffer>
  /** By row: bytes of its values that were examined. */
  readonly sizes: Float64Array<ArrayBuffer>
  /** Of the column that is examined. */
  readonly figures: Float64Array<ArrayBuffer>
  /** Encoded rows that were not taken yet: their bytes, where each ends, and its hash. */
  readonly out: Buffer<ArrayBuffer>
  readonly rowEnds: Uint32Array<ArrayBuffer>
  readonly hashHigh: Uint32Array<ArrayBuffer>
  readonly hashLow: Uint32Array<ArrayBuffer>
  readonly #exports: Exports
  readonly #outAt: number

  constructor() {
    const coder = new WebAssembly.Instance((compiled ??= compile())).exports as Exports
    this.#exports = coder
    this.#outAt = coder.outAt.value
    const { buffer } = coder.memory
    this.pages = Buffer.from(buffer, coder.pagesAt.value, coder.pagesBytes.value)
    this.shortCuts = new Uint8Array(buffer, coder.shortCutsAt.value, coder.mostColumns.value)
    this.fields = new Int32Array(buffer, coder.fieldsAt.value, coder.mostFields.value)
    this.needed = new Uint8Array(buffer, coder.neededAt.value, coder.mostFields.value)
    this.types = new Int32Array(buffer, coder.typesAt.value, coder.mostCells.value)
    this.offsets = new Int32Array(buffer, coder.offsetsAt.value, coder.mostCells.value)
    this.rowids = new Float64Array(buffer, coder.rowidsAt.value, coder.mostRecords.value)
    this.sizes = new Float64Array(buffer, coder.sizesAt.value, coder.mostRecords.value)
    this.figures = new Float64Array(buffer, coder.figuresAt.value, figures.count)
    this.out = Buffer.from(buffer, coder.outAt.value, coder.outBytes.value)
    this.rowEnds = new Uint32Array(buffer, coder.rowEndsAt.value, coder.mostRows.value)
    this.hashHigh = new Uint32Array(buffer, coder.hashHighAt.value, coder.mostRows.value)
    this.hashLow = new Uint32Array(buffer, coder.hashLowAt.value, coder.mostRows.value)
  }

  /** Why `encode` came back, one of `stops`. */
  get stoppedFor(): number {
    return this.#exports.stoppedFor.value
  }

  /** Rows that can be taken. */
  get rows(): number {
    return this.#exports.rows.value
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#exports.bytes.value
  }

  /** Of the row at hand. */
  get column(): number {
    return this.#exports.column.value
  }

  /**
   * Encodes records first..end-1 of `columns` cells each, and gives the one where it stopped: behind the row with which there are
   * `most.rows` rows or `most.bytes` bytes, where the caller is needed, or at the end.
   */
  encode(first: number, end: number, columns: number, most: { readonly rows: number; readonly bytes: number }): number {
    return this.#exports.encodeRows(first, end, columns, Math.min(most.rows, mostInt), Math.min(most.bytes, mostInt))
  }

  /** Forgets all rows, the one at hand too. */
  clear(): void {
    this.#exports.clear()
  }

  /** Of the rows to come. */
  hashAs(form: RowHashForm): void {
    this.#exports.hashAs(form === 'seeded')
  }

  /** Forgets the row at hand. */
  dropRow(): void {
    this.#exports.dropRow()
  }

  /** The field at hand, its length included, and its hash. False when there is no room for it. */
  addField(bytes: Uint8Array, hashHigh: number, hashLow: number): boolean {
    const at = this.#exports.addField(bytes.length, hashHigh, hashLow)
    if (at === 0) return false
    this.out.set(bytes, at - this.#outAt)
    return true
  }

  addNull(): boolean {
    return this.#exports.addNull() !== 0
  }

  /** Records so far, and the greatest rowid that was seen. */
  get count(): number {
    return this.#exports.count.value
  }

  get lastSeen(): number {
    return this.#exports.lastSeen.value
  }

  setSeen(records: number, last: number): void {
    this.#exports.setSeen(records, last)
  }

  /** Adds the records of a leaf from cell `from` on; one of `leafStops`. */
  readLeaf(leaf: LeafCells, from: number, shape: RecordShape): number {
    const { page, pointers, cells, usable, first, last, bound } = leaf
    const { fields, columns, rowidColumn } = shape
    return this.#exports.readLeaf(
      page, pointers, from, cells, usable, first, last, bound, fields, columns, rowidColumn,
    ) // prettier-ignore
  }

  /** Where `readLeaf` stopped: the cell's number on its page, where its payload begins and how long it is, and its rowid. */
  get stoppedAt(): {
    readonly cell: number
    readonly payloadAt: number
    readonly payloadBytes: number
    readonly rowid: number
  } {
    const { cell, payloadAt, payloadBytes, rowid } = this.#exports
    return { cell: cell.value, payloadAt: payloadAt.value, payloadBytes: payloadBytes.value, rowid: rowid.value }
  }

  /**
   * Counts the values of a column in records first..end-1 into `figures` and `sizes`. Gives the first one that is for the caller, of
   * which nothing is counted: values that are not ordinary, and the first `samples` of each class.
   */
  examine(
    first: number,
    end: number,
    column: { readonly columns: number; readonly at: number; readonly taken: number; readonly samples: number },
  ): number {
    return this.#exports.examine(first, end, column.columns, column.at, column.taken, column.samples)
  }
}

/** Numbers of the module are of 32 bits. */
const mostInt = 0x7fff_ffff

const idle: RecordCoder[] = []
const mostIdle = 2

/** A coder for one table; give it back when nobody reads its records any more. One that is not given back is lost, no more. */
export function takeCoder(): RecordCoder {
  return idle.pop() ?? new RecordCoder()
}

export function giveCoder(coder: RecordCoder): void {
  coder.clear()
  if (idle.length < mostIdle) idle.push(coder)
}
