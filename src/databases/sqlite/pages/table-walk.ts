import { leafStops, type RecordCoder, type RecordShape, takeCoder } from '../../../wasm/record-coder.ts'
import { type PageFile, UnreadablePages } from './page-file.ts'
import type { RecordLayout } from './record-layout.ts'
import { readVarint, StoredRecords, varint } from './stored-records.ts'

/** Leaf pages of one chunk: small enough for a processor's cache, large enough that a chunk's fixed costs vanish. */
const chunkBytes = 512 * 1024
/** Where records from overflow pages end that still go into the chunk; `pages` of the coder is longer. */
const mostBytes = 2 * 1024 * 1024
/** A chunk ends early when it has so many cells. */
const mostCells = 128 * 1024
/** Longer records get memory of their own, so that their values need not be copied on. */
const longRecord = 1024 * 1024

const leafPage = 0x0d
const interiorPage = 0x05
/** A tree of 2^32 pages is less deep. */
const deepest = 20

/** The way through one table's tree, a chunk of leaves at a time. https://sqlite.org/fileformat2.html#b_tree_pages */
export class TableWalk {
  readonly records: StoredRecords
  /** A long record that ended the chunk, behind the others. */
  long: StoredRecords | null = null
  readonly #coder: RecordCoder
  readonly #shape: RecordShape
  readonly #layout: RecordLayout
  readonly #file: PageFile
  readonly #rootPage: number
  readonly #node: Buffer
  readonly #chunkPages: number
  #overflow: Buffer | null = null
  readonly #leaves: number[] = []
  /** By leaf: no rowid of it may be greater. */
  readonly #bounds: number[] = []
  /** No rowid of the leaves that were found is greater. */
  #bound = Infinity
  /** How much of the records' bytes is in use. */
  #used = 0
  #lastSeen = -Infinity
  /** Every rowid of the leaves that were found is greater. */
  #left = -Infinity

  constructor(file: PageFile, layout: RecordLayout) {
    this.#file = file
    this.#layout = layout
    this.#rootPage = layout.rootPage
    this.#chunkPages = Math.max(2, chunkBytes / file.pageSize)
    this.#node = Buffer.allocUnsafeSlow(file.pageSize)
    this.#coder = takeCoder()
    this.records = new StoredRecords(layout, this.#coder)
    this.#shape = this.records.shape(this.#coder)
  }

  /** Fills `records`; gives the rowid up to which the table is read now. */
  readChunk(first: number, last: number): number {
    const { records } = this
    records.clear()
    this.long = null
    this.#findLeaves(first, last)
    this.#readLeaves()
    this.#lastSeen = this.#left
    for (let leaf = 0; leaf < this.#leaves.length; leaf++) {
      const cells = this.#cellsOf(leaf)
      if (records.count > 0 && (records.count + cells) * records.columns > mostCells) return this.#lastRowid()
      // A key between two leaves that is too great hides the first rows of the second.
      if (leaf > 0) this.#lastSeen = this.#bounds[leaf - 1] as number
      if (!this.#readLeaf(leaf, cells, first, last)) return this.#readUpTo()
    }
    return this.#bound
  }

  #readUpTo(): number {
    return this.long?.rowids[0] ?? this.#lastRowid()
  }

  #lastRowid(): number {
    return this.records.rowids[this.records.count - 1] as number
  }

