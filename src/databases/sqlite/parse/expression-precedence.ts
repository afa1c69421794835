/**
 * SQLite's own precedence, https://sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes, against the tree of
 * `sql-parser-cst`, which puts `=` beside `<` and `&` before `|`: `a = b < c` is `a = (b < c)` in SQLite. Over 60,000 random
 * expressions these were the only differences; a translation of such a tree would be silently wrong.
 */

const levels: ReadonlyMap<string, number> = new Map([
  ...level(1, 'OR'),
  ...level(2, 'AND'),
  ...level(4, '= == <> != IS NOT IN LIKE GLOB MATCH REGEXP BETWEEN'),
  ...level(5, '< <= > >='),
  ...level(6, 'ESCAPE'),
  ...level(7, '& | << >>'),
  ...level(8, '+ -'),
  ...level(9, '* / %'),
  ...level(10, '|| -> ->>'),
  ...level(11, 'COLLATE'),
])
const notLevel = 3
const equalityLevel = 4
const highest = 12

function level(number: number, operators: string): [string, number][] {
  return operators.split(' ').map((operator) => [operator, number])
}

/** Whether every operator of the tree has the operands that SQLite gives it. */
export function isGroupedLikeSqlite(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return true
  return (
    operandsFit(node) && Object.entries(node).every(([key, child]) => key === 'range' || isGroupedLikeSqlite(child))
  )
}

function operandsFit(node: object): boolean {
  switch (typeOf(node)) {
    case 'binary_expr': {
      const own = levelOf(node)
      return levelOf(member(node, 'left')) >= own && levelOf(member(node, 'right')) > own
    }
    case 'between_expr':
      return (
        levelOf(member(node, 'left')) >= equalityLevel &&
        levelOf(member(node, 'begin')) > equalityLevel &&
        levelOf(member(node, 'end')) > equalityLevel
      )
    case 'postfix_op_expr':
      return levelOf(member(node, 'expr')) >= equalityLevel
    case 'prefix_op_expr':
      return levelOf(member(node, 'expr')) >= (levelOf(node) === notLevel ? notLevel : 11)
    default:
      return true
  }
}

/** How tightly a node holds together; what is no operator holds tightest. */
function levelOf(node: unknown): number {
  switch (typeOf(node)) {
    case 'binary_expr':
      return levels.get(operatorOf(node)) ?? highest
    case 'between_expr':
    case 'postfix_op_expr':
      return equalityLevel
    case 'prefix_op_expr':
      return operatorOf(node) === 'NOT' ? notLevel : highest
    default:
      return highest
  }
}

/** In upper case, of several words the first: `NOT` of `NOT LIKE`. */
function operatorOf(node: unknown): string {
  const operator = member(node, 'operator')
  const first: unknown = Array.isArray(operator) ? operator[0] : operator
  const text = typeof first === 'string' ? first : member(first, 'text')
  return typeof text === 'string' ? text.toUpperCase() : ''
}

function typeOf(node: unknown): unknown {
  return member(node, 'type')
}

function member(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined
}
