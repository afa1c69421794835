import type { CaseExpr, CastExpr, DataType, Expr, FuncCall, Node, PrefixOpExpr, SubSelect } from 'sql-parser-cst'
import { affinity } from '../../databases/sqlite/declared-type.ts'
import { translateAggregate } from './aggregate-functions.ts'
import { commonKind } from './common-kind.ts'
import { alignAll, between, compare, type Comparison, hasOwnEquality } from './expression-comparisons.ts'
import type { Context } from './expression-context.ts'
import { translateFunction } from './expression-functions.ts'
import { extract } from './expression-json.ts'
import {
  asCondition,
  asNumber,
  asReal,
  asText,
  atom,
  cast,
  castOperand,
  describe,
  integerLiteral,
  literalText,
  nullLiteral,
  operand,
  refuse,
  textLiteral,
  truth,
  typed,
  type Typed,
  untranslated,
} from './expression-types.ts'
import { arithmetic, bitwise, negate } from './number-functions.ts'
import { translateGlob, translateLike } from './text-patterns.ts'

/** One node of SQLite's syntax tree as PostgreSQL's SQL. What is not known here is refused, never passed on. */
export function translateNode(node: Node, context: Context): Typed {
  switch (node.type) {
    case 'paren_expr':
      return translateParentheses(node.expr, context)
    case 'string_literal':
      return textLiteral(node.value)
    case 'number_literal':
      return numberLiteral(node.text)
    case 'blob_literal':
      return blobLiteral(Uint8Array.from(node.value))
    case 'boolean_literal':
      return { ...truth(String(node.value), true), literal: { kind: 'truth', value: node.value } }
    case 'null_literal':
      return nullLiteral
    case 'identifier':
      return identifier(node.name, node.text, context)
    case 'member_expr':
      return memberName(node, context)
    case 'prefix_op_expr':
      return prefix(node, context)
    case 'postfix_op_expr': {
      const isNull = !Array.isArray(node.operator) && node.operator.name === 'ISNULL'
      return truth(`${operand(translateNode(node.expr, context))} is ${isNull ? '' : 'not '}null`)
    }
    case 'binary_expr':
      return binary(node.left, operatorName(node.operator), node.right, context)
    case 'between_expr': {
      const [value, low, high] = [node.left, node.begin, node.end].map((part) => translateNode(part, context))
      if (!value || !low || !high) return untranslated('BETWEEN')
      const found = between(value, low, high, context)
      return Array.isArray(node.betweenKw) ? truth(`not (${found.sql})`) : found
    }
    case 'case_expr':
      return caseExpression(node, context)
    case 'cast_expr':
      return castExpression(node, context)
    case 'func_call':
      return functionCall(node, context)
    case 'select_stmt':
    case 'compound_select_stmt':
      return scalarQuery(node, context)
    default:
      return untranslated(`${node.type.replaceAll('_', ' ')}`)
  }
}

function translateParentheses(inner: Node, context: Context): Typed {
  if (inner.type === 'list_expr') return untranslated('a row value')
  return translateNode(inner, context)
}

// -- names and literals --------------------------------------------------------------------------------------------------

/** A double-quoted name that is no column is a text in SQLite. https://sqlite.org/quirks.html#dblquote */
function identifier(name: string, text: string, context: Context): Typed {
  const found = context.resolve([name])
  if (found) return found
  if (text.startsWith('"')) return textLiteral(name)
  if (/^(rowid|oid|_rowid_)$/i.test(name)) return refuse(`it uses ${name}, which PostgreSQL does not have`)
  return refuse(`${name} is no column of what it reads`)
}

function memberName(node: Node, context: Context): Typed {
  const path = namePath(node)
  return context.resolve(path) ?? refuse(`${path.join('.')} is no column of what it reads`)
}

export function namePath(node: Node): string[] {
  if (node.type === 'identifier') return [node.name]
  if (node.type === 'member_expr' && node.property.type === 'identifier')
    return [...namePath(node.object), node.property.name]
  return refuse('a name that is not understood')
}

