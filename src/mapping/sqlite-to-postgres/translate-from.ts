import type { JoinExpr, Node } from 'sql-parser-cst'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { foldName } from '../../databases/sqlite/sqlite-identifiers.ts'
import { compare } from './expression-comparisons.ts'
import type { Context, Subquery } from './expression-context.ts'
import { columnReference } from './expressions.ts'
import { asCondition, operand, refuse, type Typed, untranslated } from './expression-types.ts'
import { findCommonTable, type QueryScope, type Relation, relationOf, type ResolveRelation } from './query-scope.ts'
import { namePath, translateNode } from './translate-node.ts'

/** FROM: the relations it offers, and its SQL once all of them are known, for an ON may name any of them. */
export type FromTree = { readonly relations: readonly Relation[]; readonly sql: (context: Context) => string }

export type FromInput = {
  readonly resolve: ResolveRelation
  /** The query around: common tables are looked up there. */
  readonly scope: QueryScope
  readonly query: (node: Node) => Subquery & { readonly sqlNames: readonly string[] }
  readonly nextAlias: () => string
}

export function translateFrom(node: Node, input: FromInput): FromTree {
  switch (node.type) {
    case 'identifier':
    case 'member_expr':
      return table(namePath(node), null, input)
    case 'alias':
      return aliased(node.expr, node.alias.name, input)
    case 'indexed_table':
    case 'not_indexed_table':
      return translateFrom(node.table, input)
    case 'paren_expr':
      return isQuery(node.expr) ? derived(node.expr, null, input) : inParentheses(translateFrom(node.expr, input))
    case 'join_expr':
      return join(node, input)
    case 'func_call':
      return untranslated(`the table function ${namePath(node.name).join('.')}()`)
    default:
      return untranslated(`${node.type.replaceAll('_', ' ')} in FROM`)
  }
}

function isQuery(node: Node): boolean {
  if (node.type === 'paren_expr') return isQuery(node.expr)
  return node.type === 'select_stmt' || node.type === 'compound_select_stmt'
}

function inParentheses(tree: FromTree): FromTree {
  return { ...tree, sql: (context) => `(${tree.sql(context)})` }
}

function aliased(node: Node, alias: string, input: FromInput): FromTree {
  if (node.type === 'identifier' || node.type === 'member_expr') return table(namePath(node), alias, input)
  if (node.type === 'paren_expr' && isQuery(node.expr)) return derived(node.expr, alias, input)
  if (node.type === 'func_call') return untranslated(`the table function ${namePath(node.name).join('.')}()`)
  return untranslated('an alias of a join')
}

function table(path: readonly string[], alias: string | null, input: FromInput): FromTree {
  const [name = '', schema] = path.toReversed()
  if (schema !== undefined && foldName(schema) !== 'main') return untranslated(`the schema ${schema}`)
  const label = alias ?? name
  const common = schema === undefined ? findCommonTable(name, input.scope) : null
  if (common) {
    const names = common.columns.map((column) => column.name)
    return {
      relations: [relationOf(label, label, common.columns, names)],
      sql: () => `${quoteIdentifier(common.sqlName)} as ${quoteIdentifier(label)}`,
    }
  }
  const found = input.resolve(name)
  if (!found) return refuse(`${name} is not among the tables and views that are transferred`)
  const columns = found.columns.map((column) => ({
    name: column.name,
    hidden: false,
    value: columnReference(column, `${quoteIdentifier(label)}.${quoteIdentifier(column.target)}`),
  }))
  return {
    relations: [{ name: label, columns, leftOut: found.leftOut ?? [] }],
    sql: () => `${qualifiedName(found.target)} as ${quoteIdentifier(label)}`,
  }
}

function derived(node: Node, alias: string | null, input: FromInput): FromTree {
  const query = input.query(node)
  const label = alias ?? input.nextAlias()
  return {
    relations: [relationOf(alias, label, query.columns, query.sqlNames)],
    sql: () => `(${query.sql}) as ${quoteIdentifier(label)}`,
  }
}

// -- joins ---------------------------------------------------------------------------------------------------------------

function join(node: JoinExpr, input: FromInput): FromTree {
  const left = translateFrom(node.left, input)
  const right = translateFrom(node.right, input)
  const operators =
    typeof node.operator === 'string' ? [] : Array.isArray(node.operator) ? node.operator : [node.operator]
  const words = new Set<string>(operators.map((word) => word.name))
  const kind = words.has('LEFT') ? 'left' : words.has('RIGHT') ? 'right' : words.has('FULL') ? 'full' : 'inner'
  const spec = node.specification
  const shared =
    spec?.type === 'join_using_specification'
      ? spec.expr.expr.items.map((item) => item.name)
      : words.has('NATURAL')
        ? commonNames(left.relations, right.relations)
        : []
  if (shared.length > 0 && (kind === 'right' || kind === 'full'))
    return untranslated(`${kind} join with USING or NATURAL`)
  const pairs = shared.map((name) => [visible(left.relations, name), visible(right.relations, name)] as const)
  const relations = [...left.relations, ...right.relations.map((relation) => hide(relation, shared))]
  return {
    relations,
    // A comma binds weaker than JOIN in PostgreSQL and as strong in SQLite: both become CROSS JOIN.
    sql: (context) => {
      const conditions = pairs.map(([a, b]) => operand(compare('=', a, b, context)))
      if (spec?.type === 'join_on_specification') conditions.push(asCondition(translateNode(spec.expr, context)).sql)
      const sides = `${left.sql(context)} ${kind === 'inner' && conditions.length === 0 ? 'cross' : kind} join ${right.sql(context)}`
      if (conditions.length === 0) return kind === 'inner' ? sides : `${sides} on true`
      return `${sides} on ${conditions.join(' and ')}`
    },
  }
}

function visibleColumns(relations: readonly Relation[]): Relation['columns'] {
  return relations.flatMap((relation) => relation.columns.filter((column) => !column.hidden))
}

function visible(relations: readonly Relation[], name: string): Typed {
  const found = visibleColumns(relations).find((column) => foldName(column.name) === foldName(name))
  return found?.value ?? refuse(`USING names ${name}, which is no column there`)
}

function commonNames(left: readonly Relation[], right: readonly Relation[]): string[] {
  const names = new Set(visibleColumns(left).map((column) => foldName(column.name)))
  return visibleColumns(right)
    .map((column) => column.name)
    .filter((name) => names.has(foldName(name)))
}

function hide(relation: Relation, names: readonly string[]): Relation {
  const hidden = new Set(names.map(foldName))
  return {
    ...relation,
    columns: relation.columns.map((column) =>
      hidden.has(foldName(column.name)) ? { ...column, hidden: true } : column,
    ),
  }
}
