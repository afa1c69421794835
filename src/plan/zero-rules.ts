import { RowferryError } from '../errors/errors.ts'
import type { Catalog } from '../model/catalog.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { nearest } from '../util/nearest.ts'
import type { TablePlan } from './plan-table.ts'

/** Rules for a table or column that the target will not have are a typing error. Throws CATALOG_NO_SUCH_TABLE. */
export function assertZeroRulesMatch(
  zero: ZeroSettings | null,
  tables: readonly TablePlan[],
  target: Catalog | null,
): void {
  if (zero === null) return
  const columns = new Map((target?.tables ?? []).map((table) => [table.name.name, namesOf(table.columns)]))
  for (const { planned } of tables) {
    const own = [...planned.columns, ...planned.generated].map((column) => column.target)
    const more = planned.surrogateKey === undefined ? [] : [planned.surrogateKey]
    columns.set(planned.target.name, [...(columns.get(planned.target.name) ?? []), ...own, ...more])
  }
  for (const [table, rules] of zero.tables) {
    const known = columns.get(table)
    if (known === undefined) {
      throw noSuch(`zero: has rules for the table ${JSON.stringify(table)}, which the target will not have.`, table, [
        ...columns.keys(),
      ])
    }
    for (const column of rules.columns.keys()) {
      if (known.includes(column)) continue
      const place = `the column ${JSON.stringify(column)} of ${table}`
      throw noSuch(`zero: has rules for ${place}, which the target will not have.`, column, known)
    }
  }
}

function namesOf(columns: readonly { readonly name: string }[]): string[] {
  return columns.map((column) => column.name)
}

function noSuch(message: string, name: string, known: readonly string[]): RowferryError {
  const near = nearest(name, known)
  return new RowferryError('CATALOG_NO_SUCH_TABLE', {
    message,
    remedy:
      near === null
        ? `Names are those of the target: ${known.slice(0, 20).join(', ')}`
        : `Did you mean ${JSON.stringify(near)}?`,
  })
}
