import type { DatabaseSync } from 'node:sqlite'
import { isDamage } from '../sqlite-errors.ts'
import { quoteName } from '../sqlite-identifiers.ts'
import { doubtOfFile, doubtOfTable, isSound } from './salvage-completeness.ts'
import { scanLeaves } from './scan-leaves.ts'
import {
  everyRowid,
  prepareRows,
  type RawRow,
  type RowidRange,
  selectByRowid,
  takeRows,
  type Walk,
  walkByRowid,
  walkInOrder,
} from './walk-rows.ts'

/** Rows that could not be read because pages of the file are damaged. */
export type Damage =
  | { readonly by: 'rowid'; readonly table: string; readonly first: bigint; readonly last: bigint }
  /** Without rowids a place has no name: the rows behind so many readable ones. */
  | { readonly by: 'ordinal'; readonly table: string; readonly afterRows: number }

/**
 * The rows of a range of rowids that can still be read. At a damaged page it takes the rows before it one by one, looks
 * for the next rowid that can be reached, and reports the rowids between; without `report` it throws there instead.
 */
export function* salvageByRowid(
  db: DatabaseSync,
  walk: Walk & { readonly rowidName: string },
  range: RowidRange,
  report: ((damage: Damage) => void) | null,
): Generator<RawRow[]> {
  let next = range.first
  while (next <= range.last) {
    let problem: unknown
    try {
      for (const page of walkByRowid(db, walk, { first: next, last: range.last })) {
        // A damaged interior page leads to the same leaves twice, or to those of another place.
        if (report !== null && misplacedAt(page, next, range.last) >= 0) throw new OutOfOrder()
        next = rowidAfter(page, next)
        yield page
      }
      // A damaged key can also end the search too early, without an error.
      if (report !== null && next <= range.last && !isSound(db, walk.table))
        yield* inPages(scanLeaves(db, walk, { first: next, last: range.last }), walk.size.rows)
      return
    } catch (error) {
      if (!isDamage(error) && !(error instanceof OutOfOrder)) throw error
      problem = error
    }
    const before = readUntilDamage(db, walk, { first: next, last: range.last })
    if (before.length > 0) {
      next = rowidAfter(before, next)
      yield before
      continue
    }
    if (report === null) throw problem
    const scanned = scanLeaves(db, walk, { first: next, last: range.last })
    if (scanned.length > 0) {
      yield* inPages(scanned, walk.size.rows)
      return
    }
    const resume = findReadable(next, range.last, prepareProbe(db, walk, range.last))
    const last = (resume ?? range.last + 1n) - 1n
    report({ by: 'rowid', table: walk.table, first: firstRowid(db, walk, next, last), last })
    if (resume === null) return
    next = resume
  }
}

function* inPages(rows: readonly RawRow[], size: number): Generator<RawRow[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}

/** Where the damage is only in a row's values its rowid can be read; otherwise the range starts where the last row ended. */
function firstRowid(
  db: DatabaseSync,
  walk: Walk & { readonly rowidName: string },
  first: bigint,
  last: bigint,
): bigint {
  try {
    const found = selectByRowid(db, { ...walk, expressions: [] }).all(first, last, 1) as unknown as RawRow[]
    const rowid = found[0]?.[0]
    return typeof rowid === 'bigint' && rowid >= first ? rowid : first
  } catch (error) {
    if (isDamage(error)) return first
    throw error
  }
}

function rowidAfter(page: readonly RawRow[], next: bigint): bigint {
  const rowid = page.at(-1)?.at(-1)
  return typeof rowid === 'bigint' && rowid >= next ? rowid + 1n : next + 1n
}

