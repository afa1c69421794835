import { RowferryError } from '../errors/errors.ts'
import type { ForeignKey } from '../model/catalog.ts'
import { isNewTable, type OrphanRule } from '../model/plan.ts'
import type { OrphanProfile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TablePlan } from './plan-table.ts'
import { sameKeyType } from './target-column.ts'

export type OrphanRules = ReadonlyMap<TablePlan, readonly OrphanRule[]>

/**
 * What happens to orphans after the rows are loaded, for tables that are made new: foreign keys of an existing table are
 * PostgreSQL's to enforce while rows are loaded. Where rows are rejected, rows that point to them become orphans too, so
 * every table below gets a rule. `tables` is keyed by the source name in lower case. Throws CATALOG_ORPHANS for `orphans: fail`.
 */
export function planOrphanRules(
  created: readonly TablePlan[],
  tables: ReadonlyMap<string, TablePlan>,
  orphans: readonly OrphanProfile[],
  settings: PlanSettings,
): OrphanRules {
  const rules = new Map<TablePlan, OrphanRule[]>()
  if (settings.orphans === 'null') refuseNullInExisting(orphans, tables)
  if (orphans.length === 0 || settings.orphans === 'keep') return rules
  if (settings.orphans === 'fail') throw orphansRefused(orphans)
  const action = settings.orphans
  const open = new Set(created.flatMap((table) => table.place.source.foreignKeys.map((key) => ({ table, key }))))
  for (let found = true; found;) {
    found = false
    for (const entry of open) {
      const { table, key } = entry
      const parent = tables.get(key.parent.name.toLowerCase())
      const losesRows = parent && rules.get(parent)?.some((rule) => rule.action === 'reject')
      if (!losesRows && !orphans.some((orphan) => isOf(orphan, table, key))) continue
      open.delete(entry)
      const rule = parent && orphanRule(table, key, parent, action)
      if (!rule) continue
      rules.set(table, [...(rules.get(table) ?? []), rule])
      found = true
    }
  }
  return rules
}

/** The rows are checked by PostgreSQL as they come, so a reference cannot become NULL first. */
function refuseNullInExisting(orphans: readonly OrphanProfile[], tables: ReadonlyMap<string, TablePlan>): void {
  const found = orphans.filter((orphan) => {
    const table = tables.get(orphan.table.toLowerCase())
    return table !== undefined && !isNewTable(table.place)
  })
  if (found.length === 0) return
  const list = found.map((orphan) => `${orphan.count} in ${orphan.table}.${orphan.columns.join(',')}`).join('; ')
  throw new RowferryError('CONFIG_CONFLICT', {
    message: `--orphans null works only on tables that rowferry makes, and rows for existing tables point to no parent (${list}).`,
    remedy:
      'Leave out --orphans: rows that a foreign key of the target forbids are then rejected and listed; or set the references to NULL in the source',
  })
}

function orphanRule(
  table: TablePlan,
  key: ForeignKey,
  parent: TablePlan,
  action: OrphanRule['action'],
): OrphanRule | null {
  const types = typesByName(table)
  const parentTypes = typesByName(parent)
  const areComparable = key.columns.every((column, at) =>
    sameKeyType(
      types.get(column.toLowerCase()) ?? '',
      parentTypes.get(key.parentColumns[at]?.toLowerCase() ?? '') ?? '?',
    ),
  )
  // Without an equality between the types there is no foreign key either that orphans could violate.
  if (!areComparable || key.columns.length !== key.parentColumns.length) return null
  const nullColumns = key.columns.filter((column) => mayBeNull(table, column))
  return {
    columns: key.columns,
    nullColumns,
    parent: parent.place.source.name.name,
    parentColumns: key.parentColumns,
    action: nullColumns.length === 0 ? 'reject' : action,
  }
}

function typesByName(table: TablePlan): ReadonlyMap<string, string> {
  return new Map([...table.columns].map(([name, column]) => [name.toLowerCase(), column.type]))
}

function mayBeNull(table: TablePlan, column: string): boolean {
  const same = (name: string): boolean => name.toLowerCase() === column.toLowerCase()
  const planned = table.planned.columns.find(({ source }) => same(source))
  return planned !== undefined && !planned.notNull && !table.place.source.primaryKey?.columns.some(same)
}

function isOf(orphan: OrphanProfile, table: TablePlan, key: ForeignKey): boolean {
  return orphan.table === table.place.source.name.name && orphan.columns.join('\0') === key.columns.join('\0')
}

function orphansRefused(orphans: readonly OrphanProfile[]): RowferryError {
  const list = orphans.map((orphan) => `${orphan.count} in ${orphan.table}.${orphan.columns.join(',')}`).join('; ')
  return new RowferryError('CATALOG_ORPHANS', {
    message: `Rows point to parents that do not exist (${list}), and orphans: fail was chosen.`,
    remedy: 'Repair the source, or choose --orphans keep, reject or null',
  })
}

export function orphanWarnings(
  orphans: readonly OrphanProfile[],
  tables: readonly TablePlan[],
  rules: OrphanRules,
  settings: PlanSettings,
): Warning[] {
  return orphans.map((orphan) => ({
    code: 'orphans',
    table: orphan.table,
    column: orphan.columns.join(', '),
    message: `Rows of ${orphan.table} that point to no row of ${orphan.parent}: ${orphan.count}; ${treatment(orphan, tables, rules, settings)}.${firstOrphans(orphan)}`,
    remedy: tables.some((table) => table.place.source.name.name === orphan.table && !isNewTable(table.place))
      ? 'To refuse instead: --orphans fail; to carry them all, repair the references in the source'
      : 'Choose otherwise: --orphans keep, reject, null or fail',
  }))
}

function treatment(
  orphan: OrphanProfile,
  tables: readonly TablePlan[],
  rules: OrphanRules,
  settings: PlanSettings,
): string {
  const table = tables.find((candidate) => candidate.place.source.name.name === orphan.table)
  if (table && !isNewTable(table.place)) return existingTreatment
  if (settings.orphans === 'keep') return 'they are carried, and the foreign key is added NOT VALID'
  const rule = table && rules.get(table)?.find(({ columns }) => columns.join('\0') === orphan.columns.join('\0'))
  if (!rule)
    return 'they are carried, because PostgreSQL cannot compare the columns of this foreign key, which is not made'
  if (rule.action === 'null') return 'their reference becomes NULL'
  return settings.orphans === 'null' ? 'they are rejected, because the reference must not be NULL' : 'they are rejected'
}

/** A key of a cycle, a self-reference among them, is dropped for the load; `copy-tables.ts` says what stands afterwards. */
const existingTreatment =
  'the foreign keys of the existing table decide: PostgreSQL rejects the rows, or, where a key points in a circle and is dropped for the load, carries them and the key stands NOT VALID'

function firstOrphans({ samples }: OrphanProfile): string {
  if (samples.length === 0) return ''
  const texts = samples.map(({ key, value }) => `${JSON.stringify(key)} → ${value === '' ? "''" : value}`)
  return ` First: ${texts.join(', ')}`
}
