import { excludedTables, rulesOfColumn, rulesOfTable } from '../config/table-rules.ts'
import type { Config } from '../config/config.ts'
import { zeroOfSchema } from '../config/zero-settings.ts'
import type { ColumnPolicy } from '../mapping/mapping.ts'
import { storedName, type Table } from '../model/catalog.ts'
import type { ConflictStrategy } from '../model/conflict.ts'
import type { ZeroSettings } from '../model/zero.ts'
import type { Naming } from './name-objects.ts'

/** What a user may decide about one table. */
export type TableSettings = {
  readonly strategy: ConflictStrategy | null
  readonly matchKey: readonly string[] | null
  /** Name in the target; null: by the naming rule. */
  readonly rename: string | null
  readonly excludedColumns: readonly string[]
  /** By the source's name in lower case. */
  readonly columnNames: ReadonlyMap<string, string>
}

/** What a user may decide about a plan, in the planner's own terms. */
export type PlanSettings = {
  readonly schema: string
  readonly strategy: ConflictStrategy | null
  readonly naming: Naming
  readonly orphans: 'keep' | 'reject' | 'null' | 'fail'
  readonly parallel: number
  /** A table is cut into shards of about so many bytes. */
  readonly shardBytes: number
  readonly verify: 'none' | 'counts' | 'content' | 'full'
  /** Triggers of existing tables fire while rows are loaded. */
  readonly fireTriggers: boolean
  readonly indexes: boolean
  readonly foreignKeys: boolean
  readonly views: boolean
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Null: the target is not made for Zero. */
  readonly zero: ZeroSettings | null
  readonly wideTables: 'refuse' | 'split'
  table(name: string): TableSettings
  column(table: string, column: string): ColumnPolicy
}

/** `tables`: parts of wide tables follow the rules of the table that holds their rows. */
export function planSettings(config: Config, tables: readonly Table[] = []): PlanSettings {
  const parts = new Map(
    tables.flatMap((table) => (storedName(table) === table.name.name ? [] : [[table.name.name, storedName(table)]])),
  )
  return {
    wideTables: config.wideTables,
    schema: config.schema,
    strategy: config.strategy,
    naming: config.naming,
    orphans: config.orphans,
    parallel: config.parallel,
    shardBytes: config.shardSize * 1024 * 1024,
    verify: config.verify,
    fireTriggers: config.fireTriggers,
    indexes: config.indexes,
    foreignKeys: config.foreignKeys,
    views: config.views,
    include: config.tables,
    exclude: excludedTables(config),
    zero: zeroOfSchema(config.zero, config.schema),
    table(name) {
      const whole = parts.get(name) ?? name
      const rules = rulesOfTable(config, whole)
      const columns = Object.entries(rules.columns ?? {})
      return {
        strategy: rules.strategy ?? null,
        matchKey: rules.matchKey ?? null,
        rename: rules.rename === undefined ? null : rules.rename + name.slice(whole.length),
        excludedColumns: columns.filter(([, column]) => column?.exclude).map(([column]) => column),
        columnNames: new Map(
          columns.flatMap(([column, rule]) => (rule?.rename ? [[column.toLowerCase(), rule.rename]] : [])),
        ),
      }
    },
    column(table, column) {
      const rules = rulesOfColumn(config, parts.get(table) ?? table, column)
      return {
        onMisfit: rules.onMisfit,
        nul: rules.nul,
        invalidUtf8: rules.invalidUtf8,
        timeZone: rules.timeZone,
        type: rules.type ?? null,
        timeUnit: rules.timeUnit ?? null,
        separator: rules.separator ?? null,
      }
    },
  }
}
