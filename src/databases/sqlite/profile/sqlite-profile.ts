import { stat } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { RowferryError } from '../../../errors/errors.ts'
import { storedName, type Table } from '../../../model/catalog.ts'
import type { Emit } from '../../../model/events.ts'
import type { OrphanProfile, Profile, TableProfile } from '../../../model/profile.ts'
import { chunked } from '../../../util/chunked.ts'
import { Threads } from '../../../util/threads.ts'
import { typeFamily } from '../declared-type.ts'
import { profileWorker, worthThreads } from './profile-threads.ts'
import { mergeRanges } from './merge-profiles.ts'
import { profileRange, type ProfileRange, type RangeProfile } from './profile-range.ts'
import type { ProfileOutcome, ProfileTask } from './profile-worker.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { openSqlite, sqliteLabel, type SqliteOpening } from '../open/sqlite-open.ts'
import { type OrphanTask, orphanTasks } from './sqlite-orphans.ts'
import { openRowReader } from '../read/sqlite-reader.ts'
import { type Damage, describeSalvage, type SalvagedTable } from '../read/sqlite-salvage.ts'

export type ProfileOptions = {
  readonly parallel: number
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Default: own ones, so many as `parallel` says. */
  readonly threads?: Threads
}

/** Tables with fewer rows are examined whole, several of them in one go. */
const rowsWorthCutting = 20_000
const smallTablesPerTask = 25
/** Ranges of one table per thread: rowids may be unevenly spread, and threads take the next range when they are done. */
const rangesPerThread = 6

type TableRanges = { readonly table: Table; readonly ranges: readonly ProfileRange[] }

/** Examines every value of the tables once, and every foreign key. */
export async function profileTables(
  opening: SqliteOpening,
  tables: readonly Table[],
  options: ProfileOptions,
): Promise<Profile & { readonly salvaged: readonly SalvagedTable[] }> {
  const { size } = await stat(opening.path)
  const cut = cutTables(opening, tables, size, options.parallel)
  const progress = new Progress(cut, options.emit)
  const here = size < worthThreads || options.parallel < 1
  const job = { opening, cut, keys: orphanTasks(tables), progress }
  const { orphans, counts } = await (here ? profileHere(job, options.signal) : profileInThreads(job, options))
  const profiles = cut.map((entry) => progress.profileOf(entry))
  for (const [at, count] of counts.entries()) assertComplete(opening, profiles[at], count)
  return {
    tables: profiles,
    orphans: orphans.filter((orphan) => orphan !== null),
    salvaged: opening.salvage === true ? describeDamages(opening, cut, progress) : [],
  }
}

/**
 * SQLite finds rows by their keys, and a damaged key hides rows without an error; its count does not go by keys. Null for tables
 * that need no count.
 */
function assertComplete(opening: SqliteOpening, profile: TableProfile | undefined, count: number | null): void {
  if (profile === undefined || count === null || profile.rows === count) return
  const rows = `${profile.rows.toLocaleString('en')} of ${count.toLocaleString('en')} rows`
  throw new RowferryError('CONNECT_SOURCE_DAMAGED', {
    message: `${sqliteLabel(opening)} is damaged in table "${profile.table}": only ${rows} can be reached by their rowids.`,
    remedy:
      'Restore the file from a backup, or repair it with sqlite3 FILE .recover; if another program is writing to it, add --snapshot always',
  })
}

function cutTables(
  opening: SqliteOpening,
  tables: readonly Table[],
  fileBytes: number,
  parallel: number,
): TableRanges[] {
  const db = openSqlite(opening)
  try {
    return tables.map((table) => {
      const whole = rangeOf(table, fileBytes)
      if (whole.by === 'ordinal' || fileBytes < worthThreads || parallel < 2) return { table, ranges: [whole] }
      const bounds = rowidBounds(db, storedName(table), table.sqlite?.rowidName ?? 'rowid')
      if (bounds === null) return { table, ranges: [whole] }
      return { table, ranges: cutRange(whole, bounds, parallel * rangesPerThread) }
    })
  } catch (error) {
    // A damaged page: the tables are examined whole, and whoever comes upon it says where.
    if (opening.salvage === true) return tables.map((table) => ({ table, ranges: [rangeOf(table, fileBytes)] }))
    throw error
  } finally {
    db.close()
  }
}

