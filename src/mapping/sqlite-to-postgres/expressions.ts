import { parseExpression } from '../../databases/sqlite/parse/parse-expression.ts'
import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { storeInto } from './assign-value.ts'
import type { Context, Purpose, Translation } from './expression-context.ts'
import {
  asCondition,
  asValue,
  atom,
  kindOfType,
  refuse,
  type ScopeColumn,
  type Typed,
  Untranslatable,
} from './expression-types.ts'
import { translateNode } from './translate-node.ts'

/**
 * SQLite's expressions as PostgreSQL's, where they mean the same; everything else is refused with the reason, for a wrong
 * translation is worse than one that is reported. What is translated: docs/reference/expressions.md. The last judge is
 * PostgreSQL: the caller creates each object in its own savepoint.
 */
export type ExpressionScope = {
  /** Finds a column without regard to case; null when there is none. */
  column(name: string): ScopeColumn | null
  /** True for a column of the source that is not transferred: in double quotes it would else be taken for a text. */
  isLeftOut?(name: string): boolean
  /** True for a column that holds base64 instead of the bytes that expressions mean. */
  isEncoded?(name: string): boolean
}

export type { Purpose as ExpressionPurpose, ScopeColumn, Translation }

/** `type` is PostgreSQL's type of the result, null where it is not known. Notes say what is not exactly the same. */
export function translateExpression(text: string, scope: ExpressionScope, purpose: Purpose): Translation {
  return translation((notes) => {
    const value = translateNode(parse(text), tableContext(scope, purpose, notes))
    const result = purpose === 'check' || purpose === 'index-where' ? asCondition(value) : output(value, purpose)
    return { sql: result.sql, type: result.type }
  })
}

/** A generated column's expression, as a value of the column's type, the way SQLite's affinity and the conversion do. */
export function translateGenerated(text: string, type: string, scope: ExpressionScope): Translation {
  return translation((notes) => {
    const context = tableContext(scope, 'generated', notes)
    const value = storeInto(translateNode(parse(text), context), { type, timeUnit: null }, context)
    return { sql: value.sql, type }
  })
}

/** Runs a translation and turns its refusal into a result. */
export function translation(translate: (notes: Set<string>) => { sql: string; type: string | null }): Translation {
  const notes = new Set<string>()
  try {
    return { ok: true, ...translate(notes), notes: [...notes] }
  } catch (error) {
    if (error instanceof Untranslatable) return { ok: false, reason: error.message }
    throw error
  }
}

export function parse(text: string): ReturnType<typeof parseExpression> {
  try {
    return parseExpression(text)
  } catch {
    return refuse('it is not understood')
  }
}

function output(value: Typed, purpose: Purpose): Typed {
  if (value.kind === 'inside') return refuse('it is a value inside JSON, which may be a text or a number')
  // A truth value is a fine key of an index, and queries would have to spell the cast.
  return purpose === 'index' ? value : asValue(value)
}

function tableContext(scope: ExpressionScope, purpose: Purpose, notes: Set<string>): Context {
  return {
    purpose,
    notes,
    subquery: null,
    resolve(path) {
      const name = path.at(-1) ?? ''
      if (scope.isEncoded?.(name)) return refuse(`it uses ${name}, which becomes text in base64`)
      const column = scope.column(name)
      if (!column && scope.isLeftOut?.(name)) return refuse(`it uses ${name}, which is left out`)
      if (!column) return null
      if (purpose === 'generated' && column.generated) {
        return refuse(`it uses ${column.target}, which is a generated column too`)
      }
      return columnReference(column, quoteIdentifier(column.target))
    },
  }
}

export function columnReference(column: ScopeColumn, sql: string): Typed {
  const kind = kindOfType(column.type)
  const collation = column.collation ? { collation: { name: column.collation, explicit: false } } : {}
  // A column of any other affinity keeps whole numbers whole beside its fractions.
  const mixed = kind === 'real' && (column.affinity ?? 'real') !== 'real'
  return atom(kind, kind === 'unknown' ? null : column.type, sql, { column, mixed, ...collation })
}
