import type { Context } from './expression-context.ts'
import {
  asNumber,
  asReal,
  atom,
  cast,
  describe,
  operand,
  refuse,
  typed,
  type Typed,
  untranslated,
} from './expression-types.ts'

/** Arithmetic: operators and functions that give numbers. */
export const numberFunctions: Readonly<Record<string, (args: readonly Typed[], context: Context) => Typed>> = {
  abs: ([value]) => {
    const number = asNumber(value ?? untranslated('abs() without argument'))
    const more = number.kind === 'integer' ? { notNegative: true } : { mixed: number.mixed === true }
    return atom(number.kind, number.type, `abs(${number.sql})`, more)
  },
  round: ([value, digits], context) => round(value ?? untranslated('round() without argument'), digits, context),
  sign: ([value]) => {
    const number = asNumber(value ?? untranslated('sign() without argument'))
    return atom('integer', 'integer', `sign(${number.sql})::integer`)
  },
  ...Object.fromEntries(
    ['sqrt', 'exp', 'ln', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'radians', 'degrees'].map((name) => [
      name,
      ([value]: readonly Typed[], context: Context) => mathFunction(name, value, context),
    ]),
  ),
  pi: () => atom('real', 'double precision', 'pi()'),
}

/** Where SQLite gives NULL for what has no result, PostgreSQL fails. */
function mathFunction(name: string, value: Typed | undefined, context: Context): Typed {
  const number = asReal(value ?? untranslated(`${name}() without argument`))
  if (name === 'sqrt' || name === 'ln' || name === 'asin' || name === 'acos') {
    context.notes.add(`${name}() of a number outside its range is an error in PostgreSQL and NULL in SQLite`)
  }
  return atom('real', 'double precision', `${name}(${number.sql})`)
}

/** SQLite rounds halves away from zero and always gives a real; PostgreSQL does so for numeric only. */
function round(value: Typed, digits: Typed | undefined, context: Context): Typed {
  const number = asNumber(value)
  if (digits !== undefined && (digits.literal?.kind !== 'integer' || digits.literal.value < 0n)) {
    return untranslated('round() to a number of digits that is not a literal')
  }
  const count = digits ? `, ${digits.sql}` : ''
  if (number.kind === 'integer') return cast(number, 'double precision')
  if (number.kind === 'real')
    context.notes.add('round() of a number that lies between two may differ in the last digit')
  const decimal = number.kind === 'real' ? cast(number, 'numeric') : number
  return atom('real', 'double precision', `round(${decimal.sql}${count})::double precision`)
}

export function arithmetic(operator: '+' | '-' | '*' | '/' | '%', left: Typed, right: Typed, context: Context): Typed {
  const [a, b] = [asNumber(left), asNumber(right)]
  if (a.kind === 'null' || b.kind === 'null') return atom('integer', 'bigint', 'null::bigint')
  if (operator === '%' && !(a.kind === 'integer' && b.kind === 'integer')) {
    return untranslated(`% of ${describe(a.kind === 'integer' ? b : a)}`)
  }
  if (a.kind === 'real' || b.kind === 'real') {
    if (operator === '/' && mayBeWhole(a) && mayBeWhole(b)) return refuseDivision(a, b)
    const divisor = operator === '/' ? unlessZero(asReal(b), b) : operand(asReal(b))
    return typed('real', 'double precision', `${operand(asReal(a))} ${operator} ${divisor}`, {
      mixed: mayBeWhole(a) && mayBeWhole(b),
    })
  }
  if (a.kind === 'numeric' || b.kind === 'numeric') {
    if (operator === '/') {
      return refuseDivision(a, b)
    }
    context.notes.add('decimal numbers are calculated exactly, where SQLite calculates in binary floating point')
    return typed('numeric', 'numeric', `${operand(a)} ${operator} ${operand(b)}`)
  }
  return integerArithmetic(operator, a, b)
}

function mayBeWhole(value: Typed): boolean {
  return value.kind !== 'real' || value.mixed === true
}

function refuseDivision(a: Typed, b: Typed): never {
  return refuse(
    `it divides ${describe(a)} by ${describe(b)}: SQLite leaves the fraction out where both values are whole`,
  )
}

/** Two int4 would overflow where SQLite's 64 bits do not. */
function integerArithmetic(operator: string, a: Typed, b: Typed): Typed {
  const left = a.type === 'bigint' || b.type === 'bigint' ? a : cast(a, 'bigint')
  const divides = operator === '/' || operator === '%'
  const notNegative = operator !== '-' && a.notNegative === true && b.notNegative === true
  const more = notNegative || (operator === '%' && a.notNegative === true) ? { notNegative: true } : {}
  return typed('integer', 'bigint', `${operand(left)} ${operator} ${divides ? unlessZero(b, b) : operand(b)}`, more)
}

/** Dividing by zero is NULL in SQLite and an error in PostgreSQL. */
function unlessZero(value: Typed, original: Typed): string {
  const { literal } = original
  const isZero = literal === undefined || !('value' in literal) || Number(literal.value) === 0
  return isZero ? `nullif(${value.sql}, 0)` : operand(value)
}

export function bitwise(operator: '&' | '|' | '<<' | '>>', left: Typed, right: Typed): Typed {
  const [a, b] = [asNumber(left), asNumber(right)]
  if (a.kind !== 'integer' || b.kind !== 'integer')
    return untranslated(`${operator} of ${describe(a.kind === 'integer' ? b : a)}`)
  if (operator === '&' || operator === '|')
    return typed('integer', 'bigint', `${operand(cast(a, 'bigint'))} ${operator} ${operand(b)}`)
  const { literal } = b
  if (literal?.kind !== 'integer' || literal.value < 0n || literal.value > 63n) {
    return refuse(`${operator} by a number that is not a literal from 0 to 63`)
  }
  return typed('integer', 'bigint', `${operand(cast(a, 'bigint'))} ${operator} ${b.sql}`)
}

export function negate(value: Typed): Typed {
  const number = asNumber(value)
  return number.kind === 'null'
    ? number
    : typed(number.kind, number.type, `-${operand(number)}`, { mixed: number.mixed === true })
}
