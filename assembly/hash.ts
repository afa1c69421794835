/**
 * PostgreSQL's `hash_bytes_extended` with seed 0 (src/common/hashfn.c), as in `copy/hash-bytes.ts`, which see. The hash is one
 * 64-bit number here.
 */

/** 0x9e3779b9 + 3923095, to which the length in bytes is added. */
const start: u32 = 0x9e3779b9 + 3923095

export function hashBytes(at: i32, length: i32): u64 {
  let a = start + <u32>length
  let b = a
  let c = a
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
  if (length >= 8) {
    a += load<u32>(at)
    b += load<u32>(at, 4)
    // The lowest byte of c is reserved for the length.
    c += lastBytes(at + 8, length - 8) << 8
  } else if (length >= 4) {
    a += load<u32>(at)
    b += lastBytes(at + 4, length - 4)
  } else {
    a += lastBytes(at, length)
  }
  return finish(a, b, c)
}

/** Of the eight bytes that are `word` in memory. */
export function hashEightBytes(word: u64): u64 {
  const initial = start + 8
  return finish(initial + <u32>word, initial + <u32>(word >> 32), initial)
}

/** Of a number of four bytes or fewer: `hashint4extended`, and that of int2, date and bool. */
export function hashWord(word: u32): u64 {
  const initial = start + 4
  return finish(initial + word, initial, initial)
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
