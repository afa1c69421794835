import { asciiLower } from '../../util/ascii-lower.ts'
import { parseBooleanText } from '../../util/boolean-text.ts'
import { alignInside } from './expression-json.ts'
import type { Context } from './expression-context.ts'
import {
  asValue,
  atom,
  cast,
  castOperand,
  type Collation,
  describe,
  integerLiteral,
  isNumber,
  type Literal,
  literalText,
  mixture,
  operand,
  refuse,
  textLiteral,
  truth,
  typed,
  type Typed,
} from './expression-types.ts'
import { alignTime } from './expression-times.ts'

/**
 * Comparisons. SQLite compares by affinity and by value; PostgreSQL only compares what has the same type, so both sides
 * are brought to one type first, or the comparison is refused. https://sqlite.org/datatype3.html#comparison_expressions
 */
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'is distinct from' | 'is not distinct from'

export function compare(operator: Comparison, left: Typed, right: Typed, context: Context): Typed {
  const textNumber = compareTextWithNumber(operator, left, right)
  if (textNumber) return textNumber
  const ordered = isOrder(operator)
  const [a, b] = align(left, right, ordered, context)
  return truth(`${operand(ordered ? bytewise(a) : a)} ${operator} ${operand(b)}`)
}

/** `IN` and `CASE x WHEN`: every value compared with the same left side. Null: each needs its own comparison. */
export function alignAll(
  left: Typed,
  values: readonly Typed[],
  context: Context,
): { left: Typed; values: Typed[] } | null {
  const pairs = values.map((value) => (needsNumericText(left, value) ? null : align(left, value, false, context)))
  const [first] = pairs
  if (!first || !pairs.every((pair) => pair !== null && pair[0].sql === first[0].sql)) return null
  return { left: first[0], values: pairs.flatMap((pair) => (pair ? [pair[1]] : [])) }
}

export function between(value: Typed, low: Typed, high: Typed, context: Context): Typed {
  const needsTwo = needsNumericText(value, low) || needsNumericText(value, high)
  if (!needsTwo) {
    const [a, begin] = align(value, low, true, context)
    const [b, end] = align(value, high, true, context)
    if (a.sql === b.sql) return truth(`${operand(bytewise(a))} between ${operand(begin)} and ${operand(end)}`)
  }
  const from = compare('>=', value, low, context)
  const to = compare('<=', value, high, context)
  return truth(`${operand(from)} and ${operand(to)}`)
}

function isOrder(operator: Comparison): boolean {
  return operator === '<' || operator === '<=' || operator === '>' || operator === '>='
}

// -- order and collation of texts ----------------------------------------------------------------------------------------

/** SQLite orders texts by their bytes; PostgreSQL by the language of the database unless told otherwise. */
export function bytewise(value: Typed): Typed {
  const { kind, collation } = value
  if (kind !== 'text' && !(kind === 'unknown' && collation)) return value
  return { ...value, ...typed(value.kind, value.type, `${operand(value)} collate "C"`) }
}

/** ORDER BY, GROUP BY, min(), max() of a text: its order under its own collation. */
export function ordering(value: Typed): Typed {
  return bytewise(underCollation(asValue(value), value.collation?.name ?? 'BINARY'))
}

export function hasOwnEquality(value: Typed): boolean {
  return value.kind === 'text' && value.collation !== undefined && value.collation.name !== 'BINARY'
}

function sharedCollation(a: Typed, b: Typed): Collation {
  if (a.collation?.explicit) return a.collation.name
  if (b.collation?.explicit) return b.collation.name
  return a.collation?.name ?? b.collation?.name ?? 'BINARY'
}

/** NOCASE folds ASCII letters only; so does lower() under the collation "C". */
export function underCollation(value: Typed, collation: Collation): Typed {
  if (value.kind !== 'text' || collation === 'BINARY') return value
  if (value.literal?.kind === 'text') {
    return textLiteral(
      collation === 'NOCASE' ? asciiLower(value.literal.value) : value.literal.value.replace(/ +$/, ''),
    )
  }
  return collation === 'NOCASE' ? lowerAscii(value) : atom('text', 'text', `rtrim(${value.sql})`)
}

export function lowerAscii(value: Typed): Typed {
  return atom('text', 'text', `lower(${operand(value)} collate "C")`)
}

// -- one type for both sides ---------------------------------------------------------------------------------------------

