import type { ZeroColumnSettings, ZeroSettings, ZeroTableSettings } from '../model/zero.ts'
import type { ZeroSection } from './zero-section.ts'

/** What `zero: true`, or `--zero` without a section in the file, means. */
export const defaultZeroSettings: ZeroSettings = {
  schemaFile: 'zero-schema.ts',
  queriesFile: null,
  naming: 'camelCase',
  defaults: 'required',
  publication: 'zero_data',
  surrogateKey: 'row_id',
  int8: 'auto',
  bytea: 'omit',
  indexForeignKeys: true,
  jsonTypesFrom: null,
  tables: new Map(),
}

/** `true` or nothing behind `zero:` is all defaults; null: Zero is not asked for. */
export function zeroSettings(section: ZeroSection | boolean | null): ZeroSettings | null {
  if (section === false) return null
  if (section === true || section === null) return defaultZeroSettings
  const { tables = {}, ...rest } = section
  return {
    ...defaultZeroSettings,
    ...definedOnly(rest),
    tables: new Map(Object.entries(tables).map(([name, table]) => [name, tableSettings(table ?? {})])),
  }
}

/** The settings as the configuration file writes them, and as plain data that can be compared. */
export function zeroSection({ tables, ...rest }: ZeroSettings): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    tables: Object.fromEntries(
      [...tables].map(([name, table]) => [name, { ...table, columns: Object.fromEntries(table.columns) }]),
    ),
  }
}

const untouched: ZeroTableSettings = { exclude: false, columns: new Map() }
const untouchedColumn: ZeroColumnSettings = { exclude: false, jsonType: null, int8: null, bytea: null }

/** Rules for a table of the target; PostgreSQL's names differ by case, and so do these. */
export function zeroTable(settings: ZeroSettings, table: string): ZeroTableSettings {
  return settings.tables.get(table) ?? untouched
}

export function zeroColumn(settings: ZeroSettings, table: string, column: string): ZeroColumnSettings {
  return zeroTable(settings, table).columns.get(column) ?? untouchedColumn
}

/** The settings with the rules of one schema by bare table names: `app.users` is `users` there. */
export function zeroOfSchema(zero: ZeroSettings | null, schema: string): ZeroSettings | null {
  if (zero === null) return null
  const tables = [...zero.tables].map(([name, rules]) => [withoutPrefix(name, `${schema}.`), rules] as const)
  return { ...zero, tables: new Map(tables) }
}

function withoutPrefix(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

type TableSection = NonNullable<NonNullable<ZeroSection['tables']>[string]>

function tableSettings({ exclude = false, columns = {} }: TableSection): ZeroTableSettings {
  return {
    exclude,
    columns: new Map(
      Object.entries(columns).map(([name, column]) => [name, { ...untouchedColumn, ...definedOnly(column ?? {}) }]),
    ),
  }
}

/** Optional keys of zod's output may hold undefined, which must not hide a default. */
function definedOnly<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}