function numberLiteral(text: string): Typed {
  if (/^0x/i.test(text)) return integerLiteral(BigInt.asIntN(64, BigInt(text)))
  if (/^\d+$/.test(text)) {
    const value = BigInt(text)
    // Beyond 64 bits SQLite reads a real.
    return value < 2n ** 63n ? integerLiteral(value) : realLiteral(Number(text))
  }
  return realLiteral(Number(text))
}

/** Without a type of its own: next to a decimal column it stays decimal. Arithmetic makes a double of it. */
function realLiteral(value: number): Typed {
  if (!Number.isFinite(value)) return untranslated('a number that is infinite')
  return atom('real', 'numeric', String(value), { literal: { kind: 'real', value } })
}

function blobLiteral(value: Uint8Array): Typed {
  const hex = Buffer.from(value).toString('hex')
  return atom('blob', 'bytea', `${literalText(String.raw`\x` + hex)}::bytea`, { literal: { kind: 'blob', value } })
}

// -- operators -----------------------------------------------------------------------------------------------------------

function operatorName(operator: unknown): string {
  if (typeof operator === 'string') return operator
  const keywords = Array.isArray(operator) ? operator : [operator]
  return keywords.map((keyword: { name?: string }) => keyword.name ?? '').join(' ')
}

function prefix(node: PrefixOpExpr, context: Context): Typed {
  const operator = operatorName(node.operator)
  if (operator === 'EXISTS') {
    const query = subselect(node.expr, context)
    return truth(`exists (${query.sql})`, true)
  }
  const value = translateNode(node.expr, context)
  switch (operator) {
    case 'NOT':
      return truth(`not ${operand(asCondition(value))}`)
    case '-':
      return negativeLiteral(value) ?? negate(value)
    case '+':
      return value.literal ? value : untranslated('a + before a value, which takes away its affinity in SQLite')
    case '~': {
      const number = asNumber(value)
      if (number.kind !== 'integer') return untranslated(`~ of ${describe(value)}`)
      return typed('integer', 'bigint', `~ ${castOperand(number)}::bigint`)
    }
    default:
      return untranslated(`the operator ${operator}`)
  }
}

/** -9223372036854775808 is one number in SQLite. */
function negativeLiteral(value: Typed): Typed | null {
  const { literal } = value
  if (literal?.kind === 'integer' && value.atom) return asNegativeOperand(integerLiteral(-literal.value))
  if (literal?.kind === 'real') {
    if (literal.value === 2 ** 63) return asNegativeOperand(integerLiteral(-(2n ** 63n)))
    return asNegativeOperand({
      ...value,
      sql: String(-literal.value),
      literal: { kind: 'real', value: -literal.value },
    })
  }
  return null
}

function asNegativeOperand(value: Typed): Typed {
  return { ...value, notNegative: false }
}

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  IS: 'is not distinct from',
  'IS NOT': 'is distinct from',
  'IS DISTINCT FROM': 'is distinct from',
  'IS NOT DISTINCT FROM': 'is not distinct from',
}

function binary(left: Node, operator: string, right: Node, context: Context): Typed {
  if (operator === 'AND' || operator === 'OR') {
    const [a, b] = [left, right].map((side) => operand(asCondition(translateNode(side, context))))
    return truth(`${a} ${operator.toLowerCase()} ${b}`)
  }
  if (operator === 'COLLATE') return withCollation(translateNode(left, context), namePath(right)[0] ?? '')
  if (operator === 'IN' || operator === 'NOT IN') return membership(left, right, operator === 'NOT IN', context)
  if (operator.endsWith('LIKE') || operator.endsWith('GLOB')) return pattern(left, operator, right, context)
  const comparison = comparisons[operator]
  if (comparison) return comparisonOf(left, comparison, right, context)
  const [a, b] = [translateNode(left, context), translateNode(right, context)]
  switch (operator) {
    case '||':
      return concatenation(a, b)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, a, b, context)
    case '&':
    case '|':
    case '<<':
    case '>>':
      return bitwise(operator, a, b)
    case '->>':
      return extract(a, b)
    default:
      return untranslated(`the operator ${operator}`)
  }
}

