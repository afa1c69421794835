import type { Config } from '../config/config.ts'
import { namedByRules } from '../config/table-rules.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Catalog } from '../model/catalog.ts'
import { nearest } from '../util/nearest.ts'

/** A rule for a table or column that does not exist is a typing error that must not pass unnoticed. */
export function assertRulesMatch(catalog: Catalog, config: Config): void {
  for (const rule of namedByRules(config)) {
    const table = catalog.tables.find((candidate) => candidate.name.name.toLowerCase() === rule.table.toLowerCase())
    if (!table) {
      throw noSuch(
        `The configuration has rules for the table ${JSON.stringify(rule.table)}, which the source does not have.`,
        rule.table,
        catalog.tables.map((candidate) => candidate.name.name),
      )
    }
    const columns = table.columns.map((column) => column.name)
    for (const name of rule.columns) {
      if (columns.some((column) => column.toLowerCase() === name.toLowerCase())) continue
      throw noSuch(
        `The configuration has rules for the column ${JSON.stringify(name)} of ${table.name.name}, which the source does not have.`,
        name,
        columns,
      )
    }
  }
}

function noSuch(message: string, name: string, known: readonly string[]): RowferryError {
  const near = nearest(name, known)
  return new RowferryError('CATALOG_NO_SUCH_TABLE', {
    message,
    remedy: near === null ? `It has: ${known.slice(0, 20).join(', ')}` : `Did you mean ${JSON.stringify(near)}?`,
  })
}
