import { type PostgresValue, type SqliteValue, TextBytes } from '../../model/batch.ts'
import type { ErrorCode } from '../../errors/errors.ts'
import { type Cell, MISFIT } from '../mapping.ts'

/** What converters have in common: refusing a value in words, and `''`. */

const quotedCharacters = 40

/** Tells the cell that the value is no `wanted` (`a boolean`). */
export function refuse(value: SqliteValue, wanted: string, cell: Cell): typeof MISFIT {
  return refuseBecause(`${describeValue(value)} is not ${wanted}`, cell)
}

export function refuseBecause(reason: string, cell: Cell, code: ErrorCode = 'DATA_MISFIT'): typeof MISFIT {
  cell.misfit(reason, code)
  return MISFIT
}

/** `''` in a column that is not text. */
export function convertEmpty(emptyToNull: boolean, wanted: string, cell: Cell): PostgresValue | typeof MISFIT {
  if (!emptyToNull) return refuse('', wanted, cell)
  cell.altered('empty-to-null', '', null, true)
  return null
}

/** `the text 'abc'`, `the integer 5`, `a blob of 12 bytes`. */
function describeValue(value: SqliteValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'bigint') return `the integer ${value}`
  if (typeof value === 'number') return `the real ${value}`
  if (typeof value === 'string') return `the text '${cut(value)}'`
  if (value instanceof TextBytes)
    return value.valid ? `a text of ${value.bytes.length} bytes` : 'a text that is not valid in its encoding'
  return `a blob of ${value.length} bytes`
}

function cut(text: string): string {
  return text.length <= quotedCharacters ? text : `${text.slice(0, quotedCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`
}
