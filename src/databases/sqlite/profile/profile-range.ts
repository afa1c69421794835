import type { RowKey, SqliteRow } from '../../../model/batch.ts'
import type { ColumnProfile } from '../../../model/profile.ts'
import type { ReadRequest, RowPage } from '../../databases.ts'
import type { TypeFamily } from '../declared-type.ts'
import { ColumnExaminer } from './profile-column.ts'
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
      for (const page of reader.read(requestFor(range, examination.position, asBytes))) examination.examine(page)
      return { ...examination.profile, damages: reader.damages.slice(damagesBefore) }
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
  readonly #examiners: readonly ColumnExaminer[]
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
    const keyOf = (row: SqliteRow): RowKey => rowKeyOf(row, places)
    const isBinaryJson = (bytes: Uint8Array): boolean => reader.isBinaryJson(bytes)
    this.#examiners = columns.map((column, at) => new ColumnExaminer({ ...column, at }, keyOf, isBinaryJson))
  }

  /** Where to go on. */
  get position(): string | null {
    return this.#position
  }

  examine(page: RowPage): void {
    const { rows } = page
    if (this.#sizes.length < rows.length) this.#sizes = new Float64Array(rows.length)
    this.#sizes.fill(0)
    for (const examiner of this.#examiners) examiner.examine(rows, this.#sizes)
    for (let index = 0; index < rows.length; index++) {
      const size = this.#sizes[index] ?? 0
      this.#bytes += size
      if (size > this.#widest) this.#widest = size
    }
    if (this.#rowidAt !== null) this.#noteRowids(rows, this.#rowidAt)
    this.#rows += rows.length
    this.#position = page.positionOf(rows.length - 1)
  }

  #noteRowids(rows: readonly SqliteRow[], at: number): void {
    for (const row of rows) {
      const rowid = row[at]
      if (typeof rowid !== 'bigint') continue
      this.#firstRowid ??= rowid
      this.#lastRowid = rowid
      this.#sample.add(rowid)
    }
  }

  get profile(): Omit<RangeProfile, 'damages'> {
    const [min, max] = [this.#firstRowid, this.#lastRowid]
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      widestRowBytes: this.#widest,
      rowidRange: min === null || max === null ? null : { min, max },
      rowids: { stride: this.#sample.stride, list: this.#sample.list },
      columns: this.#examiners.map((examiner) => examiner.profile),
    }
  }
}

const mostRowids = 1024

/** Evenly spread rowids of a stream of unknown length: when there are too many, every second is dropped. */
class RowidSample {
  stride = 1
  list: bigint[] = []
  #seen = 0

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
