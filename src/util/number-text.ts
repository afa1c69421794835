/** Numbers written as text. Everything here is exact: nothing goes through a double unless the name says so. */

/** PostgreSQL's numeric: at most so many digits before and after the point. https://www.postgresql.org/docs/current/datatype-numeric.html */
const maxNumericIntegerDigits = 131072
const maxNumericFractionDigits = 16383

/** Beyond this many digits an integer may be outside int8. */
const safeInt8Digits = 18
const maxInt8 = 9223372036854775807n
const minInt8 = -9223372036854775808n

function isInt8(value: bigint): boolean {
  return value >= minInt8 && value <= maxInt8
}

/**
 * - `integer`: canonical and inside int8: `0`, `-12`
 * - `decimal`: plain digits otherwise: `1.50`, `12345678901234567890`, `-0`
 * - `float`: any other form that float8 reads without overflow or underflow: `1e5`, `.5`, `5.`
 * - null: everything else, so that it stays text: `007`, `+5`, ` 5`, `1e999`, `0x10`, `NaN`, `1_000`; a leading zero or plus is a
 *   sign of a code (postcode, telephone number) that a number would lose
 */
export function classifyNumberText(text: string): 'integer' | 'decimal' | 'float' | null {
  const shape = scanNumber(text)
  if (shape === null) return null
  if (shape.exponentAt >= 0 || shape.integerDigits === 0 || shape.fractionDigits === 0) return classifyFloat(text)
  if (shape.fractionDigits > 0 || text === '-0') return fitsNumeric(shape) ? 'decimal' : null
  if (shape.integerDigits <= safeInt8Digits) return 'integer'
  if (shape.integerDigits === safeInt8Digits + 1 && isInt8(BigInt(text))) return 'integer'
  return fitsNumeric(shape) ? 'decimal' : null
}

function fitsNumeric(shape: NumberShape): boolean {
  return shape.integerDigits <= maxNumericIntegerDigits && shape.fractionDigits <= maxNumericFractionDigits
}

/** PostgreSQL refuses what becomes infinite and what becomes zero though it has a digit other than 0. */
function classifyFloat(text: string): 'float' | null {
  const value = Number(text)
  if (!Number.isFinite(value)) return null
  if (value === 0 && hasNonZeroMantissa(text)) return null
  return text.length <= maxNumericFractionDigits - 400 ? 'float' : null
}

function hasNonZeroMantissa(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x65 || code === 0x45) return false
    if (code >= 0x31 && code <= 0x39) return true
  }
  return false
}

type NumberShape = {
  readonly integerDigits: number
  /** -1: no point; 0: a point and nothing behind it. */
  readonly fractionDigits: number
  /** Index of `e`; -1: none. */
  readonly exponentAt: number
}

/** `-?digits[.digits][e[+-]digits]` with at least one digit and no needless leading zero; else null. */
function scanNumber(text: string): NumberShape | null {
  const { length } = text
  let index = text.charCodeAt(0) === 0x2d ? 1 : 0
  const start = index
  index = skipDigits(text, index)
  const integerDigits = index - start
  if (integerDigits > 1 && text.charCodeAt(start) === 0x30) return null
  let fractionDigits = -1
  if (text.charCodeAt(index) === 0x2e) {
    const point = index
    index = skipDigits(text, index + 1)
    fractionDigits = index - point - 1
  }
  if (integerDigits + fractionDigits <= 0 && integerDigits === 0) return null
  if (index === length) return { integerDigits, fractionDigits, exponentAt: -1 }
  if ((text.charCodeAt(index) | 0x20) !== 0x65) return null
  const exponentAt = index
  const sign = text.charCodeAt(index + 1)
  const exponentStart = sign === 0x2b || sign === 0x2d ? index + 2 : index + 1
  index = skipDigits(text, exponentStart)
  return index === length && index > exponentStart ? { integerDigits, fractionDigits, exponentAt } : null
}

function skipDigits(text: string, from: number): number {
  let index = from
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x30 || code > 0x39) break
  }
  return index
}

/**
 * Digits that numeric(p,s) needs for a plain decimal number (`-12.50`): before the point without leading zeros, behind it
 * without trailing zeros, since those do not change the value.
 */
