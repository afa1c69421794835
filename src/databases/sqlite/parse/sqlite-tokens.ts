/**
 * SQLite's own tokens (https://sqlite.org/src/file/src/tokenize.c), exactly: its quoting styles, its letters (every
 * character from U+0080 on, and `$`), its comments that may end with the text. Never throws: what SQLite would refuse
 * is a token of kind `illegal`.
 */

export type TokenKind =
  | 'space'
  | 'comment'
  | 'word' // a name or a keyword without quotes
  | 'quoted' // "…", `…` or […]
  | 'string' // '…'
  | 'number'
  | 'blob' // x'…'
  | 'variable'
  | 'operator'
  | 'illegal'

export type Token = {
  readonly kind: TokenKind
  /** As it stands in the statement. */
  readonly text: string
  /** Offsets in the statement; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

/** Tried in this order at every place; sticky. */
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\n\f\r\uFEFF]+/y],
  ['comment', /--[^\n]*|\/\*[^]*?(?:\*\/|$)/y],
  ['blob', /[xX]'(?:[0-9a-fA-F]{2})*'/y],
  ['string', /'[^']*(?:''[^']*)*'/y],
  ['quoted', /"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\]/y],
  // A letter after a number makes both illegal, as in SQLite.
  [
    'number',
    /(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?)(?![\w$\u0080-\uFFFF])/y,
  ],
  ['variable', /\?\d*|[:@#$][\w$\u0080-\uFFFF]+/y],
  ['word', /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y],
  ['operator', /->>|->|==|<=|<>|<<|>=|>>|!=|\|\||[-+*/%=<>|&~(),;.]/y],
]

/** Every token, spaces and comments too: their texts joined are the statement. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  let from = 0
  while (from < sql.length) {
    const token = tokenAt(sql, from)
    tokens.push(token)
    from = token.to
  }
  return tokens
}

/** Without spaces and comments. */
export function significantTokens(sql: string): Token[] {
  return tokenize(sql).filter((token) => token.kind !== 'space' && token.kind !== 'comment')
}

function tokenAt(sql: string, from: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = from
    const text = pattern.exec(sql)?.[0]
    if (text !== undefined && text !== '') return { kind, text, from, to: from + text.length }
  }
  // An unfinished quote runs to the end; anything else is one character.
  const to = /['"`[]/.test(sql.charAt(from)) ? sql.length : from + 1
  return { kind: 'illegal', text: sql.slice(from, to), from, to }
}

/** What a name or string stands for: `"a""b"` is `a"b`, `[a]` is `a`; other tokens are their own text. */
export function unquote(token: Token): string {
  if (token.kind !== 'string' && token.kind !== 'quoted') return token.text
  const quote = token.text.charAt(0)
  const inside = token.text.slice(1, -1)
  return quote === '[' ? inside : inside.replaceAll(quote + quote, quote)
}

export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A keyword, in any case, without quotes. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase())
}

export function isOperator(token: Token | undefined, operator: string): boolean {
  return token?.kind === 'operator' && token.text === operator
}

/** SQLite takes a string for a name where a name is expected. */
export function isName(token: Token | undefined): token is Token {
  return token !== undefined && (token.kind === 'word' || token.kind === 'quoted' || token.kind === 'string')
}
