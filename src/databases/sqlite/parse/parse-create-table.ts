import type { CheckConstraint } from '../../../model/catalog.ts'
import { isName, isOperator, isWord, significantTokens, unquote } from './sqlite-tokens.ts'
import { NotUnderstood, splitAtCommas, textOf, TokenCursor, type TokenRun } from './token-cursor.ts'

/**
 * Reads what the pragmas do not tell from a stored CREATE TABLE. SQLite accepted the statement, so this has to find, not
 * to judge; it follows https://sqlite.org/src/file/src/parse.y token by token. Written by hand because that grammar is
 * small and odd (no comma needed between table constraints, strings as names, any words as a type), and general SQL
 * parsers refuse one stored statement in fourteen. Expressions are cut out as they stand; `parse-expression.ts` reads them.
 */

export type ParsedColumn = {
  readonly name: string
  /** As written, the last one if there are several; null for none. */
  readonly collation: string | null
  /** The expression of GENERATED ALWAYS AS ( ). */
  readonly generated: string | null
}

export type ParsedKey = {
  readonly name: string | null
  readonly columns: readonly string[]
  /** `COLLATE` inside the key, per column. */
  readonly collations: readonly (string | null)[]
  /** As written. */
  readonly sql: string
}

export type ParsedForeignKey = {
  readonly name: string | null
  readonly columns: readonly string[]
  readonly deferrable: boolean
  readonly initiallyDeferred: boolean
}