function concatenation(a: Typed, b: Typed): Typed {
  const [x, y] = [asText(a), asText(b)]
  if (x.literal?.kind === 'text' && y.literal?.kind === 'text') return textLiteral(x.literal.value + y.literal.value)
  return typed('text', 'text', `${operand(x)} || ${operand(y)}`)
}

function withCollation(value: Typed, name: string): Typed {
  const known = name.toUpperCase()
  if (known !== 'NOCASE' && known !== 'RTRIM' && known !== 'BINARY') return untranslated(`the collation ${name}`)
  return { ...value, collation: { name: known, explicit: true } }
}

function comparisonOf(left: Node, operator: Comparison, right: Node, context: Context): Typed {
  const isTest = operator === 'is not distinct from' || operator === 'is distinct from'
  const not = operator === 'is distinct from' ? 'not ' : ''
  if (isTest && right.type === 'boolean_literal') {
    return truth(`${operand(asCondition(translateNode(left, context)))} is ${not}${right.value}`)
  }
  const [a, b] = [translateNode(left, context), translateNode(right, context)]
  if (isTest && (a.kind === 'null' || b.kind === 'null')) {
    return truth(`${operand(b.kind === 'null' ? a : b)} is ${not}null`)
  }
  return compare(operator, a, b, context)
}

function pattern(left: Node, operator: string, right: Node, context: Context): Typed {
  const not = operator.startsWith('NOT')
  const value = translateNode(left, context)
  const hasEscape = right.type === 'binary_expr' && operatorName(right.operator) === 'ESCAPE'
  const patternNode = hasEscape ? right.left : right
  const text = translateNode(patternNode, context)
  if (operator.endsWith('GLOB')) return translateGlob(value, text, not)
  if (operator !== 'LIKE' && operator !== 'NOT LIKE') return untranslated(`the operator ${operator}`)
  return translateLike({ value, pattern: text, escape: hasEscape ? translateNode(right.right, context) : null, not })
}

function membership(left: Node, right: Node, not: boolean, context: Context): Typed {
  const value = translateNode(left, context)
  if (right.type !== 'paren_expr') return untranslated('IN with the name of a table')
  if (
    right.expr.type === 'select_stmt' ||
    right.expr.type === 'compound_select_stmt' ||
    right.expr.type === 'paren_expr'
  ) {
    return inQuery(value, right.expr as SubSelect, not, context)
  }
  const items = right.expr.type === 'list_expr' ? right.expr.items : [right.expr]
  const values = items.map((item) => translateNode(item, context))
  const aligned = alignAll(value, values, context)
  const word = not ? 'not in' : 'in'
  if (aligned) return truth(`${operand(aligned.left)} ${word} (${aligned.values.map((item) => item.sql).join(', ')})`)
  const each = values.map((item) => operand(compare('=', value, item, context)))
  return not ? truth(`not (${each.join(' or ')})`) : truth(each.join(' or '))
}

function inQuery(value: Typed, query: SubSelect, not: boolean, context: Context): Typed {
  const found = subselect(query, context)
  const [column] = found.columns
  if (!column || found.columns.length > 1) return untranslated('IN with a query of several columns')
  const sample = typed(column.kind, column.type, 'x', column.column ? { column: column.column } : {})
  const aligned = alignAll(value, [sample], context)
  if (!aligned || aligned.left.sql !== value.sql || aligned.values[0]?.sql !== 'x' || hasOwnEquality(value)) {
    return untranslated(`IN with a query that gives another type than ${describe(value)}`)
  }
  return truth(`${operand(value)} ${not ? 'not in' : 'in'} (${found.sql})`)
}

// -- CASE, CAST, functions, queries --------------------------------------------------------------------------------------

