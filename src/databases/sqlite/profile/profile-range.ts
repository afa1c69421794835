import type { RowKey, SqliteRow } from '../../../model/batch.ts'
import type { ColumnProfile } from '../../../model/profile.ts'
import type { SqliteRecords } from '../../../model/records.ts'
import type { ReadRequest, RecordPage, RowPage } from '../../databases.ts'
import type { TypeFamily } from '../declared-type.ts'
import { mergeColumns } from './merge-columns.ts'
import { ColumnExaminer } from './profile-column.ts'
import { StoredColumnExaminer } from './stored-column.ts'
import type { SqliteRowReader } from '../read/sqlite-reader.ts'
import type { Damage } from '../read/sqlite-salvage.ts'
import { rowKeyOf } from './value-text.ts'
import { TooLongText } from '../read/walk-rows.ts'

/** A range of one table's rows to examine. Plain data: it is posted to worker threads. */
export type ProfileRange = {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly family: TypeFamily }[]
  readonly keyColumns: readonly string[]
  readonly by: 'rowid' | 'ordinal'
  readonly lower: string | null
  readonly upper: string | null
  /** Size of the file: in a small one no page can be too much. */
  readonly fileBytes: number
}

export type RangeProfile = {
  readonly rows: number
  readonly bytes: number
  readonly widestRowBytes: number
  readonly rowidRange: { readonly min: bigint; readonly max: bigint } | null
  /** Every `stride`-th rowid, from the first on. */
  readonly rowids: { readonly stride: number; readonly list: readonly bigint[] }
  readonly columns: readonly ColumnProfile[]
  /** What could not be read; only when salvaging. */
  readonly damages: readonly Damage[]
  /** Every page of it was read, with keys as they should be: it hides no row. */
  readonly walked: boolean
}

/** Up to this size of file pages are read at once; beyond, rows one by one, since nothing is known of their width yet. */
const smallFile = 64 * 1024 * 1024
const wide = 64 * 1024 * 1024

export function profileRange(reader: SqliteRowReader, range: ProfileRange): RangeProfile {
  const damagesBefore = reader.damages.length
  const examination = new RangeExamination(reader, range)
  let asBytes = false
  for (;;) {
    try {
      for (const page of reader.readStored(requestFor(range, examination.position, asBytes))) examination.examine(page)
      const walked = !reader.leftToSqlite.has(range.table)
      return { ...examination.profile, damages: reader.damages.slice(damagesBefore), walked }
    } catch (error) {
      if (asBytes || !(error instanceof TooLongText)) throw error
      asBytes = true
    }
  }
}

function requestFor(range: ProfileRange, after: string | null, asBytes: boolean): ReadRequest {
  return {
    table: { schema: 'main', name: range.table },
    columns: range.columns.map((column) => column.name),
    shard: { number: 1, by: range.by, lower: range.lower, upper: range.upper },
    after,
    averageRowBytes: 1,
    widestRowBytes: asBytes ? Number.MAX_SAFE_INTEGER : range.fileBytes > smallFile ? wide : 1,
  }
}

class RangeExamination {
  readonly #columns: readonly { readonly examiner: ColumnExaminer; readonly stored: StoredColumnExaminer }[]
  readonly #rowidAt: number | null
  #position: string | null = null
  #rows = 0
  #bytes = 0
  #widest = 0
  #sizes = new Float64Array(0)
  #firstRowid: bigint | null = null
  #lastRowid: bigint | null = null
  readonly #sample = new RowidSample()

