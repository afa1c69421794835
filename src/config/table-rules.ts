import type { ColumnRules, Config, TableRules } from './config.ts'

/** The rules for one source table; names match without case, as SQLite's do. Empty when nothing was said. */
export function rulesOfTable(config: Config, table: string): TableRules {
  return byName(config.tableRules, table) ?? {}
}

/** What applies to one column: its own rules, else its table's, else the options'. */
export type EffectiveColumnRules = ColumnRules & {
  readonly onMisfit: Config['onMisfit']
  readonly nul: Config['nul']
  readonly invalidUtf8: string
  readonly timeZone: string
}

export function rulesOfColumn(config: Config, table: string, column: string): EffectiveColumnRules {
  const tableRules = rulesOfTable(config, table)
  const own = byName(tableRules.columns ?? {}, column) ?? {}
  return {
    ...own,
    onMisfit: own.onMisfit ?? tableRules.onMisfit ?? config.onMisfit,
    nul: own.nul ?? config.nul,
    invalidUtf8: own.invalidUtf8 ?? config.invalidUtf8,
    timeZone: own.timeZone ?? config.timeZone,
  }
}

/** Tables to leave out: by pattern, and those whose rules say so. */
export function excludedTables(config: Config): readonly string[] {
  const byRule = Object.entries(config.tableRules).filter(([, rules]) => rules.exclude === true)
  return [...config.exclude, ...byRule.map(([name]) => name)]
}

/** Every table and column that the rules name, so that a mistyped one can be reported. */
export function namedByRules(
  config: Config,
): readonly { readonly table: string; readonly columns: readonly string[] }[] {
  return Object.entries(config.tableRules).map(([table, rules]) => ({
    table,
    columns: Object.keys(rules.columns ?? {}),
  }))
}

function byName<T>(entries: Readonly<Record<string, T>>, name: string): T | undefined {
  if (Object.hasOwn(entries, name)) return entries[name]
  const found = Object.keys(entries).find((key) => key.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : entries[found]
}
