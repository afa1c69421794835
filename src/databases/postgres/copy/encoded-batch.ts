import { RowferryError } from '../../../errors/errors.ts'
import type { EncodedBatch } from '../../databases.ts'
import type { CopyBuffer } from './copy-buffer.ts'
import { sumHashes } from './row-hash.ts'

/** A stream's chunks are at most this long: a socket can hold back, and the server's processor keeps a message in its cache. */
const chunkBytes = 128 * 1024

/**
 * Signature, no flags, no header extension.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** A batch whose memory belongs to it until the encoder takes it back (`BatchEncoder.release`). */
export class CopyBatch implements EncodedBatch {
  readonly rows: number
  readonly bytes: number
  #buffer: CopyBuffer | null

  constructor(buffer: CopyBuffer) {
    this.rows = buffer.rows
    this.bytes = buffer.size
    this.#buffer = buffer
  }

  /** The chunks are views of the batch's memory: they must be sent before it is released. */
  *copyStream(from: number, to: number): Generator<Uint8Array> {
    const buffer = this.#rowsFrom(from, to)
    yield header
    for (const piece of buffer.pieces(from, to)) {
      for (let at = 0; at < piece.length; at += chunkBytes) yield piece.subarray(at, at + chunkBytes)
    }
    yield trailer
  }

  hash(from: number, to: number): bigint {
    const buffer = this.#rowsFrom(from, to)
    return sumHashes(buffer.hashHigh, buffer.hashLow, from, to)
  }

  /** Gives the memory away; null when that was done before. The batch cannot be read any more. */
  takeBuffer(): CopyBuffer | null {
    const buffer = this.#buffer
    this.#buffer = null
    return buffer
  }

  #rowsFrom(from: number, to: number): CopyBuffer {
    if (this.#buffer === null || from < 0 || from > to || to > this.rows) {
      throw new RowferryError('INTERNAL', {
        message: `Rows ${from} to ${to} were asked of a batch of ${this.rows} rows${this.#buffer === null ? ' that was released' : ''}.`,
        remedy: null,
      })
    }
    return this.#buffer
  }
}
