/**
 * PostgreSQL's `hash_bytes_extended` and `hash_bytes_uint32_extended` (src/common/hashfn.c): Bob Jenkins' 2006 hash, of which
 * PostgreSQL keeps two of the three words as a 64-bit value. Seeds here are of 31 bits; a zero seed is not mixed in.
 *
 * Words are read little-endian. A PostgreSQL server on a big-endian machine (s390x) hashes otherwise.
 */

/**
 * The last hash that was computed, as two signed 32-bit halves. A shared register, because a returned pair would be one
 * allocation per value, and a bigint several.
 */
export const digest = { high: 0, low: 0 }

/** 0x9e3779b9 + 3923095, to which the length in bytes is added. */
const start = 0x9e3779b9 + 3923095

/** The three words, between blocks. */
const words = { a: 0, b: 0, c: 0 }

/** A block of twelve bytes that holds a seed. */
const seedBlock = new DataView(new ArrayBuffer(12))

/** For so many bytes. A seed counts like a block before the first; 0 is none. */
function begin(length: number, seed: number): void {
  words.a = words.b = words.c = (start + length) | 0
  if (seed === 0) return
  seedBlock.setInt32(4, seed, true)
  mixBlocks(seedBlock, 0, 12)
}

/** Takes whole blocks in; gives where the rest begins. */
function mixBlocks(view: DataView, from: number, length: number): number {
  let { a, b, c } = words
  let at = from
  for (let left = length; left >= 12; left -= 12, at += 12) {
    a = (a + view.getInt32(at, true)) | 0
    b = (b + view.getInt32(at + 4, true)) | 0
    c = (c + view.getInt32(at + 8, true)) | 0
    a = ((a - c) ^ ((c << 4) | (c >>> 28))) | 0
    c = (c + b) | 0
    b = ((b - a) ^ ((a << 6) | (a >>> 26))) | 0
    a = (a + c) | 0
    c = ((c - b) ^ ((b << 8) | (b >>> 24))) | 0
    b = (b + a) | 0
    a = ((a - c) ^ ((c << 16) | (c >>> 16))) | 0
    c = (c + b) | 0
    b = ((b - a) ^ ((a << 19) | (a >>> 13))) | 0
    a = (a + c) | 0
    c = ((c - b) ^ ((b << 4) | (b >>> 28))) | 0
    b = (b + a) | 0
  }
  words.a = a
  words.b = b
  words.c = c
  return at
}

export function hashBytes(view: DataView, from: number, length: number, seed: number): void {
  begin(length, seed)
  const at = mixBlocks(view, from, length)
  const left = length - (at - from)
  let { a, b, c } = words
  if (left >= 8) {
    a = (a + view.getInt32(at, true)) | 0
    b = (b + view.getInt32(at + 4, true)) | 0
    // The lowest byte of c is reserved for the length.
    c = (c + (lastBytes(view, at + 8, left - 8) << 8)) | 0
  } else if (left >= 4) {
    a = (a + view.getInt32(at, true)) | 0
    b = (b + lastBytes(view, at + 4, left - 4)) | 0
  } else {
    a = (a + lastBytes(view, at, left)) | 0
  }
  finish(a, b, c)
}

/** The hash of four bytes that hold `word`: `hashint4extended`, and that of int2, date and bool. */
export function hashWord(word: number, seed: number): void {
  begin(4, seed)
  finish((words.a + word) | 0, words.b, words.c)
}

const floatScratch = new DataView(new ArrayBuffer(8))

/** `hashfloat8extended` of a number other than -0 and NaN: the hash of its bytes, 0 for 0. */
export function hashFloat(value: number): void {
  if (value === 0) {
    digest.high = 0
    digest.low = 0
    return
  }
  floatScratch.setFloat64(0, value, true)
  hashBytes(floatScratch, 0, 8, 0)
}

/** Up to three bytes as a little-endian number. */
function lastBytes(view: DataView, at: number, count: number): number {
  if (count === 0) return 0
  if (count === 1) return view.getUint8(at)
  if (count === 2) return view.getUint16(at, true)
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
}

function finish(a: number, b: number, c: number): void {
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0
  digest.high = b
  digest.low = c
}
