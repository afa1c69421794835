import type { Affinity } from '../../databases/sqlite/declared-type.ts'
import { quoteLiteral } from '../../databases/postgres/identifiers.ts'
import type { TimeUnit } from '../../model/profile.ts'

/**
 * Translation of SQLite's SQL: what an expression is once it stands in PostgreSQL. SQLite decides by value, PostgreSQL by
 * type, so every part carries enough of a type to know whether an operator still means the same.
 *
 * `truth` is what comparisons give: SQLite's 0 and 1, PostgreSQL's boolean. `boolean` is a column that became boolean.
 * `inside` is a value inside JSON, of which only the row knows whether it is a text or a number.
 */
export type Kind =
  | 'integer'
  | 'real'
  | 'numeric'
  | 'text'
  | 'blob'
  | 'boolean'
  | 'truth'
  | 'temporal'
  | 'json'
  | 'uuid'
  | 'inside'
  | 'null'
  | 'unknown'

export type Collation = 'NOCASE' | 'RTRIM' | 'BINARY'

export type ScopeColumn = {
  /** Name in the target. */
  readonly target: string
  /** PostgreSQL's type as in DDL: `numeric(10,2)`. */
  readonly type: string
  readonly collation: Collation | null
  /** How numbers of a time column are meant; null where its values are texts. */
  readonly timeUnit: TimeUnit | null
  /** SQLite's affinity of the column. Left out: what compares a text column with a number is refused. */
  readonly affinity?: Affinity | null
  /** True for a generated column, which PostgreSQL does not let another generated column use. */
  readonly generated?: boolean
}

export type Literal =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'blob'; readonly value: Uint8Array }
  | { readonly kind: 'truth'; readonly value: boolean }

/** A translated expression. */
export type Typed = {
  readonly sql: string
  readonly kind: Kind
  /** PostgreSQL's type; null where it is not known. */
  readonly type: string | null
  /** True when nothing has to be put in parentheses to be an operand. */
  readonly atom: boolean
  readonly literal?: Literal
  readonly column?: ScopeColumn
  /** Explicit COLLATE, or that of the column. */
  readonly collation?: { readonly name: Collation; readonly explicit: boolean }
  /** An integer that is never negative. */
  readonly notNegative?: boolean
  /** The same moment as a `timestamp` in UTC, for texts that SQLite's date functions give. */
  readonly moment?: Moment
  /** The same number where SQLite gives it as a text: `strftime('%s', …)`. */
  readonly number?: Typed
  /** Random hexadecimal digits in small letters, for `randomblob()` and what `hex()` makes of it. */
  readonly randomDigits?: string
  /** A double that may be a whole number in SQLite, whose division leaves the fraction out. */
  readonly mixed?: boolean
  /** For `inside`: the value as `jsonb`. */
  readonly insideJson?: string
}

export type Moment = {
  readonly sql: string
  readonly shape: 'date' | 'datetime' | 'time'
  /** Set when it is the present, so that a default for timestamptz needs no detour. */
  readonly now?: string
}

/** Why something is reported instead of translated; caught where a translation begins, never seen outside. */
export class Untranslatable extends Error {}

export function refuse(reason: string): never {
  throw new Untranslatable(reason)
}

/** For what PostgreSQL has nothing of the same meaning for, or nothing that is known here. */
export function untranslated(what: string): never {
  throw new Untranslatable(`${what} is not translated`)
}

/** Kind of a column's type as PostgreSQL spells it. */
export function kindOfType(type: string): Kind {
  const bare = type
    .toLowerCase()
    .replaceAll(/\s*\([^)]*\)/g, '')
    .trim()
  return kinds[bare] ?? 'unknown'
}

const kinds: Readonly<Record<string, Kind>> = {
  boolean: 'boolean',
  bool: 'boolean',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  real: 'real',
  float4: 'real',
  float8: 'real',
  'double precision': 'real',
  numeric: 'numeric',
  text: 'text',
  'character varying': 'text',
  varchar: 'text',
  bytea: 'blob',
  date: 'temporal',
  time: 'temporal',
  'time without time zone': 'temporal',
  timestamp: 'temporal',
  'timestamp without time zone': 'temporal',
  timestamptz: 'temporal',
  'timestamp with time zone': 'temporal',
  json: 'json',
  jsonb: 'json',
  uuid: 'uuid',
}

export type TemporalType = 'date' | 'time' | 'timestamp' | 'timestamptz'

export function temporalType(type: string | null): TemporalType {
  const bare = (type ?? '').toLowerCase().replaceAll(/\s*\([^)]*\)/g, '')
  if (bare === 'date') return 'date'
  if (bare === 'timestamptz' || bare === 'timestamp with time zone') return 'timestamptz'
  return bare.startsWith('timestamp') ? 'timestamp' : 'time'
}

