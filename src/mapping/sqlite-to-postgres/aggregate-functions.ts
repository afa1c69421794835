import type { AllColumns, Expr, FrameClause, FuncCall, Node, WindowDefinition } from 'sql-parser-cst'
import { hasOwnEquality, ordering } from './expression-comparisons.ts'
import type { Context } from './expression-context.ts'
import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import {
  asCondition,
  asNumber,
  asReal,
  asText,
  asValue,
  atom,
  cast,
  describe,
  isNumber,
  refuse,
  type Typed,
  untranslated,
} from './expression-types.ts'

type Translate = (node: Node, context: Context) => Typed

/** Aggregates and window functions; null when it is neither. https://sqlite.org/lang_aggfunc.html */
export function translateAggregate(name: string, node: FuncCall, context: Context, translate: Translate): Typed | null {
  const args = node.args?.expr
  const items = args?.args.items ?? []
  const isExtreme = (name === 'min' || name === 'max') && items.length === 1
  if (!isExtreme && !aggregates.has(name) && !windowFunctions.has(name)) return null
  if (context.purpose !== 'view') return untranslated(`the aggregate ${name}()`)
  const values = items.filter((item) => item.type !== 'all_columns').map((item) => translate(item as Expr, context))
  const distinct = args?.distinctKw !== undefined
  if (distinct && values.some(hasOwnEquality)) return untranslated(`${name}(DISTINCT …) under a collation`)
  const orderBy = args?.orderBy
    ? ` order by ${args.orderBy.specifications.items.map((item) => orderTerm(item, context, translate)).join(', ')}`
    : ''
  const suffix = filterClause(node, context, translate) + overClause(node, context, translate)
  const call = (pgName: string, parts: readonly string[]): string =>
    `${pgName}(${distinct ? 'distinct ' : ''}${parts.join(', ')}${orderBy})${suffix}`
  if (windowFunctions.has(name)) {
    if (!node.over) return untranslated(`${name}() without OVER`)
    return windowFunction(name, values, call)
  }
  return aggregate(name, { values, items, distinct, call, context })
}

const aggregates = new Set(['count', 'sum', 'total', 'avg', 'group_concat', 'string_agg'])
const windowFunctions = new Set(
  'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value'.split(' '),
)

export function isAggregate(name: string, argumentCount: number): boolean {
  return aggregates.has(name) || ((name === 'min' || name === 'max') && argumentCount === 1)
}

type AggregateCall = {
  readonly values: readonly Typed[]
  readonly items: readonly (Node | AllColumns)[]
  readonly distinct: boolean
  readonly call: (name: string, parts: readonly string[]) => string
  readonly context: Context
}

function aggregate(name: string, { values, items, distinct, call, context }: AggregateCall): Typed {
  const [value] = values
  if (name === 'count') {
    const what = value
      ? asValue(value).sql
      : items.length === 0 || items[0]?.type === 'all_columns'
        ? '*'
        : untranslated('count()')
    return atom('integer', 'bigint', call('count', [what]), { notNegative: true })
  }
  if (!value) return untranslated(`${name}() without argument`)
  switch (name) {
    case 'sum':
      return sum(value, call, context)
    case 'total':
      return atom('real', 'double precision', `coalesce(${call('sum', [asReal(value).sql])}, 0::double precision)`)
    case 'avg':
      return atom('real', 'double precision', call('avg', [asReal(value).sql]))
    case 'min':
    case 'max':
      return extreme(name, value, call)
    default: {
      const separator = values[1]
      if (separator && (distinct || separator.literal?.kind !== 'text'))
        return untranslated('group_concat() with a separator that is not a literal')
      return atom('text', 'text', call('string_agg', [asText(value).sql, separator?.sql ?? `','`]))
    }
  }
}

function sum(value: Typed, call: AggregateCall['call'], context: Context): Typed {
  const number = asNumber(value)
  // PostgreSQL's sum of bigint is numeric; SQLite's stays 64 bits or fails.
  if (number.kind === 'integer') return atom('integer', 'bigint', `${call('sum', [number.sql])}::bigint`)
  if (number.kind === 'numeric') {
    context.notes.add('decimal numbers are added exactly, where SQLite adds in binary floating point')
    return atom('numeric', 'numeric', call('sum', [number.sql]))
  }
  return atom('real', 'double precision', call('sum', [asReal(number).sql]))
}

