import { createHash } from 'node:crypto'

/** Numbers from 0 to below 1 that a seed decides: the same seed gives the same numbers. */
export function seededNumbers(seed: string): () => number {
  let count = 0
  return () => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE(0) / 2 ** 32
}
