import type { RecordPage, RowPage } from '../databases/databases.ts'
import type { BatchEncoder, RecordRun } from '../databases/postgres/copy/copy-binary.ts'
import { longStoredBytes, storedShortCut } from '../databases/postgres/copy/stored-short-cuts.ts'
import { RowferryError } from '../errors/errors.ts'
import { errorFamily } from '../errors/policy.ts'
import { type Converter, MISFIT } from '../mapping/mapping.ts'
import { buildConverter } from '../mapping/sqlite-to-postgres/values.ts'
import type { Issue, PostgresValue, SqliteRow, SqliteValue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { SqliteRecords } from '../model/records.ts'
import { type ShortCut, shortCuts, nullableFlag, type RecordCoder } from '../wasm/record-coder.ts'
import type { IssueCollector } from './issue-collector.ts'
import type { RowKeys } from './row-keys.ts'

/** Every conversion, for debug logging. */
export type OnConverted = (column: string, key: Issue['key'], before: SqliteValue, after: PostgresValue) => void

/** Rows and bytes that a batch can still take: it ends with the row that reaches one of these. */
export type BatchRoom = { readonly rows: number; readonly bytes: number }

/**
 * Converts rows of one table and encodes them. There are two ways, with the same outcome: the long one decodes, converts and
 * encodes every value; the short one copies ordinary values from SQLite's pages into the batch (`wasm/`) and leaves only the
 * others to the long one. Whoever wants to see every conversion gets the long way.
 */
export class RowAppender {
  readonly #table: PlannedTable
  readonly #encoder: BatchEncoder
  readonly #issues: IssueCollector
  readonly #keys: RowKeys
  readonly #onConverted: OnConverted | null
  readonly #converters: readonly Converter[]
  readonly #values: PostgresValue[]
  #shortCuts: readonly ShortCut[] | null = null
  /** The same for a coder. */
  #flaggedShortCuts: Uint8Array | null = null

  constructor(parts: {
    readonly table: PlannedTable
    readonly encoder: BatchEncoder
    readonly issues: IssueCollector
    readonly keys: RowKeys
    readonly onConverted: OnConverted | null
  }) {
    this.#table = parts.table
    this.#encoder = parts.encoder
    this.#issues = parts.issues
    this.#keys = parts.keys
    this.#onConverted = parts.onConverted
    this.#converters = parts.table.columns.map((column) => buildConverter(column.conversion))
    this.#values = parts.table.columns.map(() => null)
  }

  /**
   * Adds rows of a page from `first` to before `end`, and gives the one behind the last that was looked at, which may have been
   * rejected. Stops where the batch has no more room, and behind every row that has issues.
   */
  append(page: RowPage | RecordPage, first: number, end: number, room: BatchRoom): number {
    const coder = 'records' in page && this.#onConverted === null ? page.coder : null
    if (coder === null || !('records' in page) || this.#table.columns.length > coder.shortCuts.length) {
      return this.#appendRow(page, first)
    }
    const next = this.#appendRecords(page, coder, { first, end, room })
    return next < end && next === first ? this.#appendRow(page, first) : next
  }

  /** The short way; gives `first` where that row has to go the long one. */
  #appendRecords(
    page: RecordPage,
    coder: RecordCoder,
    { first, end, room }: { readonly first: number; readonly end: number; readonly room: BatchRoom },
  ): number {
    const { records } = page
    const { pendingRows, pendingBytes } = this.#encoder
    const at = { row: -1, column: -1 }
    const run: RecordRun = {
      first,
      end,
      shortCuts: (this.#flaggedShortCuts ??= this.#flagShortCuts(records)),
      most: { rows: pendingRows + room.rows, bytes: pendingBytes + room.bytes },
      convert: (row, column) => {
        // A row may begin anew.
        if (row !== at.row || column <= at.column) this.#startRow(page, row)
        at.row = row
        at.column = column
        const value = this.#convert(column, records.value(row, column))
        if (this.#issues.rowHasIssues) run.end = row + 1
        return value
      },
    }
    const { next, rejected } = this.#encoder.appendRecords(coder, run)
    const kept = rejected ? next - 1 : next
    if (kept > first) this.#keys.keepRecords(records, first, kept)
    if (kept > first && at.row === kept - 1) this.#issues.acceptRow(this.#keys.count - 1)
    return next
  }

  #startRow(page: RowPage | RecordPage, row: number): void {
    this.#keys.current(page, row)
    this.#issues.startRow()
  }

  /** The long way. */
  #appendRow(page: RowPage | RecordPage, row: number): number {
    this.#startRow(page, row)
    try {
      if ('records' in page ? this.#appendRecord(page.records, row) : this.#appendValues(page.rows[row] ?? [])) {
        this.#keys.keep()
        this.#issues.acceptRow(this.#keys.count - 1)
      }
    } catch (error) {
      this.#rejectUnwritable(error)
    }
    return row + 1
  }

  #appendRecord(records: SqliteRecords, row: number): boolean {
    const shortCutOf = (this.#shortCuts ??= this.#findShortCuts(records))
    const values = this.#values
    for (let column = 0; column < values.length; column++) {
      const long = longStoredBytes(records, row * records.columns + column, shortCutOf[column] as ShortCut)
      const value = long ?? this.#convert(column, records.value(row, column))
      if (value === undefined) return false
      values[column] = value
    }
    this.#encoder.append(values)
    return true
  }

  #appendValues(row: SqliteRow): boolean {
    const values = this.#values
    for (let column = 0; column < values.length; column++) {
      const value = this.#convert(column, row[column] ?? null)
      if (value === undefined) return false
      values[column] = value
    }
    this.#encoder.append(values)
    return true
  }

  #findShortCuts({ reals }: SqliteRecords): ShortCut[] {
    return this.#table.columns.map(({ conversion }, column) =>
      this.#onConverted !== null || isBlankPadded(this.#table, column)
        ? shortCuts.none
        : storedShortCut(conversion, reals[column] === true),
    )
  }

  #flagShortCuts(records: SqliteRecords): Uint8Array {
    const found = (this.#shortCuts ??= this.#findShortCuts(records))
    return Uint8Array.from(found, (shortCut, column) =>
      this.#table.columns[column]?.conversion.notNull === true ? shortCut : shortCut | nullableFlag,
    )
  }

  /** Undefined when the value rejects its row. */
  #convert(column: number, before: SqliteValue): PostgresValue | undefined {
    const issues = this.#issues
    const convert = this.#converters[column] as Converter
    issues.column = column
    const after = convert(before, issues)
    if (after !== MISFIT) {
      if (this.#onConverted !== null && before !== null) {
        this.#onConverted(issues.columnName, issues.key(), before, after)
      }
      return after
    }
    const conversion = this.#table.columns[column]?.conversion
    if (conversion?.onMisfit === 'null' && !conversion.notNull) {
      issues.misfitToNull(before)
      return null
    }
    issues.rejectRow(before)
    return undefined
  }

  /** A value cannot be written at all, such as one of more than a gigabyte: the row is rejected. */
  #rejectUnwritable(error: unknown): void {
    if (!(error instanceof RowferryError) || errorFamily(error.code) !== 'DATA') throw error
    this.#issues.column = typeof error.context['column'] === 'number' ? error.context['column'] : 0
    this.#issues.misfit(error.message, error.code)
    this.#issues.rejectRow(null)
  }
}

/** A column of type char(n), whose trailing blanks mean nothing. */
export function isBlankPadded(table: PlannedTable, column: number): boolean {
  return /^(character|char|bpchar)\b(?! varying)/.test(table.columns[column]?.type ?? '')
}
