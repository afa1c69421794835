import { digest } from './hash-bytes.ts'

/**
 * The hash of one row: PostgreSQL's `hash_record_extended(row(…), 0)` (src/backend/utils/adt/rowtypes.c), which is
 * `result * 31 + hash of the column` modulo 2^64, where a NULL hashes to 0. Halves are signed 32-bit integers.
 */
export class RowHash {
  high = 0
  low = 0

  start(): void {
    this.high = 0
    this.low = 0
  }

  addNull(): void {
    this.#timesThirtyOne()
  }

  /** Takes the value hash that stands in `digest`. */
  addDigest(): void {
    this.#timesThirtyOne()
    const low = (this.low + digest.low) | 0
    const carry = low >>> 0 < digest.low >>> 0 ? 1 : 0
    this.high = (this.high + digest.high + carry) | 0
    this.low = low
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

const twoTo32 = 0x1_0000_0000

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
