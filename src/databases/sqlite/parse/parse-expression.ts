import { createRequire } from 'node:module'
import type { Expr, parse, Program, Statement } from 'sql-parser-cst'
import { affinity } from '../declared-type.ts'
import { isGroupedLikeSqlite } from './expression-precedence.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { isOperator, isWord, type Token, tokenize, unquote } from './sqlite-tokens.ts'

export type { Expr, Statement } from 'sql-parser-cst'

type Library = { readonly parse: typeof parse }

/** Loaded with the first expression: it takes 30 ms, and many schemas have none. */
let library: Library | null = null

function loadLibrary(): Library {
  return createRequire(import.meta.url)('sql-parser-cst') as Library
}

/**
 * The syntax tree of one SQLite expression, as `sql-parser-cst` makes it; `range` of every node counts in `text`. Spellings
 * that SQLite takes and the library does not (names beyond ASCII, `t.'a'`, `cast(a as "my type")`, `left(a, 1)`) are
 * rewritten first: such a node's own text then differs from the text at its range. Throws an Error when it cannot be parsed,
 * or when the library groups its operators otherwise than SQLite does (`a = b < c`).
 */
export function parseExpression(text: string): Expr {
  const [statement] = parseRespelled({ before: 'select (', text, after: '\n)' }).statements
  const expression = statement === undefined ? undefined : soleExpression(statement)
  if (expression === undefined) throw new Error(`not one expression: ${text}`)
  return expression
}

/** The syntax tree of one query (the `select` of a view), in the same way. Throws an Error when it cannot be parsed. */
export function parseQuery(text: string): Statement {
  const statements = parseRespelled({ before: '', text, after: '\n' }).statements.filter(({ type }) => type !== 'empty')
  const [statement] = statements
  if (statement === undefined || statements.length > 1) throw new Error(`not one query: ${text}`)
  return statement
}

type Wrapped = {
  readonly before: string
  readonly text: string
  /** Begins with a line break, which ends a comment at the end of the text. */
  readonly after: string
}

function parseRespelled({ before, text, after }: Wrapped): Program {
  const pieces = respell(tokenize(text))
  const program = (library ??= loadLibrary()).parse(`${before}${pieces.map((piece) => piece.text).join('')}${after}`, {
    dialect: 'sqlite',
    includeRange: true,
    paramTypes: ['?', '?nr', ':name', '$name'],
  })
  if (!isGroupedLikeSqlite(program)) throw new Error(`SQLite groups the operators otherwise: ${text}`)
  moveRanges(program, originalRanges(pieces, before.length))
  return program
}

/** Of `select ( … )`. A second column, statement or clause means that the text was more than an expression. */
function soleExpression(statement: Statement): Expr | undefined {
  if (statement.type !== 'select_stmt' || statement.clauses.length !== 1) return undefined
  const [clause] = statement.clauses
  if (clause?.type !== 'select_clause' || clause.columns === undefined || clause.columns.items.length !== 1)
    return undefined
  const [column] = clause.columns.items
  if (column?.type !== 'paren_expr' || column.expr.type === 'list_expr') return undefined
  return column.expr as Expr
}

// -- spelling ----------------------------------------------------------------------------------------------------------

/** A stretch of the original text and how it is given to the library. */
type Piece = { readonly text: string; readonly from: number; readonly to: number }

/** Names to SQLite, reserved to the library. Those of joins and set operations count only where there is no query. */
const reservedOnlyThere = 'GROUPS INDEXED WINDOW CROSS FULL INNER LEFT NATURAL OUTER RIGHT'.split(' ')

function respell(tokens: readonly Token[]): Piece[] {
  const significant = tokens.filter((token) => token.kind !== 'space' && token.kind !== 'comment')
  const hasQuery = significant.some((token) => isWord(token, 'SELECT', 'VALUES'))
  const casts = castTypes(significant)
  const places = new Map(significant.map((token, index) => [token, index]))
  const skipped = new Set(casts.flatMap((type) => type.slice(1)))
  const castStarts = new Map(casts.map((type) => [type[0], type]))
  return tokens
    .filter((token) => !skipped.has(token))
    .map((token) => {
      const at = places.get(token) ?? -1
      const type = castStarts.get(token)
      const last = type?.at(-1) ?? token
      const text =
        type === undefined
          ? respellToken(token, { previous: significant[at - 1], next: significant[at + 1], hasQuery })
          : plainType(type)
      return { text, from: token.from, to: last.to }
    })
}

