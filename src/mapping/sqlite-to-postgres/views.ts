import { parseQuery } from '../../databases/sqlite/parse-expression.ts'
import type { View } from '../../model/catalog.ts'
import type { Translation } from './expression-context.ts'
import { translation } from './expressions.ts'
import { refuse } from './expression-types.ts'
import type { ResolveRelation } from './query-scope.ts'
import { translateQuery } from './translate-query.ts'

export type { ResolvedRelation, ResolveRelation } from './query-scope.ts'

/** Columns of the view as SQLite names them, with PostgreSQL's types where they are known: for views that read this one. */
export type ViewTranslation =
  | (Extract<Translation, { ok: true }> & { readonly columns: readonly { readonly name: string; readonly type: string }[] })
  | Extract<Translation, { ok: false }>

/**
 * The query of a view, without `create view`. Every table stands with its schema, every column with its table, so that the
 * search path never matters. `resolve` finds tables and views by their SQLite name, without regard to case.
 */
export function translateView(view: View, resolve: ResolveRelation): ViewTranslation {
  let columns: { name: string; type: string }[] = []
  const result = translation((notes) => {
    let aliases = 0
    const query = translateQuery(parse(view.select), {
      text: view.select,
      resolve,
      notes,
      nextAlias: () => `query_${++aliases}`,
    })
    if (view.columns.length > 0 && view.columns.length !== query.columns.length) {
      return refuse(`it gives ${query.columns.length} columns where SQLite gives ${view.columns.length}`)
    }
    columns = query.columns.map((column, index) => ({
      name: view.columns[index] ?? column.name,
      type: column.type ?? 'unknown',
    }))
    return { sql: query.sql, type: null }
  })
  return result.ok ? { ...result, columns } : result
}

function parse(text: string): ReturnType<typeof parseQuery> {
  try {
    return parseQuery(text)
  } catch {
    return refuse('its query is not understood')
  }
}
