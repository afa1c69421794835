import { type ErrorCode, RowferryError } from '../../../errors/errors.ts'
import type { OrphanProfile } from '../../../model/profile.ts'
import type { SqliteOpening } from '../open/sqlite-open.ts'
import { profileRange, type ProfileRange, type RangeProfile } from './profile-range.ts'
import type { OrphanTask } from './sqlite-orphans.ts'
import { openRowReader, type SqliteRowReader } from '../read/sqlite-reader.ts'

/** Ranges of tables, foreign keys, or tables whose rows SQLite shall count. */
export type ProfileTask = {
  readonly opening: SqliteOpening
  readonly ranges: readonly ProfileRange[]
  readonly orphans: readonly OrphanTask[]
  readonly counts: readonly string[]
}

/** Errors lose their class between threads, so ours come as data. */
export type ProfileOutcome =
  | {
      readonly kind: 'profiles'
      readonly profiles: readonly RangeProfile[]
      readonly orphans: readonly (OrphanProfile | null)[]
      readonly counts: readonly number[]
    }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string; readonly remedy: string | null }

/** One connection per thread, closed with the thread; another file's takes its place. */
let reader: { readonly path: string; readonly rows: SqliteRowReader } | null = null

function readerOf(opening: SqliteOpening): SqliteRowReader {
  if (reader?.path !== opening.path) {
    reader?.rows[Symbol.dispose]()
    reader = null
    reader = { path: opening.path, rows: openRowReader(opening) }
  }
  return reader.rows
}

/** To have loaded this module is all (`Threads.prepare`). */
export function prepare(): void {}

/** Entry point of a profile thread: examines ranges of tables or foreign keys. */
export default function runProfileTask({ opening, ranges, orphans, counts }: ProfileTask): ProfileOutcome {
  try {
    const open = readerOf(opening)
    return {
      kind: 'profiles',
      profiles: ranges.map((range) => profileRange(open, range)),
      orphans: orphans.map((task) => open.findOrphans(task)),
      counts: counts.map((table) => open.countRows(table)),
    }
  } catch (error) {
    if (!(error instanceof RowferryError)) throw error
    return { kind: 'error', code: error.code, message: error.message, remedy: error.remedy }
  }
}
