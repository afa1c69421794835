import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import type { IndexPart } from '../../model/catalog.ts'
import type { Translation } from './expression-context.ts'
import { type ExpressionScope, translateExpression } from './expressions.ts'
import { kindOfType } from './expression-types.ts'

/** One part of an index, with parentheses where PostgreSQL wants them; direction is the caller's. */
export function translateIndexPart(part: IndexPart, scope: ExpressionScope): Translation {
  const { column: name, expression } = part
  if (name === null) {
    const translated = translateExpression(expression ?? '', scope, 'index')
    if (!translated.ok) return translated
    return underCollation({ ...translated, sql: `(${translated.sql})` }, part.collation)
  }
  const column = scope.column(name)
  if (!column) return { ok: false, reason: `${name} is no column of the table, or it is left out` }
  const collation = part.collation ?? column.collation
  return underCollation({ ok: true, sql: quoteIdentifier(column.target), type: column.type, notes: [] }, collation)
}

/** An index is for queries, and these will say lower(name) without more. */
const asciiCaseNote = 'NOCASE becomes lower(), which also folds letters beyond ASCII'

type Translated = Extract<Translation, { ok: true }>

function underCollation(part: Translated, collation: string | null): Translation {
  const name = collation?.toUpperCase() ?? 'BINARY'
  // Only texts have a collation; on numbers SQLite keeps it without effect.
  if (name === 'BINARY' || part.type === null || kindOfType(part.type) !== 'text') return part
  if (name === 'NOCASE') return { ...part, sql: `lower(${part.sql})`, notes: [...part.notes, asciiCaseNote] }
  if (name === 'RTRIM') return { ...part, sql: `rtrim(${part.sql})` }
  // What the collation takes for different is different byte by byte too: no row contradicts a unique index.
  return { ...part, notes: [...part.notes, `compares exactly: PostgreSQL does not have the collation ${collation}`] }
}
