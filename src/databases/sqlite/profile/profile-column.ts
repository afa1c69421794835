import { Buffer, isUtf8 } from 'node:buffer'
import { type RowKey, type SqliteValue, TextBytes } from '../../../model/batch.ts'
import type { ClassProfile, ColumnProfile, TimeUnit, ValueClass, ValueSample } from '../../../model/profile.ts'
import { classifyJsonText } from '../../../util/json-text.ts'
import { decimalDigits, doubleToDecimal, plainDecimal } from '../../../util/number-text.ts'
import { decodeJsonb } from '../../../util/sqlite-jsonb.ts'
import type { RecordPage, RowPage } from '../../databases.ts'
import { countCharacters } from '../../../util/text-bytes.ts'
import { type TextClass, textClassifier } from './classify-text.ts'
import type { TypeFamily } from '../declared-type.ts'
import { countTimeUnits } from './time-units.ts'
import { valueText } from './value-text.ts'

export const mostSamples = 5
export const mostDistinct = 20
/** Longer texts are not told apart: a column of few values has short ones. */
const longestDistinct = 200

export type ColumnToExamine = { readonly name: string; readonly family: TypeFamily; readonly at: number }

/** Counts values of one kind and keeps the first few with their rows' keys. */
class Counter {
  count = 0
  readonly samples: ValueSample[] = []

  add(value: SqliteValue, key: () => RowKey): void {
    if (this.count++ < mostSamples) this.samples.push({ key: key(), value: valueText(value) })
  }

  get profile(): ClassProfile {
    return { count: this.count, samples: this.samples }
  }
}

/**
 * Examines the values of one column, page by page. This is the profile's hot path: numbers are compared as numbers, texts
 * are looked at once, and nothing is allocated for an ordinary value.
 */
export class ColumnExaminer {
  readonly #column: ColumnToExamine
  readonly #classify: (text: string) => TextClass
  readonly #isTime: boolean
  readonly #wantsDigits: boolean
  readonly #key: () => RowKey
  readonly #isBinaryJson: (bytes: Uint8Array) => boolean
  readonly #classes = new Map<ValueClass, Counter>()
  readonly #withNul = new Counter()
  readonly #invalidText = new Counter()
  readonly #subMicrosecond = new Counter()
  readonly #timeUnits = new Map<TimeUnit, number>()
  #distinct: Map<SqliteValue, number> | null = new Map()
  /** Where the value at hand stands. */
  #page: RowPage | RecordPage = { rows: [], positionOf: () => '' }
  #index = 0
  #nulls = 0
  #minInteger: bigint | null = null
  #maxInteger: bigint | null = null
  #minReal = Infinity
  #maxReal = -Infinity
  #maxCharacters = 0
  #maxBytes = 0
  #integerDigits = 0
  #fractionDigits = 0

  constructor(
    column: ColumnToExamine,
    keyOf: (page: RowPage | RecordPage, index: number) => RowKey,
    isBinaryJson: (bytes: Uint8Array) => boolean,
  ) {
    this.#column = column
    this.#classify = textClassifier(column.family)
    this.#isTime = column.family === 'date' || column.family === 'time' || column.family === 'timestamp'
    this.#wantsDigits = !this.#isTime && column.family !== 'real'
    this.#key = () => keyOf(this.#page, this.#index)
    this.#isBinaryJson = isBinaryJson
  }

  /** Adds each value's size in bytes to the size of its row. */
  examine(page: RowPage, sizes: Float64Array): void {
    const { at } = this.#column
    const { rows } = page
    for (let index = 0; index < rows.length; index++) {
      const value = rows[index]?.[at] ?? null
      if (value === null) this.#nulls++
      else sizes[index] = (sizes[index] ?? 0) + this.examineOne(page, index, value)
    }
  }

