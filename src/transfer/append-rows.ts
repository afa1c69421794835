import type { RecordPage, RowPage } from '../databases/databases.ts'
import type { BatchEncoder, StoredRowWay } from '../databases/postgres/copy/copy-binary.ts'
import { storedFieldWriter } from '../databases/postgres/copy/stored-fields.ts'
import { RowferryError } from '../errors/errors.ts'
import { errorFamily } from '../errors/policy.ts'
import { type Converter, MISFIT } from '../mapping/mapping.ts'
import { buildConverter } from '../mapping/sqlite-to-postgres/values.ts'
import type { Issue, PostgresValue, SqliteRow, SqliteValue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { SqliteRecords } from '../model/records.ts'
import type { IssueCollector } from './issue-collector.ts'

/** Every conversion, for debug logging. */
export type OnConverted = (column: string, key: Issue['key'], before: SqliteValue, after: PostgresValue) => void

/**
 * Converts rows of one table and encodes them. There are two ways, with the same outcome: the long one decodes, converts and
 * encodes every value; the short one copies ordinary values from SQLite's pages into the batch (`stored-fields.ts`) and
 * leaves only the others to the long one. Whoever wants to see every conversion gets the long way.
 */
export class RowAppender {
  readonly #table: PlannedTable
  readonly #encoder: BatchEncoder
  readonly #issues: IssueCollector
  readonly #onConverted: OnConverted | null
  readonly #converters: readonly Converter[]
  readonly #values: PostgresValue[]
  #records: SqliteRecords | null = null
  #row = 0
  #way: StoredRowWay | null = null

  constructor(table: PlannedTable, encoder: BatchEncoder, issues: IssueCollector, onConverted: OnConverted | null) {
    this.#table = table
    this.#encoder = encoder
    this.#issues = issues
    this.#onConverted = onConverted
    this.#converters = table.columns.map((column) => buildConverter(column.conversion))
    this.#values = table.columns.map(() => null)
  }

  /** False when the row is rejected; the issues say why. */
  append(page: RowPage | RecordPage, index: number): boolean {
    try {
      return 'records' in page ? this.#appendRecord(page.records, index) : this.#appendValues(page.rows[index] ?? [])
    } catch (error) {
      this.#rejectUnwritable(error)
      return false
    }
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

  #appendRecord(records: SqliteRecords, row: number): boolean {
    this.#records = records
    this.#row = row
    this.#way ??= this.#findWay(records)
    return this.#encoder.appendStored(records, row, this.#way)
  }

  #findWay({ reals }: SqliteRecords): StoredRowWay {
    const shortCuts = this.#onConverted === null
    return {
      stored: this.#table.columns.map(({ conversion }, column) =>
        shortCuts && !isBlankPadded(this.#table, column) ? storedFieldWriter(conversion, reals[column] === true) : null,
      ),
      nullable: this.#table.columns.map(({ conversion }) => !conversion.notNull),
      convert: (column) => this.#convert(column, this.#records?.value(this.#row, column) ?? null),
    }
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