/** First and last rowid of a table that is worth cutting, else null. */
function rowidBounds(db: DatabaseSync, table: string, rowidName: string): { first: bigint; last: bigint } | null {
  const [name, rowid] = [quoteName(table), quoteName(rowidName)]
  if (db.prepare(`select 1 from ${name} not indexed limit 1 offset ${rowsWorthCutting}`).get() === undefined)
    return null
  // Two sub-queries: with both in one SQLite reads the whole table.
  const statement = db.prepare(
    `select (select min(${rowid}) from ${name} not indexed) as first, (select max(${rowid}) from ${name} not indexed) as last`,
  )
  statement.setReadBigInts(true)
  const { first, last } = statement.get() ?? {}
  return typeof first === 'bigint' && typeof last === 'bigint' ? { first, last } : null
}

function cutRange(
  whole: ProfileRange,
  { first, last }: { first: bigint; last: bigint },
  parts: number,
): ProfileRange[] {
  const width = last - first + 1n
  const count = width < BigInt(parts) ? 1n : BigInt(parts)
  const bounds = Array.from({ length: Number(count) - 1 }, (_, part) => first + (width * BigInt(part + 1)) / count - 1n)
  const texts = [null, ...bounds.map((bound) => bound.toString()), null]
  return texts.slice(1).map((upper, part) => ({ ...whole, lower: texts[part] ?? null, upper }))
}

function rangeOf(table: Table, fileBytes: number): ProfileRange {
  const { rowidName } = table.sqlite ?? { rowidName: null }
  return {
    table: storedName(table),
    columns: table.columns.map(({ name, declaredType }) => ({ name, family: typeFamily(declaredType) })),
    keyColumns: table.primaryKey?.columns ?? [],
    by: rowidName === null ? 'ordinal' : 'rowid',
    lower: null,
    upper: null,
    fileBytes,
  }
}

function describeDamages(opening: SqliteOpening, cut: readonly TableRanges[], progress: Progress): SalvagedTable[] {
  const db = openSqlite(opening)
  try {
    return describeSalvage(
      db,
      cut.map((entry) => progress.damagesOf(entry)),
    )
  } finally {
    db.close()
  }
}

type Job = {
  readonly opening: SqliteOpening
  readonly cut: readonly TableRanges[]
  readonly keys: readonly OrphanTask[]
  readonly progress: Progress
}

async function profileHere({ opening, cut, keys, progress }: Job, signal: AbortSignal): Promise<Checked> {
  using reader = openRowReader(opening)
  for (const entry of cut) {
    signal.throwIfAborted()
    progress.add(entry, 0, profileRange(reader, entry.ranges[0] ?? rangeOf(entry.table, 0)))
    // Lets timers and the terminal live between tables.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    orphans: keys.map((task) => reader.findOrphans(task)),
    counts: cut.map((entry) =>
      needsCount(opening, entry, progress) ? reader.countRows(storedName(entry.table)) : null,
    ),
  }
}

/**
 * Whoever walks through the pages of a table comes by every key. What SQLite has read by rowid is counted, but for damaged tables
 * that are to be salvaged; in its own order it goes by no key.
 */
function needsCount(opening: SqliteOpening, entry: TableRanges, progress: Progress): boolean {
  return opening.salvage !== true && entry.ranges[0]?.by === 'rowid' && !progress.isWalked(entry)
}

/** By foreign key, and by table. */
type Checked = { readonly orphans: readonly (OrphanProfile | null)[]; readonly counts: readonly (number | null)[] }

type Work = { readonly entry: TableRanges; readonly range: ProfileRange; readonly number: number }

