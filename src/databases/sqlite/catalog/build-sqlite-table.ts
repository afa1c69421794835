import type {
  Column,
  ForeignKey,
  ForeignKeyAction,
  Index,
  IndexPart,
  Key,
  Table,
  TableName,
} from '../../../model/catalog.ts'
import { loneName, parseCreateIndex } from '../parse/parse-create-index.ts'
import {
  parseCreateTable,
  type ParsedColumn,
  type ParsedForeignKey,
  type ParsedKey,
  type ParsedTable,
} from '../parse/parse-create-table.ts'
import type { ColumnRow, ForeignKeyRow, IndexPartRow, IndexRow, TableFlags } from './sqlite-pragmas.ts'
import { foldName, sameName } from '../sqlite-identifiers.ts'
import { isName, quoteString, significantTokens, unquote } from '../parse/sqlite-tokens.ts'

/** What is known of one ordinary table: the pragmas' rows and the stored statements. */
export type TableFacts = {
  readonly name: string
  readonly sql: string | null
  readonly flags: TableFlags
  readonly columns: readonly ColumnRow[]
  readonly indexes: readonly IndexRow[]
  readonly foreignKeys: readonly ForeignKeyRow[]
  readonly sequenceValue: bigint | null
  /** Statements of CREATE INDEX by index name. */
  readonly indexSql: ReadonlyMap<string, string>
  /** All ordinary tables by folded name. */
  readonly parents: ReadonlyMap<string, Parent>
}

export type Parent = { readonly name: string; readonly columns: readonly ColumnRow[] }

export function tableName(name: string): TableName {
  return { schema: 'main', name }
}

/** The pragmas decide; the parsed statement adds what they do not tell. */
export function buildSqliteTable(facts: TableFacts): Table {
  const parsed = parseCreateTable(facts.sql ?? '')
  const notUnderstood = [...parsed.notUnderstood]
  const rowidColumn = findRowidColumn(facts)
  // By folded name: a table can have 2,000 columns.
  const written = new Map(parsed.columns.map((column) => [foldName(column.name), column]))
  return {
    name: tableName(facts.name),
    sql: facts.sql,
    columns: facts.columns
      .filter((column) => column.hidden !== 1)
      .map((column, index) => buildColumn(column, { position: index + 1, written, rowidColumn })),
    primaryKey: buildPrimaryKey(facts, parsed, notUnderstood),
    uniqueKeys: buildUniqueKeys(facts, parsed, notUnderstood),
    foreignKeys: buildForeignKeys(facts, parsed),
    checkConstraints: parsed.checkConstraints,
    indexes: facts.indexes
      .filter((index) => index.origin === 'c')
      .map((index) => buildIndex(index, facts, notUnderstood)),
    comment: null,
    sqlite: {
      strict: facts.flags.strict,
      withoutRowid: facts.flags.withoutRowid,
      rowidColumn,
      rowidName: findRowidName(facts, rowidColumn),
      autoincrement: parsed.autoincrement,
      sequenceValue: parsed.autoincrement ? facts.sequenceValue : null,
      conflictClauses: parsed.conflictClauses,
      notUnderstood,
    },
    postgres: null,
  }
}

// -- rowid -------------------------------------------------------------------------------------------------------------

/**
 * The alias of the rowid. SQLite makes an index for every other primary key, so a key without one is the rowid: that also
 * gets `INTEGER PRIMARY KEY DESC` and `INT PRIMARY KEY` right, which are none.
 */
function findRowidColumn({ flags, columns, indexes }: TableFacts): string | null {
  const key = columns.filter((column) => column.keyPlace > 0)
  if (flags.withoutRowid || key.length !== 1 || indexes.some((index) => index.origin === 'pk')) return null
  return key[0]?.name ?? null
}

function findRowidName({ flags, columns }: TableFacts, rowidColumn: string | null): string | null {
  if (flags.withoutRowid) return null
  if (rowidColumn !== null) return rowidColumn
  const free = (name: string) => !columns.some((column) => sameName(column.name, name))
  return ['rowid', '_rowid_', 'oid'].find(free) ?? null
}

// -- columns -----------------------------------------------------------------------------------------------------------

type ColumnPlace = {
  readonly position: number
  readonly written: ReadonlyMap<string, ParsedColumn>
  readonly rowidColumn: string | null
}

function buildColumn(row: ColumnRow, { position, written, rowidColumn }: ColumnPlace): Column {
  const parsed = written.get(foldName(row.name))
  return {
    name: row.name,
    position,
    declaredType: row.type,
    notNull: row.notNull || row.name === rowidColumn,
    default: row.default === null ? null : cleanDefault(row.default),
    generated: row.hidden < 2 ? null : { expression: parsed?.generated ?? '', stored: row.hidden === 3 },
    collation: collationName(parsed?.collation ?? null),
    comment: null,
    postgres: null,
  }
}

/**
 * A name alone is a string there, quoted or not (`DEFAULT "x"`, `DEFAULT x`): it is given as one. Comments around the
 * default belong to it in SQLite's view and are left out.
 */
function cleanDefault(sql: string): string | null {
  const tokens = significantTokens(sql)
  const [first] = tokens
  const last = tokens.at(-1)
  if (first === undefined || last === undefined) return null
  if (tokens.length === 1 && isName(first)) {
    if (first.kind === 'quoted') return quoteString(unquote(first))
    const word = first.text.toUpperCase()
    if (word === 'NULL') return null
    const keywords = ['TRUE', 'FALSE', 'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP']
    if (first.kind === 'word' && !keywords.includes(word)) return quoteString(first.text)
  }
  return sql.slice(first.from, last.to)
}