  constructor(reader: SqliteRowReader, { columns, keyColumns, by }: ProfileRange) {
    this.#rowidAt = by === 'rowid' ? columns.length : null
    const places = {
      columns: keyColumns.map((name) => ({ name, at: columns.findIndex((column) => column.name === name) })),
      rowidAt: this.#rowidAt,
    }
    const keyOf = (page: RowPage | RecordPage, index: number): RowKey => rowKeyOf(keyRow(page, index, places), places)
    const isBinaryJson = (bytes: Uint8Array): boolean => reader.isBinaryJson(bytes)
    this.#columns = columns.map((column, at) => {
      const examiner = new ColumnExaminer({ ...column, at }, keyOf, isBinaryJson)
      return { examiner, stored: new StoredColumnExaminer({ ...column, at }, examiner) }
    })
  }

  /** Where to go on. */
  get position(): string | null {
    return this.#position
  }

  examine(page: RowPage | RecordPage): void {
    const count = 'records' in page ? page.records.count : page.rows.length
    const sizes = this.#sizesFor(page, count)
    for (const { examiner, stored } of this.#columns) {
      if ('records' in page) stored.examine(page, sizes)
      else examiner.examine(page, sizes)
    }
    for (let index = 0; index < count; index++) {
      const size = sizes[index] as number
      this.#bytes += size
      if (size > this.#widest) this.#widest = size
    }
    if ('records' in page) this.#noteRecordRowids(page.records)
    else if (this.#rowidAt !== null) this.#noteRowids(page.rows, this.#rowidAt)
    this.#rows += count
    this.#position = page.positionOf(count - 1)
  }

  #sizesFor(page: RowPage | RecordPage, count: number): Float64Array {
    const coder = 'records' in page ? page.coder : null
    if (coder === null && this.#sizes.length < count) this.#sizes = new Float64Array(count)
    return (coder?.sizes ?? this.#sizes).fill(0, 0, count)
  }

  #noteRowids(rows: readonly SqliteRow[], at: number): void {
    for (const row of rows) {
      const rowid = row[at]
      if (typeof rowid === 'bigint') this.#noteRowid(rowid)
    }
  }

  #noteRecordRowids({ rowids, count }: SqliteRecords): void {
    this.#firstRowid ??= BigInt(rowids[0] as number)
    this.#lastRowid = BigInt(rowids[count - 1] as number)
    this.#sample.addSome(rowids, count)
  }

  #noteRowid(rowid: bigint): void {
    this.#firstRowid ??= rowid
    this.#lastRowid = rowid
    this.#sample.add(rowid)
  }

  get profile(): Omit<RangeProfile, 'damages' | 'walked'> {
    const [min, max] = [this.#firstRowid, this.#lastRowid]
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      widestRowBytes: this.#widest,
      rowidRange: min === null || max === null ? null : { min, max },
      rowids: { stride: this.#sample.stride, list: this.#sample.list },
      columns: this.#columns.map(({ examiner, stored }) =>
        mergeColumns(examiner.profile.column, [examiner.profile, stored.profile]),
      ),
    }
  }
}

type KeyPlaces = Parameters<typeof rowKeyOf>[1]

/** Of a record only what the key needs: the value beside it may be hundreds of megabytes. */
function keyRow(page: RowPage | RecordPage, index: number, { columns, rowidAt }: KeyPlaces): SqliteRow {
  if ('rows' in page) return page.rows[index] ?? []
  const { records } = page
  const row: SqliteRow = []
  for (const { at } of columns) if (at >= 0) row[at] = records.value(index, at)
  if (rowidAt !== null) row[rowidAt] = BigInt(records.rowids[index] as number)
  return row
}

const mostRowids = 1024

/** Evenly spread rowids of a stream of unknown length: when there are too many, every second is dropped. */
class RowidSample {
  stride = 1
  list: bigint[] = []
  #seen = 0

  /** Only those that are taken are looked at. */
  addSome(rowids: Float64Array, count: number): void {
    for (let at = 0; at < count; at++) {
      const passed = Math.min((this.stride - (this.#seen % this.stride)) % this.stride, count - at)
      this.#seen += passed
      at += passed
      if (at < count) this.add(BigInt(rowids[at] as number))
    }
  }

  add(rowid: bigint): void {
    if (this.#seen++ % this.stride !== 0) return
    if (this.list.length >= mostRowids) {
      this.list = this.list.filter((_, index) => index % 2 === 0)
      this.stride *= 2
      if ((this.#seen - 1) % this.stride !== 0) return
    }
    this.list.push(rowid)
  }
}
