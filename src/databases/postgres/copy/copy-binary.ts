import type { PostgresValue, WireType } from '../../../model/batch.ts'
import type { SqliteRecords } from '../../../model/records.ts'
import { RowferryError } from '../../../errors/errors.ts'
import type { EncodedBatch } from '../../databases.ts'
import { CopyBuffer } from './copy-buffer.ts'
import { CopyBatch } from './encoded-batch.ts'
import { type FieldOutput, type FieldWriter, fieldWriters, writeBlankPadded } from './field-writers.ts'
import { JsonbText } from './jsonb-text.ts'
import { Decimal } from './numeric-binary.ts'
import { RowHash } from './row-hash.ts'
import type { StoredFieldWriter } from './stored-fields.ts'

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
    if (values.length !== this.#writers.length) throw wrongLength(values.length, this.#writers.length)
    this.#startRow()
    for (let column = 0; column < values.length; column++) this.#write(column, values[column] ?? null)
    this.#endRow()
  }

  /**
   * Adds a row as it is stored. Each value takes the short cut of its column; where there is none (`stored[column]` null), or it
   * does not take the value, `convert` is asked for the value in its PostgreSQL form. False, and no row was added, when `convert`
   * gives undefined. NULL takes the short cut when `nullable[column]`. Throws like `append`.
   */
  appendStored(records: SqliteRecords, row: number, way: StoredRowWay): boolean {
    const out = this.#out
    const hash = this.#hash
    const { stored, nullable, convert } = way
    this.#startRow()
    let cell = row * records.columns
    for (let column = 0; column < stored.length; column++, cell++) {
      if (records.types[cell] === 0 && nullable[column] === true) {
        this.#writeNull()
        continue
      }
      const writer = stored[column] as StoredFieldWriter | null
      const from = out.buffer.position
      out.column = column
      if (writer !== null && writer(out, records, row, cell)) {
        hash.addDigest()
        continue
      }
      out.buffer.position = from
      const value = convert(column)
      if (value === undefined) return false
      this.#write(column, value)
    }
    this.#endRow()
    return true
  }

  #startRow(): void {
    this.#out.buffer.startRow(this.#writers.length)
    this.#hash.start()
  }

  #write(column: number, value: PostgresValue): void {
    if (value === null) return this.#writeNull()
    this.#out.column = column
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

/** How the cells of stored rows get into a batch; by column. */
export type StoredRowWay = {
  readonly stored: readonly (StoredFieldWriter | null)[]
  readonly nullable: readonly boolean[]
  readonly convert: (column: number) => PostgresValue | undefined
}

function wrongLength(values: number, columns: number): RowferryError {
  return new RowferryError('INTERNAL', {
    message: `A row of ${values} values was appended to a batch of ${columns} columns.`,
    remedy: null,
  })
}
