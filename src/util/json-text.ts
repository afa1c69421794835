import { maxJsonDepth, scanJson } from './json-bytes.ts'

/** Is a text JSON, and will PostgreSQL's jsonb take it? */

/** numeric's limits behind jsonb's numbers. */
const maxIntegerDigits = 131_072
const maxFractionDigits = 16_383
/** Longer texts are read as bytes first. */
const longText = 64 * 1024
/** With three digits of exponent it is still within them. */
const longNumber = 15_000

/**
 * - `json`: valid by RFC 8259, and jsonb takes it
 * - `json-odd`: valid, but jsonb refuses or changes it: `\u0000`, escapes of lone surrogates, numbers beyond numeric. The type json keeps it
 * - null: no JSON (also NaN, Infinity, comments, single quotes), or nested deeper than PostgreSQL takes
 */
export function classifyJsonText(text: string): 'json' | 'json-odd' | null {
  if (text.length > longText) {
    // JSON.parse makes objects of it, which for 300 MB are gigabytes that are thrown away.
    const bytes = Buffer.from(text)
    const found = scanJson(bytes, 0, bytes.length)
    if (found !== 'unsure') return found === 'json' ? 'json' : null
  }
  if (!isJson(text)) return null
  if (text.length > 2 * maxJsonDepth && depthOf(text) > maxJsonDepth) return null
  if (text.includes('\\u') && hasRefusedEscape(text)) return 'json-odd'
  // Both patterns are linear; only what they find is looked at closely, since it may stand inside a string.
  const suspicious = /\d[eE][+-]?\d{4}/.test(text) || (text.length > longNumber && /\d{15000}/.test(text))
  return suspicious && hasRefusedNumber(text) ? 'json-odd' : 'json'
}

function isJson(text: string): boolean {
  const first = text.charCodeAt(0)
  // Most texts that are no JSON begin with a letter; an exception costs microseconds. 0x66, 0x6e, 0x74: false, null, true.
  if (
    (first > 0x40 && first < 0x5b) ||
    (first > 0x60 && first < 0x7b && first !== 0x66 && first !== 0x6e && first !== 0x74)
  ) {
    return false
  }
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Deepest nesting of a valid JSON text. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  forEachOutsideStrings(text, (code) => {
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth--
  })
  return deepest
}

function forEachOutsideStrings(text: string, visit: (code: number, index: number) => void): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) index = stringEnd(text, index)
    else visit(code, index)
  }
}

/** Index of the closing quotation mark of the string that opens at `from`. */
function stringEnd(text: string, from: number): number {
  let index = from + 1
  while (text.charCodeAt(index) !== 0x22) index += text.charCodeAt(index) === 0x5c ? 2 : 1
  return index
}

/** Escapes occur only inside strings, so a valid JSON text can be scanned for backslashes alone. */
function hasRefusedEscape(text: string): boolean {
  let index = text.indexOf('\\')
  while (index >= 0) {
    let next = index + 2
    if (text.charCodeAt(index + 1) === 0x75) {
      const unit = Number.parseInt(text.slice(index + 2, index + 6), 16)
      next = index + 6
      if (unit === 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return true
      if (unit >= 0xd800 && unit <= 0xdbff) {
        if (!text.startsWith('\\u', next)) return true
        const low = Number.parseInt(text.slice(next + 2, next + 6), 16)
        if (low < 0xdc00 || low > 0xdfff) return true
        next += 6
      }
    }
    index = text.indexOf('\\', next)
  }
  return false
}

function hasRefusedNumber(text: string): boolean {
  let refused = false
  let end = 0
  forEachOutsideStrings(text, (code, index) => {
    const starts = index >= end && (code === 0x2d || (code >= 0x30 && code <= 0x39))
    if (!starts || refused) return
    end = index
    while (end < text.length && '+-.0123456789eE'.includes(text.charAt(end))) end++
    refused = !fitsNumeric(text.slice(index, end))
  })
  return refused
}

function fitsNumeric(number: string): boolean {
  const [mantissa = '', exponentText = '0'] = number
    .toLowerCase()
    .replace('-', (sign, at) => (at === 0 ? '' : sign))
    .split('e')
  const [integer = '', fraction = ''] = mantissa.split('.')
  const exponent = Number(exponentText)
  const isZero = !/[1-9]/.test(mantissa)
  if (isZero) return Math.abs(exponent) < maxFractionDigits
  return integer.length + exponent <= maxIntegerDigits && fraction.length - exponent <= maxFractionDigits
}
