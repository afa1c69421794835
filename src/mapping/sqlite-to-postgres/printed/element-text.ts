import type { PostgresValue } from '../../../model/batch.ts'
import type { WireType } from '../../../model/batch.ts'
import { formatDate, formatDateTime, formatTime } from '../../../util/date-time-text.ts'

/** A converted value as PostgreSQL prints it inside an array or a range. */
export function elementText(wireType: WireType, value: Exclude<PostgresValue, null>): string {
  switch (wireType) {
    case 'bool':
      return value === true ? 't' : 'f'
    case 'float4':
      return doubleText(Number(value), 6, singleDigits)
    case 'float8':
      return doubleText(Number(value), 15, (number) => number.toExponential())
    case 'date':
      return withEra(formatDate(Number(value)))
    case 'time':
      return formatTime(Number(value))
    case 'timestamp':
      return withEra(formatDateTime(value as number | bigint))
    case 'timestamptz':
      return withEra(`${formatDateTime(value as number | bigint)}+00`)
    case 'bytea':
      return `\\x${Buffer.from(value as string | Uint8Array).toString('hex')}`
    case 'uuid':
      return uuidText(value as string | Uint8Array)
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'text':
    case 'json':
    case 'jsonb':
      return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)
    default:
      return wireType satisfies never
  }
}

/** ISO 8601 signs years that have not four digits; PostgreSQL counts years before 1 as BC. */
function withEra(text: string): string {
  const found = /^([+-])(\d+)(.*)$/s.exec(text)
  if (found === null) return text
  const [, sign, year = '', rest = ''] = found
  return sign === '+'
    ? year.replace(/^0+(?=\d{4})/, '') + rest
    : `${String(Number(year) + 1).padStart(4, '0')}${rest} BC`
}

/** From `fixedDigits` digits before the point on, and below 0.0001, PostgreSQL writes an exponent of at least two digits. */
function doubleText(value: number, fixedDigits: number, digitsOf: (value: number) => string): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', power = ''] = digitsOf(value).split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < fixedDigits) return fixed(mantissa, exponent)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function fixed(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}

/** The fewest digits that name this number among those of four bytes. */
function singleDigits(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential(9)
}

function uuidText(value: string | Uint8Array): string {
  const hex = typeof value === 'string' ? value.replaceAll('-', '').toLowerCase() : Buffer.from(value).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
