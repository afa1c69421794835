/** Digits that a numeric has at most before the point. */
const maxWholeDigits = 131_072
/** … and after it. */
const maxFractionDigits = 16_383

/**
 * A JSON number with exponent as numeric prints it: `-12.5e-3` as `-0.0125`. The digits after the point are those that
 * were written, less the exponent. Null when numeric cannot hold it.
 */
export function withoutExponent(text: string): string | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  const digits = whole + fraction
  const exponent = Number(exponentText)
  const scale = Math.max(0, fraction.length - exponent)
  if (scale > maxFractionDigits) return null
  if (/^0*$/.test(digits)) return scale === 0 ? '0' : `0.${'0'.repeat(scale)}`
  const point = whole.length + exponent
  if (point > maxWholeDigits + digits.length) return null
  const wholeDigits =
    point <= 0
      ? '0'
      : digits
          .slice(0, point)
          .padEnd(point, '0')
          .replace(/^0+(?=\d)/, '')
  if (scale === 0) return sign + wholeDigits
  const fractionDigits = point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return `${sign}${wholeDigits}.${fractionDigits}`
}
