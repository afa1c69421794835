import { noMicros, readMicros } from './dates'
import { isJson } from './json-scan'
import { figuresAt, offsetsAt, pagesAt, sizesAt, typesAt } from './layout'
import { integerOf, isInteger } from './records'
import { charactersOf } from './text'

/** The short cut of the profile: counts ordinary values of one column. `profile/stored-column.ts` keeps the figures and says what they mean. */

/** Places of the figures, by number; `figures` of record-coder.ts. First come the values seen of each class. */
const classInteger = 1
const classBit = 0
const classRealBit = 2
const classRealIntegral = 3
const classReal = 4
const classRealInfinite = 5
const classText = 6
const classDate = 7
const classDateTime = 8
const classDateTimeOffset = 9
const classJson = 10
const classBlob = 11
const nulls = 12
const minInteger = 13
const maxInteger = 14
const minReal = 15
const maxReal = 16
const maxCharacters = 17
const maxBytes = 18
/** From here on: how often each integer from 0 to 255 came. */
const repeats = 32
const mostRepeated: i64 = 256

/** What a column's values are taken for; `examined` of record-coder.ts. */
const integers = 1
const reals = 2
const blobs = 4
const anyText = 8
const times = 16
const json = 32
/** Integers that stand there are reals. */
const realColumn = 64
/** Few different values so far, which are told apart: integers from 0 to 255 here, others by the caller. */
const tellsApart = 128

const safe: i64 = 0x1f_ffff_ffff_ffff

/**
 * Counts the values of a column in records first..end-1, each adding its size to that of its record. Returns the first one that is for
 * the caller, of which nothing is counted: values that are not ordinary, and the first `samples` of each class.
 */
export function examine(first: i32, end: i32, columns: i32, column: i32, taken: i32, samples: f64): i32 {
  for (let row = first, cell = first * columns + column; row < end; row++, cell += columns) {
    const type = load<i32>(typesAt + 4 * cell)
    if (type === 0) {
      set(nulls, get(nulls) + 1)
      continue
    }
    const at = pagesAt + load<i32>(offsetsAt + 4 * cell)
    let size = 8
    if (type >= 12) {
      size = (type - 12) >> 1
      if (!examineBytes(type, at, size, taken, samples)) return row
    } else if (type === 7) {
      if (!examineReal(reinterpret<f64>(bswap<u64>(load<u64>(at))), taken, samples)) return row
    } else {
      if (!isInteger(type)) return row
      const value = integerOf(type, at, row)
      if (value > safe || value < -safe) return row
      const counted =
        taken & realColumn ? examineReal(<f64>value, taken, samples) : examineInteger(value, taken, samples)
      if (!counted) return row
    }
    store<f64>(sizesAt + 8 * row, load<f64>(sizesAt + 8 * row) + <f64>size)
  }
  return end
}

function get(figure: i32): f64 {
  return load<f64>(figuresAt + 8 * figure)
}

function set(figure: i32, value: f64): void {
  store<f64>(figuresAt + 8 * figure, value)
}

/** False for the first ones of a class, which are samples. */
function counts(found: i32, samples: f64): bool {
  const seen = get(found)
  if (seen < samples) return false
  set(found, seen + 1)
  return true
}

function examineInteger(value: i64, taken: i32, samples: f64): bool {
  if ((taken & integers) === 0) return false
  const apart = (taken & tellsApart) !== 0
  if (apart && <u64>value >= <u64>mostRepeated) return false
  if (!counts(value === 0 || value === 1 ? classBit : classInteger, samples)) return false
  if (apart) set(repeats + <i32>value, get(repeats + <i32>value) + 1)
  const number = <f64>value
  if (number < get(minInteger)) set(minInteger, number)
  if (number > get(maxInteger)) set(maxInteger, number)
  return true
}

function examineReal(value: f64, taken: i32, samples: f64): bool {
  if ((taken & (reals | tellsApart)) !== reals || isNaN<f64>(value)) return false
  if (!counts(realClass(value), samples)) return false
  if (!isFinite<f64>(value)) return true
  if (value < get(minReal)) set(minReal, value)
  if (value > get(maxReal)) set(maxReal, value)
  return true
}

function realClass(value: f64): i32 {
  if (!isFinite<f64>(value)) return classRealInfinite
  // -0.0 would lose its sign as an integer.
  if (value === 0 && reinterpret<u64>(value) !== 0) return classReal
  if (value === 0 || value === 1) return classRealBit
  const isIntegral = trunc<f64>(value) === value && value >= -9223372036854775808.0 && value < 9223372036854775808.0
  return isIntegral ? classRealIntegral : classReal
}

function examineBytes(type: i32, at: i32, length: i32, taken: i32, samples: f64): bool {
  if (taken & tellsApart) return false
  let characters = 0
  let found = classBlob
  if ((type & 1) === 0) {
    if ((taken & blobs) === 0) return false
  } else {
    if (length === 0) return false
    characters = charactersOf(at, length)
    if (characters < 0) return false
    found = textClass(at, length, taken)
    if (found < 0) return false
  }
  if (!counts(found, samples)) return false
  if (<f64>characters > get(maxCharacters)) set(maxCharacters, <f64>characters)
  if (<f64>length > get(maxBytes)) set(maxBytes, <f64>length)
  return true
}

/** -1 for what the caller has to look at. */
function textClass(at: i32, length: i32, taken: i32): i32 {
  if (taken & anyText) return classText
  if (taken & json) return isJson(at, length) ? classJson : -1
  if ((taken & times) === 0 || readMicros(at, length) === noMicros) return -1
  if (length === 10) return classDate
  return load<u8>(at + length - 1) === 0x5a ? classDateTimeOffset : classDateTime
}
