import type { TimeUnit } from '../../model/profile.ts'
import { booleanOf, isJson, uuidText } from './expression-comparisons.ts'
import type { Context } from './expression-context.ts'
import {
  asCondition,
  asText,
  asValue,
  atom,
  cast,
  describe,
  integerLiteral,
  kindOfType,
  type Literal,
  literalText,
  nullLiteral,
  refuse,
  temporalType,
  textLiteral,
  typed,
  type Typed,
} from './expression-types.ts'
import { momentAs, timeLiteral, timeOfNumber } from './expression-times.ts'

/** A column that a value is stored into. */
export type StoredInto = { readonly type: string; readonly timeUnit: TimeUnit | null; readonly timeZone?: string }

/**
 * A value as it stands in a column of the given type: first SQLite's affinity, then what the conversion of stored values
 * does. What would not be stored so is refused.
 */
export function storeInto(value: Typed, column: StoredInto, context: Context): Typed {
  if (value.kind === 'null') return nullLiteral
  if (value.literal) return literalInto(value, value.literal, column)
  if (value.kind === 'inside') return insideInto(value, column, context)
  const fail = (): never => refuse(`it gives ${describe(value)}, and the column is ${column.type}`)
  const { type } = column
  switch (kindOfType(type)) {
    case 'integer':
      return integerInto(value, type) ?? fail()
    case 'real':
    case 'numeric': {
      const number = value.kind === 'boolean' ? cast(value, 'integer') : (value.number ?? asValue(value))
      if (number.kind !== 'integer' && number.kind !== 'real' && number.kind !== 'numeric') return fail()
      return number.type === type ? number : cast(number, type)
    }
    case 'text':
      return /\(/.test(type) && value.kind !== 'text' ? fail() : asText(value)
    case 'boolean':
      return value.kind === 'truth' || value.kind === 'boolean' ? asCondition(value) : fail()
    case 'blob':
      return value.kind === 'blob' ? value : fail()
    case 'json':
      return value.kind === 'json' ? value : fail()
    case 'uuid':
      return uuidInto(value, context) ?? fail()
    case 'temporal':
      return timeInto(value, column, context) ?? fail()
    default:
      return fail()
  }
}

function integerInto(value: Typed, type: string): Typed | null {
  const number = value.kind === 'boolean' ? cast(value, 'integer') : (value.number ?? asValue(value))
  if (number.kind !== 'integer') return null
  return number.type === type || number.type === 'integer' ? number : cast(number, type)
}

function uuidInto(value: Typed, context: Context): Typed | null {
  if (value.kind === 'uuid') return value
  if (context.purpose !== 'default') return null
  if (value.kind === 'text') return cast(value, 'uuid')
  return value.kind === 'blob' ? atom('uuid', 'uuid', `encode(${value.sql}, 'hex')::uuid`) : null
}

function timeInto(value: Typed, column: StoredInto, context: Context): Typed | null {
  const type = temporalType(column.type)
  const number =
    value.kind === 'integer' || value.kind === 'real' ? value : column.timeUnit === null ? null : value.number
  if (number) return column.timeUnit === null ? null : timeOfNumber(number, column.timeUnit, type)
  if (value.kind === 'temporal') return value.type === column.type ? value : null
  // A text stays a text beside the numbers of such a column, and both are converted.
  if (!value.moment) return null
  const moment = momentAs(value.moment, type)
  if (!moment || type !== 'date' || value.moment.shape === 'date') return moment
  context.notes.add('the column is a date: the time of day is left out')
  return typed('temporal', 'date', `(${moment.sql})::date`)
}

/** What is inside JSON decides row by row; objects and arrays are written with other spaces than SQLite's. */
function insideInto(value: Typed, column: StoredInto, context: Context): Typed {
  const json = value.insideJson ?? ''
  switch (kindOfType(column.type)) {
    case 'text':
      context.notes.add('an object or array inside the JSON is written with other spaces than in SQLite')
      return atom(
        'text',
        'text',
        `case ${json} when 'true'::jsonb then '1' when 'false'::jsonb then '0' else ${value.sql} end`,
      )
    case 'integer':
    case 'numeric':
    case 'real':
      return atom(
        kindOfType(column.type),
        column.type,
        `case ${json} when 'true'::jsonb then 1 when 'false'::jsonb then 0 else (${value.sql})::${column.type} end`,
      )
    case 'boolean':
      return atom(
        'boolean',
        'boolean',
        `case ${json} when 'true'::jsonb then true when '1'::jsonb then true when 'false'::jsonb then false when '0'::jsonb then false end`,
      )
    default:
      return refuse(`it is a value inside JSON, and the column is ${column.type}`)
  }
}

// -- literals ------------------------------------------------------------------------------------------------------------

function literalInto(value: Typed, literal: Literal, column: StoredInto): Typed {
  const found = literalOf(value, literal, column)
  return found ?? refuse(`${value.sql} does not fit the column's type ${column.type}`)
}

function literalOf(value: Typed, literal: Literal, column: StoredInto): Typed | null {
  const { type } = column
  const number = numberOf(literal)
  switch (kindOfType(type)) {
    case 'boolean': {
      const found = booleanOf(literal)
      return found === null ? null : atom('boolean', 'boolean', String(found))
    }
    case 'integer':
      return number === null ? null : integerOf(number, type)
    case 'real':
      return number === null ? null : atom('real', type, String(number))
    case 'numeric':
      return number === null ? null : decimalOf(number, type)
    case 'text':
      return textOf(literal, type)
    case 'blob':
      return literal.kind === 'blob' ? value : literal.kind === 'text' ? bytesOf(literal.value) : null
    case 'json':
      return jsonOf(literal, number, type)
    case 'uuid':
      return literal.kind === 'text' && uuidText.test(literal.value)
        ? atom('uuid', 'uuid', `${literalText(literal.value)}::uuid`)
        : null
    case 'temporal':
      return timeOf(literal, number, column)
    default:
      return null
  }
}

/** The number that SQLite would store in a column of numbers. */
function numberOf(literal: Literal): bigint | number | null {
  switch (literal.kind) {
    case 'integer':
    case 'real':
      return literal.value
    case 'truth':
      return literal.value ? 1n : 0n
    case 'text':
      if (/^[+-]?\d{1,18}$/.test(literal.value)) return BigInt(literal.value.replace('+', ''))
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(literal.value) ? Number(literal.value) : null
    case 'blob':
      return null
  }
}

const ranges: Readonly<Record<string, bigint>> = {
  smallint: 2n ** 15n,
  int2: 2n ** 15n,
  integer: 2n ** 31n,
  int4: 2n ** 31n,
}

function integerOf(number: bigint | number, type: string): Typed | null {
  if (typeof number === 'number' && !Number.isSafeInteger(number)) return null
  const value = BigInt(number)
  const limit = ranges[type] ?? 2n ** 63n
  return value >= -limit && value < limit ? integerLiteral(value) : null
}

function decimalOf(number: bigint | number, type: string): Typed | null {
  const text = String(number)
  const [precision, scale = '0'] = /\((\d+)\s*(?:,\s*(\d+))?\)/.exec(type)?.slice(1) ?? []
  if (precision !== undefined) {
    const [whole = '', fraction = ''] = text.replace('-', '').split('.')
    if (text.includes('e') || fraction.length > Number(scale) || whole.length > Number(precision) - Number(scale))
      return null
  }
  return atom('numeric', type, text)
}

/** TEXT affinity writes numbers the way SQLite prints them. */
function textOf(literal: Literal, type: string): Typed | null {
  const limit = Number(/\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY)
  const text = printed(literal)
  return text === null || Array.from(text).length > limit ? null : textLiteral(text)
}

function printed(literal: Literal): string | null {
  switch (literal.kind) {
    case 'text':
      return literal.value
    case 'integer':
      return String(literal.value)
    case 'truth':
      return literal.value ? '1' : '0'
    case 'real': {
      const text = String(literal.value)
      if (text.includes('e')) return null
      return text.includes('.') ? text : `${text}.0`
    }
    case 'blob':
      return null
  }
}

function bytesOf(text: string): Typed {
  return atom('blob', 'bytea', `${literalText(String.raw`\x` + Buffer.from(text, 'utf8').toString('hex'))}::bytea`)
}

function jsonOf(literal: Literal, number: bigint | number | null, type: string): Typed | null {
  const text = literal.kind === 'text' ? literal.value : number === null ? null : String(number)
  return text !== null && isJson(text) ? atom('json', type, `${literalText(text)}::${type}`) : null
}

function timeOf(literal: Literal, number: bigint | number | null, column: StoredInto): Typed | null {
  const type = temporalType(column.type)
  if (literal.kind === 'text') {
    const time = timeLiteral(literal.value, type, column.timeZone)
    return time && type === 'date' && time.sql.endsWith('::timestamp') ? null : time
  }
  if (number === null || column.timeUnit === null) return null
  return timeOfNumber(atom('integer', 'bigint', String(number)), column.timeUnit, type)
}