function readUntilDamage(db: DatabaseSync, walk: Walk & { readonly rowidName: string }, range: RowidRange): RawRow[] {
  const rows: RawRow[] = []
  try {
    const statement = selectByRowid(db, walk)
    for (const row of takeRows(statement, [range.first, range.last, walk.size.rows])) rows.push(row)
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  const misplaced = misplacedAt(rows, range.first, range.last)
  return misplaced < 0 ? rows : rows.slice(0, misplaced)
}

class OutOfOrder extends Error {}

/** The first row that does not follow the order of rowids; -1 when all do. A damaged page can hold rowids that do not belong there. */
function misplacedAt(rows: readonly RawRow[], first: bigint, last: bigint): number {
  return rows.findIndex((row, index) => {
    const rowid = row.at(-1)
    const isBeyond = typeof rowid === 'bigint' && rowid > last
    return isBeyond || !isAfter(row, index === 0 ? first - 1n : rows[index - 1]?.at(-1))
  })
}

function isAfter(row: RawRow, previous: RawRow[number] | undefined): boolean {
  const rowid = row.at(-1)
  return typeof rowid === 'bigint' && typeof previous === 'bigint' && rowid > previous
}

/** True when the first row from a rowid on can be read with all its values, or when there is none. */
type Probe = (rowid: bigint) => boolean

function prepareProbe(db: DatabaseSync, walk: Walk & { readonly rowidName: string }, last: bigint): Probe {
  const statement = selectByRowid(db, walk)
  return (rowid) => {
    try {
      const rows = statement.all(rowid, last, 1) as unknown as RawRow[]
      return misplacedAt(rows, rowid, last) < 0
    } catch (error) {
      if (isDamage(error)) return false
      throw error
    }
  }
}

/**
 * The smallest readable rowid after a damaged one; null when there is none. Steps grow by a tenth of the distance (some
 * 450 probes even to the end of all rowids), so that a readable stretch is missed only when it is far shorter than the
 * damage before it.
 */
export function findReadable(from: bigint, last: bigint, probe: Probe): bigint | null {
  let failed = from
  for (let distance = 1n; from + distance <= last; distance += 1n + distance / 10n) {
    const rowid = from + distance
    if (!probe(rowid)) {
      failed = rowid
      continue
    }
    let found = rowid
    while (found - failed > 1n) {
      const middle = failed + (found - failed) / 2n
      if (probe(middle)) found = middle
      else failed = middle
    }
    return found
  }
  return null
}

/** The readable rows of a table without rowids: from its start up to the damage, then from its end back to it. */
export function* salvageInOrder(
  db: DatabaseSync,
  walk: Walk,
  skip: number,
  report: (damage: Damage) => void,
): Generator<RawRow[]> {
  let seen = 0
  function* afterSkipped(pages: Iterable<RawRow[]>): Generator<RawRow[]> {
    for (const page of pages) {
      const rest = page.slice(Math.max(0, skip - seen))
      seen += page.length
      if (rest.length > 0) yield rest
    }
  }
  const forward = { ...walk, size: { rows: 1, wide: true } }
  try {
    yield* afterSkipped(walkInOrder(db, forward, 0))
    return
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  report({ by: 'ordinal', table: walk.table, afterRows: seen })
  const order = backwardOrder(db, walk.table)
  if (order === null) return
  try {
    yield* afterSkipped(walkInOrder(db, { ...forward, order }, 0))
  } catch (error) {
    if (!isDamage(error)) throw error
  }
}

/** `order by` for the primary key's tree from its end; null when the table is not stored as one. */
function backwardOrder(db: DatabaseSync, table: string): string | null {
  const key = db.prepare("select name from pragma_index_list(?) where origin = 'pk'").get(table)?.['name']
  const parts = db
    .prepare('select name, "desc", coll from pragma_index_xinfo(?) where key = 1 order by seqno')
    .all(typeof key === 'string' ? key : '')
  if (parts.length === 0) return null
  const terms = parts.map(
    (part) =>
      `${quoteName(String(part['name']))} collate ${quoteName(String(part['coll']))} ${part['desc'] === 1 ? 'asc' : 'desc'}`,
  )
  return `order by ${terms.join(', ')}`
}

export type SalvagedTable = {
  /** Null: of the file as a whole. */
  readonly table: string | null
  readonly rowsRead: number
  /** Rowids that could not be read, as decimal strings; `rows` of them where an index still names them, else null. */
  readonly missing: readonly { readonly first: string; readonly last: string; readonly rows: number | null }[]
  /** For people: `table "t": 19,920 rows read; rowids 401 to 480 are unreadable (80 rows)`. */
  readonly sentence: string
}

/** What could not be read, table by table; tables without damage are left out. */
export function describeSalvage(
  db: DatabaseSync,
  tables: readonly { readonly table: string; readonly rows: number; readonly damages: readonly Damage[] }[],
): SalvagedTable[] {
  const found = tables.flatMap(({ table, rows, damages }): SalvagedTable[] => {
    const doubt = doubtOfTable(db, table, rows)
    if (damages.length === 0) {
      if (doubt === null) return []
      const sentence = `table "${table}": ${rows.toLocaleString('en')} rows read; whether these are all cannot be established (${doubt})`
      return [{ table, rowsRead: rows, missing: [], sentence }]
    }
    const ranges = joinRanges(damages)
    const counts = countThroughIndex(db, table, ranges)
    const missing = ranges.map(({ first, last }, at) => ({
      first: first.toString(),
      last: last.toString(),
      rows: counts?.[at] ?? null,
    }))
    const because = doubt === null ? '' : `; ${doubt}`
    return [{ table, rowsRead: rows, missing, sentence: sentenceFor(table, rows, missing) + because }]
  })
  const doubt = doubtOfFile(db)
  if (doubt === null) return found
  const sentence = `the file: whether every row was found cannot be established (${doubt})`
  return [...found, { table: null, rowsRead: 0, missing: [], sentence }]
}

type Missing = SalvagedTable['missing'][number]

function sentenceFor(table: string, rows: number, missing: readonly Missing[]): string {
  const read = `table "${table}": ${rows.toLocaleString('en')} rows read`
  if (missing.length === 0) return `${read}; an unknown number behind a damaged page is unreadable`
  const lost = missing.reduce<number | null>(
    (sum, { rows: count }) => (sum === null || count === null ? null : sum + count),
    0,
  )
  const shown = missing.slice(0, 5).map(rangeText)
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more ranges` : ''
  const count = lost === null ? 'an unknown number of rows' : `${lost.toLocaleString('en')} rows`
  return `${read}; rowids ${shown.join(', ')}${more} are unreadable (${count})`
}

function rangeText({ first, last }: Missing): string {
  if (BigInt(last) === everyRowid.last) return `from ${first} on`
  return first === last ? first : `${first} to ${last}`
}

/** Damage is found by ranges of a table, so what lies on both sides of a cut is one. */
function joinRanges(damages: readonly Damage[]): { first: bigint; last: bigint }[] {
  const joined: { first: bigint; last: bigint }[] = []
  for (const damage of damages) {
    if (damage.by !== 'rowid') continue
    const previous = joined.at(-1)
    if (previous !== undefined && previous.last + 1n >= damage.first) previous.last = damage.last
    else joined.push({ first: damage.first, last: damage.last })
  }
  return joined
}

/** How many rows an undamaged index knows in each range; null when there is none. */
function countThroughIndex(
  db: DatabaseSync,
  table: string,
  ranges: readonly { readonly first: bigint; readonly last: bigint }[],
): number[] | null {
  const indexes = db.prepare('select name from pragma_index_list(?) where partial = 0').all(table)
  for (const index of indexes) {
    try {
      const statement = prepareRows(
        db,
        `select count(*) from ${quoteName(table)} indexed by ${quoteName(String(index['name']))} ` +
          'where rowid >= ? and rowid <= ?',
      )
      return ranges.map(({ first, last }) => {
        const [count] = Object.values(statement.get(first, last) ?? {})
        return Number(count)
      })
    } catch {
      // This index is damaged too, or cannot be used: the next one may do.
    }
  }
  return null
}
