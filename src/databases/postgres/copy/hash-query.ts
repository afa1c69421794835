import type { WireType } from '../../../model/batch.ts'
import type { RowHashForm } from '../../../model/plan.ts'

/** What the hash of a column depends on. */
export type HashedColumn = {
  /** As it stands in SQL: `"user id"`. */
  readonly quotedName: string
  readonly wireType: WireType
  /** The type that PostgreSQL casts the text to (`ColumnConversion.castTo`); null where the wire type is the column's. */
  readonly castTo: string | null
}

/** What a recorded hash is made of, so that it can be computed again whatever the plan says by then. */
export type HashedContent = {
  readonly form: RowHashForm
  readonly columns: readonly (Omit<HashedColumn, 'quotedName'> & { readonly name: string })[]
}

type Hashed = {
  /** The value, in a form whose hash sees every difference. */
  readonly value: string
  /** The hash function that takes it and a seed. */
  readonly by: string
}

/**
 * What PostgreSQL hashes of a column, by wire type. Where the type's own hash function is blind to a difference
 * (docs/design/verification.md), its binary form is hashed instead: the bytes that `BatchEncoder` writes.
 */
const hashed = {
  bool: (name) => ({ value: name, by: 'hashboolextended' }),
  int2: (name) => ({ value: name, by: 'hashint2extended' }),
  int4: (name) => ({ value: name, by: 'hashint4extended' }),
  int8: (name) => ofBytes(`int8send(${name})`),
  float4: (name) => ofBytes(`float4send(${name})`),
  float8: (name) => ofBytes(`float8send(${name})`),
  numeric: (name) => ofBytes(`numeric_send(trim_scale(${name}))`),
  date: (name) => ({ value: name, by: 'hashdateextended' }),
  time: (name) => ofBytes(`time_send(${name})`),
  timestamp: (name) => ofBytes(`timestamp_send(${name})`),
  timestamptz: (name) => ofBytes(`timestamptz_send(${name})`),
  text: ofText,
  json: ofText,
  jsonb: (name) => ofBytes(`jsonb_send(${name})`),
  bytea: ofBytes,
  uuid: (name) => ({ value: name, by: 'uuid_hash_extended' }),
} as const satisfies Record<WireType, (name: string) => Hashed>

function ofBytes(value: string): Hashed {
  return { value, by: 'hashbyteaextended' }
}

/**
 * Text-like types (varchar, char(n), citext, enum, name, xml, json …) become text, because some have no hash function;
 * `collate "C"`, because a nondeterministic collation would hash a sort key.
 */
function ofText(name: string): Hashed {
  return { value: `${name}::text collate "C"`, by: 'hashtextextended' }
}

function hashedOf(column: HashedColumn): Hashed {
  return (column.castTo === null ? hashed[column.wireType] : ofText)(column.quotedName)
}

/** The faster form that the server knows: 18 is the first that lends its hash functions of bytea, date and boolean. */
export function rowHashFor(serverVersion: string): RowHashForm {
  return Number.parseInt(serverVersion, 10) >= 18 ? 'seeded' : 'chained'
}

/** Whether the server can compute the form at all: one that was recorded on a newer server may be unknown to an older one. */
export function knowsRowHash(serverVersion: string, form: RowHashForm): boolean {
  return form === 'chained' || rowHashFor(serverVersion) === form
}

/** The SQL for the hash of one row (bigint); `RowHash` is the same in JavaScript. `chained` needs PostgreSQL 14 or later. */
export function rowHashExpression(columns: readonly HashedColumn[], form: RowHashForm): string {
  const inner = form === 'seeded' ? seededHash(columns) : chainedHash(columns)
  return `hashfloat8extended((${inner})::float8, 0)`
}

function chainedHash(columns: readonly HashedColumn[]): string {
  return `hash_record_extended(row(${columns.map((column) => hashedOf(column).value).join(', ')}), 0)`
}

/** Without a record, which PostgreSQL would make of the values, only to take it apart again. */
function seededHash(columns: readonly HashedColumn[]): string {
  if (columns.length === 0) return '0'
  const hashes = columns.map((column, at) => {
    const { value, by } = hashedOf(column)
    return `coalesce(${by}(${value}, ${at + 1}), 0)`
  })
  return hashes.join(' # ')
}

/**
 * A query with one row: `rows` (bigint) and `hash` (numeric, the exact sum of signed 64-bit hashes; see `hashOfSum`).
 * The sum is free of order, so PostgreSQL may scan in parallel.
 */
export function hashQuery(qualifiedTable: string, columns: readonly HashedColumn[], form: RowHashForm): string {
  return `select count(*) as rows, coalesce(sum(${rowHashExpression(columns, form)}), 0) as hash from ${qualifiedTable}`
}

/**
 * As `hashQuery`, of the table's first rows only, in the order in which they lie: `last` is the `ctid` of the last of them, null where the table has none.
 * Everything else lies beyond it, if nothing but one scan from the table's beginning reads them (`fromTheBeginning`, `oneProcess`).
 */
export function hashQueryOfFirst(
  qualifiedTable: string,
  columns: readonly HashedColumn[],
  form: RowHashForm,
  limit: number,
): string {
  return `select count(*) as rows, coalesce(sum(hash), 0) as hash, max(at) as last from
    (select ctid as at, ${rowHashExpression(columns, form)} as hash from ${qualifiedTable} limit ${limit}) first`
}

/** Otherwise a scan begins where another one of the same table has come to. */
export const fromTheBeginning = 'set local synchronize_seqscans = off; '

/** Otherwise a scan may be shared out among processes. */
export const oneProcess = 'set local max_parallel_workers_per_gather = 0; '

/** The `hash` of `hashQuery`, a decimal string, modulo 2^64: comparable with `EncodedBatch.hash`. */
export function hashOfSum(sum: string): bigint {
  return BigInt.asUintN(64, BigInt(sum))
}
