/** JSON as UTF-8 bytes, read by RFC 8259 without making strings or allocating anything. */

/**
 * PostgreSQL parses recursively and refuses what exceeds its stack (max_stack_depth, 2 MB): with 18.4 jsonb took 8,000 levels and
 * refused 20,000. What is nested deeper than this is text here; SQLite's own JSON functions stop at 1,000.
 */
export const maxJsonDepth = 2000
/**
 * Is a text JSON that jsonb takes? Of bytes from..to-1, which must be valid UTF-8.
 * - `json`: `classifyJsonText` says so too
 * - `no-json`: `classifyJsonText` says null
 * - `unsure`: ask `classifyJsonText`: escapes of NUL and of lone surrogates, numbers that may be beyond numeric, deep nesting
 */
export function scanJson(bytes: Uint8Array, from: number, to: number): 'json' | 'unsure' | 'no-json' {
  const end = scanDocument(bytes, skipBlanks(bytes, from, to), to)
  if (end === unsure) return 'unsure'
  return end !== none && skipBlanks(bytes, end, to) === to ? 'json' : 'no-json'
}

/** No end: what should stand here does not. No index can be an end and 0. */
const none = 0
const unsure = -1

/** The closing bracket of each open container, and of the document: nothing. Reused from document to document. */
const closings = new Uint8Array(maxJsonDepth + 1)

/** The end of the value that starts at `at`, or `none` or `unsure`, as of all functions of this kind. */
function scanDocument(bytes: Uint8Array, from: number, to: number): number {
  let depth = 0
  let at = from
  for (;;) {
    const first = at < to ? (bytes[at] as number) : 0
    if (isOpening(first)) {
      if (depth === maxJsonDepth) return unsure
      closings[++depth] = first + 2
      at = skipBlanks(bytes, at + 1, to)
      if (at === to) return none
      if (bytes[at] !== first + 2) {
        if (first === openingBrace) at = scanKey(bytes, at, to)
        if (at <= none) return at
        continue
      }
    } else {
      at = scanScalar(bytes, at, to, first)
      if (at <= none) return at
      if (depth === 0) return at
      at = skipBlanks(bytes, at, to)
    }
    // Behind a value, or at the bracket that closes an empty container.
    while (at < to && bytes[at] === closings[depth]) {
      depth -= 1
      if (depth === 0) return at + 1
      at = skipBlanks(bytes, at + 1, to)
    }
    if (at >= to || bytes[at] !== comma) return none
    at = skipBlanks(bytes, at + 1, to)
    if (closings[depth] === closingBrace) at = scanKey(bytes, at, to)
    if (at <= none) return at
  }
}

/** A key, the colon and the blanks behind it. */
function scanKey(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || bytes[from] !== quote) return none
  const end = scanString(bytes, from, to)
  return end <= none ? end : endOfColon(bytes, end, to)
}

function scanScalar(bytes: Uint8Array, from: number, to: number, first: number): number {
  if (first === quote) return scanString(bytes, from, to)
  if (first > 0x39) return endOfWord(bytes, from, to)
  const end = endOfNumber(bytes, from, to)
  if (end < 0) return mayExceedNumeric(bytes, from, -end) ? unsure : -end
  return end - from > longNumber ? unsure : end
}

function scanString(bytes: Uint8Array, from: number, to: number): number {
  let at = skipPlain(bytes, from + 1, to)
  while (at < to && bytes[at] === backslash) {
    const codePoint = escapedCodePoint(bytes, at, to)
    if (codePoint < 0) return none
    if (isRefusedCodePoint(codePoint)) return unsure
    at = skipPlain(bytes, at + escapeLength(bytes, at, codePoint), to)
  }
  return at < to && bytes[at] === quote ? at + 1 : none
}

/** To the quote, backslash or control character that ends a run of plain bytes in a string. */
function skipPlain(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && endsPlain[bytes[at] as number] === 0) at++
  return at
}

export function isOpening(byte: number): boolean {
  return byte === openingBrace || byte === 0x5b
}

export function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && (bytes[at] as number) <= blank && isBlank(bytes[at] as number)) at++
  return at
}

