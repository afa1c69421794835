import { qualifiedName, quoteIdentifier } from '../databases/postgres/identifiers.ts'
import type { Column, Table } from '../model/catalog.ts'
import type { ColumnConversion } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'

/** The column of an existing table that a warning is about. */
export type ExistingColumn = {
  readonly table: Table
  readonly column: Column
  readonly conversion: ColumnConversion
}

/**
 * What can be typed about a column that exists: its type is changed in the target, and a rule `{type: …}` would be refused. A NOT NULL column takes no NULL instead of
 * a misfit, and a key column stays NOT NULL.
 */
export function withExistingRemedy(warning: Warning, place: ExistingColumn): Warning {
  const { remedy, code } = warning
  if (remedy === null) return warning
  if (code === 'misfits-expected') return { ...warning, remedy: misfitRemedy(remedy, place) }
  const typed = /\{type: ([^}]+)\}/.exec(remedy)?.[1]
  if (typed === undefined) return { ...warning, remedy: named(remedy, place) }
  // Another rule stands beside it, which works.
  if (/ or \{type: /.test(remedy)) return { ...warning, remedy: remedy.replace(/ or \{type: [^}]+\}/, '') }
  return { ...warning, remedy: `To keep the values as they are: ${alterType(place, typed)}` }
}

function misfitRemedy(remedy: string, place: ExistingColumn): string {
  const { table, column, conversion } = place
  const isKey = table.primaryKey?.columns.includes(column.name) === true || column.postgres?.identity !== null
  if (remedy.includes('drop not null')) {
    return isKey ? 'Give these rows a value in the source: the column is a key of the target' : named(remedy, place)
  }
  if (conversion.maxCharacters !== null) return `To make room: ${alterType(place, 'text')}`
  if (!conversion.notNull) return named(remedy, place)
  const repair = 'Repair the values in the source'
  return isKey ? repair : `${repair}, or let the column hold any text: ${alterType(place, 'text')}`
}

function alterType({ table, column }: ExistingColumn, type: string): string {
  return `alter table ${qualifiedName(table.name)} alter column ${quoteIdentifier(column.name)} type ${type}`
}

function named(remedy: string, { table }: ExistingColumn): string {
  return remedy.replace('alter table …', `alter table ${qualifiedName(table.name)}`)
}
