/**
 * PostgreSQL's `hash_bytes_extended` once more, written from Bob Jenkins' description of lookup3, word by word. It shares no code with
 * `copy/hash-bytes.ts` or `assembly/hash.ts`, so that a fault in one of them shows against the other (docs/design/verification.md).
 */

type Words = [a: number, b: number, c: number]

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

function mix(words: Words): void {
  let [a, b, c] = words
  a = (a - c) ^ rotate(c, 4)
  c = (c + b) | 0
  b = (b - a) ^ rotate(a, 6)
  a = (a + c) | 0
  c = (c - b) ^ rotate(b, 8)
  b = (b + a) | 0
  a = (a - c) ^ rotate(c, 16)
  c = (c + b) | 0
  b = (b - a) ^ rotate(a, 19)
  a = (a + c) | 0
  c = (c - b) ^ rotate(b, 4)
  b = (b + a) | 0
  words[0] = a
  words[1] = b
  words[2] = c
}

/** The hash of bytes as two unsigned halves: `hashtextextended`, `hashbyteaextended`, and of four bytes `hashint4extended`. */
export function plainHash(bytes: Uint8Array, seed: number): { readonly high: number; readonly low: number } {
  const first = (0x9e3779b9 + bytes.length + 3923095) | 0
  const words: Words = [first, first, first]
  if (seed !== 0) {
    words[1] = (first + seed) | 0
    mix(words)
  }
  let at = 0
  for (; bytes.length - at >= 12; at += 12) {
    for (let word = 0; word < 3; word++) words[word] = ((words[word] as number) + wordAt(bytes, at + 4 * word)) | 0
    mix(words)
  }
  // What is left: four bytes for each of a and b, and three for the upper bytes of c, whose lowest stands for the length.
  for (let left = 0; at + left < bytes.length; left++) {
    const word = left < 4 ? 0 : left < 8 ? 1 : 2
    const shift = 8 * (word === 2 ? left - 7 : left % 4)
    words[word] = ((words[word] as number) + ((bytes[at + left] as number) << shift)) | 0
  }
  return finish(words)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

function finish([a, b, c]: Words): { readonly high: number; readonly low: number } {
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return { high: b >>> 0, low: c >>> 0 }
}
