import { storedName } from '../model/catalog.ts'
import { isNewTable } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TablePlan } from './plan-table.ts'
import { surelyOverflows } from './split-wide-tables.ts'

/** What was split, and what would have to be. */
export function wideTableWarnings(tables: readonly TablePlan[], { wideTables }: PlanSettings): Warning[] {
  const parts = Map.groupBy(tables, ({ place }) => storedName(place.source))
  return [...parts].flatMap(([name, group]): Warning[] => {
    const [first] = group
    if (first === undefined) return []
    const source = { table: name, column: null }
    if (group.length > 1) {
      const key = group[1]?.place.source.primaryKey?.columns.join(', ') ?? ''
      const list = group.map(({ planned }) => `${planned.target.name} (${planned.columns.length} columns)`).join(', ')
      const message = `${name} is carried as ${group.length} tables: ${list}. ${key} joins their rows; columns keep their order.`
      return [{ ...source, code: 'table-split', message, remedy: null }]
    }
    if (wideTables === 'split' || !isNewTable(first.planned) || !surelyOverflows(first.place.source.columns)) return []
    const message = `${name} has so many columns of fixed size that a row with a value in each does not fit PostgreSQL's page of 8 kB; such rows are rejected and listed.`
    return [{ ...source, code: 'rows-may-not-fit', message, remedy: 'Carry it as several tables: --wide-tables split' }]
  })
}
