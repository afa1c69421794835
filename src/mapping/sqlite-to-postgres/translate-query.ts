import type { CommonTableExpr, LimitClause, Node, OrderByClause, SelectStmt, SubSelect } from 'sql-parser-cst'
import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { foldName } from '../../databases/sqlite/sqlite-identifiers.ts'
import { isAggregate, orderTermOf, windowDefinition } from './aggregate-functions.ts'
import { commonKind } from './common-kind.ts'
import { hasOwnEquality } from './expression-comparisons.ts'
import type { Context, OutputColumn, Subquery } from './expression-context.ts'
import { asCondition, asText, asValue, cast, describe, refuse, type Typed, untranslated } from './expression-types.ts'
import {
  type CommonTable,
  emptyScope,
  findColumn,
  type QueryScope,
  type Relation,
  relationOf,
  type ResolveRelation,
} from './query-scope.ts'
import { translateFrom } from './translate-from.ts'
import { namePath, translateNode } from './translate-node.ts'

/** Whole queries: SELECT with all its clauses, UNION and its kin, WITH. */
export type QueryInput = {
  readonly text: string
  readonly resolve: ResolveRelation
  readonly notes: Set<string>
  /** Gives names to queries in FROM that have none. */
  readonly nextAlias: () => string
}

export type Query = Subquery & { readonly sqlNames: readonly string[] }

type Item = { readonly name: string; readonly sqlName: string; readonly value: Typed }

/** A SELECT before its values are written: UNION may still have to change their types. */
type Arm = {
  readonly items: readonly Item[]
  readonly distinct: boolean
  readonly single: boolean
  readonly context: Context
  readonly orderBy: OrderByClause | null
  readonly limit: LimitClause | null
  readonly write: (values: readonly Typed[]) => string
}

export function translateQuery(node: Node, input: QueryInput, scope: QueryScope = emptyScope): Query {
  if (node.type === 'paren_expr') return translateQuery(node.expr, input, scope)
  if (node.type === 'compound_select_stmt') return compound(node, input, scope)
  if (node.type !== 'select_stmt') return untranslated(`${node.type.replaceAll('_', ' ')}`)
  const arm = selectArm(node, input, scope)
  const values = arm.items.map((item) => outputValue(item.value))
  const limit = limitText(arm)
  if (arm.distinct && arm.orderBy) return orderedOutside(arm.write(values), arm, values, limit)
  const order = arm.orderBy ? ` order by ${orderTerms(arm.orderBy, arm, values).join(', ')}` : ''
  return finish(`${arm.write(values)}${order}${limit}`, arm, values)
}

function finish(sql: string, arm: Arm, values: readonly Typed[]): Query {
  return {
    sql,
    single: arm.single,
    sqlNames: arm.items.map((item) => item.sqlName),
    columns: arm.items.map((item, index) => outputColumn(item.name, values[index] ?? item.value)),
  }
}

function outputColumn(name: string, value: Typed): OutputColumn {
  const kind = value.kind === 'null' ? 'unknown' : value.kind
  return { name, kind, type: value.type, column: value.column ?? null, mixed: value.mixed === true }
}

/** A value as a column of a result: comparisons are 0 and 1, a fraction is a double, NULL has a type. */
function outputValue(value: Typed): Typed {
  if (value.kind === 'inside') return refuse('it gives a value inside JSON, which may be a text or a number')
  if (value.kind === 'null') return { ...value, sql: 'null::text', type: 'text' }
  const result = asValue(value)
  return result.kind === 'real' && result.literal ? cast(result, 'double precision') : result
}

// -- one SELECT ----------------------------------------------------------------------------------------------------------

