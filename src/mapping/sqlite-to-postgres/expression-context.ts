import type { SubSelect } from 'sql-parser-cst'
import { type Kind, refuse, type ScopeColumn, type Typed } from './expression-types.ts'

/** What an expression is for: PostgreSQL allows less in some places, and a condition reads numbers as truth. */
export type Purpose = 'check' | 'generated' | 'index' | 'index-where' | 'default' | 'view'

/** Everything a part of an expression needs to know about where it stands. */
export type Context = {
  readonly purpose: Purpose
  /** Differences that people should know of; they go into the report. */
  readonly notes: Set<string>
  /** Finds a column by the parts of its name (`t`, `c`); null when there is none. */
  resolve(path: readonly string[]): Typed | null
  /** Translates a query inside an expression; only views have them. */
  readonly subquery: ((query: SubSelect) => Subquery) | null
}

export type Subquery = {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
  /** True when it can give no more than one row: an aggregate without GROUP BY. */
  readonly single: boolean
}

export type OutputColumn = {
  readonly name: string
  readonly kind: Kind
  readonly type: string | null
  /** See `Typed.mixed`. */
  readonly mixed: boolean
  /** The table's column it is, where it is one. */
  readonly column: ScopeColumn | null
}

export type Translation =
  | { readonly ok: true; readonly sql: string; readonly type: string | null; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string }

/** https://www.postgresql.org/docs/current/xfunc-volatility.html */
export function requireImmutable(context: Context, what: string): void {
  const place = onlyImmutable[context.purpose]
  if (place) refuse(`PostgreSQL allows only immutable functions in ${place}, and ${what} is not`)
}

const onlyImmutable: Readonly<Record<Purpose, string | null>> = {
  check: null,
  generated: 'a generated column',
  index: 'an index',
  'index-where': 'the condition of an index',
  default: null,
  view: null,
}
