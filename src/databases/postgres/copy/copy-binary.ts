import type { PostgresValue, WireType } from '../../../model/batch.ts'
import type { RowHashForm } from '../../../model/plan.ts'
import { type RecordCoder, stops } from '../../../wasm/record-coder.ts'
import { RowferryError } from '../../../errors/errors.ts'
import type { EncodedBatch } from '../../databases.ts'
import { CopyBuffer, giveBuffer, takeBuffer } from './copy-buffer.ts'
import { CopyBatch } from './encoded-batch.ts'
import { type FieldOutput, type FieldWriter, fieldWriters, writeBlankPadded } from './field-writers.ts'
import { JsonbText } from './jsonb-text.ts'
import { Decimal } from './numeric-binary.ts'
import { digest } from './hash-bytes.ts'
import { RowHash } from './row-hash.ts'

/**
 * Makes batches of one table for `COPY … (FORMAT binary)`, and computes for each row the hash that PostgreSQL will
 * compute of it (docs/design/verification.md). One per thread and table.
 */
export class BatchEncoder implements Disposable {
  readonly #writers: readonly FieldWriter[]
  readonly #rowHash: RowHashForm
  readonly #hash: RowHash
  readonly #out: FieldOutput
  /** Where single fields are written before they go into a coder's row. */
  readonly #cell: FieldOutput
  /** Where the next batch begins until the memory of the one before is back. */
  #spare: CopyBuffer | null = null

  constructor({ wireTypes, rowHash, blankPadded = [] }: EncoderShape) {
    this.#rowHash = rowHash
    this.#hash = new RowHash(rowHash)
    this.#writers = wireTypes.map((wireType, i) =>
      blankPadded.includes(i) ? writeBlankPadded : fieldWriters[wireType],
    )
    this.#out = { buffer: takeBuffer(), column: 0, seed: 0, decimal: new Decimal(), jsonbText: new JsonbText() }
    this.#cell = { ...this.#out, buffer: new CopyBuffer() }
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
    if (values.length !== this.#writers.length) throw wrongLength(values.length, this.#writers.length)
    this.#startRow()
    for (let column = 0; column < values.length; column++) this.#write(column, values[column] ?? null)
    this.#endRow()
  }

  /**
   * Adds records as they are stored, from `first` to before `end`: ordinary values by the short cuts of their columns, and for
   * the others `convert` is asked for the value in its PostgreSQL form; undefined rejects the row. Gives the record where it stopped (`next`):
   * at the end, behind the row with which the batch has its `most` rows or bytes, behind one that was rejected, or before one that only
   * `append` can add, or refuse with an error.
   */
  appendRecords(coder: RecordCoder, run: RecordRun): { readonly next: number; readonly rejected: boolean } {
    coder.clear()
    coder.hashAs(this.#rowHash)
    coder.shortCuts.set(run.shortCuts)
    let row = run.first
    for (;;) {
      row = coder.encode(row, run.end, run.shortCuts.length, {
        rows: run.most.rows - this.pendingRows,
        bytes: run.most.bytes - this.pendingBytes,
      })
      switch (coder.stoppedFor) {
        case stops.outIsFull:
          this.#out.buffer.appendRows(coder)
          coder.clear()
          continue
        case stops.atCell: {
          const written = this.#writeCell(coder, row, run.convert)
          if (written === 'written') continue
          this.#out.buffer.appendRows(coder)
          return written === 'rejected' ? { next: row + 1, rejected: true } : { next: row, rejected: false }
        }
        default:
          this.#out.buffer.appendRows(coder)
          return { next: row, rejected: false }
      }
    }
  }

  /** A value that no short cut takes; `not-here`: its row is for `append`. */
  #writeCell(coder: RecordCoder, row: number, convert: RecordRun['convert']): 'written' | 'rejected' | 'not-here' {
    const value = convert(row, coder.column)
    if (value === undefined) {
      coder.dropRow()
      return 'rejected'
    }
    if (value === null) return coder.addNull() ? 'written' : 'not-here'
    const out = this.#cell
    const { buffer } = out
    buffer.clear()
    out.column = coder.column
    out.seed = this.#hash.seedOf(out.column)
    const write = this.#writers[out.column] as FieldWriter
    try {
      write(out, value)
    } catch (error) {
      if (error instanceof RowferryError) return 'not-here'
      throw error
    }
    if (buffer.hasOwnChunks) return 'not-here'
    const field = buffer.bytes.subarray(0, buffer.position)
    return coder.addField(field, digest.high, digest.low) ? 'written' : 'not-here'
  }

  #startRow(): void {
    this.#out.buffer.startRow(this.#writers.length)
    this.#hash.start()
  }

  #write(column: number, value: PostgresValue): void {
    if (value === null) return this.#writeNull()
    this.#out.column = column
    this.#out.seed = this.#hash.seedOf(column)
    const write = this.#writers[column] as FieldWriter
    write(this.#out, value)
    this.#hash.addDigest()
  }

  #writeNull(): void {
    const { buffer } = this.#out
    buffer.reserve(4)
    buffer.view.setInt32(buffer.position, -1)
    buffer.position += 4
    this.#hash.addNull()
  }

  #endRow(): void {
    this.#hash.finish()
    this.#out.buffer.endRow(this.#hash.high, this.#hash.low)
  }

  /** Hands over the rows appended so far and starts a new batch. */
  finish(): EncodedBatch {
    const batch = new CopyBatch(this.#out.buffer)
    this.#out.buffer = this.#spare ?? new CopyBuffer()
    this.#spare = null
    return batch
  }

  /** Takes the memory of a batch back, once it is committed and everything of it was sent. */
  release(batch: EncodedBatch): void {
    const buffer = batch instanceof CopyBatch ? batch.takeBuffer() : null
    if (buffer === null) return
    buffer.clear()
    // The next batch goes where this one was, unless it has begun elsewhere.
    if (this.#out.buffer.rows > 0) return giveBuffer(buffer)
    this.#out.buffer.clear()
    if (!this.#out.buffer.hasGrown) this.#spare = this.#out.buffer
    this.#out.buffer = buffer
  }

  /** Nothing more is added: the memory is for others. */
  [Symbol.dispose](): void {
    giveBuffer(this.#out.buffer)
  }
}

/** The columns of a table, in the order of COPY, and how its rows are hashed. */
export type EncoderShape = {
  readonly wireTypes: readonly WireType[]
  readonly rowHash: RowHashForm
  /** Indexes of columns of type char(n); their trailing blanks are left out, as PostgreSQL does. */
  readonly blankPadded?: readonly number[]
}

/** Records to add; see `appendRecords`. */
export type RecordRun = {
  readonly first: number
  /** May be lowered by `convert`. */
  end: number
  /** By column; `shortCuts`, and `nullableFlag`. */
  readonly shortCuts: Uint8Array
  /** Of the batch. */
  readonly most: { readonly rows: number; readonly bytes: number }
  readonly convert: (row: number, column: number) => PostgresValue | undefined
}

function wrongLength(values: number, columns: number): RowferryError {
  return new RowferryError('INTERNAL', {
    message: `A row of ${values} values was appended to a batch of ${columns} columns.`,
    remedy: null,
  })
}
