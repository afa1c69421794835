import { parseQuery } from '../../databases/sqlite/parse/parse-expression.ts'
import type { View } from '../../model/catalog.ts'
import type { OutputColumn, Translation } from './expression-context.ts'
import { translation } from './expressions.ts'
import { refuse, type ScopeColumn } from './expression-types.ts'
import type { ResolveRelation } from './query-scope.ts'
import { translateQuery } from './translate-query.ts'

/** Columns of the view as SQLite names them, with PostgreSQL's types where they are known: for views that read this one. */
export type ViewTranslation =
  | (Extract<Translation, { ok: true }> & { readonly columns: readonly ViewColumn[] })
  | Extract<Translation, { ok: false }>

/** What a view that reads this one has to know of its columns; only the name in the target has to be added. */
export type ViewColumn = Omit<ScopeColumn, 'target'> & { readonly name: string }

/**
 * The query of a view, without `create view`. Every table stands with its schema, every column with its table, so that the
 * search path never matters. `resolve` finds tables and views by their SQLite name, without regard to case.
 */
export function translateView(view: View, resolve: ResolveRelation): ViewTranslation {
  let columns: ViewColumn[] = []
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
    columns = query.columns.map((column, index) => viewColumn(view.columns[index] ?? column.name, column))
    return { sql: query.sql, type: null }
  })
  return result.ok ? { ...result, columns } : result
}

/** A column that is calculated has no affinity, which SQLite calls BLOB. */
function viewColumn(name: string, { type, column, kind, mixed }: OutputColumn): ViewColumn {
  if (column)
    return {
      name,
      type: type ?? 'unknown',
      collation: column.collation,
      timeUnit: column.timeUnit,
      affinity: column.affinity ?? null,
    }
  return {
    name,
    type: type ?? 'unknown',
    collation: null,
    timeUnit: null,
    affinity: kind === 'real' && !mixed ? 'real' : 'blob',
  }
}

function parse(text: string): ReturnType<typeof parseQuery> {
  try {
    return parseQuery(text)
  } catch {
    return refuse('its query is not understood')
  }
}
