/**
 * PostgreSQL's `hash_bytes_extended` (src/common/hashfn.c), as in `copy/hash-bytes.ts`, which see. The hash is one 64-bit number
 * here.
 */

/** 0x9e3779b9 + 3923095, to which the length in bytes is added. */
const start: u32 = 0x9e3779b9 + 3923095

/** The three words, between blocks. */
let a0: u32 = 0
let b0: u32 = 0
let c0: u32 = 0

/** A block of twelve bytes that holds a seed. */
const seedBlock = memory.data(12)

/** For so many bytes. A seed counts like a block before the first; 0 is none. */
function begin(length: i32, seed: u32): void {
  a0 = b0 = c0 = start + <u32>length
  if (seed === 0) return
  store<u32>(seedBlock, seed, 4)
  mixBlocks(<i32>seedBlock, 12)
}

/** Takes whole blocks in; gives where the rest begins. */
function mixBlocks(at: i32, length: i32): i32 {
  let a = a0
  let b = b0
  let c = c0
  for (; length >= 12; length -= 12, at += 12) {
    a += load<u32>(at)
    b += load<u32>(at, 4)
    c += load<u32>(at, 8)
    a = (a - c) ^ rotl<u32>(c, 4)
    c += b
    b = (b - a) ^ rotl<u32>(a, 6)
    a += c
    c = (c - b) ^ rotl<u32>(b, 8)
    b += a
    a = (a - c) ^ rotl<u32>(c, 16)
    c += b
    b = (b - a) ^ rotl<u32>(a, 19)
    a += c
    c = (c - b) ^ rotl<u32>(b, 4)
    b += a
  }
  a0 = a
  b0 = b
  c0 = c
  return at
}

export function hashBytes(at: i32, length: i32, seed: u32): u64 {
  begin(length, seed)
  const rest = mixBlocks(at, length)
  const left = length - (rest - at)
  if (left >= 8) {
    // The lowest byte of c is reserved for the length.
    return finish(a0 + load<u32>(rest), b0 + load<u32>(rest, 4), c0 + (lastBytes(rest + 8, left - 8) << 8))
  }
  if (left >= 4) return finish(a0 + load<u32>(rest), b0 + lastBytes(rest + 4, left - 4), c0)
  return finish(a0 + lastBytes(rest, left), b0, c0)
}

/** Of the eight bytes that are `word` in memory. */
export function hashEightBytes(word: u64, seed: u32): u64 {
  begin(8, seed)
  return finish(a0 + <u32>word, b0 + <u32>(word >> 32), c0)
}

/** Of a number of four bytes or fewer: `hashint4extended`, and that of int2, date and bool. */
export function hashWord(word: u32, seed: u32): u64 {
  begin(4, seed)
  return finish(a0 + word, b0, c0)
}

/** Up to three bytes as a little-endian number. */
function lastBytes(at: i32, count: i32): u32 {
  if (count === 0) return 0
  if (count === 1) return load<u8>(at)
  if (count === 2) return load<u16>(at)
  return <u32>load<u16>(at) | ((<u32>load<u8>(at, 2)) << 16)
}

function finish(a: u32, b: u32, c: u32): u64 {
  c = (c ^ b) - rotl<u32>(b, 14)
  a = (a ^ c) - rotl<u32>(c, 11)
  b = (b ^ a) - rotl<u32>(a, 25)
  c = (c ^ b) - rotl<u32>(b, 16)
  a = (a ^ c) - rotl<u32>(c, 4)
  b = (b ^ a) - rotl<u32>(a, 14)
  c = (c ^ b) - rotl<u32>(b, 24)
  return ((<u64>b) << 32) | <u64>c
}
