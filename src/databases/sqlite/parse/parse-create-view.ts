import { isOperator, significantTokens } from './sqlite-tokens.ts'
import { NotUnderstood, textOf, TokenCursor } from './token-cursor.ts'

/** The query after AS, without a closing semicolon; null when the statement is not understood. */
export function parseCreateView(sql: string): string | null {
  return understood(() => {
    const statement = new TokenCursor(sql, significantTokens(sql))
    statement.expectWords('CREATE')
    if (!statement.takeWords('TEMP')) statement.takeWords('TEMPORARY')
    statement.expectWords('VIEW')
    statement.takeWords('IF', 'NOT', 'EXISTS')
    statement.expectTableName()
    statement.takeGroup()
    statement.expectWords('AS')
    const query = statement.takeRest()
    return textOf(sql, isOperator(query.at(-1), ';') ? query.slice(0, -1) : query)
  })
}

/** The module of a CREATE VIRTUAL TABLE, in lower case; null when the statement is not understood. */
export function parseVirtualTableModule(sql: string): string | null {
  return understood(() => {
    const statement = new TokenCursor(sql, significantTokens(sql))
    statement.expectWords('CREATE', 'VIRTUAL', 'TABLE')
    statement.takeWords('IF', 'NOT', 'EXISTS')
    statement.expectTableName()
    statement.expectWords('USING')
    return statement.expectName().toLowerCase()
  })
}

function understood(parse: () => string): string | null {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error
    return null
  }
}
