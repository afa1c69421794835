import type { WireType } from '../../model/batch.ts'

/** What the hash of a column depends on. */
export type HashedColumn = {
  /** As it stands in SQL: `"user id"`. */
  readonly quotedName: string
  readonly wireType: WireType
  /** The type that PostgreSQL casts the text to (`ColumnConversion.castTo`); null where the wire type is the column's. */
  readonly castTo: string | null
}

/**
 * The SQL that stands for a column inside `row(…)`, so that its hash is the one `BatchEncoder` computes.
 *
 * Text-like types (varchar, char(n), citext, enum, name, xml, json …) become text, because some have no hash function or
 * another one; `collate "C"`, because a nondeterministic collation would hash a sort key.
 */
export function hashExpression(column: HashedColumn): string {
  const asText = column.castTo !== null || column.wireType === 'text' || column.wireType === 'json'
  return asText ? `${column.quotedName}::text collate "C"` : column.quotedName
}

/**
 * A query with one row: `rows` (bigint) and `hash` (numeric, the exact sum of signed 64-bit hashes; see `hashOfSum`).
 * `hash_record_extended` exists since PostgreSQL 14. The sum is free of order, so PostgreSQL may scan in parallel.
 */
export function hashQuery(qualifiedTable: string, columns: readonly HashedColumn[]): string {
  const list = columns.map(hashExpression).join(', ')
  return `select count(*) as rows, coalesce(sum(hash_record_extended(row(${list}), 0)), 0) as hash from ${qualifiedTable}`
}

/** The `hash` of `hashQuery`, a decimal string, modulo 2^64: comparable with `EncodedBatch.hash`. */
export function hashOfSum(sum: string): bigint {
  return BigInt.asUintN(64, BigInt(sum))
}
