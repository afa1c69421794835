import type { PostgresValue, WireType } from '../../../model/batch.ts'
import { RowferryError } from '../../../errors/errors.ts'
import type { EncodedBatch } from '../../databases.ts'
import { CopyBuffer } from './copy-buffer.ts'
import { CopyBatch } from './encoded-batch.ts'
import { type FieldOutput, type FieldWriter, fieldWriters, writeBlankPadded } from './field-writers.ts'
import { JsonbText } from './jsonb-text.ts'
import { Decimal } from './numeric-binary.ts'
import { RowHash } from './row-hash.ts'

/** Released buffers that are kept: one batch is filled while others are under way. */
const pooledBuffers = 3

/**
 * Makes batches of one table for `COPY … (FORMAT binary)`, and computes for each row the hash that PostgreSQL will
 * compute of it (docs/design/verification.md). One per thread and table.
 */
export class BatchEncoder {
  readonly #writers: readonly FieldWriter[]
  readonly #hash = new RowHash()
  readonly #pool: CopyBuffer[] = []
  readonly #out: FieldOutput

  /** `blankPadded`: indexes of columns of type char(n); their trailing blanks are left out, as PostgreSQL does. */
  constructor(wireTypes: readonly WireType[], blankPadded: readonly number[] = []) {
    this.#writers = wireTypes.map((wireType, i) =>
      blankPadded.includes(i) ? writeBlankPadded : fieldWriters[wireType],
    )
    this.#out = { buffer: new CopyBuffer(), column: 0, decimal: new Decimal(), jsonbText: new JsonbText() }
  }

  /** Rows of the batch that is being filled. */
  get pendingRows(): number {
    return this.#out.buffer.rows
  }

  /** Bytes of the batch that is being filled, as they will go over the wire. */
  get pendingBytes(): number {
    return this.#out.buffer.size
  }

  /**
   * Adds a row, values in the forms that `PostgresValue` describes. Byte values over 256 kB are not copied and must not
   * change while the batch lives. Throws an error of the family DATA for a value that cannot be written
   * (`context.column` is its index); the row is then not in the batch and the next one can be added.
   */
  append(values: readonly PostgresValue[]): void {
    const out = this.#out
    const { buffer } = out
    const writers = this.#writers
    const hash = this.#hash
    if (values.length !== writers.length) throw wrongLength(values.length, writers.length)
    buffer.startRow(writers.length)
    hash.start()
    for (let i = 0; i < writers.length; i++) {
      const value = values[i]
      if (value === null || value === undefined) {
        buffer.reserve(4)
        buffer.view.setInt32(buffer.position, -1)
        buffer.position += 4
        hash.addNull()
      } else {
        out.column = i
        const write = writers[i] as FieldWriter
        write(out, value)
        hash.addDigest()
      }
    }
    hash.finish()
    buffer.endRow(hash.high, hash.low)
  }

  /** Hands over the rows appended so far and starts a new batch. */
  finish(): EncodedBatch {
    const batch = new CopyBatch(this.#out.buffer)
    this.#out.buffer = this.#pool.pop() ?? new CopyBuffer()
    return batch
  }

  /** Takes the memory of a batch back, once it is committed and everything of it was sent. */
  release(batch: EncodedBatch): void {
    const buffer = batch instanceof CopyBatch ? batch.takeBuffer() : null
    if (buffer === null || this.#pool.length === pooledBuffers) return
    buffer.clear()
    this.#pool.push(buffer)
  }
}

function wrongLength(values: number, columns: number): RowferryError {
  return new RowferryError('INTERNAL', {
    message: `A row of ${values} values was appended to a batch of ${columns} columns.`,
    remedy: null,
  })
}
