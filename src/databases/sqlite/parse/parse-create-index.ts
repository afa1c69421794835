import { isName, isOperator, isWord, significantTokens, type Token, unquote } from './sqlite-tokens.ts'
import { NotUnderstood, splitAtCommas, textOf, TokenCursor, type TokenRun } from './token-cursor.ts'

export type ParsedIndexPart = {
  /** As written, without ASC or DESC and without a COLLATE that belongs to the whole part. */
  readonly expression: string
}

export type ParsedIndex = {
  readonly parts: readonly ParsedIndexPart[]
  /** The condition of a partial index. */
  readonly where: string | null
}

/** Null when it is not understood. */
export function parseCreateIndex(sql: string): ParsedIndex | null {
  try {
    const statement = new TokenCursor(sql, significantTokens(sql))
    statement.expectWords('CREATE')
    statement.takeWords('UNIQUE')
    statement.expectWords('INDEX')
    statement.takeWords('IF', 'NOT', 'EXISTS')
    statement.expectTableName()
    statement.expectWords('ON')
    statement.expectName()
    const parts = splitAtCommas(statement.expectGroup())
    const where = statement.takeWords('WHERE') ? textOf(sql, withoutSemicolon(statement.takeRest())) : null
    return { parts: parts.map((part) => ({ expression: textOf(sql, expressionOf(part)) })), where }
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error
    return null
  }
}

function withoutSemicolon(tokens: TokenRun): TokenRun {
  return isOperator(tokens.at(-1), ';') ? tokens.slice(0, -1) : tokens
}

function expressionOf(part: readonly Token[]): readonly Token[] {
  let tokens = part
  if (isWord(tokens.at(-2), 'NULLS')) tokens = tokens.slice(0, -2)
  if (tokens.length > 1 && isWord(tokens.at(-1), 'ASC', 'DESC')) tokens = tokens.slice(0, -1)
  const before = tokens.slice(0, -2)
  return isWord(tokens.at(-2), 'COLLATE') && isName(tokens.at(-1)) && isTerm(before) ? before : tokens
}

/** A name, `( … )` or `name( … )`: COLLATE binds tighter than any operator, so only there it belongs to the whole. */
function isTerm(tokens: readonly Token[]): boolean {
  if (tokens.length === 1) return true
  const group = isName(tokens[0]) ? tokens.slice(1) : tokens
  if (!isOperator(group[0], '(')) return false
  let depth = 0
  return group.every((token, index) => {
    if (isOperator(token, '(')) depth += 1
    if (isOperator(token, ')')) depth -= 1
    return depth > 0 || index === group.length - 1
  })
}

/** The name an expression consists of, so that a part of an index can be told from an expression; else null. */
export function loneName(sql: string): string | null {
  const [token, ...others] = significantTokens(sql)
  return isName(token) && others.length === 0 ? unquote(token) : null
}
