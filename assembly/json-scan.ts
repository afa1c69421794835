/** JSON by RFC 8259, looked at byte by byte or eight bytes at a time; what `jsonb.ts` writes and `isJson` only checks. */

const ones: u64 = 0x0101_0101_0101_0101
const signs: u64 = 0x8080_8080_8080_8080
const quotes: u64 = 0x2222_2222_2222_2222
const backslashes: u64 = 0x5c5c_5c5c_5c5c_5c5c
const blanks: u64 = 0x2020_2020_2020_2020

const quote: u8 = 0x22
const comma: u8 = 0x2c
const minus: u8 = 0x2d
const point: u8 = 0x2e
const colon: u8 = 0x3a
const backslash: u8 = 0x5c

/** No end: what should stand here does not, or is not ordinary. */
export const none: i32 = 0
/** Numbers of more digits may be beyond numeric. */
const longNumber: i32 = 1000
const deepest: i32 = 64

/**
 * How many of the eight bytes from the lowest on stand in a string as they are: up to a quote, backslash or control character. What a
 * borrow makes of the bytes above the first hit does not matter.
 * https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
 */
export function plainBytesOf(word: u64): i32 {
  const quoted = word ^ quotes
  const escaped = word ^ backslashes
  const hits = (((quoted - ones) & ~quoted) | ((escaped - ones) & ~escaped) | ((word - blanks) & ~word)) & signs
  return hits === 0 ? 8 : <i32>(ctz(hits) >> 3)
}

/** The escapes that jsonb prints as they are: " \ b f n r t. */
export function isShortEscape(byte: u8): bool {
  return (
    byte === quote ||
    byte === backslash ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  )
}

export function isOpening(byte: u8): bool {
  return byte === 0x7b || byte === 0x5b
}

export function skipBlanks(at: i32, end: i32): i32 {
  while (at < end && load<u8>(at) <= 0x20 && isBlank(load<u8>(at))) at++
  return at
}

function isBlank(byte: u8): bool {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The end of a number without exponent, as all functions here that return an offset. */
export function endOfNumber(from: i32, end: i32): i32 {
  const whole = load<u8>(from) === minus ? from + 1 : from
  let at = endOfDigits(whole, end)
  if (at === whole || (load<u8>(whole) === 0x30 && at > whole + 1)) return none
  if (at < end && load<u8>(at) === point) {
    const fraction = at + 1
    at = endOfDigits(fraction, end)
    if (at === fraction) return none
  }
  if (at < end && (load<u8>(at) | 0x20) === 0x65) return none
  return at - from > longNumber ? none : at
}

function endOfDigits(at: i32, end: i32): i32 {
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) at++
  return at
}

/** Of `true`, `false` and `null`. */
export function endOfWord(at: i32, end: i32): i32 {
  const first = load<u8>(at)
  const letters = load<u32>(at)
  if (first === 0x66) return at + 5 <= end && letters === 0x736c6166 && load<u8>(at, 4) === 0x65 ? at + 5 : none
  return at + 4 <= end && (letters === 0x65757274 || letters === 0x6c6c756e) ? at + 4 : none
}

/**
 * Whether a text is JSON that jsonb takes; false also for documents that are not ordinary: with `\u` escapes, exponents, numbers of many
 * digits, or deep nesting. `from..from+length-1` is valid UTF-8.
 */
export function isJson(from: i32, length: i32): bool {
  const end = from + length
  let depth = 0
  /** The lowest bit: the innermost open container is an object. */
  let objects: u64 = 0
  let at = skipBlanks(from, end)
  while (true) {
    if (at >= end) return false
    const first = load<u8>(at)
    if (isOpening(first)) {
      if (depth++ === deepest) return false
      const isObject = first === 0x7b
      objects = (objects << 1) | <u64>isObject
      at = skipBlanks(at + 1, end)
      if (at >= end) return false
      if (load<u8>(at) !== first + 2) {
        if (isObject) at = endOfKey(at, end)
        if (at === none) return false
        continue
      }
    } else at = endOfScalar(at, end, first)
    if (at === none) return false
    // Behind a value, or at the bracket that closes an empty container.
    while (true) {
      at = skipBlanks(at, end)
      if (depth === 0) return at === end
      if (at >= end) return false
      const byte = load<u8>(at++)
      if (byte === comma) break
      if (byte !== (objects & 1 ? 0x7d : 0x5d)) return false
      objects >>= 1
      depth--
    }
    at = skipBlanks(at, end)
    if (objects & 1) at = endOfKey(at, end)
    if (at === none) return false
  }
}

function endOfScalar(at: i32, end: i32, first: u8): i32 {
  if (first === quote) return endOfString(at, end)
  return first <= 0x39 ? endOfNumber(at, end) : endOfWord(at, end)
}

/** Of a key, the colon and the blanks behind it. */
function endOfKey(from: i32, end: i32): i32 {
  if (from >= end || load<u8>(from) !== quote) return none
  const to = endOfString(from, end)
  if (to === none) return none
  const at = skipBlanks(to, end)
  return at < end && load<u8>(at) === colon ? skipBlanks(at + 1, end) : none
}

function endOfString(from: i32, end: i32): i32 {
  let at = from + 1
  while (true) {
    const plain = plainBytesOf(load<u64>(at))
    at += plain
    if (at >= end) return none
    if (plain === 8) continue
    const byte = load<u8>(at)
    if (byte === quote) return at + 1
    if (byte !== backslash || at + 1 >= end) return none
    const escape = load<u8>(at, 1)
    if (escape !== 0x2f && !isShortEscape(escape)) return none
    at += 2
  }
}
