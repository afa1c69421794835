import { fieldTooLong, maxRowBytes } from './field-errors.ts'

/** Values longer than this are not copied but kept as a chunk of their own. */
export const ownChunkBytes = 256 * 1024

/** Grown by doubling: most tables are small, and there may be thousands of them. */
const firstBytes = 16 * 1024
/**
 * Then at once to what a batch of 4 MB needs: memory that nobody has written to takes none, and that of each step before would be
 * kept by the process.
 */
const lastDoubledBytes = 256 * 1024
const batchBytes = 5 * 1024 * 1024
const firstRows = 128

/** Bytes that belong into the stream where the buffer's `position` was when they were added. */
type OwnChunk = { readonly position: number; readonly bytes: Uint8Array }

/** The first `rows` rows of `out`, `bytes` bytes: where each ends, and its hash. */
type EncodedRows = {
  readonly rows: number
  readonly bytes: number
  readonly out: Buffer
  readonly rowEnds: Uint32Array
  readonly hashHigh: Uint32Array
  readonly hashLow: Uint32Array
}

/**
 * The rows of one batch in binary COPY form, growing row by row, with the hash of each. A row that was started but not
 * ended leaves nothing behind. Emptied with `clear`, the memory serves the next batch.
 */
export class CopyBuffer {
  bytes = Buffer.allocUnsafeSlow(firstBytes)
  view = viewOf(this.bytes)
  /** Where the next byte goes. */
  position = 0
  /** Complete rows. */
  rows = 0
  /** Bytes of complete rows, own chunks included. */
  size = 0
  hashHigh = new Uint32Array(firstRows)
  hashLow = new Uint32Array(firstRows)
  #rowEnds = new Uint32Array(firstRows)
  #ownChunks: OwnChunk[] = []
  #ownBytes = 0
  #endedPosition = 0
  #endedChunks = 0
  #endedOwnBytes = 0

  /** Makes room for `count` more bytes after `position`. */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#grow(this.position + count)
  }

  startRow(columns: number): void {
    this.position = this.#endedPosition
    if (this.#ownChunks.length > this.#endedChunks) this.#ownChunks.length = this.#endedChunks
    this.#ownBytes = this.#endedOwnBytes
    this.reserve(2)
    this.view.setInt16(this.position, columns)
    this.position += 2
  }

  /** False while it has no more memory than every buffer begins with. */
  get hasGrown(): boolean {
    return this.bytes.length > firstBytes
  }

  /** True when there are bytes that stand elsewhere. */
  get hasOwnChunks(): boolean {
    return this.#ownChunks.length > 0
  }

  /** Complete rows that were encoded elsewhere. */
  appendRows({ rows, bytes, out, rowEnds, hashHigh, hashLow }: EncodedRows): void {
    if (rows === 0) return
    const from = (this.position = this.#endedPosition)
    this.reserve(bytes)
    out.copy(this.bytes, from, 0, bytes)
    while (this.rows + rows > this.#rowEnds.length) this.#growRows()
    for (let row = 0; row < rows; row++) this.#rowEnds[this.rows + row] = from + (rowEnds[row] as number)
    this.hashHigh.set(hashHigh.subarray(0, rows), this.rows)
    this.hashLow.set(hashLow.subarray(0, rows), this.rows)
    this.rows += rows
    this.size += bytes
    this.position = this.#endedPosition = from + bytes
  }

  /** Puts bytes into the row without copying them: they must not change while the batch lives. */
  addOwnChunk(bytes: Uint8Array, column: number): void {
    const inRow = this.#ownBytes - this.#endedOwnBytes + bytes.length + this.position - this.#endedPosition
    if (inRow > maxRowBytes) throw fieldTooLong(column, bytes.length)
    this.#ownChunks.push({ position: this.position, bytes })
    this.#ownBytes += bytes.length
  }

  endRow(hashHigh: number, hashLow: number): void {
    if (this.rows === this.#rowEnds.length) this.#growRows()
    this.#rowEnds[this.rows] = this.position
    this.hashHigh[this.rows] = hashHigh
    this.hashLow[this.rows] = hashLow
    this.rows++
    this.size += this.position - this.#endedPosition + this.#ownBytes - this.#endedOwnBytes
    this.#endedPosition = this.position
    this.#endedChunks = this.#ownChunks.length
    this.#endedOwnBytes = this.#ownBytes
  }

  /** The bytes of rows from..to-1, in order, in as few pieces as there are. */
  *pieces(from: number, to: number): Generator<Uint8Array> {
    let at = this.#rowStart(from)
    const end = this.#rowStart(to)
    for (let i = this.#firstChunkAfter(at); i < this.#endedChunks; i++) {
      const chunk = this.#ownChunks[i] as OwnChunk
      if (chunk.position > end) break
      yield this.bytes.subarray(at, chunk.position)
      yield chunk.bytes
      at = chunk.position
    }
    if (at < end) yield this.bytes.subarray(at, end)
  }

  clear(): void {
    this.position = this.rows = this.size = 0
    if (this.#ownChunks.length > 0) this.#ownChunks = []
    this.#ownBytes = this.#endedPosition = this.#endedChunks = this.#endedOwnBytes = 0
  }

  #rowStart(row: number): number {
    return row === 0 ? 0 : (this.#rowEnds[row - 1] as number)
  }

  /** Index of the first own chunk after a row's start; every chunk stands behind its row's first bytes. */
  #firstChunkAfter(position: number): number {
    let low = 0
    let high = this.#endedChunks
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ownChunks[middle] as OwnChunk).position > position) high = middle
      else low = middle + 1
    }
    return low
  }

  #grow(needed: number): void {
    const { length } = this.bytes
    const wanted = length < lastDoubledBytes ? 2 * length : Math.max(batchBytes, 2 * length)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, wanted))
    this.bytes.copy(larger, 0, 0, this.position)
    this.bytes = larger
    this.view = viewOf(larger)
  }

  #growRows(): void {
    this.#rowEnds = doubled(this.#rowEnds)
    this.hashHigh = doubled(this.hashHigh)
    this.hashLow = doubled(this.hashLow)
  }
}

const idle: CopyBuffer[] = []
const mostIdle = 1
/** As far as one grows that takes batches of 4 MB. */
const mostIdleBytes = 16 * 1024 * 1024

/** An empty buffer, if possible one that has grown already: memory that is new has to be cleared by the system first. */
export function takeBuffer(): CopyBuffer {
  return idle.pop() ?? new CopyBuffer()
}

/** Nobody may use it any more. */
export function giveBuffer(buffer: CopyBuffer): void {
  buffer.clear()
  if (idle.length < mostIdle && buffer.bytes.length <= mostIdleBytes) idle.push(buffer)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function doubled(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * values.length)
  larger.set(values)
  return larger
}