function selectArm(node: SelectStmt, input: QueryInput, outer: QueryScope): Arm {
  const unknown = node.clauses.find((clause) => !knownClauses.has(clause.type))
  if (unknown) return untranslated(`${unknown.type.replaceAll('_', ' ')}`)
  const withClause = find(node, 'with_clause')
  const common = withClause ? commonTables(withClause.tables.items, input, outer) : null
  const scope = common?.scope ?? outer
  const from = find(node, 'from_clause')
  const tree = from
    ? translateFrom(from.expr, {
        resolve: input.resolve,
        scope,
        nextAlias: input.nextAlias,
        query: (query) => translateQuery(query, input, scope),
      })
    : null
  const relations = tree?.relations ?? []
  const select = find(node, 'select_clause') ?? refuse('VALUES is not translated')
  const plain = queryContext({ ...emptyScope, relations, parent: scope }, input)
  const items = selectItems(select.columns?.items ?? [], relations, plain, input)
  const context = queryContext({ relations, aliases: aliasesOf(items), commonTables: new Map(), parent: scope }, input)
  const distinct = select.modifiers.some((modifier) => modifier.type === 'select_distinct')
  if (distinct && items.some((item) => hasOwnEquality(item.value))) return untranslated('DISTINCT under a collation')
  const groupBy = find(node, 'group_by_clause')
  const having = find(node, 'having_clause')
  const where = find(node, 'where_clause')
  const windows = find(node, 'window_clause')
  const rest = [
    tree ? ` from ${tree.sql(plain)}` : '',
    where ? ` where ${asCondition(translateNode(where.expr, context)).sql}` : '',
    groupBy ? ` group by ${groupBy.columns.items.map((term) => groupTerm(term, items, context)).join(', ')}` : '',
    having ? ` having ${asCondition(translateNode(having.expr, context)).sql}` : '',
    windows
      ? ` window ${windows.namedWindows.items.map((window) => `${quoteIdentifier(window.name.name)} as (${windowDefinition(window.window.expr, context, translateNode)})`).join(', ')}`
      : '',
  ].join('')
  return {
    items,
    distinct,
    context,
    single: !groupBy && (select.columns?.items ?? []).some(hasAggregate),
    orderBy: find(node, 'order_by_clause') ?? null,
    limit: find(node, 'limit_clause') ?? null,
    write: (values) => {
      const list = items.map((item, index) => `${values[index]?.sql} as ${quoteIdentifier(item.sqlName)}`)
      return `${common?.sql ?? ''}select ${distinct ? 'distinct ' : ''}${list.join(', ')}${rest}`
    },
  }
}

const knownClauses = new Set<string>([
  'with_clause',
  'select_clause',
  'from_clause',
  'where_clause',
  'group_by_clause',
  'having_clause',
  'window_clause',
  'order_by_clause',
  'limit_clause',
])

type Clause = SelectStmt['clauses'][number]

function find<T extends Clause['type']>(node: SelectStmt, type: T): Extract<Clause, { type: T }> | undefined {
  return node.clauses.find((clause): clause is Extract<Clause, { type: T }> => clause.type === type)
}

function queryContext(scope: QueryScope, input: QueryInput): Context {
  return {
    purpose: 'view',
    notes: input.notes,
    resolve: (path) => findColumn(path, scope),
    subquery: (query) => translateQuery(query, input, scope),
  }
}

function selectItems(
  nodes: readonly Node[],
  relations: readonly Relation[],
  context: Context,
  input: QueryInput,
): Item[] {
  const taken = new Set<string>()
  const item = (name: string, value: Typed, isName: boolean): Item => {
    const wanted = isName && Buffer.byteLength(name) <= 63 && name !== '' ? name : `column_${taken.size + 1}`
    let sqlName = wanted
    for (let suffix = 1; taken.has(foldName(sqlName)); suffix++) sqlName = `${wanted.slice(0, 58)}:${suffix}`
    taken.add(foldName(sqlName))
    return { name: sqlName === wanted ? name : sqlName, sqlName, value }
  }
  return nodes.flatMap((node): Item[] => {
    const starred = starColumns(node, relations)
    if (starred) return starred.map((column) => item(column.name, column.value, true))
    if (node.type === 'alias') return [item(node.alias.name, translateNode(node.expr, context), true)]
    const value = translateNode(node, context)
    const name = columnName(node)
    // Without a name of its own a column is called like its text.
    return [item(name ?? input.text.slice(...(node.range ?? [0, 0])).trim(), value, name !== null)]
  })
}

function columnName(node: Node): string | null {
  if (node.type === 'paren_expr') return columnName(node.expr)
  return node.type === 'identifier' || node.type === 'member_expr' ? (namePath(node).at(-1) ?? null) : null
}

function starColumns(node: Node, relations: readonly Relation[]): Relation['columns'] | null {
  if (node.type === 'all_columns')
    return relations.flatMap((relation) => relation.columns.filter((column) => !column.hidden))
  if (node.type !== 'member_expr' || node.property.type !== 'all_columns') return null
  const name = namePath(node.object).at(-1) ?? ''
  const relation = relations.find((candidate) => candidate.name !== null && foldName(candidate.name) === foldName(name))
  return relation?.columns ?? refuse(`${name}.* of a table that is not in FROM`)
}

function aliasesOf(items: readonly Item[]): Map<string, Typed> {
  return new Map(items.toReversed().map((item) => [foldName(item.name), item.value]))
}

function groupTerm(node: Node, items: readonly Item[], context: Context): string {
  const position = node.type === 'number_literal' ? Number(node.text) : null
  const value =
    position === null
      ? translateNode(node, context)
      : (items[position - 1]?.value ?? untranslated(`GROUP BY ${position}`))
  if (hasOwnEquality(value)) return untranslated(`GROUP BY ${describe(value)} under a collation`)
  if (value.literal || value.kind === 'null') return untranslated('GROUP BY a constant')
  return value.sql
}

