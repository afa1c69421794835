import { Buffer, isUtf8 } from 'node:buffer'
import type { ColumnProfile, ValueClass } from '../../../model/profile.ts'
import { isStoredText, type SqliteRecords, storedAs, storedInteger, storedLength } from '../../../model/records.ts'
import { endsWithZ, readDateTimeBytes } from '../../../util/date-time-bytes.ts'
import { scanJson } from '../../../util/json-bytes.ts'
import { checkTextBytes, countCharacters } from '../../../util/text-bytes.ts'
import { examined, figures, type RecordCoder } from '../../../wasm/record-coder.ts'
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
  readonly #taken: number
  readonly #repeats = new RepeatedTexts()
  /** Values seen of each class, and `figures`. While a coder counts, they are in its memory. */
  #figures = newFigures()

  constructor(column: { readonly family: TypeFamily; readonly at: number }, examiner: ColumnExaminer) {
    this.#at = column.at
    this.#family = column.family
    this.#examiner = examiner
    this.#isTime = isTimeFamily(column.family)
    this.#taken = takenFor(column.family)
  }

  /** Adds each value's size in bytes to the size of its row: in `sizes`, or where a coder has them. */
  examine(page: RecordPage, sizes: Float64Array): void {
    const { records, coder } = page
    if (coder === null) {
      for (let row = 0; row < records.count; row++) this.#examineRow(page, row, sizes)
      return
    }
    const own = this.#figures
    coder.figures.set(own)
    this.#figures = coder.figures
    try {
      for (let row = 0; ; row++) {
        row = coder.examine(row, records.count, this.#columnFor(records))
        if (row === records.count) break
        this.#examineRow(page, row, coder.sizes)
      }
    } finally {
      own.set(coder.figures)
      this.#figures = own
    }
  }

  #columnFor({ columns, reals }: SqliteRecords): Parameters<RecordCoder['examine']>[2] {
    const apart = this.#examiner.tellsApart ? examined.tellsApart : 0
    const taken = this.#taken | apart | (reals[this.#at] === true ? examined.realColumn : 0)
    return { columns, at: this.#at, taken, samples: mostSamples }
  }

  #examineRow(page: RecordPage, row: number, sizes: Float64Array): void {
    const { records } = page
    const cell = row * records.columns + this.#at
    const type = records.types[cell] as number
    let bytes = type === storedAs.null ? -1 : this.#examineCell(records, row, cell)
    if (bytes < 0) {
      const value = records.value(row, this.#at)
      if (value === null) return this.#count(figures.nulls)
      bytes = this.#examiner.examineOne(page, row, value)
    }
    sizes[row] = (sizes[row] as number) + bytes
  }

  #examineCell(records: SqliteRecords, row: number, cell: number): number {
    const type = records.types[cell] as number
    if (type >= storedAs.bytes) return this.#examineBytes(records, cell, type)
    if (type === storedAs.real) return this.#examineReal(records.view.getFloat64(records.offsets[cell] as number))
    return records.reals[this.#at] === true
      ? this.#examineIntegralReal(records, row, cell)
      : this.#examineInteger(records, row, cell)
  }

  #count(figure: number): void {
    this.#figures[figure] = (this.#figures[figure] as number) + 1
  }

  #lower(figure: number, value: number): void {
    if (value < (this.#figures[figure] as number)) this.#figures[figure] = value
  }

  #raise(figure: number, value: number): void {
    if (value > (this.#figures[figure] as number)) this.#figures[figure] = value
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
    if (tellsApart && !(value >= 0 && value < figures.count - figures.repeats)) return -1
    if (!this.#counts(value === 0 || value === 1 ? numberOf['integer-bit'] : numberOf.integer)) return -1
    if (tellsApart) this.#count(figures.repeats + value)
    this.#lower(figures.minInteger, value)
    this.#raise(figures.maxInteger, value)
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
      this.#lower(figures.minReal, value)
      this.#raise(figures.maxReal, value)
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
    this.#raise(figures.maxCharacters, characters)
    this.#raise(figures.maxBytes, length)
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
        return length <= (this.#figures[figures.maxCharacters] as number)
          ? 0
          : countCharacters(records.bytes, at, length)
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
    this.#count(found)
    return (this.#figures[found] as number) > mostSamples
  }

  /** Of the values that were counted here. */
  get profile(): ColumnProfile {
    const figure = (place: number): number => this.#figures[place] as number
    const counts = classes.map((name, number) => ({ name, count: figure(number) - mostSamples }))
    const found = counts.filter(({ count }) => count > 0)
    const none = { count: 0, samples: [] }
    const numbers = found.some(({ name }) => !name.startsWith('text') && name !== 'blob')
    const [minInteger, maxInteger] = [figure(figures.minInteger), figure(figures.maxInteger)]
    const [minReal, maxReal] = [figure(figures.minReal), figure(figures.maxReal)]
    return {
      column: '',
      nulls: figure(figures.nulls),
      classes: Object.fromEntries(found.map(({ name, count }) => [name, { count, samples: [] }])),
      integerRange: minInteger > maxInteger ? null : { min: String(minInteger), max: String(maxInteger) },
      realRange: minReal > maxReal ? null : { min: minReal, max: maxReal },
      timeUnits: {},
      maxTextCharacters: figure(figures.maxCharacters),
      maxBytes: Math.max(figure(figures.maxBytes), numbers ? 8 : 0),
      maxIntegerDigits: Math.max(digitsOf(minInteger), digitsOf(maxInteger)),
      maxFractionDigits: 0,
      withNul: none,
      invalidText: none,
      subMicrosecond: none,
      // While the examiner tells values apart, each of them is counted here or there.
      distinct: [...this.#repeatedIntegers, ...this.#repeats.counted],
    }
  }

  get #repeatedIntegers(): { value: string; count: number }[] {
    const counts = [...this.#figures.subarray(figures.repeats)]
    return counts.flatMap((count, value) => (count > 0 ? [{ value: String(value), count }] : []))
  }
}

function newFigures(): Float64Array {
  const none = new Float64Array(figures.count)
  none[figures.minInteger] = none[figures.minReal] = Infinity
  none[figures.maxInteger] = none[figures.maxReal] = -Infinity
  return none
}

function isTimeFamily(family: TypeFamily): boolean {
  return family === 'date' || family === 'time' || family === 'timestamp'
}

/** What a coder may count, of what is counted here: the rest of it comes back. */
function takenFor(family: TypeFamily): number {
  if (isTimeFamily(family)) return examined.times | examined.blobs
  switch (family) {
    case 'text':
      return examined.anyText | examined.integers
    case 'blob':
    case 'none':
      return examined.anyText | examined.integers | examined.blobs
    case 'json':
      return examined.json | examined.integers
    case 'uuid':
      return examined.integers
    case 'real':
      return examined.integers | examined.reals | examined.blobs
    default:
      return examined.integers | examined.blobs
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

/** Longer texts are not told apart. */
const longestRepeated = 200

/** Counts texts that were seen before, while a column has few different ones: states, kinds. */
class RepeatedTexts {
  readonly #texts = new Map<number, KnownText>()

  findText(bytes: Buffer, at: number, length: number): KnownText | null {
    if (length > longestRepeated) return null
    const known = this.#texts.get(hashOf(bytes, at, length))
    return known !== undefined && known.bytes.equals(bytes.subarray(at, at + length)) ? known : null
  }

  learnText(bytes: Buffer, text: { at: number; length: number; characters: number; class: number }): void {
    const { at, length, characters } = text
    if (length > longestRepeated) return
    const hash = hashOf(bytes, at, length)
    if (this.#texts.size > mostDistinct || this.#texts.has(hash)) return
    const own = Buffer.from(bytes.subarray(at, at + length))
    this.#texts.set(hash, { bytes: own, characters, class: text.class, count: 0 })
  }

  get counted(): { value: string; count: number }[] {
    return [...this.#texts.values()].flatMap(({ bytes, count }) =>
      count > 0 ? [{ value: valueText(bytes.toString()), count }] : [],
    )
  }
}

function hashOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = length
  for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
  return hash
}
