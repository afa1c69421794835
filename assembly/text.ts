const signs: u64 = 0x8080_8080_8080_8080
const ones: u64 = 0x0101_0101_0101_0101

/**
 * Copies a text that is valid UTF-8 without NUL, eight bytes at a time; false, with part of it copied, where it is not.
 * https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
 */
export function copyText(from: i32, to: i32, length: i32): bool {
  let wide: u64 = 0
  let i = 0
  for (; i + 8 <= length; i += 8) {
    const word = load<u64>(from + i)
    if ((word - ones) & ~word & signs) return false
    wide |= word
    store<u64>(to + i, word)
  }
  for (; i < length; i++) {
    const byte = load<u8>(from + i)
    if (byte === 0) return false
    wide |= byte
    store<u8>(to + i, byte)
  }
  return (wide & signs) === 0 || isUtf8(from, from + length)
}

/** Characters of a text that is valid UTF-8 without NUL; -1 where it is not. */
export function charactersOf(at: i32, length: i32): i32 {
  let wide: u64 = 0
  let i = 0
  for (; i + 8 <= length; i += 8) {
    const word = load<u64>(at + i)
    if ((word - ones) & ~word & signs) return -1
    wide |= word
  }
  for (; i < length; i++) {
    const byte = load<u8>(at + i)
    if (byte === 0) return -1
    wide |= byte
  }
  if ((wide & signs) === 0) return length
  if (!isUtf8(at, at + length)) return -1
  let count = 0
  for (i = 0; i < length; i++) if ((load<u8>(at + i) & 0xc0) !== 0x80) count++
  return count
}

/** No surrogates, nothing beyond U+10FFFF, nothing longer than it need be. https://encoding.spec.whatwg.org/#utf-8-decoder */
function isUtf8(at: i32, to: i32): bool {
  while (at < to) {
    const first = load<u8>(at++)
    if (first < 0x80) continue
    if (first < 0xc2 || first > 0xf4) return false
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (at + more > to) return false
    const second = load<u8>(at)
    if (first === 0xe0 && second < 0xa0) return false
    if (first === 0xed && second > 0x9f) return false
    if (first === 0xf0 && second < 0x90) return false
    if (first === 0xf4 && second > 0x8f) return false
    for (let i = 0; i < more; i++) if ((load<u8>(at + i) & 0xc0) !== 0x80) return false
    at += more
  }
  return true
}