export type ParsedTable = {
  readonly columns: readonly ParsedColumn[]
  readonly primaryKey: ParsedKey | null
  readonly uniqueKeys: readonly ParsedKey[]
  /** In the order of the statement. */
  readonly foreignKeys: readonly ParsedForeignKey[]
  readonly checkConstraints: readonly CheckConstraint[]
  readonly autoincrement: boolean
  /** `email: UNIQUE ON CONFLICT REPLACE`, `UNIQUE(a, b) ON CONFLICT IGNORE`; ABORT is the default and left out. */
  readonly conflictClauses: readonly string[]
  /** Column definitions and constraints that could not be read, as written. */
  readonly notUnderstood: readonly string[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

/** Never throws. */
export function parseCreateTable(sql: string): ParsedTable {
  const table: Mutable<ParsedTable> = {
    columns: [],
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checkConstraints: [],
    autoincrement: false,
    conflictClauses: [],
    notUnderstood: [],
  }
  try {
    const statement = new TokenCursor(sql, significantTokens(sql))
    statement.expectWords('CREATE')
    if (!statement.takeWords('TEMP')) statement.takeWords('TEMPORARY')
    statement.expectWords('TABLE')
    statement.takeWords('IF', 'NOT', 'EXISTS')
    statement.expectTableName()
    parseBody(sql, new TokenCursor(sql, statement.expectGroup()), table)
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error
    table.notUnderstood.push(sql)
  }
  return table
}

function parseBody(sql: string, body: TokenCursor, table: Mutable<ParsedTable>): void {
  while (!body.done) {
    const start = body.position
    try {
      if (isWord(body.peek(), 'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'))
        parseTableConstraint(sql, body, table)
      else parseColumn(sql, body, table)
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error
      body.skipPastComma()
      table.notUnderstood.push(body.textSince(start).replace(/,$/, ''))
    }
  }
}

// -- columns -----------------------------------------------------------------------------------------------------------

const columnConstraintStarts =
  'CONSTRAINT DEFAULT NULL NOT PRIMARY UNIQUE CHECK REFERENCES DEFERRABLE COLLATE AS'.split(' ')

function parseColumn(sql: string, body: TokenCursor, table: Mutable<ParsedTable>): void {
  const column: Mutable<ParsedColumn> = { name: body.expectName(), collation: null, generated: null }
  table.columns.push(column)
  skipType(body)
  while (!body.done && !body.takeOperator(',')) {
    const name = body.takeWords('CONSTRAINT') ? body.expectName() : null
    // A name may stand alone: `CONSTRAINT a CONSTRAINT b NOT NULL`.
    if (name !== null && (body.done || isOperator(body.peek(), ',') || isWord(body.peek(), 'CONSTRAINT'))) continue
    parseColumnConstraint({ sql, body, table, column, name })
  }
}

/** Any words, quoted or not, and `( … )`. GENERATED ALWAYS counts as a part of it, as in SQLite. */
function skipType(body: TokenCursor): void {
  while (isName(body.peek()) && !isWord(body.peek(), ...columnConstraintStarts)) body.next()
  body.takeGroup()
  body.takeWords('GENERATED', 'ALWAYS')
}

type ColumnConstraintPlace = {
  readonly sql: string
  readonly body: TokenCursor
  readonly table: Mutable<ParsedTable>
  readonly column: Mutable<ParsedColumn>
  readonly name: string | null
}

function parseColumnConstraint({ sql, body, table, column, name }: ColumnConstraintPlace): void {
  const start = body.position
  const key = () => ({ name, columns: [column.name], collations: [null], sql: body.textSince(start) })
  const noteConflict = () => {
    if (takeConflict(body)) table.conflictClauses.push(`${column.name}: ${body.textSince(start)}`)
  }
  if (body.takeWords('PRIMARY', 'KEY')) {
    if (!body.takeWords('ASC')) body.takeWords('DESC')
    noteConflict()
    table.primaryKey = key()
    if (body.takeWords('AUTOINCREMENT')) table.autoincrement = true
  } else if (body.takeWords('UNIQUE')) {
    noteConflict()
    table.uniqueKeys.push(key())
  } else if (body.takeWords('NOT', 'NULL')) noteConflict()
  else if (body.takeWords('NULL')) takeConflict(body)
  else if (body.takeWords('CHECK')) {
    table.checkConstraints.push({ name, expression: textOf(sql, body.expectGroup()) })
    takeConflict(body)
  } else if (body.takeWords('DEFAULT')) skipDefault(body)
  else if (body.takeWords('COLLATE')) column.collation = body.expectName()
  else if (body.takeWords('REFERENCES')) table.foreignKeys.push(parseReference(body, name, [column.name]))
  else if (body.takeWords('GENERATED', 'ALWAYS', 'AS') || body.takeWords('AS')) {
    column.generated = textOf(sql, body.expectGroup())
    if (!body.takeWords('STORED')) body.takeWords('VIRTUAL')
  } else if (!takeDeferrable(body, table)) throw new NotUnderstood(`${body.next().text} is no column constraint`)
}

/** The text comes from `table_xinfo`. */
function skipDefault(body: TokenCursor): void {
  if (body.takeGroup() !== null) return
  if (!body.takeOperator('-')) body.takeOperator('+')
  body.next()
}

// -- table constraints -------------------------------------------------------------------------------------------------

function parseTableConstraint(sql: string, body: TokenCursor, table: Mutable<ParsedTable>): void {
  const name = body.takeWords('CONSTRAINT') ? body.expectName() : null
  const start = body.position
  const noteConflict = () => {
    if (takeConflict(body)) table.conflictClauses.push(body.textSince(start))
  }
  if (body.takeWords('PRIMARY', 'KEY')) {
    const group = body.expectGroup()
    if (group.some((token) => isWord(token, 'AUTOINCREMENT'))) table.autoincrement = true
    table.primaryKey = parseKey(name, group, body.textSince(start))
    noteConflict()
  } else if (body.takeWords('UNIQUE')) {
    const group = body.expectGroup()
    table.uniqueKeys.push(parseKey(name, group, body.textSince(start)))
    noteConflict()
  } else if (body.takeWords('CHECK')) {
    table.checkConstraints.push({ name, expression: textOf(sql, body.expectGroup()) })
    takeConflict(body)
  } else if (body.takeWords('FOREIGN', 'KEY')) {
    const columns = splitAtCommas(body.expectGroup()).map((part) => nameOf(part))
    body.expectWords('REFERENCES')
    table.foreignKeys.push(parseReference(body, name, columns))
    takeDeferrable(body, table)
  } else if (name === null) throw new NotUnderstood('no table constraint')
  // The comma is optional: `UNIQUE(a) UNIQUE(b)`.
  if (
    !body.takeOperator(',') &&
    !body.done &&
    !isWord(body.peek(), 'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN')
  ) {
    throw new NotUnderstood('no table constraint')
  }
}

function parseKey(name: string | null, group: TokenRun, sql: string): ParsedKey {
  const parts = splitAtCommas(group)
  return { name, sql, columns: parts.map((part) => nameOf(part)), collations: parts.map((part) => collationOf(part)) }
}

function nameOf(part: TokenRun): string {
  const [first] = part
  if (!isName(first)) throw new NotUnderstood('a key of something else than columns')
  return unquote(first)
}

function collationOf(part: TokenRun): string | null {
  const [, word, name] = part
  return isWord(word, 'COLLATE') && isName(name) ? unquote(name) : null
}

// -- what both have ----------------------------------------------------------------------------------------------------

/** Takes `ON CONFLICT …`; true when it says something else than the default. */
function takeConflict(body: TokenCursor): boolean {
  return body.takeWords('ON', 'CONFLICT') && !isWord(body.next(), 'ABORT')
}

/** Behind REFERENCES. Parent, its columns and the actions come from `foreign_key_list`. */
function parseReference(body: TokenCursor, name: string | null, columns: readonly string[]): ParsedForeignKey {
  body.expectName()
  body.takeGroup()
  for (;;) {
    if (body.takeWords('MATCH')) body.expectName()
    else if (isWord(body.peek(), 'ON') && isWord(body.peek(1), 'DELETE', 'UPDATE', 'INSERT')) skipAction(body)
    else return { name, columns, deferrable: false, initiallyDeferred: false }
  }
}

function skipAction(body: TokenCursor): void {
  body.next()
  body.next()
  if (isWord(body.next(), 'SET', 'NO')) body.next()
}

/** Takes `[NOT] DEFERRABLE [INITIALLY DEFERRED | IMMEDIATE]`, which belongs to the last foreign key of the table. */
function takeDeferrable(body: TokenCursor, table: Mutable<ParsedTable>): boolean {
  const not = body.takeWords('NOT', 'DEFERRABLE')
  if (!not && !body.takeWords('DEFERRABLE')) return false
  const deferred = body.takeWords('INITIALLY', 'DEFERRED')
  if (!deferred) body.takeWords('INITIALLY', 'IMMEDIATE')
  const last = table.foreignKeys.pop()
  if (last !== undefined) table.foreignKeys.push({ ...last, deferrable: !not, initiallyDeferred: !not && deferred })
  return true
}
