import type { PostgresValue, WireType } from '../../../model/batch.ts'
import { RowferryError } from '../../../errors/errors.ts'

/**
 * PostgreSQL's MaxAllocSize (1 GB - 1), less what it needs around the values: no field and no row can be longer.
 * https://www.postgresql.org/docs/current/limits.html
 */
export const maxRowBytes = 0x3fff_ffff - 64 * 1024

/*
 * What the encoder throws at values it cannot write. All are of the family DATA and name the column by its index in
 * `context.column`, so that the caller rejects the row and goes on; nothing of the row is in the batch.
 */

export function fieldTooLong(column: number, bytes: number): RowferryError {
  return new RowferryError('DATA_TOO_LONG', {
    message: `The value of ${bytes} bytes in column ${column + 1} makes the row longer than the ${maxRowBytes} bytes that PostgreSQL takes.`,
    remedy: 'leave the column out of the transfer, or store the value outside of the database',
    context: { column, bytes },
  })
}

export function notWellFormed(column: number): RowferryError {
  return new RowferryError('DATA_INVALID_TEXT', {
    message: `The text in column ${column + 1} has half of a surrogate pair, which UTF-8 cannot hold.`,
    remedy: null,
    context: { column },
  })
}

export function wrongForm(column: number, wireType: WireType, value: PostgresValue): RowferryError {
  return new RowferryError('DATA_MISFIT', {
    message: `A ${formOf(value)} in column ${column + 1} cannot be written as ${wireType}.`,
    remedy: null,
    context: { column, wireType },
  })
}

function formOf(value: PostgresValue): string {
  if (value instanceof Uint8Array) return `value of ${value.length} bytes`
  return value === null ? 'NULL' : `${typeof value} (${String(value).slice(0, 60)})`
}
