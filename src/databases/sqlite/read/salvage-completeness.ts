import type { DatabaseSync } from 'node:sqlite'
import { isDamage, needsForeignCode } from '../sqlite-errors.ts'
import { quoteName } from '../sqlite-identifiers.ts'

/**
 * Whether a damaged file can have given all its rows. SQLite's own check looks at every page; the rows that were read are compared with every count that SQLite still
 * gives. What these say is reported: a table is whole only where nothing speaks against it.
 */

/** What speaks against the table being whole, in words; null when nothing does. */
export function doubtOfTable(db: DatabaseSync, table: string, rows: number): string | null {
  const found = [...otherCounts(db, table, rows), ...firstProblem(db, table)]
  return found.length === 0 ? null : found.join('; ')
}

/** Pages that hold something and that no table reaches, and damage of the schema; null when there is none. */
export function doubtOfFile(db: DatabaseSync): string | null {
  const problems = check(db, '')
  const lost = problems.filter((text) => /never used/i.test(text)).length
  if (lost > 0) return `${lost} ${lost === 1 ? 'page is' : 'pages are'} reached by no table and may hold rows`
  return problems.find((text) => /freelist|main database|schema|header/i.test(text)) ?? null
}

/** Whether SQLite's check finds nothing wrong with the table and its indexes. */
export function isSound(db: DatabaseSync, table: string): boolean {
  return firstProblem(db, table).length === 0
}

function firstProblem(db: DatabaseSync, table: string): string[] {
  const [problem] = check(db, `(${quoteName(table)})`)
  return problem === undefined ? [] : [`SQLite's check says: ${problem}`]
}

/** Messages of `pragma quick_check`, each in one line. */
function check(db: DatabaseSync, what: string): string[] {
  try {
    return db
      .prepare(`pragma quick_check${what}`)
      .all()
      .flatMap((row) => String(Object.values(row)[0]).split('\n'))
      .map((line) => line.trim())
      .filter((line) => line !== '' && line !== 'ok' && !line.startsWith('***'))
  } catch (error) {
    // What only the program of the file can compute cannot be checked.
    if (!isDamage(error) && !needsForeignCode(error)) throw error
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Counts that differ from the rows that were read: on the leaves of the table, and in each whole index. */
function otherCounts(db: DatabaseSync, table: string, rows: number): string[] {
  const leaves = countRows(db, table, 'not indexed')
  const counts = [
    ...(leaves === null ? [] : [{ place: 'its leaves hold', count: leaves }]),
    ...countThroughIndexes(db, table).map(({ index, count }) => ({ place: `index "${index}" holds`, count })),
  ]
  return counts
    .filter(({ count }) => count !== rows)
    .map(({ place, count }) => `${place} ${count.toLocaleString('en')}`)
}

/** Rows that each index of the whole table knows; indexes that cannot be used are left out. */
export function countThroughIndexes(
  db: DatabaseSync,
  table: string,
): { readonly index: string; readonly count: number }[] {
  return indexesOf(db, table).flatMap((index) => {
    const count = countRows(db, table, `indexed by ${quoteName(index)}`)
    return count === null ? [] : [{ index, count }]
  })
}

function indexesOf(db: DatabaseSync, table: string): string[] {
  try {
    const found = db.prepare("select name from pragma_index_list(?) where partial = 0 and origin <> 'pk'").all(table)
    return found.map((row) => String(row['name']))
  } catch (error) {
    if (isDamage(error)) return []
    throw error
  }
}

/** Null where the count itself meets damage, or the index cannot be used. */
function countRows(db: DatabaseSync, table: string, way: string): number | null {
  try {
    return Number(db.prepare(`select count(*) as count from ${quoteName(table)} ${way}`).get()?.['count'])
  } catch {
    return null
  }
}
