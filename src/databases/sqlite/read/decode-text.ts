import { Buffer, constants, isUtf8 } from 'node:buffer'
import { TextBytes } from '../../../model/batch.ts'

/** `pragma encoding` of a database. */
export type TextEncoding = 'UTF-8' | 'UTF-16le' | 'UTF-16be'

export function textEncoding(pragma: unknown): TextEncoding {
  return pragma === 'UTF-16le' || pragma === 'UTF-16be' ? pragma : 'UTF-8'
}

/** Node puts U+FFFD in place of invalid bytes, without a word: such a text must be looked at as bytes. */
export function isSuspicious(text: string): boolean {
  return text.includes('\uFFFD')
}

/**
 * UTF-16 cannot be read as text at all: SQLite takes a lone surrogate and the unit after it for one character outside the
 * BMP (utf.c, READ_UTF16LE): stored D800 0041 is read as U+10041.
 */
export function mustReadAsBytes(encoding: TextEncoding): boolean {
  return encoding !== 'UTF-8'
}

/** A text from its stored bytes; bytes where it cannot be a string. */
export function decodeText(stored: Uint8Array, encoding: TextEncoding): string | TextBytes {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (encoding !== 'UTF-8') return decodeUtf16(bytes, encoding)
  if (!isUtf8(bytes)) return new TextBytes(stored, false)
  // Every UTF-16 unit needs at least a byte of UTF-8.
  return fitsString(bytes.length) ? bytes.toString('utf8') : new TextBytes(stored, true)
}

function decodeUtf16(bytes: Buffer, encoding: TextEncoding): string | TextBytes {
  const invalid = new TextBytes(bytes, false, encoding)
  if (bytes.length % 2 !== 0) return invalid
  const little = encoding === 'UTF-16le' ? bytes : Buffer.from(bytes).swap16()
  if (!fitsString(little.length / 2)) return wideUtf16(little, invalid)
  const text = little.toString('utf16le')
  return text.isWellFormed() ? text : invalid
}

const piece = 8 * 1024 * 1024

/** UTF-16 that is too long for a string, as UTF-8, piece by piece; a pair of surrogates is never cut. */
function wideUtf16(bytes: Buffer, invalid: TextBytes): TextBytes {
  const pieces: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    let to = Math.min(bytes.length, from + piece)
    if (to < bytes.length && (bytes.readUInt16LE(to - 2) & 0xfc00) === 0xd800) to -= 2
    const text = bytes.toString('utf16le', from, to)
    if (!text.isWellFormed()) return invalid
    pieces.push(Buffer.from(text, 'utf8'))
    from = to
  }
  return new TextBytes(Buffer.concat(pieces), true)
}

function fitsString(units: number): boolean {
  return units <= constants.MAX_STRING_LENGTH
}