async function profileInThreads(
  { opening, cut, keys, progress }: Job,
  { parallel, signal, threads: given }: ProfileOptions,
): Promise<Checked> {
  const threads = given ?? new Threads(parallel)
  const run = async (task: Partial<ProfileTask>) => {
    const whole: ProfileTask = { opening, ranges: [], orphans: [], counts: [], ...task }
    const outcome = await threads.run<ProfileOutcome>(profileWorker, whole, { signal })
    if (outcome.kind === 'error') throw new RowferryError(outcome.code, outcome)
    return outcome
  }
  const profile = async (works: readonly Work[]): Promise<void> => {
    const ranges = works.map(({ range }) => range)
    const { profiles } = await run({ ranges })
    for (const [at, { entry, number }] of works.entries()) {
      const found = profiles[at]
      if (found !== undefined) progress.add(entry, number, found)
    }
  }
  try {
    const profiled = Promise.all(bundle(cut).map(profile))
    const checked = Promise.all(keys.map(async (task) => (await run({ orphans: [task] })).orphans))
    const [orphans] = await Promise.all([checked, profiled])
    const counted = cut.filter((entry) => needsCount(opening, entry, progress)).map(({ table }) => storedName(table))
    // Parts of one table are counted once.
    const names = [...new Set(counted)]
    const counts = await Promise.all(
      chunked(names, smallTablesPerTask).map(async (counts) => (await run({ counts })).counts),
    )
    const byName = new Map(counts.flat().map((count, at) => [names[at], count]))
    return { orphans: orphans.flat(), counts: cut.map((entry) => byName.get(storedName(entry.table)) ?? null) }
  } catch (error) {
    // Whatever was not begun would only be in the way.
    await threads.end()
    signal.throwIfAborted()
    throw error
  } finally {
    if (given === undefined) await threads.end()
  }
}

/** Ranges of big tables one by one and first, since they take longest; small tables many at a time. */
function bundle(cut: readonly TableRanges[]): Work[][] {
  const works = cut.map((entry) => entry.ranges.map((range, number) => ({ entry, range, number })))
  const small = works.filter((ranges) => ranges.length === 1).flat()
  const bundles = works.filter((ranges) => ranges.length > 1).flatMap((ranges) => ranges.map((work) => [work]))
  for (let from = 0; from < small.length; from += smallTablesPerTask) {
    bundles.push(small.slice(from, from + smallTablesPerTask))
  }
  return bundles
}

/** Collects the ranges' profiles and tells how far it is. */
class Progress {
  readonly #emit: Emit
  readonly #profiles = new Map<TableRanges, (RangeProfile | undefined)[]>()
  readonly #tables: number
  #tablesDone = 0
  #rows = 0

  constructor(cut: readonly TableRanges[], emit: Emit) {
    this.#emit = emit
    this.#tables = cut.length
    for (const entry of cut) this.#profiles.set(entry, Array.from({ length: entry.ranges.length }))
  }

  add(entry: TableRanges, number: number, profile: RangeProfile): void {
    const profiles = this.#profiles.get(entry) ?? []
    profiles[number] = profile
    this.#rows += profile.rows
    if (!profiles.includes(undefined)) this.#tablesDone++
    this.#emit('profile:progress', {
      table: entry.table.name.name,
      tablesDone: this.#tablesDone,
      tablesTotal: this.#tables,
      rows: this.#rows,
    })
  }

  isWalked(entry: TableRanges): boolean {
    return this.#rangesOf(entry).every((profile) => profile.walked)
  }

  damagesOf(entry: TableRanges): { table: string; rows: number; damages: Damage[] } {
    const profiles = this.#rangesOf(entry)
    return {
      table: storedName(entry.table),
      rows: profiles.reduce((sum, profile) => sum + profile.rows, 0),
      damages: profiles.flatMap((profile) => profile.damages),
    }
  }

  #rangesOf(entry: TableRanges): RangeProfile[] {
    return (this.#profiles.get(entry) ?? []).filter((profile) => profile !== undefined)
  }

  profileOf(entry: TableRanges): TableProfile {
    return mergeRanges(
      entry.table.name.name,
      entry.table.columns.map((column) => column.name),
      this.#rangesOf(entry),
    )
  }
}
