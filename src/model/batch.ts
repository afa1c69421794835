/**
 * A TEXT value that cannot be a string: its bytes are not valid in the database's encoding (`valid` false; they are then
 * as stored), or it is longer than a JavaScript string can be (`valid` true; UTF-8).
 */
export class TextBytes {
  readonly bytes: Uint8Array
  readonly valid: boolean
  /** What the bytes were meant to be in. */
  readonly encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be'
  constructor(bytes: Uint8Array, valid: boolean, encoding: TextBytes['encoding'] = 'UTF-8') {
    this.bytes = bytes
    this.valid = valid
    this.encoding = encoding
  }
}

/** A value as SQLite stores it. Integers are bigint, reals are number: the storage class stays visible. */
export type SqliteValue = null | bigint | number | string | Uint8Array | TextBytes

/** Values in column order; when rows are read by rowid, one more element at the end: the rowid. */
export type SqliteRow = SqliteValue[]

/** What the binary COPY codec can write, by name of the PostgreSQL type. Anything else goes as text through a staging table. */
export type WireType =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'text'
  | 'json'
  | 'jsonb'
  | 'bytea'
  | 'uuid'

/**
 * A converted value, ready to be encoded. By wire type:
 *
 * - `bool`: boolean
 * - `int2`, `int4`, `int8`: bigint, or number where it is a safe integer
 * - `float4`, `float8`: number (infinities and -0 included)
 * - `numeric`: string of plain decimal digits (`-12.50`, no exponent), bigint, or safe-integer number
 * - `date`: number, days since 2000-01-01
 * - `time`: number, microseconds since midnight
 * - `timestamp`, `timestamptz`: number (safe integer) or bigint, microseconds since 2000-01-01 00:00:00 UTC
 * - `text`, `json`, `jsonb`: string without NUL and without lone surrogates, or its UTF-8 bytes
 * - `bytea`: bytes, or a string that stands for its UTF-8 bytes
 * - `uuid`: 16 bytes, or a string of 32 hexadecimal digits with or without dashes
 */
export type PostgresValue = null | boolean | bigint | number | string | Uint8Array

/** The key of a row for people and files: the key columns' values, or `{ rowid }`; big integers as decimal strings. */
export type RowKey = Readonly<Record<string, string | number | null>>

/** One line of `rejects.jsonl` (kind `reject`) or `altered.jsonl` (kind `altered`). Values are cut at 200 characters and say so. */
export type Issue =
  | {
      readonly kind: 'reject'
      readonly table: string
      readonly key: RowKey
      /** Null when the whole row is at fault. */
      readonly column: string | null
      readonly reason: string
      /** A `DATA_…` code of `errors/errors.ts`, or the SQLSTATE that PostgreSQL gave. */
      readonly code: string
      readonly value?: string
    }
  | {
      readonly kind: 'altered'
      readonly table: string
      readonly key: RowKey
      readonly column: string
      readonly before: string | number | null
      readonly after: string | number | null
      readonly rule: AlterationRule
      /** True for what the design declares as a conversion (`''` as NULL): listed, but it does not make exit code 5. */
      readonly declared: boolean
    }

/** Why a value was stored otherwise than it was read. */
export type AlterationRule =
  | 'empty-to-null'
  | 'nul-stripped'
  | 'nul-escaped'
  | 'invalid-utf8-replaced'
  | 'invalid-utf8-decoded'
  | 'blob-to-hex'
  | 'fraction-rounded'
  | 'misfit-to-null'
  | 'orphan-to-null'
  | 'truncated'
  | 'json-repaired'