function collationName(name: string | null): string | null {
  return name === null || sameName(name, 'BINARY') ? null : builtInCollation(name)
}

/** `nocase` is `NOCASE`; names of an application's own collations stay as written. */
function builtInCollation(name: string): string {
  const upper = name.toUpperCase()
  return upper === 'NOCASE' || upper === 'RTRIM' ? upper : name
}

// -- keys --------------------------------------------------------------------------------------------------------------

function buildPrimaryKey(facts: TableFacts, parsed: ParsedTable, notUnderstood: string[]): Key | null {
  const columns = keyColumns(facts.columns)
  if (columns.length === 0) return null
  noteCollations(parsed.primaryKey, parsed, notUnderstood)
  return { name: parsed.primaryKey?.name ?? null, columns }
}

function keyColumns(columns: readonly ColumnRow[]): string[] {
  const key = columns.filter((column) => column.keyPlace > 0)
  return key.toSorted((a, b) => a.keyPlace - b.keyPlace).map((column) => column.name)
}

function buildUniqueKeys(facts: TableFacts, parsed: ParsedTable, notUnderstood: string[]): Key[] {
  const unmatched = [...parsed.uniqueKeys]
  return facts.indexes
    .filter((index) => index.origin === 'u')
    .map((index) => {
      const columns = index.parts.map((part) => part.column ?? '')
      const at = unmatched.findIndex((key) => sameNames(key.columns, columns))
      const [written] = at < 0 ? [] : unmatched.splice(at, 1)
      noteCollations(written ?? null, parsed, notUnderstood)
      return { name: written?.name ?? null, columns }
    })
}

/** A key may compare otherwise than its columns do: `UNIQUE(name COLLATE NOCASE)`. `Key` cannot say so. */
function noteCollations(key: ParsedKey | null, parsed: ParsedTable, notUnderstood: string[]): void {
  const differs = key?.columns.some((name, index) => {
    const collation = key.collations[index] ?? null
    const column = parsed.columns.find((candidate) => sameName(candidate.name, name))
    return collation !== null && collationName(collation) !== collationName(column?.collation ?? null)
  })
  if (key !== null && differs === true) notUnderstood.push(key.sql)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => sameName(name, b[index] ?? ''))
}

// -- foreign keys ------------------------------------------------------------------------------------------------------

function buildForeignKeys({ foreignKeys, parents }: TableFacts, parsed: ParsedTable): ForeignKey[] {
  return foreignKeys.map((row, index) => {
    const parent = parents.get(foldName(row.parent))
    const written = matchForeignKey(row, parsed.foreignKeys, foreignKeys.length, index)
    return {
      name: written?.name ?? null,
      columns: row.columns,
      parent: tableName(parent?.name ?? row.parent),
      parentColumns: parent === undefined ? [] : parentColumns(row, parent),
      onUpdate: action(row.onUpdate),
      onDelete: action(row.onDelete),
      deferrable: written?.deferrable ?? false,
      initiallyDeferred: written?.initiallyDeferred ?? false,
    }
  })
}

/** By place where all of them were understood, else by the columns. */
function matchForeignKey(row: ForeignKeyRow, parsed: readonly ParsedForeignKey[], total: number, index: number) {
  const inPlace = parsed.length === total ? parsed[index] : undefined
  if (inPlace !== undefined && sameNames(inPlace.columns, row.columns)) return inPlace
  return parsed.find((key) => sameNames(key.columns, row.columns))
}

/** Under their real names. An implicit reference whose length is not that of the parent's key is none. */
function parentColumns(row: ForeignKeyRow, parent: Parent): readonly string[] {
  if (row.parentColumns === null) {
    const key = keyColumns(parent.columns)
    return key.length === row.columns.length ? key : []
  }
  return row.parentColumns.map((name) => parent.columns.find((column) => sameName(column.name, name))?.name ?? name)
}

function action(text: string): ForeignKeyAction {
  const lower = text.toLowerCase()
  return lower === 'restrict' || lower === 'cascade' || lower === 'set null' || lower === 'set default'
    ? lower
    : 'no action'
}

// -- indexes -----------------------------------------------------------------------------------------------------------

function buildIndex(row: IndexRow, facts: TableFacts, notUnderstood: string[]): Index {
  const sql = facts.indexSql.get(row.name) ?? ''
  const parsed = parseCreateIndex(sql)
  if (parsed === null || parsed.parts.length !== row.parts.length) notUnderstood.push(sql)
  return {
    name: row.name,
    unique: row.unique,
    parts: row.parts.map((part, index) => buildIndexPart(part, parsed?.parts[index]?.expression ?? '')),
    where: parsed?.where ?? null,
    sql,
  }
}

/** The collation is the one the index uses; null for BINARY, whatever the column has. */
function buildIndexPart(part: IndexPartRow, written: string): IndexPart {
  const shared = { collation: collationName(part.collation), descending: part.descending }
  if (part.column !== null) return { column: part.column, expression: null, ...shared }
  // A name that is no column is a string there (`create index i on t("x")`).
  const name = loneName(written)
  return { column: null, expression: name === null ? written : quoteString(name), ...shared }
}