function hasAggregate(node: Node): boolean {
  if (node.type === 'func_call' && !node.over) {
    const args = node.args?.expr.args.items ?? []
    if (isAggregate(namePath(node.name).join('.').toLowerCase(), args.length)) return true
  }
  if (node.type === 'select_stmt' || node.type === 'compound_select_stmt') return false
  return Object.values(node).some((part: unknown) =>
    Array.isArray(part)
      ? part.some((element) => isNode(element) && hasAggregate(element))
      : isNode(part) && hasAggregate(part),
  )
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

// -- ORDER BY, LIMIT -----------------------------------------------------------------------------------------------------

/** A number is a position, a name is first one of the result's. */
function outputIndex(node: Node, arm: Arm): number {
  const inner = node.type === 'sort_specification' ? node.expr : node
  if (inner.type === 'number_literal') return Number(inner.text) - 1
  if (inner.type !== 'identifier') return -1
  return arm.items.findIndex((item) => foldName(item.name) === foldName(inner.name))
}

function orderTerms(clause: OrderByClause, arm: Arm, values: readonly Typed[]): string[] {
  return clause.specifications.items.flatMap((node) => {
    const index = outputIndex(node, arm)
    const found = index >= 0 ? (values[index] ?? refuse('ORDER BY a column that is not there')) : null
    const value = found
      ? { ...found, ...keepCollation(arm.items[index]) }
      : translateNode(node.type === 'sort_specification' ? node.expr : node, arm.context)
    return value.literal || value.kind === 'null' ? [] : [orderTermOf(value, node)]
  })
}

function keepCollation(item: Item | undefined): Pick<Typed, 'collation'> {
  return item?.value.collation ? { collation: item.value.collation } : {}
}

/** With DISTINCT and UNION PostgreSQL orders by columns of the result only, so they are ordered from outside. */
function orderedOutside(sql: string, arm: Arm, values: readonly Typed[], limit: string): Query {
  const inside = relationOf(
    null,
    'result',
    arm.items.map((item, index) => outputColumn(item.name, values[index] ?? item.value)),
    arm.items.map((item) => item.sqlName),
  )
  const columns = inside.columns.map((column) => column.value)
  const terms = (arm.orderBy?.specifications.items ?? []).map((node) => {
    const index = outputIndex(node, arm)
    const direct =
      index >= 0
        ? index
        : values.findIndex(
            (value) =>
              value.sql === translateNode(node.type === 'sort_specification' ? node.expr : node, arm.context).sql,
          )
    const column = columns[direct] ?? refuse('ORDER BY something that is not in the result, with DISTINCT or UNION')
    return orderTermOf(column, node)
  })
  const list = columns.map((column) => column.sql).join(', ')
  return finish(`select ${list} from (${sql}) as "result" order by ${terms.join(', ')}${limit}`, arm, values)
}

function limitText({ limit, context }: Pick<Arm, 'limit' | 'context'>): string {
  if (!limit) return ''
  if (limit.count?.type === 'limit_all') return untranslated('LIMIT ALL')
  const number = (node: Node | undefined): bigint | null => {
    if (!node) return null
    const { literal } = translateNode(node, context)
    return literal?.kind === 'integer' ? literal.value : refuse('LIMIT that is not a literal')
  }
  const [count, offset] = [number(limit.count), number(limit.offset)]
  // A negative limit is none in SQLite.
  return (
    (offset !== null && offset > 0n ? ` offset ${offset}` : '') +
    (count !== null && count >= 0n ? ` limit ${count}` : '')
  )
}

// -- UNION, EXCEPT, INTERSECT --------------------------------------------------------------------------------------------

type Compound = { readonly arms: readonly SelectStmt[]; readonly operators: readonly string[] }

/** All operators bind alike in SQLite, from the left. */
function flatten(node: SubSelect): Compound {
  if (node.type === 'select_stmt') return { arms: [node], operators: [] }
  if (node.type !== 'compound_select_stmt') return untranslated('an arm of UNION in parentheses')
  const [left, right] = [flatten(node.left), flatten(node.right)]
  const words = Array.isArray(node.operator) ? node.operator : [node.operator]
  const operator = words.map((word) => word.name.toLowerCase()).join(' ')
  return { arms: [...left.arms, ...right.arms], operators: [...left.operators, operator, ...right.operators] }
}

function compound(node: SubSelect, input: QueryInput, outer: QueryScope): Query {
  const { arms: nodes, operators } = flatten(node)
  const [firstNode] = nodes
  const withClause = firstNode && find(firstNode, 'with_clause')
  const common = withClause ? commonTables(withClause.tables.items, input, outer) : null
  const bare = nodes.map((arm, index) => (index === 0 ? without(arm, 'with_clause') : arm))
  const arms = bare.map((arm) => selectArm(arm, input, common?.scope ?? outer))
  const last = arms.at(-1)
  const [first] = arms
  if (!first || !last) return untranslated('an empty UNION')
  const columns = unify(arms, operators)
  const sql = arms
    .map((arm, index) =>
      arm.write(columns.map((column) => column[index] ?? untranslated('UNION of different numbers of columns'))),
    )
    .reduce((left, right, index) => `${index > 1 ? `(${left})` : left} ${operators[index - 1]} ${right}`)
  const result: Arm = { ...first, single: false, orderBy: last.orderBy, limit: last.limit }
  const values = columns.flatMap(([value]) => (value ? [{ ...value, ...dropLiteral(value) }] : []))
  const whole = `${common?.sql ?? ''}${sql}`
  if (last.orderBy) return orderedOutside(whole, result, values, limitText(last))
  return finish(`${whole}${limitText(last)}`, result, values)
}

function dropLiteral(value: Typed): Typed {
  const { literal: _, ...rest } = value
  return rest
}

function without(node: SelectStmt, type: string): SelectStmt {
  return { ...node, clauses: node.clauses.filter((clause) => clause.type !== type) }
}

/** Per column the values of all arms, brought to one type. */
function unify(arms: readonly Arm[], operators: readonly string[]): Typed[][] {
  const width = arms[0]?.items.length ?? 0
  if (arms.some((arm) => arm.items.length !== width)) return untranslated('UNION of different numbers of columns')
  return Array.from({ length: width }, (_, index) => {
    const given = arms.map((arm) => arm.items[index]?.value ?? untranslated('UNION'))
    if (given.some(hasOwnEquality) && operators.some((operator) => !operator.endsWith('all')))
      return untranslated('UNION under a collation')
    const keepsAll = operators.every((operator) => operator === 'union all')
    const { values, kind, type, mixed } = commonKind(keepsAll ? textsForNumbers(given, arms[0]) : given, 'UNION')
    return values.map((value): Typed => {
      if (value.kind === 'null') return { ...value, kind, type: type ?? 'text', sql: `null::${type ?? 'text'}` }
      return { ...outputValue({ ...value, kind }), kind, type: type ?? value.type, mixed }
    })
  })
}

/** A column of PostgreSQL has one type: where some arms give whole numbers and others texts, all become texts. */
function textsForNumbers(values: readonly Typed[], arm: Arm | undefined): readonly Typed[] {
  const kinds = new Set(values.map((value) => value.kind))
  kinds.delete('null')
  if (kinds.size !== 2 || !kinds.has('integer') || !kinds.has('text')) return values
  arm?.context.notes.add('numbers of a column that is text in another part of the UNION come out as text')
  return values.map((value) => (value.kind === 'integer' ? asText(value) : value))
}

// -- WITH ----------------------------------------------------------------------------------------------------------------

function commonTables(
  nodes: readonly CommonTableExpr[],
  input: QueryInput,
  outer: QueryScope,
): { scope: QueryScope; sql: string } {
  const tables = new Map<string, CommonTable>()
  const scope: QueryScope = { ...emptyScope, commonTables: tables, parent: outer }
  const parts: string[] = []
  for (const node of nodes) {
    const query = node.expr.expr
    if (query.type !== 'select_stmt' && query.type !== 'compound_select_stmt')
      return untranslated('WITH something that is no query')
    if (mentions(query, foldName(node.table.name))) return untranslated(`the recursive query ${node.table.name}`)
    const translated = translateQuery(query, input, scope)
    const names = node.columns?.expr.items.map((column) => column.name) ?? translated.sqlNames
    const columns = translated.columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }))
    parts.push(
      `${quoteIdentifier(node.table.name)} (${columns.map((column) => quoteIdentifier(column.name)).join(', ')}) as (${translated.sql})`,
    )
    tables.set(foldName(node.table.name), { sqlName: node.table.name, columns })
  }
  return { scope, sql: `with ${parts.join(', ')} ` }
}

/** True when a name occurs as the name of a table; too often true only costs a translation. */
function mentions(node: Node, name: string): boolean {
  if (node.type === 'identifier' && foldName(node.name) === name) return true
  return Object.values(node).some((part: unknown) =>
    Array.isArray(part)
      ? part.some((element) => isNode(element) && mentions(element, name))
      : isNode(part) && mentions(part, name),
  )
}
