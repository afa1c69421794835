import type { Random } from '../random.ts'

/** What is carried in a benchmark: tables, declared for both databases, and how every value of them is made. */
export type Shape = {
  readonly name: ShapeName
  readonly description: string
  /** Name of its SQLite file, shared by shapes that carry the same rows. */
  readonly file: string
  /** Rows of all tables together, unless `--rows` says otherwise. Several: the shape is measured at each size. */
  readonly rows: readonly number[]
  readonly tables: (rows: number) => readonly Table[]
  /** `upsert`: the target holds most of the rows already, see `fillTarget`. */
  readonly kind: 'load' | 'upsert'
  /** Only rowferry: the question is how it grows, not how it compares. */
  readonly alone: boolean
}

export const shapeNames = [
  'mixed',
  'narrow',
  'wide-text',
  'blobs',
  'tiny-tables',
  'mixed-tables',
  'upsert',
  'growth',
  'smallest',
] as const

export type ShapeName = (typeof shapeNames)[number]

/** Its first column is `id`, the primary key. */
export type Table = {
  readonly name: string
  readonly rows: number
  readonly columns: readonly Column[]
  readonly uniques: readonly string[]
  readonly indexes: readonly string[]
  readonly foreignKeys: readonly { readonly column: string; readonly table: string }[]
}

export type Column = {
  readonly name: string
  /** As it stands in SQLite's `create table`. */
  readonly sqlite: string
  /** The type that somebody who writes the PostgreSQL table by hand would choose. */
  readonly postgres: string
  readonly notNull: boolean
  /** Called for row 1, 2, 3 …, for the columns in their order. */
  readonly value: (row: number, random: Random) => Value
}

export type Value = number | string | null | Uint8Array

export const idColumn: Column = {
  name: 'id',
  sqlite: 'integer primary key',
  postgres: 'bigint',
  notNull: true,
  value: (row) => row,
}

export function integerColumn(name: string, below: number): Column {
  return {
    name,
    sqlite: 'integer not null',
    postgres: 'bigint',
    notNull: true,
    value: (_row, random) => random.below(below),
  }
}

export function textColumn(name: string, value: Column['value']): Column {
  return { name, sqlite: 'text', postgres: 'text', notNull: false, value }
}

export function table(name: string, rows: number, columns: readonly Column[], keys: Partial<Table> = {}): Table {
  return { uniques: [], indexes: [], foreignKeys: [], ...keys, name, rows, columns }
}
