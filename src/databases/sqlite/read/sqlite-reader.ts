import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { RowferryError } from '../../../errors/errors.ts'
import type { SqliteRow } from '../../../model/batch.ts'
import type { OrphanProfile } from '../../../model/profile.ts'
import type { ReadRequest, RecordPage, RowidBounds, RowPage, RowReader } from '../../databases.ts'
import { columnGroups, joinGroups, mostValues, TornRow } from './column-groups.ts'
import { textEncoding, type TextEncoding } from './decode-text.ts'
import { PageFile, UnreadablePages } from '../pages/page-file.ts'
import { readLock, readRecords } from '../pages/read-records.ts'
import { readRecordLayout } from '../pages/record-layout.ts'
import { isDamage, translateSqliteError } from '../sqlite-errors.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { openSqlite, sqliteLabel, type SqliteOpening } from '../open/sqlite-open.ts'
import { findOrphans, type OrphanTask } from '../profile/sqlite-orphans.ts'
import { readRowidName } from './sqlite-rowid.ts'
import { type Damage, salvageByRowid, salvageInOrder } from './sqlite-salvage.ts'
import { TextReader } from './text-reader.ts'
import { everyRowid, pageSize, prepareRows, type RowidRange, walkInOrder } from './walk-rows.ts'

/** Opens a reader of its own connection; one per thread. */
export function openRowReader(opening: SqliteOpening): SqliteRowReader {
  return new SqliteRowReader(opening)
}

export class SqliteRowReader implements RowReader {
  /** What could not be read so far; only when salvaging. */
  readonly damages: Damage[] = []
  /** Tables of which `readStored` has left rows to SQLite. */
  readonly leftToSqlite = new Set<string>()
  readonly #db: DatabaseSync
  readonly #opening: SqliteOpening
  readonly #encoding: TextEncoding
  #jsonTest: StatementSync | null = null
  readonly #rowidNames = new Map<string, string | null>()
  /** Null: not to be read without SQLite. */
  #pages: PageFile | null | undefined

  constructor(opening: SqliteOpening) {
    this.#opening = opening
    this.#db = openSqlite(opening)
    this.#encoding = textEncoding(this.#db.prepare('pragma encoding').get()?.['encoding'])
  }