function isBlank(byte: number): boolean {
  return byte === blank || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The end of a colon between blanks; 0 when there is none. */
export function endOfColon(bytes: Uint8Array, from: number, to: number): number {
  const at = skipBlanks(bytes, from, to)
  return at < to && bytes[at] === colon ? skipBlanks(bytes, at + 1, to) : none
}

/** The end of `true`, `false` or `null`; 0 when it is none of them. */
export function endOfWord(bytes: Uint8Array, from: number, to: number): number {
  const word = bytes[from] === 0x74 ? wordTrue : bytes[from] === 0x66 ? wordFalse : wordNull
  const end = from + word.length
  if (end > to) return none
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return none
  return end
}

const wordTrue = new TextEncoder().encode('true')
const wordFalse = new TextEncoder().encode('false')
const wordNull = new TextEncoder().encode('null')

/** The end of a number, negative when it has an exponent; 0 when there is none. */
export function endOfNumber(bytes: Uint8Array, from: number, to: number): number {
  const whole = from < to && bytes[from] === minus ? from + 1 : from
  let at = endOfDigits(bytes, whole, to)
  if (at === whole || (bytes[whole] === zero && at > whole + 1)) return none
  if (at < to && bytes[at] === point) {
    const fraction = at + 1
    at = endOfDigits(bytes, fraction, to)
    if (at === fraction) return none
  }
  if (at >= to || ((bytes[at] as number) | 0x20) !== letterE) return at
  at++
  if (at < to && (bytes[at] === plus || bytes[at] === minus)) at++
  const end = endOfDigits(bytes, at, to)
  return end === at ? none : -end
}

function endOfDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine) at++
  return at
}

/** Numbers that are no longer than this and have at most three digits in their exponent are far from numeric's limits. */
const longNumber = 1000
const longExponent = 3

/** Of a valid number: it has more digits than it takes to be sure that numeric holds it. */
function mayExceedNumeric(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > longNumber) return true
  for (let at = to - 1, digits = 0; at >= from; at--, digits++) {
    const byte = bytes[at] as number
    if (byte >= zero && byte <= nine) continue
    return digits > longExponent && ((byte | 0x20) === letterE || byte === plus || (byte === minus && at > from))
  }
  return false
}

/** What the escape at a backslash stands for; surrogates are paired if they can be. -1 when it is no escape. */
export function escapedCodePoint(bytes: Uint8Array, at: number, to: number): number {
  const high = escapedUnit(bytes, at, to)
  if (high < 0xd800 || high > 0xdbff || at + 6 >= to || bytes[at + 6] !== backslash) return high
  const low = escapedUnit(bytes, at + 6, to)
  return low < 0xdc00 || low > 0xdfff ? high : 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
}

/** How many bytes the escape takes that stands for `codePoint`. */
export function escapeLength(bytes: Uint8Array, at: number, codePoint: number): number {
  if (bytes[at + 1] !== letterU) return 2
  return codePoint > 0xffff ? 12 : 6
}

/** jsonb takes no NUL and no half of a surrogate pair. */
export function isRefusedCodePoint(codePoint: number): boolean {
  return codePoint === 0 || (codePoint >= 0xd800 && codePoint <= 0xdfff)
}

function escapedUnit(bytes: Uint8Array, at: number, to: number): number {
  if (at + 1 >= to) return -1
  const letter = bytes[at + 1] as number
  if (letter !== letterU) return shortEscapes[letter] as number
  if (at + 6 > to) return -1
  let unit = 0
  for (let i = at + 2; i < at + 6; i++) {
    const digit = hexDigits[bytes[i] as number] as number
    if (digit < 0) return -1
    unit = (unit << 4) | digit
  }
  return unit
}

const openingBrace = 0x7b
const closingBrace = 0x7d
const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const blank = 0x20
const plus = 0x2b
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const nine = 0x39
const letterE = 0x65
const letterU = 0x75

/** 1 for the bytes that mean something in a string. */
export const endsPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < blank || byte === quote || byte === backslash ? 1 : 0,
)

/** By the byte behind the backslash: the character that is meant, -1 for none. */
const shortEscapes = byByte({
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
})
const hexDigits = byByte(
  Object.fromEntries(Array.from('0123456789abcdefABCDEF', (digit) => [digit, Number.parseInt(digit, 16)])),
)

function byByte(values: Readonly<Record<string, number>>): Int8Array {
  const table = new Int8Array(256).fill(-1)
  for (const [character, value] of Object.entries(values)) table[character.charCodeAt(0)] = value
  return table
}
