import type { RowReader } from '../databases/databases.ts'
import type { SqliteRow, SqliteValue } from '../model/batch.ts'
import type { OrphanRule, PlannedTable } from '../model/plan.ts'
import type { IssueCollector } from './issue-collector.ts'

type Rule = { readonly rule: OrphanRule; readonly columns: readonly number[]; readonly exists: (values: readonly SqliteValue[]) => boolean }

/** Treats orphans row by row, as `orphans: reject` and `orphans: null` ask. */
export type OrphanCheck = {
  /** False when the row is rejected. With `null`, the row's references are set to NULL in place. */
  check(row: SqliteRow, issues: IssueCollector): boolean
}

/** Null when the table has no such rule, which is the usual case. */
export function buildOrphanCheck(reader: RowReader, table: PlannedTable): OrphanCheck | null {
  if (table.orphanRules.length === 0) return null
  const rules = table.orphanRules.map((rule): Rule => ({
    rule,
    columns: rule.columns.map((name) => table.columns.findIndex((column) => column.source === name)),
    exists: reader.rowExists({ schema: table.source.schema, name: rule.parent }, rule.parentColumns),
  }))
  return {
    check(row, issues) {
      for (const { rule, columns, exists } of rules) {
        const values = columns.map((column) => row[column] ?? null)
        if (values.some((value) => value === null) || exists(values)) continue
        issues.column = columns[0] ?? 0
        if (rule.action === 'reject') {
          issues.misfit(`points to no row of ${rule.parent}`, 'DATA_ORPHAN')
          issues.rejectRow(values[0] ?? null)
          return false
        }
        for (const column of columns) {
          issues.column = column
          issues.altered('orphan-to-null', row[column] ?? null, null, false)
          row[column] = null
        }
      }
      return true
    },
  }
}
