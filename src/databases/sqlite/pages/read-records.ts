import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type PageFile, UnreadablePages } from './page-file.ts'
import type { RecordLayout } from './record-layout.ts'
import type { StoredRecords } from './stored-records.ts'
import { TableWalk } from './table-walk.ts'

export type RecordRange = {
  /** Rows with first <= rowid <= last; safe integers or infinite. */
  readonly first: number
  readonly last: number
}

/**
 * The rows of a range, ascending, chunk by chunk; each chunk uses the memory of the one before, unless it is `owned`:
 * that memory is given back when the next chunk is asked for.
 *
 * Every chunk goes down the table's tree anew from where the last one ended, under a read lock of its own (`lock`): between chunks
 * nothing is held, like between two statements. Throws UnreadablePages where the tree is not as it should be; rows that were
 * given until then are right.
 */
export function* readRecords(
  file: PageFile,
  layout: RecordLayout,
  range: RecordRange,
  lock: <Result>(work: () => Result) => Result,
): Generator<StoredRecords> {
  const walk = readable(() => new TableWalk(file, layout))
  try {
    let first = range.first
    while (first <= range.last) {
      const after = lock(() => readable(() => walk.readChunk(first, range.last)))
      if (walk.records.count > 0) yield walk.records
      if (walk.long !== null) {
        yield walk.long
        walk.long.release()
      }
      if (after === Infinity) return
      if (after < first) throw new UnreadablePages()
      first = after + 1
    }
  } finally {
    walk.records.release()
  }
}

/**
 * A number in a damaged page can point anywhere; what it points to is out of range. Where there is no address space left for another
 * coder, that is a RangeError too.
 */
function readable<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    const isOutside = error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError')
    throw isOutside ? new UnreadablePages() : error
  }
}

/** Runs `work` within a read transaction, so that no other program can commit while pages are read. */
export function readLock(db: DatabaseSync): <Result>(work: () => Result) => Result {
  let touch: StatementSync | null = null
  return (work) => {
    db.exec('begin')
    try {
      touch ??= db.prepare('select 1 from sqlite_schema limit 1')
      touch.get()
      return work()
    } finally {
      db.exec('commit')
    }
  }
}
