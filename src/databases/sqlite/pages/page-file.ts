import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readHeader } from '../open/sqlite-header.ts'

/** What stands in the pages is not what a table's tree looks like, or not what this reader knows: SQLite reads it instead. */
export class UnreadablePages extends Error {}

/** Offsets in the database header. https://sqlite.org/fileformat2.html#the_database_header */
const reservedBytesAt = 20
const encodingAt = 56
const utf8 = 1

/**
 * A database file, read page by page without SQLite. Pages are numbered from 1.
 *
 * Closing any descriptor of a file drops the process's POSIX locks on it (https://sqlite.org/howtocorrupt.html, 2.2), here
 * those of readers in other threads. They only read, and a change of the file is noticed when everything has been read.
 */
export class PageFile implements Disposable {
  readonly pageSize: number
  /** In bytes, when it was opened. */
  readonly size: number
  /** Without what an extension keeps at the end of each page. */
  readonly usableSize: number
  readonly #fd: number

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
    const start = Buffer.alloc(100)
    const header = readSync(this.#fd, start, 0, 100, 0) === 100 ? readHeader(start) : null
    if (header === null || start.readUInt32BE(encodingAt) !== utf8) {
      closeSync(this.#fd)
      throw new UnreadablePages()
    }
    this.pageSize = header.pageSize
    this.size = fstatSync(this.#fd).size
    this.usableSize = header.pageSize - start.readUInt8(reservedBytesAt)
  }

  /** Reads `count` pages that follow one another. Pages behind the end of the file are UnreadablePages. */
  read(page: number, count: number, into: Uint8Array, at: number): void {
    const length = count * this.pageSize
    if (page < 1 || readSync(this.#fd, into, at, length, (page - 1) * this.pageSize) !== length) {
      throw new UnreadablePages()
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}