export function decimalDigits(plain: string): { readonly integer: number; readonly fraction: number } {
  let start = plain.charCodeAt(0) === 0x2d ? 1 : 0
  const point = plain.indexOf('.')
  const integerEnd = point < 0 ? plain.length : point
  while (start < integerEnd && plain.charCodeAt(start) === 0x30) start++
  let end = plain.length
  if (point >= 0) while (end > point + 1 && plain.charCodeAt(end - 1) === 0x30) end--
  return { integer: integerEnd - start, fraction: point < 0 ? 0 : end - point - 1 }
}

/** Does the plain decimal number fit numeric(precision, scale) without being rounded? Scale may be negative. */
export function fitsPrecision(plain: string, precision: number, scale: number): boolean {
  const { integer, fraction } = decimalDigits(plain)
  if (scale < 0) return integer <= precision - scale && fraction === 0 && endsWithZeros(plain, -scale)
  if (fraction > scale || integer > Math.max(0, precision - scale)) return false
  return scale <= precision || fractionLeadsWithZeros(plain, scale - precision)
}

function endsWithZeros(plain: string, count: number): boolean {
  const point = plain.indexOf('.')
  const integer = point < 0 ? plain : plain.slice(0, point)
  return /^-?0*$/.test(integer) || integer.endsWith('0'.repeat(count))
}

/** numeric(2,4) holds 0.0012 but not 0.012. */
function fractionLeadsWithZeros(plain: string, count: number): boolean {
  const point = plain.indexOf('.')
  return point < 0 || plain.slice(point + 1, point + 1 + count).replaceAll('0', '') === ''
}

/** The shortest decimal digits that read back as the same double, without exponent: `1e21` gives `1000000000000000000000`. */
export function doubleToDecimal(value: number): string {
  const text = String(value)
  return text.includes('e') ? expandExponent(text) : text
}

/** A number text of any accepted form as plain decimal digits, exactly: `1.5e3` → `1500`, `.5` → `0.5`, `5.` → `5`. */
export function plainDecimal(text: string): string {
  const expanded = /[eE]/.test(text) ? expandExponent(text) : text
  const withoutPoint = expanded.endsWith('.') ? expanded.slice(0, -1) : expanded
  if (withoutPoint.startsWith('.')) return `0${withoutPoint}`
  return withoutPoint.startsWith('-.') ? `-0${withoutPoint.slice(1)}` : withoutPoint
}

function expandExponent(text: string): string {
  const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e')
  const sign = mantissa.startsWith('-') ? '-' : ''
  const [integer = '', fraction = ''] = mantissa.slice(sign.length).split('.')
  const digits = integer + fraction
  const point = integer.length + Number(exponentText)
  if (/^0*$/.test(digits)) return `${sign}0`
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + trimLeadingZeros(digits + '0'.repeat(point - digits.length))
  return `${sign}${trimLeadingZeros(digits.slice(0, point))}.${digits.slice(point)}`
}

function trimLeadingZeros(digits: string): string {
  let start = 0
  while (start < digits.length - 1 && digits.charCodeAt(start) === 0x30) start++
  return digits.slice(start)
}

/** True when the number text denotes exactly the double that it reads as, in its shortest form: `0.10`, not 17 random digits. */
export function isExactDouble(text: string): boolean {
  const value = Number(text)
  return Number.isFinite(value) && sameDecimal(plainDecimal(text), doubleToDecimal(value))
}

function sameDecimal(a: string, b: string): boolean {
  return a === b || trimDecimal(a) === trimDecimal(b)
}

function trimDecimal(plain: string): string {
  if (!plain.includes('.')) return plain
  let end = plain.length
  while (plain.charCodeAt(end - 1) === 0x30) end--
  return plain.slice(0, plain.charCodeAt(end - 1) === 0x2e ? end - 1 : end)
}

/** A plain decimal number rounded to `scale` digits behind the point (before it where negative), half away from zero. */
export function roundDecimal(plain: string, scale: number): string {
  const sign = plain.startsWith('-') ? '-' : ''
  const [integer = '0', fraction = ''] = plain.slice(sign.length).split('.')
  const kept = integer.length + scale
  if (kept < 0) return '0'
  const digits = (integer + fraction).padEnd(kept, '0')
  const roundsUp = (digits.charCodeAt(kept) || 0) >= 0x35
  const whole = BigInt(digits.slice(0, kept) || '0') + (roundsUp ? 1n : 0n)
  if (whole === 0n) return '0'
  if (scale <= 0) return `${sign}${whole}${'0'.repeat(-scale)}`
  const padded = String(whole).padStart(scale + 1, '0')
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
