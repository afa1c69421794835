import type { PostgresValue, SqliteValue } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { TimeUnit } from '../../model/profile.ts'

/**
 * What an ordinary value means, by the simplest rule there is: the second reading trusts this rather than the converters of `mapping/`,
 * so that a fault of theirs shows. Undefined where the rule is not simple (roundings, repairs, time zones); there the converter is
 * trusted. Only for values that the converter takes; `converted` is what it
 * makes of them.
 */
export function plainValue(
  conversion: ColumnConversion,
  value: SqliteValue,
  converted: PostgresValue,
): PostgresValue | undefined {
  const { wireType, castTo, timePrecision = 6, emptyToNull } = conversion
  if (value === null) return null
  if (castTo !== null || timePrecision < 6) return undefined
  if (value === '' && emptyToNull && wireType !== 'bytea' && conversion.asBase64 !== true) return null
  switch (wireType) {
    case 'bool':
      return plainBoolean(value)
    case 'int2':
    case 'int4':
    case 'int8':
      return plainInteger(value)
    case 'float4':
    case 'float8':
      return typeof value === 'number' && wireType === 'float8' ? value : undefined
    case 'numeric':
      return plainNumeric(value, conversion)
    case 'date':
    case 'timestamp':
    case 'timestamptz': {
      const micros = plainMoment(value, conversion)
      return wireType === 'date' && micros !== undefined ? Number(micros / microsOfDay) : micros
    }
    case 'time':
      return typeof value === 'string' ? plainTime(value) : undefined
    case 'text':
      return plainText(value, conversion)
    case 'json':
    case 'jsonb':
      return converted !== value && typeof value === 'string' && isJson(value) ? value : undefined
    case 'bytea':
      return typeof value === 'string' || value instanceof Uint8Array ? value : undefined
    case 'uuid':
      return value instanceof Uint8Array
        ? value
        : typeof value === 'string'
          ? value.replaceAll(/[^0-9a-f]/gi, '')
          : undefined
    default:
      return wireType satisfies never
  }
}

function plainBoolean(value: SqliteValue): boolean | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) === 1
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (['true', 't', 'yes', 'y', 'on', '1'].includes(word)) return true
  return ['false', 'f', 'no', 'n', 'off', '0'].includes(word) ? false : undefined
}

function plainInteger(value: SqliteValue): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined
}

/** Digits as they stand, where none is to be rounded. */
function plainNumeric(value: SqliteValue, { numeric }: ColumnConversion): string | undefined {
  const text = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' ? String(value) : ''
  const found = /^-?\d+(?:\.(\d+))?$/.exec(text)
  if (found === null) return undefined
  return numeric === null || (found[1] ?? '').length <= numeric.scale ? text : undefined
}

const microsOfDay = 86_400_000_000n
const millisTo2000 = BigInt(Date.UTC(2000, 0, 1))

function plainMoment(value: SqliteValue, { wireType, timeUnit, timeZone }: ColumnConversion): bigint | undefined {
  if (typeof value === 'string')
    return plainIsoMoment(value, wireType === 'timestamptz' && timeZone.toUpperCase() !== 'UTC')
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  const micros = timeUnit === null || !isWhole ? undefined : plainCount(BigInt(value), timeUnit)
  return micros === undefined ? undefined : micros - millisTo2000 * 1000n
}

/** Microseconds since 1970 of a whole number. */
function plainCount(count: bigint, unit: TimeUnit): bigint | undefined {
  switch (unit) {
    case 'epoch-s':
      return count * 1_000_000n
    case 'epoch-ms':
      return count * 1000n
    case 'epoch-us':
      return count
    case 'epoch-ns':
      return count % 1000n === 0n ? count / 1000n : undefined
    case 'epoch-days':
      return count * microsOfDay
    default:
      return undefined
  }
}

const isoMoment =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?(?:(Z)|([+-])(\d\d):(\d\d))?$/

function plainIsoMoment(text: string, isLocal: boolean): bigint | undefined {
  const found = isoMoment.exec(text)
  if (found === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', utc, sign, hours, minutes] = found
  if (isLocal && utc === undefined && sign === undefined) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes))
  const millis = BigInt(date.getTime()) - millisTo2000 - BigInt(offset) * 60_000n
  return millis * 1000n + BigInt(fraction.padEnd(6, '0'))
}

function plainTime(text: string): number | undefined {
  const found = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text)
  if (found === null) return undefined
  const [, hour, minute, second = '0', fraction = ''] = found
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  return seconds * 1_000_000 + Number(fraction.padEnd(6, '0'))
}

function plainText(value: SqliteValue, conversion: ColumnConversion): string | undefined {
  const { maxCharacters, enumLabels, asBase64 } = conversion
  if (asBase64 === true && (typeof value === 'string' || value instanceof Uint8Array))
    return Buffer.from(value).toString('base64')
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'string' || value.includes('\0') || enumLabels !== null) return undefined
  return maxCharacters === null || value.length <= maxCharacters ? value : undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
