/** Texts as bytes, looked at four bytes at a time. */

/** Sign bits of four bytes: set in every byte that is not ASCII. */
const wordSigns = 0x8080_8080 | 0
const ones = 0x0101_0101

/** True when one of the four bytes is 0: it borrows into its sign bit. https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord */
function wordHasZero(word: number): boolean {
  return (((word - ones) | 0) & ~word & wordSigns) !== 0
}

/** `nul` has a byte 0; `wide` has bytes beyond ASCII, which may or may not be UTF-8. */
export function checkTextBytes(view: DataView, at: number, length: number): 'ascii' | 'wide' | 'nul' {
  let wide = 0
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const word = view.getInt32(at + i)
    if (wordHasZero(word)) return 'nul'
    wide |= word
  }
  for (; i < length; i++) {
    const byte = view.getUint8(at + i)
    if (byte === 0) return 'nul'
    wide |= byte
  }
  return (wide & wordSigns) === 0 ? 'ascii' : 'wide'
}

/** Characters of valid UTF-8. */
export function countCharacters(bytes: Uint8Array, at: number, length: number): number {
  let count = 0
  for (let i = at; i < at + length; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count++
  return count
}