  /** Rows of a shard after a position. Stop early by leaving the loop; errors are those of the source (CONNECT_SOURCE_…). */
  *read(request: ReadRequest): Generator<RowPage> {
    let rows = 0
    let last: string | null = request.after
    try {
      for (const page of this.#readRows(request)) {
        rows += page.rows.length
        last = page.positionOf(page.rows.length - 1)
        yield page
      }
    } catch (error) {
      if (error instanceof TornRow) throw this.#torn(request.table.name)
      const behind = request.shard.by === 'rowid' && last !== null ? ` (the last readable rowid is ${last})` : ''
      const place = `table "${request.table.name}" after ${rows.toLocaleString('en')} rows${behind}`
      throw translateSqliteError(error, { label: sqliteLabel(this.#opening), place, table: request.table.name })
    }
  }

  /**
   * Rows as records, read from the file's pages without SQLite: that takes a fifth of the time. What is not an ordinary table of a
   * UTF-8 database, or not as it should be, SQLite reads.
   */
  *readStored(request: ReadRequest): Generator<RowPage | RecordPage> {
    let after = request.after
    try {
      const chunks = this.#openRecords(request)
      for (const chunk of chunks ?? []) {
        const { rowids, count } = chunk
        after = String(rowids[count - 1])
        yield { records: chunk, coder: chunk.coder, positionOf: (index) => String(rowids[index]) }
      }
      if (chunks !== null) return
    } catch (error) {
      if (!(error instanceof UnreadablePages)) {
        const place = `table "${request.table.name}"`
        throw translateSqliteError(error, { label: sqliteLabel(this.#opening), place, table: request.table.name })
      }
    }
    this.leftToSqlite.add(request.table.name)
    yield* this.read({ ...request, after })
  }

  /** Null where only SQLite can read. */
  #openRecords(request: ReadRequest): ReturnType<typeof readRecords> | null {
    const { shard } = request
    const { first, last } = rangeOf(request)
    const range = { first: safeBound(first, everyRowid.first), last: safeBound(last, everyRowid.last) }
    if (
      shard.by !== 'rowid' ||
      this.#salvage ||
      request.columns.length >= mostValues ||
      this.#encoding !== 'UTF-8' ||
      range.first === null ||
      range.last === null
    )
      return null
    const table = request.table.name
    const layout = readRecordLayout(this.#db, table, request.columns, this.#rowidName(table))
    const file = this.#openPages()
    if (layout === null || file === null) return null
    const lock = this.#opening.immutable ? withoutLock : readLock(this.#db)
    return readRecords(file, layout, { first: range.first, last: range.last }, lock)
  }

  #openPages(): PageFile | null {
    if (this.#pages !== undefined) return this.#pages
    try {
      this.#pages = new PageFile(this.#opening.path)
    } catch (error) {
      if (!(error instanceof UnreadablePages)) throw error
      this.#pages = null
    }
    return this.#pages
  }

  /** Rows of a table as SQLite counts them: on its leaves, whatever the keys above them say. */
  countRows(table: string, expected?: number): number {
    const count = (way: string): number =>
      Number(this.#db.prepare(`select count(*) as count from ${quoteName(table)} ${way}`).get()?.['count'])
    try {
      // The smallest index is a fraction of the table; a damaged one may have other rows.
      return expected !== undefined && count('') === expected ? expected : count('not indexed')
    } catch (error) {
      throw translateSqliteError(error, { label: sqliteLabel(this.#opening), place: `table "${table}"`, table })
    }
  }

  rowidBounds(table: string, tail: number): RowidBounds | null {
    const [name, rowid] = [quoteName(table), quoteName(this.#rowidName(table))]
    const end = (order: string, skip: number): bigint | null => {
      const sql = `select ${rowid} from ${name} not indexed order by ${rowid} ${order} limit 1 offset ${skip}`
      const statement = prepareRows(this.#db, sql)
      const row = statement.get() as unknown as readonly unknown[] | undefined
      return typeof row?.[0] === 'bigint' ? row[0] : null
    }
    try {
      const [first, last] = [end('asc', 0), end('desc', 0)]
      return first === null || last === null ? null : { first, last, beforeTail: end('desc', tail) }
    } catch (error) {
      throw translateSqliteError(error, { label: sqliteLabel(this.#opening), place: `table "${table}"`, table })
    }
  }

  /** SQLite's own binary JSON, which JSON columns of other programs hold. */
  isBinaryJson(bytes: Uint8Array): boolean {
    this.#jsonTest ??= this.#db.prepare('select json_valid(?, 8) as valid')
    return this.#jsonTest.get(bytes)?.['valid'] === 1
  }

  /** Rows of a foreign key that point to no row; null when there are none. */
  findOrphans(task: OrphanTask): OrphanProfile | null {
    try {
      return findOrphans(this.#db, task)
    } catch (error) {
      // What cannot be read cannot be checked: PostgreSQL will, when the key is added.
      if (this.#salvage && isDamage(error)) return null
      const place = `the foreign key of table "${task.table}" to "${task.parent}"`
      throw translateSqliteError(error, { label: sqliteLabel(this.#opening), place })
    }
  }

  #readRows(request: ReadRequest): Generator<RowPage> {
    const byRowid = request.shard.by === 'rowid'
    const read = (part: ReadRequest): Generator<RowPage> =>
      byRowid ? this.#readByRowid(part) : this.#readInOrder(part)
    const groups = columnGroups(request)
    if (groups === null) return read(request)
    // What each group loses to a damaged page would not be the same rows.
    if (this.#salvage) throw this.#tooWideToSalvage(request)
    return joinGroups(groups.map(read), byRowid)
  }

  *#readByRowid(request: ReadRequest): Generator<RowPage> {
    const table = request.table.name
    const rowidName = this.#rowidName(table)
    const texts = new TextReader(this.#db, this.#encoding, request, rowidName)
    const walk = { table, rowidName, expressions: texts.expressions, size: sizeFor(request) }
    const range = rangeOf(request)
    for (const raw of salvageByRowid(this.#db, walk, range, this.#salvage ? this.#noteDamage : null)) {
      const rows = texts.readRows(raw)
      yield { rows, positionOf: (index) => rowidText(rows[index]) }
    }
  }

  *#readInOrder(request: ReadRequest): Generator<RowPage> {
    let position = Number(request.after ?? 0)
    const texts = new TextReader(this.#db, this.#encoding, request, null)
    for (let done = false; !done;) {
      done = true
      const walk = { table: request.table.name, expressions: texts.expressions, size: sizeFor(request) }
      const pages = this.#salvage
        ? salvageInOrder(this.#db, walk, position, this.#noteDamage)
        : walkInOrder(this.#db, walk, position)
      for (const raw of pages) {
        // Without a rowid a single cell cannot be read again: from here on the column is read as bytes.
        if (texts.distrustColumns(raw)) {
          done = false
          break
        }
        const before = position
        position += raw.length
        yield { rows: texts.readRows(raw), positionOf: (index) => String(before + index + 1) }
      }
    }
  }

  get #salvage(): boolean {
    return this.#opening.salvage === true
  }

  readonly #noteDamage = (damage: Damage): void => {
    this.damages.push(damage)
  }

  #rowidName(table: string): string {
    let name = this.#rowidNames.get(table)
    if (name === undefined) this.#rowidNames.set(table, (name = readRowidName(this.#db, table)))
    if (name === null) throw this.#withoutRowid(table)
    return name
  }

  /** Whoever asks for rows by rowid has seen one. */
  #withoutRowid(table: string): RowferryError {
    return new RowferryError('CONNECT_SOURCE_DAMAGED', {
      message: `Table "${table}" of ${sqliteLabel(this.#opening)} cannot be read by its rowids, as it could before: the file is damaged, or another program changes it.`,
      remedy: 'Take an undamaged copy if there is one; if another program changes it, add --snapshot always',
    })
  }

  #torn(table: string): RowferryError {
    return new RowferryError('CONNECT_SOURCE_CHANGED', {
      message: `Table "${table}" of ${sqliteLabel(this.#opening)} has so many columns that it is read in several parts, and these do not fit together: another program changes it, or it is damaged.`,
      remedy: 'Stop the program that writes, or add --snapshot always',
    })
  }

  #tooWideToSalvage({ table, columns }: ReadRequest): RowferryError {
    return new RowferryError('CONNECT_SOURCE_DAMAGED', {
      message: `Table "${table.name}" of ${sqliteLabel(this.#opening)} has ${columns.length} columns: of a damaged file only tables that SQLite reads with one statement can be salvaged.`,
      remedy: `Leave the table out: --exclude ${table.name}; or leave out --salvage if it is not damaged.`,
    })
  }

  [Symbol.dispose](): void {
    this.#pages?.[Symbol.dispose]()
    this.#db.close()
  }
}

const withoutLock = <Result>(work: () => Result): Result => work()

/** A bound as a number: infinite for the end of all rowids, null where a number is not exact. */
function safeBound(bound: bigint, end: bigint): number | null {
  if (bound === end) return end < 0n ? -Infinity : Infinity
  const number = Number(bound)
  return Number.isSafeInteger(number) ? number : null
}

function rowidText(row: SqliteRow | undefined): string {
  const rowid = row?.at(-1)
  if (typeof rowid === 'bigint') return rowid.toString()
  throw new RangeError('There is no such row on the page.')
}

function sizeFor({ averageRowBytes, widestRowBytes, columns }: ReadRequest) {
  return pageSize({ average: averageRowBytes, widest: widestRowBytes, columns: columns.length })
}

function rangeOf({ shard, after }: ReadRequest): RowidRange {
  const lower = after ?? shard.lower
  return {
    first: lower === null ? everyRowid.first : BigInt(lower) + 1n,
    last: shard.upper === null ? everyRowid.last : BigInt(shard.upper),
  }
}
