import type { WireType } from '../../../model/batch.ts'

/** What the hash of a column depends on. */
export type HashedColumn = {
  /** As it stands in SQL: `"user id"`. */
  readonly quotedName: string
  readonly wireType: WireType
  /** The type that PostgreSQL casts the text to (`ColumnConversion.castTo`); null where the wire type is the column's. */
  readonly castTo: string | null
}

/**
 * What PostgreSQL hashes of a column, by wire type. Where the type's own hash function is blind to a difference
 * (docs/design/verification.md), its binary form is hashed instead: the bytes that `BatchEncoder` writes.
 *
 * Text-like types (varchar, char(n), citext, enum, name, xml, json …) become text, because some have no hash function;
 * `collate "C"`, because a nondeterministic collation would hash a sort key.
 */
const expressions = {
  bool: (name) => name,
  int2: (name) => name,
  int4: (name) => name,
  int8: (name) => `int8send(${name})`,
  float4: (name) => `float4send(${name})`,
  float8: (name) => `float8send(${name})`,
  numeric: (name) => `numeric_send(trim_scale(${name}))`,
  date: (name) => name,
  time: (name) => `time_send(${name})`,
  timestamp: (name) => `timestamp_send(${name})`,
  timestamptz: (name) => `timestamptz_send(${name})`,
  text: asText,
  json: asText,
  jsonb: (name) => `jsonb_send(${name})`,
  bytea: (name) => name,
  uuid: (name) => name,
} as const satisfies Record<WireType, (name: string) => string>

function asText(name: string): string {
  return `${name}::text collate "C"`
}

/** The SQL that stands for a column inside `row(…)`, so that its hash is the one `BatchEncoder` computes. */
export function hashExpression(column: HashedColumn): string {
  return (column.castTo === null ? expressions[column.wireType] : asText)(column.quotedName)
}

/** The SQL for the hash of one row (bigint); `RowHash` is the same in JavaScript. Needs PostgreSQL 14 or later. */
export function rowHashExpression(columns: readonly HashedColumn[]): string {
  return `hashfloat8extended(hash_record_extended(row(${columns.map(hashExpression).join(', ')}), 0)::float8, 0)`
}

/**
 * A query with one row: `rows` (bigint) and `hash` (numeric, the exact sum of signed 64-bit hashes; see `hashOfSum`).
 * The sum is free of order, so PostgreSQL may scan in parallel.
 */
export function hashQuery(qualifiedTable: string, columns: readonly HashedColumn[]): string {
  return `select count(*) as rows, coalesce(sum(${rowHashExpression(columns)}), 0) as hash from ${qualifiedTable}`
}

/** The `hash` of `hashQuery`, a decimal string, modulo 2^64: comparable with `EncodedBatch.hash`. */
export function hashOfSum(sum: string): bigint {
  return BigInt.asUintN(64, BigInt(sum))
}
