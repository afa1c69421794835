/**
 * The nouns: readonly data and pure functions. This folder imports nothing.
 *
 * A catalog is what a database says about itself. It is read by `databases/<kind>/<kind>-catalog.ts`,
 * compared and planned on in `plan/`, and never changed.
 */

export type DatabaseKind = 'sqlite' | 'postgres'

/** Schema and name together, never a dotted string. In SQLite the schema is `main`. */
export type TableName = { readonly schema: string; readonly name: string }

export type Catalog = {
  readonly kind: DatabaseKind
  /** Version of the database software that was read, e.g. `3.53.4` or `18.4`. */
  readonly version: string
  /** Encoding of stored text: `UTF-8`, `UTF-16le`, `UTF-16be` (SQLite), `UTF8` … (PostgreSQL). */
  readonly encoding: string
  /** Ordinary tables only: no virtual, shadow or system tables. In the database's own order. */
  readonly tables: readonly Table[]
  readonly views: readonly View[]
  readonly triggers: readonly Trigger[]
  readonly virtualTables: readonly VirtualTable[]
  /** PostgreSQL: what else bears a name that no table can have beside it. Left out: nothing does. */
  readonly others?: readonly OtherRelation[]
  /** PostgreSQL: sequences of the schema that no column owns and no default calls. Left out: there are none. */
  readonly bareSequences?: readonly BareSequence[]
  /** Tables that are never carried, with the reason in words: `sqlite_stat1`, shadow tables … */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
}

export type BareSequence = {
  readonly name: TableName
  /** As a decimal string. */
  readonly increment: string
}

export type OtherRelation = {
  readonly name: TableName
  readonly kind: 'view' | 'materialized view' | 'sequence' | 'composite type'
  /** The table whose column a sequence belongs to: they are dropped together. Null: none. */
  readonly table: TableName | null
}

