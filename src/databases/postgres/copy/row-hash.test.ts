import { describe, expect, test } from 'vitest'
import { digest, hashBytes, hashFloat, hashWord } from './hash-bytes.ts'
import { RowHash, sumHashes } from './row-hash.ts'

/** The digest as PostgreSQL prints it: a signed 64-bit integer. */
function digestNumber(): bigint {
  return (BigInt(digest.high) << 32n) | BigInt(digest.low >>> 0)
}

// Figures from PostgreSQL 18: select hashtextextended('…' collate "C", 0) etc.
const texts = [
  ['', -6939563903564495251n],
  ['a', 3591986179850072241n],
  ['ab', 2833316173711343549n],
  ['abc', -6747756470228489321n],
  ['abcd', -1038429303365892052n],
  ['abcde', 3076356108696143428n],
  ['abcdefgh', -8882191227074733005n],
  ['abcdefghi', -3278210106038014113n],
  ['abcdefghijk', 3112909444737856467n],
  ['abcdefghijkl', -7556637188122330412n],
  ['abcdefghijklm', 8871624171452417744n],
  ['Zürich 🚢', -2521905022560631911n],
] as const

describe('hashBytes', () => {
  test.each(texts)('of %j is hashtextextended', (text, expected) => {
    const bytes = Buffer.from(`...${text}...`)
    hashBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 3, bytes.length - 6, 0)
    expect(digestNumber()).toBe(expected)
  })
})

test.each([
  [0, 4154612158245552303n],
  [1, -3670598878359251130n],
  [-1, -1888257769727981238n],
  [2147483647, -9109110466470504941n],
] as const)('hashWord of %i is hashint4extended', (word, expected) => {
  hashWord(word, 0)
  expect(digestNumber()).toBe(expected)
})

test.each([
  [0, 0n],
  [1.5, 6158159405676898674n],
  [Infinity, -4973912021728129854n],
] as const)('hashFloat of %d is hashfloat8extended', (value, expected) => {
  hashFloat(value)
  expect(digestNumber()).toBe(expected)
})

// select hashtextextended('…' collate "C", …)
const seeded = [
  ['', 7, 2755504096093790112n],
  ['abcdefghijklm', 7, 1223120994160335261n],
  ['Zürich 🚢', 1600, 871382810534632330n],
] as const

test.each(seeded)('hashBytes of %j with seed %i is hashtextextended', (text, seed, expected) => {
  const bytes = Buffer.from(text)
  hashBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, seed)
  expect(digestNumber()).toBe(expected)
})

test('hashWord with a seed is hashint4extended', () => {
  // select hashint4extended(-1, 7)
  hashWord(-1, 7)
  expect(digestNumber()).toBe(8228280636233252028n)
})

describe('RowHash', () => {
  const number = (row: RowHash): bigint => (BigInt(row.high) << 32n) | BigInt(row.low >>> 0)

  test.each([
    // select hash_record_extended(row(1, null::int, 'a'::text collate "C"), 0)
    ['chained', -525417844865905033n],
    // select hashint4extended(1, 1) # hashtextextended('a' collate "C", 3)
    ['seeded', 4960741883662631140n],
  ] as const)('is what PostgreSQL says before it is finished, when %s', (form, expected) => {
    const row = new RowHash(form)
    row.start()
    hashWord(1, row.seedOf(0))
    row.addDigest()
    row.addNull()
    hashBytes(new DataView(Uint8Array.of(0x61).buffer), 0, 1, row.seedOf(2))
    row.addDigest()
    expect(number(row)).toBe(expected)
  })

  test.each(['chained', 'seeded'] as const)('depends on the order of columns, when %s', (form) => {
    const hashOf = (...words: readonly number[]): bigint => {
      const row = new RowHash(form)
      row.start()
      for (const [column, word] of words.entries()) {
        hashWord(word, row.seedOf(column))
        row.addDigest()
      }
      row.finish()
      return number(row)
    }
    expect(hashOf(1, 2)).not.toBe(hashOf(2, 1))
    // Equal values would cancel each other out without their seeds.
    expect(hashOf(1, 1)).not.toBe(hashOf(2, 2))
  })
})

test('sums wrap at 2^64', () => {
  const high = Uint32Array.of(0xffff_ffff, 0, 0xffff_ffff)
  const low = Uint32Array.of(0xffff_ffff, 3, 0xffff_fff0)
  expect(sumHashes(high, low, 0, 2)).toBe(2n)
  expect(sumHashes(high, low, 0, 3)).toBe(2n ** 64n - 14n)
  expect(sumHashes(high, low, 1, 1)).toBe(0n)
})
