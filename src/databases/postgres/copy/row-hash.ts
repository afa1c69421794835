import type { RowHashForm } from '../../../model/plan.ts'
import { digest, hashFloat } from './hash-bytes.ts'

const twoTo32 = 0x1_0000_0000

/**
 * The hash of one row, as `rowHashExpression` has PostgreSQL compute it. Halves are signed 32-bit integers.
 *
 * `chained` is `hash_record_extended(row(…), 0)` (src/backend/utils/adt/rowtypes.c): `result * 31 + hash of the column` modulo
 * 2^64, where a NULL hashes to 0. `seeded` is the columns' hashes XORed, each with its number for a seed; NULL is left out.
 *
 * Summed over a table, neither would see values that changed places between rows. So each row's hash is hashed once more
 * before it is summed; as a double, of which 53 bits count.
 */
export class RowHash {
  high = 0
  low = 0
  readonly #isSeeded: boolean

  constructor(form: RowHashForm) {
    this.#isSeeded = form === 'seeded'
  }

  /** For the hash of the value in the column of that index. */
  seedOf(column: number): number {
    return this.#isSeeded ? column + 1 : 0
  }

  start(): void {
    this.high = 0
    this.low = 0
  }

  addNull(): void {
    if (!this.#isSeeded) this.#timesThirtyOne()
  }

  /** Takes the value hash that stands in `digest`. */
  addDigest(): void {
    if (this.#isSeeded) {
      this.high ^= digest.high
      this.low ^= digest.low
      return
    }
    this.#timesThirtyOne()
    const low = (this.low + digest.low) | 0
    const carry = low >>> 0 < digest.low >>> 0 ? 1 : 0
    this.high = (this.high + digest.high + carry) | 0
    this.low = low
  }

  /** Hashes the row's hash; nothing can be added after it. */
  finish(): void {
    // Rounds once, as PostgreSQL's cast does: the product is exact.
    hashFloat(this.high * twoTo32 + (this.low >>> 0))
    this.high = digest.high
    this.low = digest.low
  }

  /** (result << 5) - result, in halves. */
  #timesThirtyOne(): void {
    const { high, low } = this
    const shiftedLow = low << 5
    const shiftedHigh = (high << 5) | (low >>> 27)
    const borrow = shiftedLow >>> 0 < low >>> 0 ? 1 : 0
    this.low = (shiftedLow - low) | 0
    this.high = (shiftedHigh - high - borrow) | 0
  }
}

/** Sum modulo 2^64 of 64-bit numbers whose halves stand in two arrays, from index `from` to before `to`. */
export function sumHashes(high: Uint32Array, low: Uint32Array, from: number, to: number): bigint {
  let highSum = 0
  let lowSum = 0
  for (let row = from; row < to; row++) {
    lowSum += low[row] as number
    highSum += high[row] as number
    if (lowSum >= twoTo32) {
      lowSum -= twoTo32
      highSum++
    }
    // Stays exact in a double whatever the number of rows.
    if (highSum >= twoTo32) highSum -= twoTo32
  }
  return BigInt.asUintN(64, (BigInt(highSum) << 32n) + BigInt(lowSum))
}
