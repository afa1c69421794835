import { typeFamily } from '../databases/sqlite/declared-type.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import { translateDefault } from '../mapping/sqlite-to-postgres/defaults.ts'
import { chooseType } from '../mapping/sqlite-to-postgres/types.ts'
import type { Column, Table } from '../model/catalog.ts'
import type { ColumnProfile, TableProfile } from '../model/profile.ts'
import type { PlanSettings } from './plan-settings.ts'

/** A type that is decided by something outside the column itself. */
export type ColumnOverride = {
  readonly type: string
  readonly reason: string
  /** Also for the column that is the rowid, which then numbers its rows no longer. */
  readonly evenRowid?: boolean
}

export type FindOverride = (table: string, column: string) => ColumnOverride | null

export type TypeChoices = { readonly settings: PlanSettings; readonly findOverride: FindOverride }

export function decideType(source: Table, column: Column, profile: TableProfile, choices: TypeChoices): TypeDecision {
  const policy = choices.settings.column(source.name.name, column.name)
  const facts = columnProfile(profile, column)
  const isRowid = source.sqlite?.rowidColumn === column.name
  const family = isRowid ? 'integer' : typeFamily(column.declaredType)
  const override = choices.findOverride(source.name.name, column.name)
  const own = chooseType(column, family, facts, policy)
  const reason = override?.reason ?? defaultMisfit(column, own, facts, profile)
  const decision =
    reason === null || policy.type !== null || (isRowid && override?.evenRowid !== true)
      ? own
      : {
          ...chooseType(column, 'text', facts, { ...policy, type: override?.type ?? 'text' }),
          reason,
          warnings: own.warnings,
        }
  return { ...decision, warnings: decision.warnings.map((warning) => ({ ...warning, table: source.name.name })) }
}

/**
 * A column without a single value is known only by its declaration and its default. A default that does not fit the
 * declaration is a value that the application will store, so it counts.
 */
function defaultMisfit(
  column: Column,
  decision: TypeDecision,
  facts: ColumnProfile,
  profile: TableProfile,
): string | null {
  if (column.default === null || column.generated || facts.nulls < profile.rows) return null
  if (translateDefault(column.default, decision.type, decision.conversion).ok) return null
  if (!translateDefault(column.default, 'text', { timeUnit: null }).ok) return null
  return `text, because it holds no value yet and its default ${column.default} is no ${decision.type}`
}

export function columnProfile(profile: TableProfile, column: Column): ColumnProfile {
  const found = profile.columns.find((candidate) => candidate.column === column.name)
  if (!found) throw new Error(`the profile of ${profile.table} has no column ${column.name}`)
  return found
}