  /** Goes down to the leaf where `first` would stand, and notes it and its neighbours to the right within the same parent. */
  #findLeaves(first: number, last: number): void {
    this.#leaves.length = 0
    this.#bounds.length = 0
    this.#bound = Infinity
    this.#left = -Infinity
    let page = this.#rootPage
    for (let depth = 0; depth < deepest; depth++) {
      this.#file.read(page, 1, this.#node, 0)
      const header = page === 1 ? 100 : 0
      const kind = this.#node[header]
      if (kind === leafPage) {
        // Only the root comes here: children are looked at from their parent.
        this.#leaves.push(page)
        this.#bounds.push(Infinity)
        return
      }
      if (kind !== interiorPage) throw new UnreadablePages()
      const children = this.#childrenFrom(header, first, last)
      page = children[0] as number
      if (this.#isLeaf(page)) {
        this.#leaves.push(...children)
        return
      }
      // The walk goes down into the first child alone.
      this.#bound = this.#bounds[0] as number
    }
    throw new UnreadablePages()
  }

  /** Children that may hold rows of the range, at most a chunk of them; sets the bound behind the last. */
  #childrenFrom(header: number, first: number, last: number): number[] {
    const node = this.#node
    const cells = node.readUInt16BE(header + 3)
    if (cells === 0) throw new UnreadablePages()
    const cellAt = (cell: number): number => node.readUInt16BE(header + 12 + 2 * cell)
    const keyOf = (cell: number): number => {
      readVarint(node, cellAt(cell) + 4)
      return varint.value
    }
    // A search trusts the keys: one that is damaged would hide all rows between it and its place.
    for (let cell = 0, before = this.#left; cell < cells; cell++) {
      const key = keyOf(cell)
      if (key <= before || key > this.#bound) throw new UnreadablePages()
      before = key
    }
    let low = 0
    let high = cells
    while (low < high) {
      const middle = (low + high) >> 1
      if (keyOf(middle) >= first) high = middle
      else low = middle + 1
    }
    if (low > 0) this.#left = keyOf(low - 1)
    const outer = this.#bound
    const children: number[] = []
    this.#bounds.length = 0
    for (let cell = low; cell <= cells && children.length < this.#chunkPages; cell++) {
      children.push(cell < cells ? node.readUInt32BE(cellAt(cell)) : node.readUInt32BE(header + 8))
      this.#bound = cell < cells ? keyOf(cell) : outer
      this.#bounds.push(this.#bound)
      if (this.#bound >= last) break
    }
    return children
  }

  #isLeaf(page: number): boolean {
    this.#file.read(page, 1, this.records.bytes, 0)
    return this.records.bytes[page === 1 ? 100 : 0] === leafPage
  }

  /** Reads the noted pages into the records' bytes; neighbours in the file with one call. */
  #readLeaves(): void {
    const { pageSize } = this.#file
    const leaves = this.#leaves
    for (let from = 0; from < leaves.length;) {
      let to = from + 1
      while (to < leaves.length && leaves[to] === (leaves[to - 1] as number) + 1) to++
      this.#file.read(leaves[from] as number, to - from, this.records.bytes, from * pageSize)
      from = to
    }
    this.#used = leaves.length * pageSize
  }

  #headerOf(leaf: number): number {
    return leaf * this.#file.pageSize + (this.#leaves[leaf] === 1 ? 100 : 0)
  }

  #cellsOf(leaf: number): number {
    const header = this.#headerOf(leaf)
    if (this.records.bytes[header] !== leafPage) throw new UnreadablePages()
    const cells = this.records.bytes.readUInt16BE(header + 3)
    // Only the root of an empty table has none.
    const isEmpty = cells === 0 && this.#leaves[leaf] !== this.#rootPage
    if (isEmpty || 2 * cells > this.#file.usableSize) throw new UnreadablePages()
    return cells
  }

  /** False when the chunk has become long enough, or a long record ended it. */
  #readLeaf(leaf: number, cells: number, first: number, last: number): boolean {
    const coder = this.#coder
    const { pageSize, usableSize } = this.#file
    const [page, pointers, bound] = [leaf * pageSize, this.#headerOf(leaf) + 8, this.#bounds[leaf] as number]
    const wanted = { page, pointers, cells, usable: usableSize, first, last, bound }
    for (let cell = 0; ; cell++) {
      coder.setSeen(this.records.count, this.#lastSeen)
      const stop = coder.readLeaf(wanted, cell, this.#shape)
      this.records.count = coder.count
      this.#lastSeen = coder.lastSeen
      if (stop === leafStops.unreadable) throw new UnreadablePages()
      if (stop !== leafStops.atOverflow) return true
      const { payloadAt, payloadBytes, rowid } = coder.stoppedAt
      if (!this.#readOverflow(payloadAt, payloadBytes, rowid)) return false
      ;({ cell } = coder.stoppedAt)
    }
  }

  /** Adds a record that is not whole on its leaf. False as above. */
  #readOverflow(at: number, length: number, rowid: number): boolean {
    const { records } = this
    if (length > longRecord) {
      if (length > this.#file.size) throw new UnreadablePages()
      this.long = new StoredRecords(this.#layout, length)
      this.#gather(at, length, this.long.bytes, 0)
      this.long.add(rowid, 0, length)
      return false
    }
    const from = this.#used
    if (from + length > mostBytes && records.count > 0) return false
    this.#gather(at, length, records.bytes, from)
    this.#used = from + length
    records.add(rowid, from, from + length)
    return true
  }

  /** Puts a record that begins on a leaf and continues on overflow pages together. */
  #gather(local: number, length: number, into: Buffer, from: number): void {
    const { pageSize, usableSize } = this.#file
    const { bytes } = this.records
    const least = ((((usableSize - 12) * 32) / 255) | 0) - 23
    const candidate = least + ((length - least) % (usableSize - 4))
    const localLength = candidate <= usableSize - 35 ? candidate : least
    // The number of the first overflow page follows.
    if ((local % pageSize) + localLength + 4 > usableSize) throw new UnreadablePages()
    bytes.copy(into, from, local, local + localLength)
    const overflow = (this.#overflow ??= Buffer.allocUnsafeSlow(Math.max(chunkBytes / 8, pageSize)))
    let next = bytes.readUInt32BE(local + localLength)
    let at = from + localLength
    const end = from + length
    while (at < end) {
      // Overflow pages mostly follow one another: they are read ahead, and used as far as that is so.
      const wanted = Math.ceil((end - at) / (usableSize - 4))
      const count = this.#readAhead(next, overflow, Math.min(wanted, overflow.length / pageSize))
      for (let page = next, read = 0; read < count && at < end && page === next; read++, page++) {
        const begin = read * pageSize
        next = overflow.readUInt32BE(begin)
        const part = Math.min(end - at, usableSize - 4)
        overflow.copy(into, at, begin + 4, begin + 4 + part)
        at += part
        if (next !== page + 1) break
      }
    }
  }

  /** Fewer than asked for where the file ends before. */
  #readAhead(page: number, into: Buffer, count: number): number {
    for (let pages = count; ; pages = 1) {
      try {
        this.#file.read(page, pages, into, 0)
        return pages
      } catch (error) {
        if (pages === 1) throw error
      }
    }
  }
}