function caseExpression(node: CaseExpr, context: Context): Typed {
  const whens = node.clauses.flatMap((clause) => (clause.type === 'case_when' ? [clause] : []))
  const otherwise = node.clauses.find((clause) => clause.type === 'case_else')
  const results = [...whens.map((when) => when.result), ...(otherwise ? [otherwise.result] : [])]
  const { values, kind, type, mixed } = commonKind(
    results.map((result) => translateNode(result, context)),
    'CASE',
  )
  const base = node.expr ? translateNode(node.expr, context) : null
  const conditions = whens.map((when) => translateNode(when.condition, context))
  const aligned = base && alignAll(base, conditions, context)
  const tests = aligned
    ? aligned.values.map((value) => value.sql)
    : conditions.map((condition) => (base ? compare('=', base, condition, context) : asCondition(condition)).sql)
  const branches = tests.map((test, index) => `when ${test} then ${values[index]?.sql}`)
  const rest = otherwise ? ` else ${values.at(-1)?.sql}` : ''
  return atom(kind, type, `case ${aligned ? `${aligned.left.sql} ` : ''}${branches.join(' ')}${rest} end`, { mixed })
}

function castExpression(node: CastExpr, context: Context): Typed {
  const { expr, dataType, format } = node.args.expr
  if (format) return untranslated('CAST with a format')
  const value = translateNode(expr, context)
  if (value.kind === 'null') return value
  switch (affinity(typeText(dataType))) {
    case 'integer':
      return castToInteger(value)
    case 'text':
      return asText(value)
    case 'real':
      return value.kind === 'text' && !value.number
        ? untranslated(`CAST of ${describe(value)} to a number`)
        : asReal(value)
    case 'numeric': {
      const number = asNumber(value)
      return number.literal?.kind === 'real' ? untranslated('CAST of a fraction to numeric') : number
    }
    case 'blob':
      return value.kind === 'blob' ? value : untranslated(`CAST of ${describe(value)} to a blob`)
  }
}

function typeText(type: DataType): string {
  switch (type.type) {
    case 'data_type_name':
      return (Array.isArray(type.name) ? type.name : [type.name]).map((word) => word.name).join(' ')
    case 'identifier':
      return type.name
    case 'modified_data_type':
      return typeText(type.dataType)
    default:
      return refuse('CAST to a type that is not understood')
  }
}

/** A text gives the whole number at its beginning, or 0. */
function castToInteger(value: Typed): Typed {
  if (value.kind === 'text' && !value.number) {
    const digits = `substring(${value.sql} from ${literalText(String.raw`^[ \t\n\v\f\r]*([+-]?[0-9]+)`)})`
    return atom(
      'integer',
      'bigint',
      `case when ${operand(value)} is not null then coalesce(${digits}, '0')::bigint end`,
    )
  }
  const number = asNumber(value)
  if (number.kind === 'integer') return number.type === 'bigint' || number.literal ? number : cast(number, 'bigint')
  return atom('integer', 'bigint', `trunc(${number.sql})::bigint`)
}

function functionCall(node: FuncCall, context: Context): Typed {
  const name = namePath(node.name).join('.').toLowerCase()
  const aggregate = translateAggregate(name, node, context, translateNode)
  if (aggregate) return aggregate
  if (node.over || node.filter) return untranslated(`${name}() as a window function`)
  const args = node.args?.expr
  if (args?.distinctKw || args?.orderBy) return untranslated(`DISTINCT or ORDER BY in ${name}()`)
  const values = (args?.args.items ?? []).map((argument) => translateNode(argument as Expr, context))
  return translateFunction(name, values, context)
}

/** SQLite takes the first row where a query in the place of a value gives several; PostgreSQL fails. */
function scalarQuery(node: SubSelect, context: Context): Typed {
  const query = subselect(node, context)
  const [column] = query.columns
  if (!column || query.columns.length > 1) return untranslated('a query with several columns in the place of a value')
  const sql =
    query.single || query.sql.endsWith(' limit 1') ? query.sql : `select * from (${query.sql}) as "rows" limit 1`
  return atom(column.kind, column.type, `(${sql})`, {
    ...(column.column ? { column: column.column } : {}),
    mixed: column.mixed,
  })
}

function subselect(node: Node, context: Context): ReturnType<NonNullable<Context['subquery']>> {
  if (!context.subquery) return untranslated('a query inside an expression')
  const query = node.type === 'paren_expr' ? node.expr : node
  if (query.type !== 'select_stmt' && query.type !== 'compound_select_stmt')
    return refuse('a query that is not understood')
  return context.subquery(query)
}
