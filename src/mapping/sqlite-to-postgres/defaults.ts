import type { TimeUnit } from '../../model/profile.ts'
import { storeInto } from './assign-value.ts'
import type { Context, Translation } from './expression-context.ts'
import { parse, translation } from './expressions.ts'
import { operand, textLiteral, type Typed } from './expression-types.ts'
import { translateNode } from './translate-node.ts'

/**
 * A column's DEFAULT as a value of the type the column has in PostgreSQL: what SQLite would have stored, converted as the
 * rows are. `null` as SQL: the default is NULL, the same as none.
 */
export function translateDefault(
  text: string,
  columnType: string,
  conversion: { readonly timeUnit: TimeUnit | null; readonly timeZone?: string },
): Translation {
  return translation((notes) => {
    const context: Context = { purpose: 'default', notes, subquery: null, resolve: () => null }
    const stored = storeInto(defaultValue(text.trim(), context), { ...conversion, type: columnType }, context)
    // PostgreSQL's grammar takes no AT TIME ZONE, AND, IN … after DEFAULT without parentheses.
    return { sql: operand(stored), type: columnType }
  })
}

/** `DEFAULT word` is a text in SQLite where the word is no keyword. */
function defaultValue(text: string, context: Context): Typed {
  const isWord = /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text)
  const isKeyword = /^(null|true|false|current_timestamp|current_date|current_time)$/i.test(text)
  return isWord && !isKeyword ? textLiteral(text) : translateNode(parse(text), context)
}