export type Table = {
  readonly name: TableName
  /** The statement that made it, where the database keeps it (SQLite). */
  readonly sql: string | null
  readonly columns: readonly Column[]
  readonly primaryKey: Key | null
  /** UNIQUE constraints of columns and tables. Unique indexes made by CREATE INDEX stand in `indexes`. */
  readonly uniqueKeys: readonly Key[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checkConstraints: readonly CheckConstraint[]
  /** Made by CREATE INDEX; those that serve a key or UNIQUE constraint are left out. */
  readonly indexes: readonly Index[]
  readonly comment: string | null
  readonly sqlite: SqliteTableFacts | null
  readonly postgres: PostgresTableFacts | null
}

/** The table that rows are read from. */
export function storedName({ name, sqlite }: Pick<Table, 'name' | 'sqlite'>): string {
  return sqlite?.storedIn ?? name.name
}

export type SqliteTableFacts = {
  readonly strict: boolean
  readonly withoutRowid: boolean
  /** The column that is another name of the rowid (INTEGER PRIMARY KEY), else null. */
  readonly rowidColumn: string | null
  /** A name under which the rowid can be read: `rowid`, `_rowid_`, `oid`, or the alias column. Null: none is free. */
  readonly rowidName: string | null
  readonly autoincrement: boolean
  /** High-water mark from `sqlite_sequence`; null without AUTOINCREMENT or while the table never had a row. */
  readonly sequenceValue: bigint | null
  /** `ON CONFLICT` clauses, which have no equivalent: `UNIQUE(email) ON CONFLICT REPLACE`. */
  readonly conflictClauses: readonly string[]
  /** Parts of the statement that could not be understood; what stands there may be missing above. */
  readonly notUnderstood: readonly string[]
  /** The table of the source that holds the rows, where this is a part of it (`wideTables: split`). */
  readonly storedIn?: string
  /** Virtual generated columns that only the program that made the file can compute; they are not among the columns. */
  readonly unreadable?: readonly UnreadableColumn[]
}

export type UnreadableColumn = { readonly name: string; readonly expression: string; readonly reason: string }

export type InsertTrigger = {
  readonly name: string
  /** Columns whose update fires it too, in the words of UPDATE OF; empty: any column. Null: no update does. */
  readonly onUpdateOf: readonly string[] | null
  /** Text of its function, where the database keeps one. */
  readonly body: string
  /** The arguments that the trigger gives its function. */
  readonly arguments: readonly string[]
}

export type PostgresTableFacts = {
  /** Estimated or exact number of rows is never read here: only whether there is at least one. */
  readonly empty: boolean
  readonly owner: string
  /** `r` ordinary, `p` partitioned, `f` foreign … (pg_class.relkind). */
  readonly relationKind: string
  /** User triggers that would fire on insert. */
  readonly insertTriggers: readonly InsertTrigger[]
  /** Policies apply to this user, so rows may be hidden from it or refused. */
  readonly rowSecurity: boolean
  readonly access: TableAccess
  /** Names of tables whose foreign keys point here. */
  readonly referencedBy: readonly TableName[]
}

/** What the user of the session may do with a table. */
export type TableAccess = {
  readonly user: string
  /** The user is the owner, a member of it, or a superuser. */
  readonly owns: boolean
  readonly rights: readonly TableRight[]
}

export type TableRight = 'select' | 'insert' | 'update' | 'truncate'

export type Column = {
  readonly name: string
  /** 1-based. */
  readonly position: number
  /** As declared; `''` where SQLite has none. For PostgreSQL `format_type(…)`. */
  readonly declaredType: string
  readonly notNull: boolean
  /** SQL text in the database's own language; null where there is none (also for `DEFAULT NULL`). */
  readonly default: string | null
  readonly generated: { readonly expression: string; readonly stored: boolean } | null
  /** `NOCASE`, `RTRIM`, a custom one; null for BINARY or the database's default. */
  readonly collation: string | null
  readonly comment: string | null
  readonly postgres: PostgresColumnFacts | null
}

export type PostgresColumnFacts = {
  /** pg_type.typname with domains resolved: `int4`, `varchar`, `timestamptz`, `_text` … */
  readonly typeName: string
  readonly typeSchema: string
  readonly typeKind: 'base' | 'enum' | 'composite' | 'array' | 'range' | 'other'
  /** The domain's name where the column has one. */
  readonly domain: string | null
  /** atttypmod of the base type; -1 for none. */
  readonly typmod: number
  /** As `declaredType`, with domains resolved: `numeric(5,2)[]`. */
  readonly baseType: string
  readonly enumLabels: readonly string[]
  readonly identity: 'always' | 'by default' | null
  /** Sequence that belongs to the column (serial or identity). */
  readonly sequence: TableName | null
}

/** Columns in key order. */
export type Key = { readonly name: string | null; readonly columns: readonly string[] }

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export type ForeignKey = {
  readonly name: string | null
  readonly columns: readonly string[]
  /** As written; it may not exist. Names are matched without case in SQLite. */
  readonly parent: TableName
  /** Resolved: an implicit reference names the parent's primary key. Empty when the parent has none or does not exist. */
  readonly parentColumns: readonly string[]
  readonly onUpdate: ForeignKeyAction
  readonly onDelete: ForeignKeyAction
  readonly deferrable: boolean
  readonly initiallyDeferred: boolean
}

export type CheckConstraint = {
  readonly name: string | null
  /** Without the surrounding `CHECK ( )`. */
  readonly expression: string
}

export type Index = {
  readonly name: string
  readonly unique: boolean
  readonly parts: readonly IndexPart[]
  readonly where: string | null
  readonly sql: string
}

export type IndexPart = {
  /** Exactly one of `column` and `expression` is set. */
  readonly column: string | null
  readonly expression: string | null
  readonly collation: string | null
  readonly descending: boolean
}

export type View = {
  readonly name: TableName
  readonly sql: string
  /** The query after AS. */
  readonly select: string
  /** Column names as the database reports them; empty when the view is broken. */
  readonly columns: readonly string[]
  /** Why the database itself cannot read it, else null. */
  readonly broken: string | null
}

export type Trigger = { readonly name: string; readonly table: string; readonly sql: string }

export type VirtualTable = {
  readonly name: TableName
  /** `fts5`, `rtree`, `VirtualSpatialIndex` … lower case. */
  readonly module: string
  readonly sql: string
  readonly columns: readonly string[]
  /** False when the module is missing here, so that not even its rows can be read. */
  readonly readable: boolean
}

/** A table's name for people: `t`, or `app.t` outside the usual schema. */
export function tableLabel(name: TableName): string {
  return name.schema === 'main' || name.schema === 'public' ? name.name : `${name.schema}.${name.name}`
}

export function sameTable(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name
}
