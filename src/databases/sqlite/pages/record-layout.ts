import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../sqlite-identifiers.ts'

/** Where the requested columns stand in a table's records. */
export type RecordLayout = {
  readonly rootPage: number
  /** By requested column: number of the field, or -1 for the column that is the rowid. */
  readonly fields: readonly number[]
  /** By requested column: REAL affinity, so that an integer that is stored means the real of that value. */
  readonly reals: readonly boolean[]
  /** By requested column: records from before `alter table add column` end before it, and its default is not NULL. */
  readonly defaults: readonly boolean[]
}

type Opcode = { readonly opcode: string; readonly p1: number; readonly p2: number; readonly p4: string | null }

/**
 * Asks SQLite itself: the program of `select columns from table` says which field each column is, which one is the rowid, and
 * which integers become reals. Null for everything that is not plainly "read these fields of this table": virtual tables,
 * WITHOUT ROWID, computed columns. https://sqlite.org/opcode.html
 */
export function readRecordLayout(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
  rowidName: string,
): RecordLayout | null {
  const names = [...columns, rowidName].map(quoteName).join(', ')
  const program = db
    .prepare(`explain select ${names} from ${quoteName(table)} not indexed`)
    .all()
    .map((line): Opcode => ({
      opcode: String(line['opcode']),
      p1: Number(line['p1']),
      p2: Number(line['p2']),
      p4: line['p4'] === null ? null : String(line['p4']),
    }))
  const opened = program.filter(({ opcode }) => opcode.startsWith('Open') || opcode === 'VOpen')
  const [table0] = opened
  if (opened.length !== 1 || table0?.opcode !== 'OpenRead' || table0.p1 !== 0 || table0.p4?.startsWith('k('))
    return null
  const loop = between(program, 'Rewind', 'ResultRow')
  return loop === null ? null : layoutOf(loop, table0.p2, columns.length)
}

function between(program: readonly Opcode[], first: string, last: string): readonly Opcode[] | null {
  const from = program.findIndex(({ opcode }) => opcode === first)
  const to = program.findIndex(({ opcode }) => opcode === last)
  return from < 0 || to < from ? null : program.slice(from + 1, to)
}

function layoutOf(loop: readonly Opcode[], rootPage: number, columns: number): RecordLayout | null {
  const fields: number[] = []
  const reals: boolean[] = []
  const defaults: boolean[] = []
  for (const { opcode, p1, p2, p4 } of loop) {
    if (opcode === 'RealAffinity') reals[reals.length - 1] = true
    else if (p1 === 0 && (opcode === 'Column' || opcode === 'Rowid')) {
      fields.push(opcode === 'Rowid' ? -1 : p2)
      reals.push(false)
      defaults.push(opcode === 'Column' && p4 !== null)
    } else return null
  }
  if (fields.length !== columns + 1 || fields.at(-1) !== -1) return null
  return {
    rootPage,
    fields: fields.slice(0, columns),
    reals: reals.slice(0, columns),
    defaults: defaults.slice(0, columns),
  }
}
