import type { DatabaseSync } from 'node:sqlite'

/**
 * What SQLite's pragmas tell about a database, in a handful of statements for all tables together: 1,000 tables are read
 * in some 50 ms. Rows are grouped by table name.
 */

/** A row of `sqlite_schema`. */
export type SchemaRow = {
  readonly type: string
  readonly name: string
  readonly tableName: string
  /** 0 for views and virtual tables. */
  readonly rootPage: number
  readonly sql: string | null
}

export type TableFlags = { readonly type: string; readonly withoutRowid: boolean; readonly strict: boolean }

export type ColumnRow = {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
  /** 1-based place in the primary key; 0: not part of it. */
  readonly keyPlace: number
  /** 0 ordinary, 1 hidden (virtual tables), 2 generated virtual, 3 generated stored. */
  readonly hidden: number
}

export type IndexRow = {
  readonly name: string
  readonly unique: boolean
  /** `c` CREATE INDEX, `u` UNIQUE, `pk` PRIMARY KEY. */
  readonly origin: string
  readonly parts: readonly IndexPartRow[]
}

export type IndexPartRow = {
  /** Null: the rowid or an expression. */
  readonly column: string | null
  readonly descending: boolean
  readonly collation: string
}

export type ForeignKeyRow = {
  readonly parent: string
  readonly columns: readonly string[]
  /** Null: not written, the parent's primary key. */
  readonly parentColumns: readonly string[] | null
  readonly onUpdate: string
  readonly onDelete: string
}

export function readSchemaRows(database: DatabaseSync): SchemaRow[] {
  return read(database, 'select type, name, tbl_name, rootpage, sql from main.sqlite_schema order by rowid').map(
    (row) => ({
      type: text(row['type']),
      name: text(row['name']),
      tableName: text(row['tbl_name']),
      rootPage: Number(row['rootpage'] ?? 0),
      sql: row['sql'] === null ? null : text(row['sql']),
    }),
  )
}

export function readTableFlags(database: DatabaseSync): Map<string, TableFlags> {
  const rows = read(database, `select name, type, wr, strict from pragma_table_list where schema = 'main'`)
  return new Map(
    rows.map((row) => [
      text(row['name']),
      { type: text(row['type']), withoutRowid: row['wr'] === 1, strict: row['strict'] === 1 },
    ]),
  )
}

/** Columns of all ordinary tables. */
export function readColumns(database: DatabaseSync): Map<string, ColumnRow[]> {
  // rootpage > 0 leaves out virtual tables: one whose module is missing would fail the whole statement.
  const rows = read(
    database,
    `select s.name as "table", x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
     from main.sqlite_schema s, pragma_table_xinfo(s.name, 'main') x
     where s.type = 'table' and s.rootpage > 0 order by s.rowid, x.cid`,
  )
  return grouped(rows, 'table', columnRow)
}

/** Columns of a virtual table or view. Throws SQLite's error when its module is missing or the view is broken. */
export function readColumnsOf(database: DatabaseSync, table: string): ColumnRow[] {
  const statement = database.prepare(
    `select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?, 'main') order by cid`,
  )
  return statement.all(table).map((row) => columnRow(row))
}

function columnRow(row: Row): ColumnRow {
  return {
    name: text(row['name']),
    type: text(row['type']),
    notNull: row['notnull'] === 1,
    default: row['dflt_value'] === null ? null : text(row['dflt_value']),
    keyPlace: Number(row['pk']),
    hidden: Number(row['hidden']),
  }
}

/** Indexes of all ordinary tables, oldest first. */
export function readIndexes(database: DatabaseSync): Map<string, IndexRow[]> {
  const rows = read(
    database,
    `select s.name as "table", l.seq, l.name as "index", l."unique", l.origin, x.name, x."desc", x.coll
     from main.sqlite_schema s, pragma_index_list(s.name, 'main') l, pragma_index_xinfo(l.name, 'main') x
     where s.type = 'table' and s.rootpage > 0 and x.key = 1 order by s.rowid, l.seq desc, x.seqno`,
  )
  const tables = grouped(rows, 'table', (row) => row)
  return new Map(
    [...tables].map(([table, list]) => [table, [...grouped(list, 'index', (row) => row).values()].map(indexRow)]),
  )
}

function indexRow(rows: readonly Row[]): IndexRow {
  const [first = {}] = rows
  return {
    name: text(first['index']),
    unique: first['unique'] === 1,
    origin: text(first['origin']),
    parts: rows.map((row) => ({
      column: row['name'] === null ? null : text(row['name']),
      descending: row['desc'] === 1,
      collation: text(row['coll']),
    })),
  }
}

/** Foreign keys of all ordinary tables, in the order of the statement: SQLite numbers them backwards. */
export function readForeignKeys(database: DatabaseSync): Map<string, ForeignKeyRow[]> {
  const rows = read(
    database,
    `select s.name as "table", f.id, f."table" as parent, f."from", f."to", f.on_update, f.on_delete
     from main.sqlite_schema s, pragma_foreign_key_list(s.name, 'main') f
     where s.type = 'table' and s.rootpage > 0 order by s.rowid, f.id desc, f.seq`,
  )
  const tables = grouped(rows, 'table', (row) => row)
  return new Map(
    [...tables].map(([table, list]) => [table, [...grouped(list, 'id', (row) => row).values()].map(foreignKeyRow)]),
  )
}

function foreignKeyRow(rows: readonly Row[]): ForeignKeyRow {
  const [first = {}] = rows
  const parentColumns = rows.map((row) => row['to'])
  return {
    parent: text(first['parent']),
    columns: rows.map((row) => text(row['from'])),
    parentColumns: parentColumns.includes(null) ? null : parentColumns.map((name) => text(name)),
    onUpdate: text(first['on_update']),
    onDelete: text(first['on_delete']),
  }
}

/** AUTOINCREMENT's high-water marks by table. */
export function readSequences(database: DatabaseSync): Map<string, bigint> {
  const exists = `select 1 from main.sqlite_schema where name = 'sqlite_sequence' and type = 'table'`
  if (database.prepare(exists).get() === undefined) return new Map()
  const statement = database.prepare(
    'select name, max(cast(seq as integer)) as seq from main.sqlite_sequence group by name',
  )
  statement.setReadBigInts(true)
  return new Map(
    statement
      .all()
      .flatMap((row) => (typeof row['seq'] === 'bigint' ? [[text(row['name']), row['seq']] as const] : [])),
  )
}

type Row = Readonly<Record<string, unknown>>

function read(database: DatabaseSync, sql: string): Row[] {
  return database.prepare(sql).all()
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function grouped<T>(rows: readonly Row[], column: string, make: (row: Row) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const name = String(row[column])
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [make(row)])
    else group.push(make(row))
  }
  return groups
}
