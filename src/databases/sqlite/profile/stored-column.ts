import { Buffer, isUtf8 } from 'node:buffer'
import type { ColumnProfile, ValueClass } from '../../../model/profile.ts'
import { isStoredText, type SqliteRecords, storedAs, storedInteger, storedLength } from '../../../model/records.ts'
import { endsWithZ, readDateTimeBytes } from '../../../util/date-time-bytes.ts'
import { scanJson } from '../../../util/json-bytes.ts'
import { checkTextBytes, countCharacters } from '../../../util/text-bytes.ts'
import type { RecordPage } from '../../databases.ts'
import type { TypeFamily } from '../declared-type.ts'
import { type ColumnExaminer, mostDistinct, mostSamples, realClass } from './profile-column.ts'
import { valueText } from './value-text.ts'

/** Classes that can be told from the stored bytes alone. */
const classes = [
  'integer-bit',
  'integer',
  'real-bit',
  'real-integral',
  'real',
  'real-infinite',
  'text',
  'text-date',
  'text-datetime',
  'text-datetime-offset',
  'text-json',
  'blob',
] as const satisfies readonly ValueClass[]
type StoredClass = (typeof classes)[number]
const numberOf = Object.fromEntries(classes.map((name, number) => [name, number])) as Record<StoredClass, number>

/**
 * The short cut of the profile: counts ordinary values of one column without decoding them. What it cannot tell for certain, the
 * first values of each class (they become samples), and everything while only a rule of `ColumnExaminer` can say what
 * is there, it leaves to the examiner. The two profiles are merged like those of two ranges.
 */
export class StoredColumnExaminer {
  readonly #at: number
  readonly #family: TypeFamily
  readonly #examiner: ColumnExaminer
  readonly #isTime: boolean
  readonly #seen = new Float64Array(classes.length)
  readonly #repeats = new RepeatedValues()
  #nulls = 0
  #minInteger = Infinity
  #maxInteger = -Infinity
  #minReal = Infinity
  #maxReal = -Infinity
  #maxCharacters = 0
  #maxBytes = 0

  constructor(column: { readonly family: TypeFamily; readonly at: number }, examiner: ColumnExaminer) {
    this.#at = column.at
    this.#family = column.family
    this.#examiner = examiner
    this.#isTime = column.family === 'date' || column.family === 'time' || column.family === 'timestamp'
  }