  /** One value that is not NULL; gives its size in bytes. */
  examineOne(page: RowPage | RecordPage, index: number, value: SqliteValue): number {
    this.#page = page
    this.#index = index
    if (this.#distinct !== null) this.#countDistinct(this.#distinct, value)
    if (typeof value === 'string') return this.#examineText(value)
    if (typeof value === 'bigint') return this.#examineInteger(value)
    if (typeof value === 'number') return this.#examineReal(value)
    if (value === null) return 0
    return value instanceof TextBytes ? this.#examineTextBytes(value) : this.#examineBlob(value)
  }

  /** True while the column has so few different values that each is counted. */
  get tellsApart(): boolean {
    return this.#distinct !== null
  }

  get profile(): ColumnProfile {
    const classes = Object.fromEntries([...this.#classes].map(([name, counter]) => [name, counter.profile]))
    const [min, max] = [this.#minInteger, this.#maxInteger]
    return {
      column: this.#column.name,
      nulls: this.#nulls,
      classes,
      integerRange: min === null || max === null ? null : { min: min.toString(), max: max.toString() },
      realRange: this.#minReal > this.#maxReal ? null : { min: this.#minReal, max: this.#maxReal },
      timeUnits: Object.fromEntries(this.#timeUnits),
      maxTextCharacters: this.#maxCharacters,
      maxBytes: this.#maxBytes,
      maxIntegerDigits: Math.max(this.#integerDigits, digitsOf(min), digitsOf(max)),
      maxFractionDigits: this.#fractionDigits,
      withNul: this.#withNul.profile,
      invalidText: this.#invalidText.profile,
      subMicrosecond: this.#subMicrosecond.profile,
      distinct: this.#distinct === null ? null : distinctProfile(this.#distinct),
    }
  }

  #add(valueClass: ValueClass, value: SqliteValue): void {
    let counter = this.#classes.get(valueClass)
    if (counter === undefined) this.#classes.set(valueClass, (counter = new Counter()))
    counter.add(value, this.#key)
  }

  #examineInteger(value: bigint): number {
    this.#add(value === 0n || value === 1n ? 'integer-bit' : 'integer', value)
    if (this.#minInteger === null || value < this.#minInteger) this.#minInteger = value
    if (this.#maxInteger === null || value > this.#maxInteger) this.#maxInteger = value
    if (this.#isTime) countTimeUnits(Number(value), this.#countUnit)
    if (this.#maxBytes < 8) this.#maxBytes = 8
    return 8
  }

  #examineReal(value: number): number {
    this.#add(realClass(value), value)
    if (this.#maxBytes < 8) this.#maxBytes = 8
    if (!Number.isFinite(value)) return 8
    if (value < this.#minReal) this.#minReal = value
    if (value > this.#maxReal) this.#maxReal = value
    if (this.#isTime) countTimeUnits(value, this.#countUnit)
    if (this.#wantsDigits && !this.#hasKnownDigits(value)) this.#countDigits(doubleToDecimal(value))
    return 8
  }

  /** A cheap test that the number has no more digits than those seen: n / 10^d gives back the very same double. */
  #hasKnownDigits(value: number): boolean {
    const scale = powersOfTen[this.#fractionDigits]
    if (scale === undefined || Math.abs(value) >= (powersOfTen[this.#integerDigits] ?? 0)) return false
    const scaled = Math.round(value * scale)
    return Math.abs(scaled) <= Number.MAX_SAFE_INTEGER && scaled / scale === value
  }

  #countDigits(plain: string): void {
    const { integer, fraction } = decimalDigits(plain)
    if (integer > this.#integerDigits) this.#integerDigits = integer
    if (fraction > this.#fractionDigits) this.#fractionDigits = fraction
  }

  readonly #countUnit = (unit: TimeUnit): void => {
    this.#timeUnits.set(unit, (this.#timeUnits.get(unit) ?? 0) + 1)
  }

  #examineText(text: string): number {
    const found = this.#classify(text)
    this.#add(found.class, text)
    if (found.subMicrosecond) this.#subMicrosecond.add(text, this.#key)
    if (this.#wantsDigits && isNumberClass(found.class)) this.#countDigits(plainDecimal(text))
    if (text.includes('\0')) this.#withNul.add(text, this.#key)
    if (text.length > this.#maxCharacters) this.#maxCharacters = Math.max(this.#maxCharacters, charactersOf(text))
    const bytes = Buffer.byteLength(text)
    if (bytes > this.#maxBytes) this.#maxBytes = bytes
    return bytes
  }

  #examineTextBytes(text: TextBytes): number {
    this.#add('text', text)
    if (!text.valid) this.#invalidText.add(text, this.#key)
    if (hasNul(text)) this.#withNul.add(text, this.#key)
    this.#maxCharacters = Math.max(this.#maxCharacters, countCharacters(text.bytes, 0, text.bytes.length))
    this.#maxBytes = Math.max(this.#maxBytes, text.bytes.length)
    return text.bytes.length
  }

  #examineBlob(bytes: Uint8Array): number {
    this.#add(this.#blobClass(bytes), bytes)
    if (bytes.length > this.#maxBytes) this.#maxBytes = bytes.length
    return bytes.length
  }

  #blobClass(bytes: Uint8Array): ValueClass {
    const { family } = this.#column
    if (family === 'uuid') return bytes.length === 16 ? 'blob-uuid' : 'blob'
    if (family === 'json' && this.#isBinaryJson(bytes)) return binaryJsonClass(bytes)
    if (family !== 'text' && family !== 'json') return 'blob'
    return isUtf8(bytes) && !bytes.includes(0) ? 'blob-text' : 'blob'
  }

  #countDistinct(distinct: Map<SqliteValue, number>, value: SqliteValue): void {
    const isLong = typeof value === 'object' || (typeof value === 'string' && value.length > longestDistinct)
    if (!isLong) distinct.set(value, (distinct.get(value) ?? 0) + 1)
    if (isLong || distinct.size > mostDistinct) this.#distinct = null
  }
}

/** As its text form, which is what is loaded. */
function binaryJsonClass(bytes: Uint8Array): ValueClass {
  const text = decodeJsonb(bytes)
  const kind = text === null ? null : classifyJsonText(text)
  return kind === null ? 'blob' : kind === 'json' ? 'blob-json' : 'blob-json-odd'
}

const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)

export function realClass(value: number): 'real-infinite' | 'real' | 'real-bit' | 'real-integral' {
  if (!Number.isFinite(value)) return 'real-infinite'
  // -0.0 would lose its sign as an integer.
  if (Object.is(value, -0)) return 'real'
  if (value === 0 || value === 1) return 'real-bit'
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63 ? 'real-integral' : 'real'
}

function isNumberClass(valueClass: ValueClass): boolean {
  return valueClass === 'text-integer' || valueClass === 'text-decimal' || valueClass === 'text-float'
}

function digitsOf(value: bigint | null): number {
  if (value === null || value === 0n) return 0
  return (value < 0n ? -value : value).toString().length
}

/** Characters as PostgreSQL counts them: a pair of surrogates is one. */
function charactersOf(text: string): number {
  let pairs = 0
  for (let index = 0; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800) pairs++
  }
  return text.length - pairs
}

function hasNul({ bytes, encoding }: TextBytes): boolean {
  return encoding === 'UTF-8' ? bytes.includes(0) : new TextDecoder(encoding).decode(bytes).includes('\0')
}

function distinctProfile(distinct: ReadonlyMap<SqliteValue, number>): { value: string; count: number }[] {
  return [...distinct].map(([value, count]) => ({ value: valueText(value), count }))
}
