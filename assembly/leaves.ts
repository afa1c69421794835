import { fieldsAt, mostCells, mostRecords, neededAt, offsetsAt, pagesAt, rowidsAt, typesAt } from './layout'

/**
 * Cells of a table's leaf pages into records: https://sqlite.org/fileformat2.html#b_tree_pages and #record_format. Nothing in a page is
 * trusted: whatever is not as it should be is `unreadable`, and SQLite reads the table instead.
 */

/** Why `readLeaf` came back; `leafStops` of record-coder.ts. */
const atEnd: i32 = 0
/** The record at hand goes on on overflow pages; the caller adds it. */
const atOverflow: i32 = 1
const unreadable: i32 = 2
/** A rowid that is not wanted any more. */
const behindLast: i32 = 3

/** Records so far, and the greatest rowid that was seen; the caller may set both. */
export let count: i32 = 0
export let lastSeen: f64 = 0
/** The cell where it stopped: its number on the page, where its payload begins from `pagesAt` on, how long that is, and its rowid. */
export let cell: i32 = 0
export let payloadAt: i32 = 0
export let payloadBytes: f64 = 0
export let rowid: f64 = 0

const mostSafe: i64 = 0x1f_ffff_ffff_ffff

/** What `readVarint` found, and where it ends. */
let varint: i64 = 0
let varintEnd: i32 = 0

export function setSeen(records: i32, last: f64): void {
  count = records
  lastSeen = last
}

/**
 * Adds the records of a leaf from cell `from` on, as far as their rowids are first..last; none may be greater than `bound`. `page` and
 * `pointers` are offsets from `pagesAt`; `fields` of each record are looked at, `columns` are wanted, of them `rowidColumn` (or -1)
 * is the rowid.
 */
export function readLeaf(
  page: i32,
  pointers: i32,
  from: i32,
  cells: i32,
  usable: i32,
  first: f64,
  last: f64,
  bound: f64,
  fields: i32,
  columns: i32,
  rowidColumn: i32,
): i32 {
  const start = pagesAt + page
  const end = start + usable
  const mostLocal = usable - 35
  for (cell = from; cell < cells; cell++) {
    const pointer = <i32>bswap<u16>(load<u16>(pagesAt + pointers + 2 * cell))
    if (pointer >= usable) return unreadable
    readVarint(start + pointer)
    const length = varint
    readVarint(varintEnd)
    if (!isSafe(length) || !isSafe(varint)) return unreadable
    rowid = <f64>varint
    if (rowid <= lastSeen || rowid > bound) return unreadable
    lastSeen = rowid
    if (rowid < first) continue
    if (rowid > last) return behindLast
    if (varintEnd > end) return unreadable
    if (length > <i64>mostLocal) {
      payloadAt = varintEnd - pagesAt
      payloadBytes = <f64>length
      return atOverflow
    }
    const payload = varintEnd
    if (length < 0 || <i64>payload + length > <i64>end) return unreadable
    if (!addRecord(payload, payload + <i32>length, fields, columns)) return unreadable
    if (rowidColumn >= 0) store<i32>(typesAt + 4 * (count * columns + rowidColumn), 10)
    count++
  }
  return atEnd
}

/** False when it is not what a record looks like, or there is no room for it. */
function addRecord(from: i32, to: i32, fields: i32, columns: i32): bool {
  const first = count * columns
  if (count === mostRecords || first + columns > mostCells) return false
  readVarint(from)
  if (varint < 1 || varint > <i64>(to - from)) return false
  const headerEnd = from + <i32>varint
  let at = varintEnd
  let content = headerEnd
  let field = 0
  for (; field < fields && at < headerEnd; field++) {
    let type = <i32>load<u8>(at)
    if (type < 0x80) at++
    else {
      readVarint(at)
      if (varint < 0 || varint > 0x7fff_ffff) return false
      type = <i32>varint
      at = varintEnd
    }
    if (type === 10 || type === 11) return false
    const column = load<i32>(fieldsAt + 4 * field)
    if (column >= 0) {
      store<i32>(typesAt + 4 * (first + column), type)
      store<i32>(offsetsAt + 4 * (first + column), content - pagesAt)
    }
    content += type >= 12 ? (type - 12) >> 1 : type < 5 ? type : type === 5 ? 6 : type < 8 ? 8 : 0
    if (content > to) return false
  }
  if (at > headerEnd || (at === headerEnd && content !== to)) return false
  // The record was written before these columns were added to the table.
  for (; field < fields; field++) {
    const column = load<i32>(fieldsAt + 4 * field)
    if (column < 0) continue
    if (load<u8>(neededAt + field)) return false
    store<i32>(typesAt + 4 * (first + column), 0)
  }
  store<f64>(rowidsAt + 8 * count, rowid)
  return true
}

function isSafe(value: i64): bool {
  return value <= mostSafe && value >= -mostSafe
}

/** A number of 1 to 9 bytes. https://sqlite.org/fileformat2.html#varint */
function readVarint(at: i32): void {
  let value: i64 = 0
  for (let length = 1; length <= 8; length++) {
    const byte = load<u8>(at++)
    value = (value << 7) | <i64>(byte & 0x7f)
    if (byte < 0x80) {
      varint = value
      varintEnd = at
      return
    }
  }
  varint = (value << 8) | <i64>load<u8>(at)
  varintEnd = at + 1
}
