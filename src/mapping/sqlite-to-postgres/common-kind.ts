import { booleanOf } from './expression-comparisons.ts'
import { asValue, atom, cast, isNumber, type Kind, refuse, truth, type Typed } from './expression-types.ts'

export type Common = {
  readonly values: Typed[]
  readonly kind: Kind
  readonly type: string | null
  readonly mixed: boolean
}

/**
 * One type for the results of CASE, coalesce(), UNION …: SQLite lets each be of its own type, PostgreSQL does not. `what`
 * stands in the reason.
 */
export function commonKind(given: readonly Typed[], what: string): Common {
  if (given.some((value) => value.kind === 'boolean')) {
    const booleans = given.map(asBoolean)
    if (booleans.every((value) => value !== null))
      return { values: booleans, kind: 'boolean', type: 'boolean', mixed: false }
  }
  const values = given.map((value) => (value.kind === 'boolean' ? cast(value, 'integer') : asValue(value)))
  const known = values.filter((value) => value.kind !== 'null')
  const kinds = new Set(known.map((value) => value.kind))
  const [first] = known
  if (!first) return { values, kind: 'null', type: null, mixed: false }
  if (kinds.size > 1 && !known.every((value) => isNumber(value.kind))) {
    return refuse(`${what} gives ${[...kinds].join(' and ')} values, and a PostgreSQL expression has one type`)
  }
  if (first.kind === 'temporal' && new Set(known.map((value) => value.type)).size > 1) {
    return refuse(`${what} gives times of different types`)
  }
  const kind = widest(known.map((value) => value.kind)) ?? first.kind
  if (kind === 'real' && known.some((value) => value.kind === 'integer' && value.type === 'bigint')) {
    return refuse(
      `${what} gives whole numbers and fractions, and as a double a whole number beyond 2^53 would lose digits`,
    )
  }
  const type = commonType(known, kind)
  const mixed = kind === 'real' && known.some((value) => value.kind !== 'real' || value.mixed === true)
  return { values: values.map((value) => fitNumber(value, kind)), kind, type, mixed }
}

function widest(kinds: readonly Kind[]): Kind | null {
  if (!kinds.every(isNumber)) return null
  if (kinds.includes('real')) return 'real'
  return kinds.includes('numeric') ? 'numeric' : 'integer'
}

/** A literal 1.5 is `numeric` to PostgreSQL and a double to SQLite. */
function fitNumber(value: Typed, kind: Kind): Typed {
  return kind === 'real' && value.type !== 'double precision' && value.kind !== 'null'
    ? cast(value, 'double precision')
    : value
}

function commonType(values: readonly Typed[], kind: Kind): string | null {
  if (kind === 'real') return 'double precision'
  if (kind === 'numeric') return 'numeric'
  if (kind === 'integer')
    return values.some((value) => value.type !== 'integer' && value.type !== 'smallint') ? 'bigint' : 'integer'
  return values.find((value) => value.type !== null)?.type ?? null
}

function asBoolean(value: Typed): Typed | null {
  if (value.kind === 'boolean' || value.kind === 'truth') return value
  if (value.kind === 'null') return atom('boolean', 'boolean', 'null::boolean')
  const found = value.literal && value.literal.kind !== 'text' ? booleanOf(value.literal) : null
  return found === null ? null : truth(String(found), true)
}
