import { isName, isOperator, isWord, type Token, unquote } from './sqlite-tokens.ts'

/** A run of tokens of one statement. */
export type TokenRun = readonly Token[]

/** Thrown where a statement is not what SQLite's grammar says. Those who walk a statement catch it and list the part. */
export class NotUnderstood extends Error {}

/** Walks over a run of significant tokens. */
export class TokenCursor {
  readonly #sql: string
  readonly #tokens: TokenRun
  #at = 0

  constructor(sql: string, tokens: TokenRun) {
    this.#sql = sql
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead]
  }

  next(): Token {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new NotUnderstood('the statement ends too early')
    this.#at += 1
    return token
  }

  /** Where the cursor stands, for `textSince`. */
  get position(): number {
    return this.#at
  }

  /** The original text from an earlier position up to the last token that was taken. */
  textSince(position: number): string {
    return textOf(this.#sql, this.#tokens.slice(position, this.#at))
  }

  /** Takes the words if all of them follow. */
  takeWords(...words: readonly string[]): boolean {
    if (!words.every((word, index) => isWord(this.peek(index), word))) return false
    this.#at += words.length
    return true
  }

  takeOperator(operator: string): boolean {
    if (!isOperator(this.peek(), operator)) return false
    this.#at += 1
    return true
  }

  expectWords(...words: readonly string[]): void {
    if (!this.takeWords(...words)) throw new NotUnderstood(`${words.join(' ')} expected at ${this.#place()}`)
  }

  expectName(): string {
    const token = this.peek()
    if (!isName(token)) throw new NotUnderstood(`a name expected at ${this.#place()}`)
    this.#at += 1
    return unquote(token)
  }

  /** `name` or `schema.name`: the name. */
  expectTableName(): string {
    const first = this.expectName()
    return this.takeOperator('.') ? this.expectName() : first
  }

  /** Takes `( … )` if it follows: the tokens inside. */
  takeGroup(): TokenRun | null {
    if (!isOperator(this.peek(), '(')) return null
    const end = endOfGroup(this.#tokens, this.#at)
    const inside = this.#tokens.slice(this.#at + 1, end)
    this.#at = end + 1
    return inside
  }

  expectGroup(): TokenRun {
    const group = this.takeGroup()
    if (group === null) throw new NotUnderstood(`"(" expected at ${this.#place()}`)
    return group
  }

  takeRest(): TokenRun {
    const rest = this.#tokens.slice(this.#at)
    this.#at = this.#tokens.length
    return rest
  }

  /** Goes on behind the next comma outside parentheses, or to the end. */
  skipPastComma(): void {
    while (!this.done && !isOperator(this.peek(), ',')) {
      if (this.takeGroup() === null) this.#at += 1
    }
    this.takeOperator(',')
  }

  #place(): string {
    const token = this.peek()
    return token === undefined ? 'the end' : `"${token.text}"`
  }
}

/** The statement's text from the first to the last token of the run, with the spaces and comments between them. */
export function textOf(sql: string, tokens: TokenRun): string {
  const [first] = tokens
  const last = tokens.at(-1)
  return first === undefined || last === undefined ? '' : sql.slice(first.from, last.to)
}

/** Cuts at commas outside parentheses. */
export function splitAtCommas(tokens: TokenRun): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += depthOf(token)
    if (depth === 0 && isOperator(token, ',')) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

function endOfGroup(tokens: TokenRun, start: number): number {
  let depth = 0
  for (let index = start; index < tokens.length; index += 1) {
    depth += depthOf(tokens[index])
    if (depth === 0) return index
  }
  throw new NotUnderstood('a parenthesis is not closed')
}

function depthOf(token: Token | undefined): number {
  if (isOperator(token, '(')) return 1
  return isOperator(token, ')') ? -1 : 0
}
