import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, TimeUnit, ValueClass, ValueSample } from '../../model/profile.ts'
import { everyNumberFits } from './time-units.ts'

/** Which values of a profiled column a conversion does not take: what the converters of `values.ts` do, foretold by class. */

export type Misfit = {
  /** A class of values, or null where only a limit tells (length, digits, range). */
  readonly valueClass: ValueClass | null
  /** Null: some, their number is not known. */
  readonly count: number | null
  readonly samples: readonly ValueSample[]
  /** The limit in words, where it is one: `up to 12 characters`. */
  readonly limit: string | null
}

const integers: readonly ValueClass[] = ['integer-bit', 'integer', 'real-bit', 'real-integral', 'text-integer']
const reals: readonly ValueClass[] = ['integer-bit', 'integer', 'real-bit', 'real-integral', 'real', 'real-infinite']
const decimals: readonly ValueClass[] = [...integers, 'real', 'text-decimal', 'text-float']
const numbers: readonly ValueClass[] = ['integer-bit', 'integer', 'real-bit', 'real-integral', 'real']
const dates: readonly ValueClass[] = ['text-date', 'text-compact-date']
const stamps: readonly ValueClass[] = [...dates, 'text-datetime', 'text-datetime-offset']
const json: readonly ValueClass[] = [...numbers, 'text-json', 'text-integer', 'text-decimal', 'blob-json']
const blobs: readonly ValueClass[] = ['blob', 'blob-uuid', 'blob-json', 'blob-json-odd']

/** Classes that are always taken; for numbers in time columns see `takesNumbers`. */
const taken: Readonly<Record<Exclude<ColumnConversion['wireType'], 'text' | 'bytea'>, readonly ValueClass[]>> = {
  bool: ['integer-bit', 'real-bit', 'text-boolean'],
  int2: integers,
  int4: integers,
  int8: integers,
  float4: reals,
  float8: reals,
  numeric: decimals,
  date: dates,
  time: ['text-time'],
  timestamp: stamps,
  timestamptz: stamps,
  json: [...json, 'text-json-odd', 'blob-json-odd'],
  jsonb: json,
  uuid: ['text-uuid', 'blob-uuid'],
}

/** 2^53: up to here double precision holds every integer. */
const maxExactInteger = 2n ** 53n

export function findMisfits(conversion: ColumnConversion, profile: ColumnProfile): Misfit[] {
  const found: Misfit[] = []
  for (const [name, classProfile] of Object.entries(profile.classes)) {
    const valueClass = name as ValueClass
    if (classProfile.count === 0 || takes(conversion, valueClass, profile)) continue
    found.push({ valueClass, count: classProfile.count, samples: classProfile.samples, limit: null })
  }
  const limit = findLimit(conversion, profile)
  return limit === null ? found : [...found, { valueClass: null, count: null, samples: [], limit }]
}

function takes(conversion: ColumnConversion, valueClass: ValueClass, profile: ColumnProfile): boolean {
  const { wireType } = conversion
  if (wireType === 'bytea') return true
  if (wireType === 'text') return takesAsText(conversion, valueClass, profile)
  if (valueClass === 'text-empty') return conversion.emptyToNull
  if (valueClass === 'integer' && (wireType === 'float8' || wireType === 'float4')) return integersAreExact(profile)
  if (taken[wireType].includes(valueClass)) return true
  return numbers.includes(valueClass) && takesNumbers(conversion, profile)
}

function takesAsText(conversion: ColumnConversion, valueClass: ValueClass, profile: ColumnProfile): boolean {
  if (conversion.enumLabels !== null) return takesLabels(conversion.enumLabels, valueClass, profile)
  return conversion.blobAsHex === true || conversion.asBase64 === true || !blobs.includes(valueClass)
}

/** Only a column of few different values can be told; the rest shows while loading. */
function takesLabels(labels: readonly string[], valueClass: ValueClass, profile: ColumnProfile): boolean {
  if (!valueClass.startsWith('text')) return false
  return profile.distinct === null || profile.distinct.every(({ value }) => labels.includes(value))
}

function integersAreExact({ integerRange }: ColumnProfile): boolean {
  if (integerRange === null) return true
  return BigInt(integerRange.min) >= -maxExactInteger && BigInt(integerRange.max) <= maxExactInteger
}

function takesNumbers({ wireType, timeUnit }: ColumnConversion, profile: ColumnProfile): boolean {
  if (timeUnit === null) return false
  if (!everyNumberFits(profile, timeUnit)) return false
  return wireType === 'date' ? dateUnits.includes(timeUnit) : (wireType === 'time') === (timeUnit === 'seconds-of-day')
}

/** Units whose numbers are always whole days. */
export const dateUnits: readonly TimeUnit[] = ['yyyymmdd', 'epoch-days']

const integerLimits: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int2: [-32_768n, 32_767n],
  int4: [-2_147_483_648n, 2_147_483_647n],
}

/** JENTRY_OFFLENMASK: the length of what a jsonb array or object holds. */
const maxJsonbBytes = 2 ** 28 - 1

function findLimit(conversion: ColumnConversion, profile: ColumnProfile): string | null {
  const { wireType, numeric, maxCharacters } = conversion
  const range = integerLimits[wireType]
  if (
    range &&
    profile.integerRange &&
    (BigInt(profile.integerRange.min) < range[0] || BigInt(profile.integerRange.max) > range[1])
  ) {
    return `integers from ${profile.integerRange.min} to ${profile.integerRange.max}`
  }
  if (numeric !== null && profile.maxIntegerDigits > numeric.precision - numeric.scale) {
    return `numbers with ${profile.maxIntegerDigits} digits before the point`
  }
  if (wireType === 'jsonb' && profile.maxBytes > maxJsonbBytes) {
    return `documents of up to ${profile.maxBytes} bytes, and jsonb holds 256 MB`
  }
  if (maxCharacters !== null && profile.maxTextCharacters > maxCharacters) {
    return `texts of up to ${profile.maxTextCharacters} characters`
  }
  return null
}

/** Every value is a blob, and there is at least one that is not text. */
export function isOnlyBlobs(profile: ColumnProfile): boolean {
  const present = presentClasses(profile)
  return (
    present.some((name) => blobs.includes(name)) &&
    present.every((name) => name === 'blob-text' || blobs.includes(name))
  )
}

export function presentClasses(profile: ColumnProfile): ValueClass[] {
  return Object.entries(profile.classes)
    .filter(([, found]) => found.count > 0)
    .map(([name]) => name as ValueClass)
}

/** Values that are not NULL. */
export function countValues(profile: ColumnProfile): number {
  return Object.values(profile.classes).reduce((sum, found) => sum + found.count, 0)
}