export function align(left: Typed, right: Typed, ordered: boolean, context: Context): [Typed, Typed] {
  const [a, b] = alignKinds(left, right, ordered, context)
  if (a.kind !== 'text' || b.kind !== 'text') return [a, b]
  const collation = sharedCollation(left, right)
  return [underCollation(a, collation), underCollation(b, collation)]
}

function alignKinds(a: Typed, b: Typed, ordered: boolean, context: Context): [Typed, Typed] {
  if (a.kind === 'null' || b.kind === 'null') return [a, b]
  if (isBoolean(a) && isBoolean(b)) return [a, b]
  const inside = alignWithInside(a, b, ordered)
  if (inside) return inside
  if (b.literal && !a.literal)
    return [withLiteral(a, b.literal, ordered), literalFor(a, b, b.literal, ordered, context)]
  if (a.literal && !b.literal)
    return [literalFor(b, a, a.literal, ordered, context), withLiteral(b, a.literal, ordered)]
  if (a.kind === 'temporal' || b.kind === 'temporal') return alignTime(a, b, context)
  if (isBoolean(a) && isNumber(b.kind)) return [cast(a, 'integer'), b]
  if (isNumber(a.kind) && isBoolean(b)) return [a, cast(b, 'integer')]
  if (isNumber(a.kind) && isNumber(b.kind)) return [a, b]
  if (a.kind === 'text' && b.kind === 'text' && (ordered || a.column?.affinity !== b.column?.affinity)) {
    if (mayHoldNumbers(a) || mayHoldNumbers(b))
      return refuse(`it compares ${mixture(a, b)}, of which one has numbers in SQLite`)
  }
  if (a.kind === b.kind && a.kind !== 'json' && a.kind !== 'inside') return [a, b]
  // PostgreSQL itself refuses types that do not fit; only the order of texts would differ in silence.
  if ((a.kind === 'unknown' || b.kind === 'unknown') && !ordered) return [a, b]
  const [text, number] = a.kind === 'text' ? [a, b] : [b, a]
  if (text.column?.affinity === 'text' && number.kind === 'integer' && !number.column) {
    const asText = cast(number, 'text')
    return a === text ? [text, asText] : [asText, text]
  }
  if (a.number && isNumber(b.kind) && b.column) return [a.number, b]
  if (b.number && isNumber(a.kind) && a.column) return [a, b.number]
  return refuse(`it compares ${mixture(a, b)}`)
}

function alignWithInside(a: Typed, b: Typed, ordered: boolean): [Typed, Typed] | null {
  if (a.kind === 'inside' && b.literal && !ordered) return alignInside(a, b.literal)
  if (b.kind !== 'inside' || !a.literal || ordered) return null
  const found = alignInside(b, a.literal)
  return found && [found[1], found[0]]
}

function isBoolean(value: Typed): boolean {
  return value.kind === 'boolean' || value.kind === 'truth'
}

/** A boolean is compared as a boolean with 0 and 1, and as a number with all others. */
function withLiteral(value: Typed, literal: Literal, ordered: boolean): Typed {
  if (!isBoolean(value) || literal.kind === 'truth') return value
  if (booleanOf(literal) !== null && !ordered) return value
  if (literal.kind === 'integer' || literal.kind === 'real') return cast(value, 'integer')
  return value
}

/** The truth that a literal stands for in a boolean column; null when it stands for none. */
export function booleanOf(literal: Literal): boolean | null {
  switch (literal.kind) {
    case 'truth':
      return literal.value
    case 'integer':
    case 'real': {
      const number = Number(literal.value)
      return number === 0 || number === 1 ? number === 1 : null
    }
    case 'text':
      return parseBooleanText(literal.value)
    case 'blob':
      return null
  }
}

