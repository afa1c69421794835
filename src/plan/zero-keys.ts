import { zeroTable } from '../config/zero-settings.ts'
import type { Table } from '../model/catalog.ts'
import type { PlannedColumn } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import type { TablePlace } from './table-place.ts'
import type { NameGiver } from './name-objects.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TargetColumn } from './target-column.ts'
import { isHiddenFromZero, isKeptFromZero } from './zero-columns.ts'

/**
 * Zero does not sync a table without a key, and once such a table is published PostgreSQL refuses UPDATE and DELETE on it.
 * So it gets a column that the server numbers. Null: it has a key, or Zero does not get it. `column` null: it shall get none.
 */
export function planSurrogate(input: {
  readonly place: TablePlace
  readonly settings: PlanSettings
  readonly columns: ReadonlyMap<string, TargetColumn>
  readonly planned: readonly PlannedColumn[]
  readonly names: NameGiver
}): { readonly column: string | null; readonly warning: Warning } | null {
  const { place, settings, names } = input
  const { zero } = settings
  if (zero === null || (zero.publication !== null && zeroTable(zero, place.target).exclude)) return null
  const usable = usableColumns(input)
  if (hasUsableKey(place.source, usable)) return null
  const table = place.source.name.name
  const why = place.source.primaryKey
    ? `a primary key (${place.source.primaryKey.columns.join(', ')}) that Zero cannot use`
    : 'no key over NOT NULL columns'
  if (zero.surrogateKey === null) {
    const message = `${table} has ${why}: Zero does not sync it, and PostgreSQL refuses to change its rows while it is published.`
    const remedy = 'Give it a key: zero: {surrogateKey: row_id}'
    return { column: null, warning: { code: 'zero-not-synced', table, column: null, message, remedy } }
  }
  const column = names.give(zero.surrogateKey, 'row_id')
  const message = `${table} has ${why}, so it gets the column ${column}, in which the server numbers the rows.`
  const remedy = 'To leave it without: zero: {surrogateKey: null}; it is then not synced'
  return { column, warning: { code: 'zero-key-added', table, column: null, message, remedy } }
}

/** Source names in lower case of the columns that may stand in a key for Zero, without thought of NOT NULL. */
type Usable = { readonly inKey: ReadonlySet<string>; readonly notNull: ReadonlySet<string> }

function usableColumns({ place, settings, columns, planned }: Parameters<typeof planSurrogate>[0]): Usable {
  const { zero } = settings
  const synced = planned.filter(
    ({ target, type }) => zero !== null && !isHiddenFromZero(type) && !isKeptFromZero(zero, place.target, target),
  )
  const lower = (names: readonly PlannedColumn[]): Set<string> => new Set(names.map((one) => one.source.toLowerCase()))
  const collated = new Set([...columns].filter(([, one]) => one.collation === 'NOCASE').map(([name]) => name))
  return {
    inKey: lower(synced.filter(({ source }) => (columns.get(source)?.nulls ?? 0) === 0)),
    notNull: lower(synced.filter(({ source, notNull }) => notNull && !collated.has(source))),
  }
}

function hasUsableKey(source: Table, { inKey, notNull }: Usable): boolean {
  const all = (names: readonly string[], of: ReadonlySet<string>): boolean =>
    names.length > 0 && names.every((name) => of.has(name.toLowerCase()))
  if (source.primaryKey && all(source.primaryKey.columns, inKey)) return true
  const indexes = source.indexes
    .filter((index) => index.unique && index.where === null && index.parts.every((part) => isPlain(part.collation)))
    .map((index) => index.parts.map((part) => part.column ?? ''))
  return [...source.uniqueKeys.map((key) => key.columns), ...indexes].some((names) => all(names, notNull))
}

/** An index on lower() is none over plain columns. */
function isPlain(collation: string | null): boolean {
  return collation === null || collation.toUpperCase() === 'BINARY'
}
