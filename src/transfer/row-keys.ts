import type { RecordPage, RowPage, RowReader } from '../databases/databases.ts'
import { type Issue, type SqliteRow, type SqliteValue, TextBytes } from '../model/batch.ts'
import { type PlannedTable, type Shard, storedTable } from '../model/plan.ts'
import type { SqliteRecords } from '../model/records.ts'

/**
 * Knows how to name a row: by its key columns' values, else by its rowid, else by its place in the table's own order.
 *
 * Per encoded row only its position is kept (one number or bigint); the key columns are read again from the source for the
 * few rows that PostgreSQL refuses.
 */
export class RowKeys implements Disposable {
  readonly #reader: RowReader
  readonly #table: PlannedTable
  readonly #shard: Shard
  readonly #keyColumns: readonly number[]
  #page: RowPage | RecordPage = { rows: [], positionOf: () => '' }
  #index = 0
  /** By row of the batch: its position. Where that is no safe integer, it is in `#others`. */
  #kept = takePositions()
  #count = 0
  #others = new Map<number, string>()

  constructor(reader: RowReader, table: PlannedTable, shard: Shard) {
    this.#reader = reader
    this.#table = table
    this.#shard = shard
    this.#keyColumns = table.rowKey.map((name) => table.columns.findIndex((column) => column.source === name))
  }

  current(page: RowPage | RecordPage, index: number): void {
    this.#page = page
    this.#index = index
  }

  /** The key of the row at hand. */
  key(): Issue['key'] {
    return this.#keyOf(this.#row(), this.#page.positionOf(this.#index))
  }

  #row(): SqliteRow {
    return 'records' in this.#page ? this.#page.records.row(this.#index) : (this.#page.rows[this.#index] ?? [])
  }

  /** How many rows of the batch are remembered. */
  get count(): number {
    return this.#count
  }

  /** Remembers the row at hand as the next one of the batch. */
  keep(): void {
    const position = this.#rowid() ?? this.#page.positionOf(this.#index)
    const number = Number(position)
    if (!Number.isSafeInteger(number)) this.#others.set(this.#count, String(position))
    this.#keep(number)
  }

  /** The same of records from `first` to before `end`, which need not be at hand. */
  keepRecords({ rowids }: SqliteRecords, first: number, end: number): void {
    this.#reserve(end - first)
    this.#kept.set(rowids.subarray(first, end), this.#count)
    this.#count += end - first
  }

  #keep(rowid: number): void {
    this.#reserve(1)
    this.#kept[this.#count++] = rowid
  }

  #reserve(more: number): void {
    const needed = this.#count + more
    if (needed <= this.#kept.length) return
    const larger = new Float64Array(Math.max(needed, 2 * this.#kept.length))
    larger.set(this.#kept)
    this.#kept = larger
  }

  #rowid(): number | bigint | null {
    if ('records' in this.#page) return this.#page.records.rowids[this.#index] ?? null
    const rowid = this.#shard.by === 'rowid' ? this.#page.rows[this.#index]?.[this.#table.columns.length] : null
    return typeof rowid === 'bigint' ? rowid : null
  }

  /** Hands out the finder of keys for the batch that just ended; good until rows of the next one are kept. */
  take(): (index: number) => Issue['key'] {
    const [kept, others] = [this.#kept, this.#others]
    this.#count = 0
    if (others.size > 0) this.#others = new Map()
    return (index) => this.#readAgain(String(others.get(index) ?? kept[index] ?? ''))
  }

  /** No key is asked for any more: the memory is for others. */
  [Symbol.dispose](): void {
    givePositions(this.#kept)
  }

  #keyOf(row: SqliteRow, position: string): Issue['key'] {
    const names = this.#table.rowKey
    const values = this.#keyColumns.map((column) => (column < 0 ? null : (row[column] ?? null)))
    // A key that holds NULL names no row; the position always does.
    if (names.length === 0 || values.some((value) => value === null)) {
      return this.#shard.by === 'rowid' ? { rowid: asNumber(position) } : { row: asNumber(position) }
    }
    return Object.fromEntries(names.map((name, index) => [name, keyValue(values[index] ?? null)]))
  }

  #readAgain(position: string): Issue['key'] {
    const { columns } = this.#table
    const before = String(BigInt(position) - 1n)
    const shard: Shard =
      this.#shard.by === 'rowid'
        ? { number: 0, by: 'rowid', lower: before, upper: position }
        : { number: 0, by: 'ordinal', lower: null, upper: null }
    const pages = this.#reader.read({
      table: storedTable(this.#table),
      columns: columns.map((column) => column.source),
      shard,
      after: shard.by === 'ordinal' ? before : null,
      averageRowBytes: 0,
      widestRowBytes: this.#table.widestRowBytes,
    })
    for (const page of pages) {
      const row = page.rows[0]
      if (row) return this.#keyOf(row, position)
    }
    return this.#keyOf([], position)
  }
}

/** Kept between the shards of a thread, one after the other: it would grow anew in each, and V8 clears away what is left only now and then. */
let idlePositions: Float64Array<ArrayBuffer> | null = null

function takePositions(): Float64Array<ArrayBuffer> {
  const positions = idlePositions ?? new Float64Array(1024)
  idlePositions = null
  return positions
}

function givePositions(positions: Float64Array<ArrayBuffer>): void {
  idlePositions = positions
}

function asNumber(position: string): number | string {
  const number = Number(position)
  return Number.isSafeInteger(number) ? number : position
}

/** Key values as JSON holds them; bytes as `\x…`, integers beyond 2^53 and infinities as text, which JSON would make null. */
function keyValue(value: SqliteValue): string | number | null {
  if (value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return asNumber(String(value))
  if (typeof value === 'string') return value
  const bytes = value instanceof TextBytes ? value.bytes : value
  return `\\x${Buffer.from(bytes.subarray(0, 100)).toString('hex')}`
}
