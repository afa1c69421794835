import { qualifiedName, quoteIdentifier } from '../databases/postgres/identifiers.ts'
import type { Warning } from '../model/warning.ts'
import type { TablePlan } from './plan-table.ts'

/** What only the program that made the source could tell: its collations, and what its functions compute. */
export function foreignOrderWarnings({ place, planned, columns }: TablePlan): Warning[] {
  const { name, columns: sourceColumns, sqlite } = place.source
  const collated = sourceColumns.filter(({ name, collation }) => columns.has(name) && isForeignCollation(collation))
  return [
    ...collated.map((column): Warning => ({
      code: 'collation-not-reproduced',
      table: name.name,
      column: column.name,
      message: `${column.name} is ordered and compared by ${column.collation}, a collation that only the program of the source has. All values are carried; PostgreSQL orders and compares them exactly, in keys and indexes too.`,
      remedy: `For look-ups without regard to case: create index on ${qualifiedName(planned.target)} (lower(${quoteIdentifier(columns.get(column.name)?.target ?? column.name)}))`,
    })),
    ...(sqlite?.unreadable ?? []).map((column): Warning => ({
      code: 'generated-not-read',
      table: name.name,
      column: column.name,
      message: `${column.name} is not carried: SQLite computes it when it is read, and ${column.reason}. The columns it is computed from are carried.`,
      remedy: null,
    })),
  ]
}

/** One that only the program that made the source has. */
export function isForeignCollation(collation: string | null): collation is string {
  return collation !== null && !['BINARY', 'NOCASE', 'RTRIM'].includes(collation.toUpperCase())
}
