import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

/** Bytes of text: are they valid, and what do they say. */

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function isValidUtf8(bytes: Uint8Array): boolean {
  return isUtf8(bytes)
}

const replacing = new TextDecoder('utf-8', { ignoreBOM: true })

/** Each invalid sequence becomes one U+FFFD, as the WHATWG standard counts them. A byte order mark stays. */
export function decodeUtf8Replacing(bytes: Uint8Array): { readonly text: string; readonly replaced: boolean } {
  return { text: replacing.decode(bytes), replaced: !isUtf8(bytes) }
}

/** The same for UTF-16; half of a surrogate pair and an odd byte at the end become U+FFFD. */
export function decodeUtf16Replacing(bytes: Uint8Array, encoding: 'UTF-16le' | 'UTF-16be'): string {
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes)
}

/** The name of an encoding that `decodeAs` knows: `windows-1252`, `shift_jis`, `gbk`, `koi8-r` … */
export function isKnownEncoding(encoding: string): boolean {
  return decoderOf(encoding) !== null
}

/**
 * Text of bytes that are in the named encoding; null when they are not valid in it. `latin1` and `iso-8859-1` mean
 * windows-1252, as in browsers. The encoding must be known.
 */
export function decodeAs(bytes: Uint8Array, encoding: string): string | null {
  const decoder = decoderOf(encoding)
  if (decoder === null) throw new RangeError(`unknown encoding ${encoding}`)
  try {
    return decoder.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** Making a decoder costs some microseconds. */
const decoders = new Map<string, TextDecoder | null>()

function decoderOf(encoding: string): TextDecoder | null {
  const name = encoding.toLowerCase()
  const known = decoders.get(name)
  if (known !== undefined) return known
  const made = makeDecoder(name)
  decoders.set(name, made)
  return made
}

function makeDecoder(name: string): TextDecoder | null {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
