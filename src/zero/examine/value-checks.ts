import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import type { ZeroConditionName } from './conditions.ts'
import type { ColumnFacts } from './read-facts.ts'

/** One thing to look for among the values of a column. */
export type ValueCheck = {
  readonly condition: ZeroConditionName
  readonly column: ColumnFacts
  /** SQL, true for the values that are looked for. */
  readonly where: string
  /** It is about integers beyond ±(2^53−1): the smallest and the largest value answer it. */
  readonly bounded: boolean
  readonly effect: (rows: string, example: string) => string
  readonly remedy: (table: string, column: string) => string
}

const safe = Number.MAX_SAFE_INTEGER

/** Which values of a column Zero cannot carry as they are. */
export function valueChecks(column: ColumnFacts): ValueCheck[] {
  // Domains and arrays have types of other names.
  if (column.typeClass !== 'b') return []
  return (checksByType[column.typeName] ?? []).flatMap((make) => make(column) ?? [])
}

type MakeCheck = (column: ColumnFacts) => ValueCheck | null

function int8Range(column: ColumnFacts): ValueCheck {
  return {
    condition: 'int8-range',
    column,
    where: `${quoteIdentifier(column.name)} not between -${safe} and ${safe}`,
    bounded: true,
    effect: (rows, example) =>
      `Every query that touches such a row fails in the client, even if the column is not in the schema: ${rows} with integers beyond ±(2^53−1), such as ${example}.`,
    remedy: (table, name) =>
      `alter table ${table} alter column ${name} type text using ${name}::text; (foreign keys that point to it first), or migrate again with zero: { int8: auto }`,
  }
}

/** 2^63 ≤ |x| < 10^21: JavaScript writes such a number as digits, and SQLite takes digits for an integer that it cannot hold. */
function numberRange(column: ColumnFacts): ValueCheck | null {
  const digits = numericDigits(column)
  if (digits !== null && digits.precision - digits.scale < 19) return null
  const value = column.typeName === 'float4' ? `${quoteIdentifier(column.name)}::float8` : quoteIdentifier(column.name)
  const [from, to] = ['9223372036854775808', '1000000000000000000000']
  const where = `((${value} >= ${from} and ${value} < ${to}) or (${value} <= -${from} and ${value} > -${to}))`
  return {
    condition: 'number-range',
    column,
    where,
    bounded: false,
    effect: (rows, example) =>
      `zero-cache dies, and again at each start, when such a row is inserted or changed: ${rows} with numbers between 2^63 and 10^21, such as ${example}.`,
    remedy: (table, name) => `alter table ${table} alter column ${name} type text using ${name}::text;`,
  }
}

/** A client shows the shortest text that means the double; where that is another number, digits were lost. */
function numericLossy(column: ColumnFacts): ValueCheck | null {
  const digits = numericDigits(column)
  if (digits !== null && digits.precision <= 15) return null
  const name = quoteIdentifier(column.name)
  return {
    condition: 'numeric-lossy',
    column,
    // Up to 15 digits are always kept, and most numbers have no more: converting costs ten times as much.
    where: `case when ${name} = 0 or (scale(${name}) <= 6 and ${name} between -999999999 and 999999999) or ${isNotFinite(column)} then false when abs(${name}) >= 1e308 or abs(${name}) < 1e-307 then true else ${name}::float8::text::numeric <> ${name} end`,
    bounded: false,
    effect: (rows, example) =>
      `Clients get doubles, which cannot hold every digit: ${rows}, such as ${example} (there ${Number(example)}).`,
    remedy: (table, numeric) =>
      `alter table ${table} alter column ${numeric} type text using ${numeric}::text; if every digit counts in the client.`,
  }
}

/**
 * Below 0.1 and more than three groups of four digits (numbers are stored so, counted from the decimal point): zero-cache
 * 1.9.0 forgets the zeros behind the point while it copies, 0.0123456789012345 becomes 0.123456789012345. Changes that come
 * later are right, and so is all that is copied as text (`decodeNumericViaString` in db/pg-copy-binary.ts).
 */
function numericGarbled(column: ColumnFacts): ValueCheck | null {
  const digits = numericDigits(column)
  if (digits !== null && digits.scale <= 12) return null
  const name = quoteIdentifier(column.name)
  const zeros = `ceil(-log(abs(${name}))) - 1`
  return {
    condition: 'numeric-garbled',
    column,
    where: `case when ${name} >= 0.1 or ${name} <= -0.1 or ${name} = 0 or scale(${name}) <= 12 or min_scale(${name}) <= 12 then false else ceil(min_scale(${name}) / 4.0) - floor((${zeros}) / 4) > 3 end`,
    bounded: false,
    effect: (rows, example) =>
      `Clients get other numbers, ten times too large or more: zero-cache garbles small decimals with many digits in its first copy: ${rows}, such as ${example}.`,
    remedy: (table, numeric) =>
      `Start zero-cache with ZERO_INITIAL_SYNC_TEXT_COPY=true; or alter table ${table} alter column ${numeric} type double precision;`,
  }
}

function notFinite(column: ColumnFacts): ValueCheck {
  return {
    condition: 'not-finite',
    column,
    where: isNotFinite(column),
    bounded: false,
    effect: (rows, example) => `Clients get null instead, even where the column is NOT NULL: ${rows} with ${example}.`,
    remedy: (table, name) =>
      `update ${table} set ${name} = null where ${isNotFinite(column)}; if null is what is meant.`,
  }
}

function infiniteTime(column: ColumnFacts): ValueCheck {
  const name = quoteIdentifier(column.name)
  return {
    condition: 'infinite-time',
    column,
    where: `not isfinite(${name})`,
    bounded: false,
    effect: (rows, example) => `Clients get null instead: ${rows} with ${example}.`,
    remedy: (table) => `update ${table} set ${name} = null where not isfinite(${name}); if null is what is meant.`,
  }
}

/** The cast to text takes the blanks away that the type has added. */
function charPadding(column: ColumnFacts): ValueCheck {
  const name = quoteIdentifier(column.name)
  return {
    condition: 'char-padding',
    column,
    where: `octet_length(${name}) <> octet_length(${name}::text)`,
    bounded: false,
    effect: (rows) => `Clients get blanks after the text: ${rows} shorter than ${column.declaredType}.`,
    remedy: (table) => `alter table ${table} alter column ${name} type text;`,
  }
}

/** NaN is larger than everything else in PostgreSQL. */
function isNotFinite(column: ColumnFacts): string {
  const name = quoteIdentifier(column.name)
  return `(${name} >= 'Infinity' or ${name} <= '-Infinity')`
}

/** Null: no limit was declared. */
function numericDigits(column: ColumnFacts): { readonly precision: number; readonly scale: number } | null {
  if (column.typeName !== 'numeric' || column.typmod < 4) return null
  const packed = column.typmod - 4
  // The scale has 11 bits and a sign: numeric(3,-5) rounds to hundreds of thousands.
  return { precision: packed >> 16, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 }
}

const checksByType: Readonly<Record<string, readonly MakeCheck[]>> = {
  int8: [int8Range],
  float4: [numberRange, notFinite],
  float8: [numberRange, notFinite],
  numeric: [numberRange, numericGarbled, numericLossy, notFinite],
  date: [infiniteTime],
  timestamp: [infiniteTime],
  timestamptz: [infiniteTime],
  bpchar: [charPadding],
}
