import { quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { RowferryError } from '../errors/errors.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import type { Column, Table } from '../model/catalog.ts'
import type { PlanSettings } from './plan-settings.ts'

/** What a rule of the configuration for one column meets. */
export type ColumnInPlace = {
  readonly table: Table
  readonly column: Column
  readonly decision: TypeDecision
  /** The target's column where the table exists. */
  readonly existing: Column | null
}

/**
 * A rule that cannot do anything is refused, before anything is touched: a user who wrote it believes that it works. Throws CONFIG_CONFLICT. `nul`, `invalidUtf8` and
 * `onMisfit` speak of values that may come, so they are never idle.
 */
export function refuseIdleRules(place: ColumnInPlace, settings: PlanSettings): void {
  const { table, column } = place
  const { type, timeUnit, separator } = settings.column(table.name.name, column.name)
  const rule = (text: string): string => `tables: ${table.name.name}: columns: ${column.name}: {${text}}`
  if (type !== null && place.existing !== null) {
    throw new RowferryError('CONFIG_CONFLICT', {
      message: `${rule(`type: ${type}`)} has no effect: the table exists, and its column ${place.existing.name} is ${place.existing.declaredType}.`,
      remedy: `Leave the rule out, or change the column in the target first: alter column ${quoteIdentifier(place.existing.name)} type ${type}`,
    })
  }
  if (timeUnit !== null && place.decision.conversion.timeUnit === null) {
    throw idle(rule(`timeUnit: ${timeUnit}`), place, 'a type of time or an interval')
  }
  if (separator !== null && place.decision.conversion.printed?.kind !== 'array') {
    throw idle(rule(`separator: '${separator}'`), place, 'an array')
  }
}

function idle(rule: string, { column, decision }: ColumnInPlace, wanted: string): RowferryError {
  return new RowferryError('CONFIG_CONFLICT', {
    message: `${rule} has no effect: ${column.name} goes into a column of type ${decision.type}, which is not ${wanted}.`,
    remedy: 'Leave the rule out',
  })
}