function extreme(name: string, value: Typed, call: AggregateCall['call']): Typed {
  if (hasOwnEquality(value)) return untranslated(`${name}() under a collation`)
  if (value.kind === 'boolean' || value.kind === 'truth')
    return atom('integer', 'integer', call(name, [cast(value, 'integer').sql]))
  const sortable =
    isNumber(value.kind) || value.kind === 'text' || value.kind === 'temporal' || value.kind === 'unknown'
  if (!sortable) return untranslated(`${name}() of ${describe(value)}`)
  // Only what the times are like is kept: an aggregate has no affinity.
  const kept = value.column && value.kind === 'temporal' ? { column: value.column } : {}
  return atom(value.kind, value.type, call(name, [ordering(value).sql]), kept)
}

function windowFunction(name: string, values: readonly Typed[], call: AggregateCall['call']): Typed {
  const parts = values.map((value) => asValue(value).sql)
  const sql = call(name, parts)
  if (name === 'percent_rank' || name === 'cume_dist') return atom('real', 'double precision', sql)
  if (['row_number', 'rank', 'dense_rank', 'ntile'].includes(name)) return atom('integer', 'bigint', sql)
  const [value, , otherwise] = values
  if (!value) return untranslated(`${name}() without argument`)
  if (otherwise) return untranslated(`${name}() with a default`)
  const result = asValue(value)
  return atom(result.kind, result.type, sql)
}

function filterClause(node: FuncCall, context: Context, translate: Translate): string {
  if (!node.filter) return ''
  return ` filter (where ${asCondition(translate(node.filter.where.expr.expr, context)).sql})`
}

function overClause(node: FuncCall, context: Context, translate: Translate): string {
  if (!node.over) return ''
  const { window } = node.over
  if (window.type === 'identifier') return ` over ${quoteIdentifier(window.name)}`
  return ` over (${windowDefinition(window.expr, context, translate)})`
}

export function windowDefinition(window: WindowDefinition, context: Context, translate: Translate): string {
  const parts: string[] = []
  if (window.baseWindowName) parts.push(quoteIdentifier(window.baseWindowName.name))
  if (window.partitionBy) {
    const terms = window.partitionBy.specifications.items.map((item) => translate(item, context))
    if (terms.some(hasOwnEquality)) return untranslated('PARTITION BY under a collation')
    parts.push(`partition by ${terms.map((term) => asValue(term).sql).join(', ')}`)
  }
  if (window.orderBy) {
    const terms = window.orderBy.specifications.items.map((item) => orderTerm(item, context, translate))
    parts.push(`order by ${terms.join(', ')}`)
  }
  if (window.frame) parts.push(frameText(window.frame))
  return parts.join(' ')
}

/** Literals and keywords only, and the same words in both. */
function frameText(frame: FrameClause): string {
  const bound = (part: typeof frame.extent): string => {
    switch (part.type) {
      case 'frame_between':
        return `between ${bound(part.begin)} and ${bound(part.end)}`
      case 'frame_bound_current_row':
        return 'current row'
      case 'frame_bound_preceding':
      case 'frame_bound_following': {
        const word = part.type === 'frame_bound_preceding' ? 'preceding' : 'following'
        if (part.expr.type === 'frame_unbounded') return `unbounded ${word}`
        if (part.expr.type !== 'number_literal' || frame.unitKw.name === 'RANGE')
          return refuse('a window frame that is not a literal')
        return `${part.expr.text} ${word}`
      }
    }
  }
  if (frame.exclusion) return untranslated('EXCLUDE in a window frame')
  return `${frame.unitKw.name.toLowerCase()} ${bound(frame.extent)}`
}

/** NULLs come first in SQLite and last in PostgreSQL; texts are ordered by their bytes. */
function orderTerm(item: Node, context: Context, translate: Translate): string {
  const node = item.type === 'sort_specification' ? item.expr : item
  const value = translate(node, context)
  return orderTermOf(value, item)
}

export function orderTermOf(value: Typed, item: Node): string {
  const { descending, nullsFirst } = sortDirection(item)
  if (value.kind === 'inside' || value.kind === 'json') return untranslated(`ORDER BY ${describe(value)}`)
  return `${ordering(value).sql}${descending ? ' desc' : ''} nulls ${nullsFirst ? 'first' : 'last'}`
}

function sortDirection(item: Node): { descending: boolean; nullsFirst: boolean } {
  if (item.type !== 'sort_specification') return { descending: false, nullsFirst: true }
  if (item.direction?.type === 'sort_direction_using_operator') return untranslated('ORDER BY … USING')
  const descending = item.direction?.type === 'sort_direction_desc'
  const word = item.nullHandlingKw?.[1].name
  return { descending, nullsFirst: word === undefined ? !descending : word === 'FIRST' }
}
