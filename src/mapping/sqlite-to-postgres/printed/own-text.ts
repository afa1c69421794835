import { sqliteRealText } from '../../../util/sqlite-real-text.ts'

/** The value's own text, as SQLite casts it. */
export function ownText(value: string | bigint | number): string {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? String(value) : sqliteRealText(value)
}