function literalFor(other: Typed, value: Typed, literal: Literal, ordered: boolean, context: Context): Typed {
  const fail = (): never => refuse(`it compares ${mixture(other, value)}`)
  switch (other.kind) {
    case 'boolean':
    case 'truth': {
      const found = booleanOf(literal)
      if (found !== null && !ordered && (other.kind === 'boolean' || literal.kind !== 'text'))
        return truth(String(found), true)
      return literal.kind === 'integer' || literal.kind === 'real' ? value : fail()
    }
    case 'integer':
    case 'real':
    case 'numeric':
      if (literal.kind === 'truth') return asValue(value)
      if (literal.kind === 'text') return numberText(other, literal.value) ?? fail()
      return isNumber(value.kind) ? value : fail()
    case 'text':
      if (literal.kind === 'text')
        return mayHoldNumbers(other) && (ordered || looksNumeric(literal.value)) ? fail() : value
      if (other.number && isNumber(value.kind)) return fail()
      if (literal.kind === 'integer' && other.column?.affinity === 'text') return textLiteral(String(literal.value))
      return fail()
    case 'blob':
      return literal.kind === 'blob' ? value : fail()
    case 'temporal':
      return alignTime(other, value, context)[1]
    case 'json':
      return literal.kind === 'text' && !ordered ? jsonLiteral(other, literal.value, context) : fail()
    case 'uuid':
      if (literal.kind !== 'text' || !uuidText.test(literal.value)) return fail()
      return atom('uuid', 'uuid', `${literalText(literal.value)}::uuid`)
    case 'unknown':
      if (literal.kind === 'text') {
        return atom('unknown', 'text', `${literalText(literal.value)}::text${ordered ? ' collate "C"' : ''}`)
      }
      return isNumber(value.kind) ? value : fail()
    case 'null':
      return value
    case 'inside':
      return fail()
  }
}

export const uuidText = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

function jsonLiteral(other: Typed, text: string, context: Context): Typed {
  if (other.type !== 'jsonb' || !isJson(text)) return refuse(`it compares ${describe(other)} with ${literalText(text)}`)
  context.notes.add('JSON is compared by its content, where SQLite compared the texts')
  return atom('json', 'jsonb', `${literalText(text)}::jsonb`)
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return !text.includes(String.raw`\u0000`)
  } catch {
    return false
  }
}

/** A column that became text for some of its values, in which SQLite compares numbers as numbers. */
function mayHoldNumbers({ column }: Typed): boolean {
  const affinity = column?.affinity ?? 'text'
  return affinity !== 'text' && affinity !== 'blob'
}

function looksNumeric(text: string): boolean {
  return /^\s*[+-]?(?:\d|\.\d)/.test(text)
}

/** A column of numbers takes a text as a number where it looks like one. Without affinity the two are never equal. */
function numberText(other: Typed, text: string): Typed | null {
  const affinity = other.column?.affinity
  if (!other.column || affinity === 'blob' || affinity === 'text') return null
  if (/^-?(?:0|[1-9]\d{0,17})$/.test(text)) return integerLiteral(BigInt(text))
  if (/^-?(?:0|[1-9]\d*)\.\d+$/.test(text))
    return atom('real', 'numeric', text, { literal: { kind: 'real', value: Number(text) } })
  return null
}

// -- a column of texts with a column of numbers --------------------------------------------------------------------------

function needsNumericText(a: Typed, b: Typed): boolean {
  return isTextColumn(a) ? isNumberColumn(b) : isTextColumn(b) && isNumberColumn(a)
}

function isTextColumn({ kind, column, literal }: Typed): boolean {
  return kind === 'text' && !literal && (column?.affinity === 'text' || column?.affinity === 'blob')
}

function isNumberColumn({ kind, column }: Typed): boolean {
  return kind === 'integer' && column !== undefined && column.affinity !== 'blob' && column.affinity !== 'text'
}

const space = String.raw`[ \t\n\v\f\r]*`
const integerPattern = literalText(`^${space}[+-]?[0-9]+${space}$`)
const realPattern = literalText(`^${space}[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?${space}$`)

/**
 * A numeric column makes SQLite read the text column's values as numbers where they look like numbers; other texts are
 * unequal to every number. Only for equality: the order would have to put all texts after all numbers.
 */
function compareTextWithNumber(operator: Comparison, a: Typed, b: Typed): Typed | null {
  if (!needsNumericText(a, b)) return null
  if (operator !== '=' && operator !== '<>') return refuse(`it compares ${mixture(a, b)}`)
  const [text, number] = isTextColumn(a) ? [a, b] : [b, a]
  const asText = castOperand(text)
  const branches = [
    `when ${operand(text)} ~ ${integerPattern} then ${asText}::numeric ${operator} ${operand(number)}`,
    `when ${operand(text)} ~ ${realPattern} then ${asText}::double precision ${operator} ${operand(number)}`,
    `when ${operand(text)} is not null and ${operand(number)} is not null then ${operator === '<>'}`,
  ]
  return truth(`case ${branches.join(' ')} end`)
}