export function typed(kind: Kind, type: string | null, sql: string, more: Partial<Typed> = {}): Typed {
  return { sql, kind, type, atom: false, ...more }
}

/** A function call, a quoted name, a literal: needs no parentheses. */
export function atom(kind: Kind, type: string | null, sql: string, more: Partial<Typed> = {}): Typed {
  return { sql, kind, type, atom: true, ...more }
}

export function operand(expression: Typed): string {
  return expression.atom ? expression.sql : `(${expression.sql})`
}

/** The operand of `::`, which binds tighter than a sign. */
export function castOperand(expression: Typed): string {
  return expression.atom && !expression.sql.startsWith('-') ? expression.sql : `(${expression.sql})`
}

export function cast(expression: Typed, type: string): Typed {
  return atom(kindOfType(type), type, `${castOperand(expression)}::${type}`)
}

export function integerLiteral(value: bigint): Typed {
  const type = value >= -(2n ** 31n) && value < 2n ** 31n ? 'integer' : 'bigint'
  return atom('integer', type, String(value), { literal: { kind: 'integer', value }, notNegative: value >= 0n })
}

export function textLiteral(value: string): Typed {
  return atom('text', 'text', literalText(value), { literal: { kind: 'text', value } })
}

export function literalText(value: string): string {
  if (value.includes('\0')) refuse('it has a text with a NUL character, which PostgreSQL cannot hold')
  return quoteLiteral(value)
}

export function truth(sql: string, isAtom = false): Typed {
  return { sql, kind: 'truth', type: 'boolean', atom: isAtom }
}

export const nullLiteral: Typed = atom('null', null, 'null')

export function isNumber(kind: Kind): boolean {
  return kind === 'integer' || kind === 'real' || kind === 'numeric'
}

/** `"age" (bigint)`, `'abc'`: for reasons that people read. */
export function describe(expression: Typed): string {
  const { literal, column } = expression
  if (literal) return expression.sql
  if (expression.kind === 'inside') return 'a value inside JSON'
  const kind = expression.type ?? (expression.kind === 'truth' ? 'truth value' : expression.kind)
  return column ? `${column.target} (${kind})` : `a ${kind} expression`
}

/** A sentence part that says which two did not fit. */
export function mixture(a: Typed, b: Typed): string {
  return `${describe(a)} with ${describe(b)}`
}

// -- as a condition and as a value ---------------------------------------------------------------------------------------

/** What SQLite does in WHERE, AND, NOT …: NULL stays unknown, a number is true unless it is 0. */
export function asCondition(expression: Typed): Typed {
  const { kind, literal } = expression
  if (kind === 'truth' || kind === 'boolean') return expression
  if (kind === 'null') return truth('null::boolean', true)
  if (literal?.kind === 'integer') return truth(literal.value === 0n ? 'false' : 'true', true)
  if (kind === 'integer' || kind === 'real' || kind === 'numeric') return truth(`${operand(expression)} <> 0`)
  return refuse(`it uses ${describe(expression)} as a condition, which SQLite reads as a number`)
}

/** A comparison's result as the number it is in SQLite; everything else as it is. */
export function asValue(expression: Typed): Typed {
  if (expression.kind !== 'truth') return expression
  if (expression.literal?.kind === 'truth') return integerLiteral(expression.literal.value ? 1n : 0n)
  return cast(expression, 'integer')
}

/** For arithmetic: integer, real or numeric. */
export function asNumber(expression: Typed): Typed {
  const { kind } = expression
  if (isNumber(kind) || kind === 'null') return expression
  if (kind === 'truth') return asValue(expression)
  if (kind === 'boolean') return cast(expression, 'integer')
  if (expression.number) return expression.number
  return refuse(`it calculates with ${describe(expression)}, which SQLite turns into a number by its own rules`)
}

export function asReal(expression: Typed): Typed {
  const number = asNumber(expression)
  if (number.kind === 'null') return atom('real', 'double precision', 'null::double precision')
  return number.type === 'double precision' && !number.literal ? number : cast(number, 'double precision')
}

/** For ||, length(), LIKE …: what SQLite would write as text. */
export function asText(expression: Typed): Typed {
  const { kind, literal } = expression
  if (kind === 'text') return expression
  if (kind === 'null') return atom('text', 'text', 'null::text')
  if (literal?.kind === 'integer') return textLiteral(String(literal.value))
  if (kind === 'integer') return cast(expression, 'text')
  if (kind === 'truth') return cast(asValue(expression), 'text')
  return refuse(`it uses ${describe(expression)} as text, and PostgreSQL may write it otherwise than SQLite`)
}