type Neighbours = { readonly previous: Token | undefined; readonly next: Token | undefined; readonly hasQuery: boolean }

function respellToken(token: Token, { previous, next, hasQuery }: Neighbours): string {
  if (token.kind === 'word' && /[^\w]/.test(token.text)) return quoteName(token.text)
  if (isWord(token, ...reservedOnlyThere) && !hasQuery) return quoteName(token.text)
  if (isWord(token, 'MATCH') && isOperator(next, '(') && !endsOperand(previous)) return quoteName(token.text)
  if (token.kind === 'string') {
    const asName = isOperator(next, '.') || isOperator(previous, '.') || isWord(previous, 'COLLATE', 'FROM', 'JOIN')
    return asName ? quoteName(unquote(token)) : token.text
  }
  if (token.kind === 'number' && token.text.endsWith('.')) return `${token.text}0`
  return token.text
}

function endsOperand(token: Token | undefined): boolean {
  if (token === undefined || isWord(token, 'AND', 'OR', 'NOT', 'WHEN', 'THEN', 'ELSE', 'CASE')) return false
  return token.kind !== 'operator' || token.text === ')'
}

/** The types of `CAST( … AS type)` that the library would not read. */
function castTypes(tokens: readonly Token[]): Token[][] {
  const types: Token[][] = []
  const open: boolean[] = []
  tokens.forEach((token, index) => {
    if (isOperator(token, '(')) open.push(isWord(tokens[index - 1], 'CAST'))
    if (isOperator(token, ')')) open.pop()
    if (!isWord(token, 'AS') || open.at(-1) !== true) return
    const end = tokens.findIndex((candidate, at) => at > index && isOperator(candidate, ')'))
    const type = tokens.slice(index + 1, end < 0 ? undefined : end)
    if (type.some((part) => part.kind === 'quoted' || part.kind === 'string' || /[^\w()]/.test(part.text)))
      types.push(type)
  })
  return types
}

/** CAST only looks at the affinity of the type. */
function plainType(type: readonly Token[]): string {
  return affinity(type.map(unquote).join(' '))
}

// -- ranges ------------------------------------------------------------------------------------------------------------

type Ranges = { readonly start: (offset: number) => number; readonly end: (offset: number) => number }

/** From offsets in what the library read to offsets in the original text. Inside a respelled piece: its start or its end. */
function originalRanges(pieces: readonly Piece[], before: number): Ranges {
  let at = before
  const placed = pieces.map((piece) => {
    const start = at
    at += piece.text.length
    return { ...piece, start, respelled: piece.text.length !== piece.to - piece.from }
  })
  const textEnd = pieces.at(-1)?.to ?? 0
  // Nodes are asked for in no order: the piece is found by halving, as a view can have thousands.
  const pieceAt = (offset: number) => placed[placed.length - 1 - countFrom(placed, offset)]
  return {
    start: (offset) => {
      if (offset >= at) return textEnd
      const piece = pieceAt(offset)
      if (piece === undefined) return 0
      return piece.respelled ? piece.from : piece.from + offset - piece.start
    },
    end: (offset) => {
      if (offset > at) return textEnd
      const piece = pieceAt(offset - 1)
      if (piece === undefined) return 0
      return piece.respelled ? piece.to : piece.from + offset - piece.start
    },
  }
}

/** How many pieces start behind the offset. */
function countFrom(placed: readonly { readonly start: number }[], offset: number): number {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((placed[middle]?.start ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return placed.length - low
}

function moveRanges(node: unknown, ranges: Ranges): void {
  if (typeof node !== 'object' || node === null) return
  if ('range' in node) {
    const { range } = node as { range: [number, number] }
    const [from, to] = range
    const start = ranges.start(from)
    range.splice(0, 2, start, to > from ? ranges.end(to) : start)
  }
  for (const [key, child] of Object.entries(node)) if (key !== 'range') moveRanges(child, ranges)
}
