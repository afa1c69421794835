import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SqliteRow, SqliteValue } from '../../../model/batch.ts'
import type { ReadRequest } from '../../databases.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { decodeText, isSuspicious, mustReadAsBytes, type TextEncoding } from './decode-text.ts'
import { prepareRows, type RawRow } from './walk-rows.ts'

/** V8's strings end at 512 MB; SQLite's values at 1 GB. Node hands out nothing at all for a longer text. */
const mayExceedString = 128 * 1024 * 1024

/** Makes texts out of what SQLite hands out: strings where the stored bytes are text, TextBytes where they are not. */
export class TextReader {
  readonly #db: DatabaseSync
  readonly #encoding: TextEncoding
  readonly #request: ReadRequest
  readonly #rowidName: string | null
  readonly #cells = new Map<number, StatementSync>()
  /** Columns that are read as two values: the bytes if it is a text (else the value), and whether it is one. */
  readonly #asBytes: Set<number>

  constructor(db: DatabaseSync, encoding: TextEncoding, request: ReadRequest, rowidName: string | null) {
    this.#db = db
    this.#encoding = encoding
    this.#request = request
    this.#rowidName = rowidName
    const asBytes = mustReadAsBytes(encoding) || request.widestRowBytes > mayExceedString
    this.#asBytes = new Set(asBytes ? request.columns.keys() : [])
  }

  get expressions(): string[] {
    return this.#request.columns.flatMap((name, column) => {
      const value = quoteName(name)
      if (!this.#asBytes.has(column)) return [value]
      const isText = `typeof(${value}) = 'text'`
      return [`iif(${isText}, cast(${value} as blob), ${value})`, isText]
    })
  }

  /** Changes the rows in place where it can: this is the hot path. */
  readRows(rows: RawRow[]): SqliteRow[] {
    if (this.#asBytes.size > 0) return rows.map((row) => this.#joinPairs(row))
    const columns = this.#request.columns.length
    for (const row of rows) {
      for (let column = 0; column < columns; column++) {
        const value = row[column]
        if (typeof value === 'string' && isSuspicious(value)) this.#readAgain(row, column)
      }
    }
    return rows
  }

  /** True when a text among the rows cannot be trusted and the expressions have changed for it. */
  distrustColumns(rows: RawRow[]): boolean {
    const before = this.#asBytes.size
    const pairs = before > 0
    for (const row of rows) {
      let at = 0
      for (const column of this.#request.columns.keys()) {
        const value = row[at]
        at += pairs && this.#asBytes.has(column) ? 2 : 1
        if (typeof value === 'string' && isSuspicious(value)) this.#asBytes.add(column)
      }
      if (this.#asBytes.size > before) return true
    }
    return false
  }

  #readAgain(row: SqliteRow, column: number): void {
    const rowid = row.at(-1)
    if (typeof rowid !== 'bigint') return
    let cell = this.#cells.get(column)
    if (cell === undefined) this.#cells.set(column, (cell = this.#prepareCell(column)))
    const [bytes] = Object.values(cell.get(rowid) ?? {})
    if (bytes instanceof Uint8Array) row[column] = decodeText(bytes, this.#encoding)
  }

  #prepareCell(column: number): StatementSync {
    const { table, columns } = this.#request
    const rowid = quoteName(this.#rowidName ?? 'rowid')
    return prepareRows(
      this.#db,
      `select cast(${quoteName(columns[column] ?? '')} as blob) from ${quoteName(table.name)} not indexed where ${rowid} = ?`,
    )
  }

  #joinPairs(raw: RawRow): SqliteRow {
    const row: SqliteRow = []
    let at = 0
    for (const column of this.#request.columns.keys()) {
      let value: SqliteValue | undefined = raw[at++]
      if (this.#asBytes.has(column)) {
        const isText = raw[at++] === 1n
        if (isText && value instanceof Uint8Array) value = decodeText(value, this.#encoding)
      }
      row.push(value ?? null)
    }
    if (at < raw.length) row.push(raw[at] ?? null)
    return row
  }
}
