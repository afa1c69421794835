import { maxIdentifierBytes } from '../databases/postgres/identifiers.ts'
import { isNewTable, type PlannedTable } from '../model/plan.ts'
import { cutBytes, type NameGiver } from './name-objects.ts'

/**
 * PostgreSQL makes the sequence of an identity column with the table, under a name of its own choice. That name is reserved, and where it is the name of a table, view or index of
 * the transfer or of the target, the sequence gets another one in its definition.
 */
export function nameSequences(
  tables: readonly PlannedTable[],
  names: NameGiver,
  /** Of views and indexes, which get theirs later. */
  wanted: ReadonlySet<string>,
): PlannedTable[] {
  return tables.map((table) => {
    if (!isNewTable(table)) return table
    const other = (column: string): string | undefined => {
      const implicit = implicitName(table.target.name, column, 'seq')
      const given = names.reserve(implicit, wanted)
      return given === implicit ? undefined : given
    }
    const surrogate = table.surrogateKey === undefined ? undefined : other(table.surrogateKey)
    const columns = table.columns.map((column) => {
      const sequence = column.identity ? other(column.target) : undefined
      return sequence === undefined ? column : { ...column, sequence }
    })
    return { ...table, columns, ...(surrogate === undefined ? {} : { surrogateSequence: surrogate }) }
  })
}

/** As `makeObjectName` of PostgreSQL's src/backend/commands/indexcmds.c: the longer of the two names is cut first. */
export function implicitName(table: string, column: string, label: string): string {
  const room = maxIdentifierBytes - label.length - 2
  let [first, second] = [Buffer.byteLength(table), Buffer.byteLength(column)]
  while (first + second > room) {
    if (first > second) first--
    else second--
  }
  return `${cutBytes(table, first)}_${cutBytes(column, second)}_${label}`
}
