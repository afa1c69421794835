import { Buffer } from 'node:buffer'
import { type RowKey, type SqliteRow, type SqliteValue, TextBytes } from '../../../model/batch.ts'

const longest = 80

/** A value for people, at most 80 characters and an ellipsis. */
export function valueText(value: SqliteValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return realText(value)
  if (value instanceof TextBytes) return cut(textStart(value))
  const hex = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, longest / 2)).toString('hex')
  return `x'${hex}${value.byteLength > longest / 2 ? '…' : ''}'`
}

/** Enough of it to be cut; invalid bytes show as U+FFFD. */
function textStart({ bytes, encoding }: TextBytes): string {
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes.subarray(0, 4 * (longest + 1)))
}

/** `1.0`, not `1`: a real stays recognisable. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value)
}

function cut(text: string): string {
  if (text.length <= longest) return text
  const end = /[\uD800-\uDBFF]/.test(text.charAt(longest - 1)) ? longest - 1 : longest
  return `${text.slice(0, end)}…`
}

/** How a row's key is found in what was read of it. */
export type KeyPlaces = {
  readonly columns: readonly { readonly name: string; readonly at: number }[]
  /** Where the rowid stands; null: it was not read. */
  readonly rowidAt: number | null
}

/** The primary key's values, or the rowid: SQLite lets a primary key be NULL, which then names no row. */
export function rowKeyOf(row: SqliteRow, { columns, rowidAt }: KeyPlaces): RowKey {
  const hasKey = columns.length > 0 && columns.every(({ at }) => row[at] !== null)
  const rowid = rowidAt === null ? undefined : row[rowidAt]
  if (!hasKey && typeof rowid === 'bigint') return { rowid: keyPart(rowid) }
  return Object.fromEntries(columns.map(({ name, at }) => [name, keyPart(row[at] ?? null)]))
}

function keyPart(value: SqliteValue): string | number | null {
  if (value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'bigint') return valueText(value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
