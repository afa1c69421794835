/**
 * The second reading: rows are read again through SQLite, converted by the converters of `mapping/` and encoded the plain way, and must
 * give what the fast way gives. So neither the reader of pages nor the code in WebAssembly vouches for itself
 * (docs/design/verification.md). This file holds its nouns.
 */

/** What one thread reads again of one table. */
export type RereadRequest = {
  /** Null: every row of the shard. */
  readonly sample: SampleRequest | null
  /** Ask SQLite how many rows the table has. */
  readonly counts: boolean
}

export type SampleRequest = {
  /** Decides where the pieces begin. */
  readonly seed: string
  readonly pieces: number
  readonly rowsPerPiece: number
}

export type RowSum = { readonly rows: number; readonly hash: bigint }

/** What came of it. */
export type Reread = {
  /** Through SQLite, encoded the plain way. */
  readonly slow: RowSum
  /** The same rows as the load reads and encodes them. */
  readonly fast: RowSum
  /** Rows that were read, those that would be rejected too. */
  readonly rowsRead: number
  /** Rows of the table as SQLite counts them; null where it was not asked. */
  readonly counted: number | null
}

export const noRows: RowSum = { rows: 0, hash: 0n }

export function addSums(a: RowSum, b: RowSum): RowSum {
  return { rows: a.rows + b.rows, hash: BigInt.asUintN(64, a.hash + b.hash) }
}