  /** Adds each value's size in bytes to the size of its row. */
  examine(page: RecordPage, sizes: Float64Array): void {
    const { records } = page
    const { types, columns, count } = records
    const reals = records.reals[this.#at] === true
    for (let row = 0, cell = this.#at; row < count; row++, cell += columns) {
      const type = types[cell] as number
      if (type === storedAs.null) {
        this.#nulls++
        continue
      }
      let bytes: number
      if (type >= storedAs.bytes) bytes = this.#examineBytes(records, cell, type)
      else if (type === storedAs.real)
        bytes = this.#examineReal(records.view.getFloat64(records.offsets[cell] as number))
      else bytes = reals ? this.#examineIntegralReal(records, row, cell) : this.#examineInteger(records, row, cell)
      if (bytes < 0) {
        const value = records.value(row, this.#at)
        if (value === null) {
          this.#nulls++
          continue
        }
        bytes = this.#examiner.examineOne(page, row, value)
      }
      sizes[row] = (sizes[row] as number) + bytes
    }
  }

  /** The size, or -1 for a value that is not ordinary, here and below. */
  #examineInteger(records: SqliteRecords, row: number, cell: number): number {
    if (this.#isTime) return -1
    const value = storedInteger(
      records.view,
      records.types[cell] as number,
      records.offsets[cell] as number,
      records.rowids[row] as number,
    )
    if (Number.isNaN(value)) return -1
    const { tellsApart } = this.#examiner
    if (tellsApart && !this.#repeats.holdsInteger(value)) return -1
    if (!this.#counts(value === 0 || value === 1 ? numberOf['integer-bit'] : numberOf.integer)) return -1
    if (tellsApart) this.#repeats.addInteger(value)
    if (value < this.#minInteger) this.#minInteger = value
    if (value > this.#maxInteger) this.#maxInteger = value
    return 8
  }

  #examineIntegralReal(records: SqliteRecords, row: number, cell: number): number {
    const at = records.offsets[cell] as number
    const value = storedInteger(records.view, records.types[cell] as number, at, records.rowids[row] as number)
    return Number.isNaN(value) ? -1 : this.#examineReal(value)
  }

  #examineReal(value: number): number {
    // In other columns the digits are counted, or time units.
    if (this.#family !== 'real' || this.#examiner.tellsApart || Number.isNaN(value)) return -1
    if (!this.#counts(numberOf[realClass(value)])) return -1
    if (Number.isFinite(value)) {
      if (value < this.#minReal) this.#minReal = value
      if (value > this.#maxReal) this.#maxReal = value
    }
    return 8
  }

  #examineBytes(records: SqliteRecords, cell: number, type: number): number {
    const at = records.offsets[cell] as number
    const length = storedLength(type)
    if (!isStoredText(type)) return this.#examineBlob(length)
    if (length === 0) return -1
    if (this.#examiner.tellsApart) return this.#examineRepeated(records, at, length)
    const characters = this.#charactersOf(records, at, length)
    if (characters < 0) return -1
    const found = this.#classOf(records, at, length)
    if (found < 0 || !this.#counts(found)) return -1
    return this.#note(characters, length)
  }

  #note(characters: number, length: number): number {
    if (characters > this.#maxCharacters) this.#maxCharacters = characters
    if (length > this.#maxBytes) this.#maxBytes = length
    return length
  }

  /** A text of a column that has few different ones: the examiner sees the first of each, here the others are counted. */
  #examineRepeated(records: SqliteRecords, at: number, length: number): number {
    const known = this.#repeats.findText(records.bytes, at, length)
    if (known === null) return this.#learn(records, at, length)
    if (!this.#counts(known.class)) return -1
    known.count++
    return this.#note(known.characters, length)
  }

  #learn(records: SqliteRecords, at: number, length: number): number {
    const characters = this.#charactersOf(records, at, length)
    const found = characters < 0 ? -1 : this.#classOf(records, at, length)
    if (found >= 0) this.#repeats.learnText(records.bytes, { at, length, characters, class: found })
    return -1
  }

  /** As PostgreSQL counts them; -1 when it is not valid UTF-8 or has NUL. */
  #charactersOf(records: SqliteRecords, at: number, length: number): number {
    switch (checkTextBytes(records.view, at, length)) {
      case 'ascii':
        return length
      case 'wide':
        if (!isUtf8(records.bytes.subarray(at, at + length))) return -1
        return length <= this.#maxCharacters ? 0 : countCharacters(records.bytes, at, length)
      case 'nul':
        return -1
    }
  }

  #classOf(records: SqliteRecords, at: number, length: number): number {
    switch (this.#family) {
      case 'text':
      case 'blob':
      case 'none':
        return numberOf.text
      case 'date':
      case 'time':
      case 'timestamp':
        return timeClass(records.bytes, at, length)
      case 'json':
        return scanJson(records.bytes, at, at + length) === 'json' ? numberOf['text-json'] : -1
      default:
        return -1
    }
  }

  #examineBlob(length: number): number {
    // In these columns a blob may be a text, JSON or a UUID.
    if (this.#family === 'text' || this.#family === 'json' || this.#family === 'uuid') return -1
    if (this.#examiner.tellsApart || !this.#counts(numberOf.blob)) return -1
    return this.#note(0, length)
  }

  /** False for the first ones of a class, which the examiner has to see. */
  #counts(found: number): boolean {
    const seen = (this.#seen[found] as number) + 1
    this.#seen[found] = seen
    return seen > mostSamples
  }

  /** Of the values that were counted here. */
  get profile(): ColumnProfile {
    const counts = classes.map((name, number) => ({ name, count: (this.#seen[number] as number) - mostSamples }))
    const found = counts.filter(({ count }) => count > 0)
    const none = { count: 0, samples: [] }
    const numbers = found.some(({ name }) => !name.startsWith('text') && name !== 'blob')
    return {
      column: '',
      nulls: this.#nulls,
      classes: Object.fromEntries(found.map(({ name, count }) => [name, { count, samples: [] }])),
      integerRange:
        this.#minInteger > this.#maxInteger ? null : { min: String(this.#minInteger), max: String(this.#maxInteger) },
      realRange: this.#minReal > this.#maxReal ? null : { min: this.#minReal, max: this.#maxReal },
      timeUnits: {},
      maxTextCharacters: this.#maxCharacters,
      maxBytes: Math.max(this.#maxBytes, numbers ? 8 : 0),
      maxIntegerDigits: Math.max(digitsOf(this.#minInteger), digitsOf(this.#maxInteger)),
      maxFractionDigits: 0,
      withNul: none,
      invalidText: none,
      subMicrosecond: none,
      // While the examiner tells values apart, each of them is counted here or there.
      distinct: this.#repeats.counted,
    }
  }
}

function timeClass(bytes: Uint8Array, at: number, length: number): number {
  if (Number.isNaN(readDateTimeBytes(bytes, at, length))) return -1
  if (length === 10) return numberOf['text-date']
  return endsWithZ(bytes, at, length) ? numberOf['text-datetime-offset'] : numberOf['text-datetime']
}

function digitsOf(integer: number): number {
  return Number.isFinite(integer) && integer !== 0 ? String(Math.abs(integer)).length : 0
}

type KnownText = { readonly bytes: Buffer; readonly characters: number; readonly class: number; count: number }

/** Counts values that were seen before, while a column has few different ones: booleans, states, kinds. */
class RepeatedValues {
  readonly #integers = new Float64Array(256)
  readonly #texts = new Map<number, KnownText>()

  holdsInteger(value: number): boolean {
    return value >= 0 && value < this.#integers.length
  }

  addInteger(value: number): void {
    this.#integers[value] = (this.#integers[value] as number) + 1
  }

  findText(bytes: Buffer, at: number, length: number): KnownText | null {
    const known = this.#texts.get(hashOf(bytes, at, length))
    return known !== undefined && known.bytes.equals(bytes.subarray(at, at + length)) ? known : null
  }

  learnText(bytes: Buffer, text: { at: number; length: number; characters: number; class: number }): void {
    const { at, length, characters } = text
    const hash = hashOf(bytes, at, length)
    if (length > 200 || this.#texts.size > mostDistinct || this.#texts.has(hash)) return
    const own = Buffer.from(bytes.subarray(at, at + length))
    this.#texts.set(hash, { bytes: own, characters, class: text.class, count: 0 })
  }

  get counted(): { value: string; count: number }[] {
    const integers = [...this.#integers].flatMap((count, value) => (count > 0 ? [{ value: String(value), count }] : []))
    const texts = [...this.#texts.values()].flatMap(({ bytes, count }) =>
      count > 0 ? [{ value: valueText(bytes.toString()), count }] : [],
    )
    return [...integers, ...texts]
  }
}

function hashOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = length
  for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
  return hash
}
