import { zeroColumn } from '../config/zero-settings.ts'
import { isNewTable } from '../model/plan.ts'
import type { ColumnProfile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { type Overrides, overrideKey } from './align-keys.ts'
import { columnProfile } from './decide-type.ts'
import type { PlanSettings } from './plan-settings.ts'
import type { TablePlan } from './plan-table.ts'
import { isKeptFromZero } from './zero-columns.ts'

/** Zero hands integers to clients as JavaScript's numbers, and refuses a row that holds one beyond these. */
const maxSafe = 2n ** 53n - 1n

type IntegerColumn = {
  readonly key: string
  readonly label: string
  /** Least and greatest value, where they go beyond. */
  readonly beyond: string | null
  /** What the settings say of this very column. */
  readonly rule: 'number' | 'text' | null
  readonly isRowid: boolean
  /** Neither of an existing table nor with a type that the user chose. */
  readonly free: boolean
  readonly kept: boolean
}

/**
 * Integer columns that become text, each together with those that foreign keys compare it with: a key and what refers to it
 * must stay comparable.
 */
export function integersAsText(tables: readonly TablePlan[], settings: PlanSettings): Overrides {
  const overrides: Overrides = new Map()
  const { zero } = settings
  if (zero === null) return overrides
  for (const group of groupByForeignKeys(tables, settings)) {
    const cause = causeOfText(group, zero)
    if (cause === null) continue
    for (const column of group) {
      const own = column === cause || column.beyond !== null
      const why = own ? reasonOf(column) : `a foreign key compares it with ${cause.label}`
      overrides.set(column.key, { type: 'text', reason: `text for Zero: ${why}`, evenRowid: true })
    }
  }
  return overrides
}

function reasonOf({ beyond }: IntegerColumn): string {
  return beyond === null
    ? 'set in the configuration'
    : `it holds integers ${beyond}, and clients cannot read those beyond ±(2^53−1)`
}

/** The column because of which the whole group becomes text; null: it stays as it is. */
function causeOfText(group: readonly IntegerColumn[], zero: ZeroSettings): IntegerColumn | null {
  if (group.some(({ free, rule }) => !free || rule === 'number')) return null
  const asked = group.find(({ rule }) => rule === 'text')
  if (asked) return asked
  if (zero.int8 === 'number') return null
  const beyond = group.find((column) => column.beyond !== null && !column.kept)
  if (beyond || zero.int8 === 'auto') return beyond ?? null
  // Keys that the server numbers, and what refers to them, never come near the limit.
  return group.some(({ isRowid }) => isRowid) ? null : (group.find(({ kept }) => !kept) ?? null)
}

function groupByForeignKeys(tables: readonly TablePlan[], settings: PlanSettings): IntegerColumn[][] {
  const groups = new Map<string, IntegerColumn[]>()
  for (const column of tables.flatMap((table) => integerColumns(table, settings))) groups.set(column.key, [column])
  const bySource = new Map(tables.map((table) => [table.place.source.name.name.toLowerCase(), table]))
  for (const table of tables) {
    const child = table.place.source
    for (const key of child.foreignKeys) {
      const parent = bySource.get(key.parent.name.toLowerCase())?.place.source.name.name
      if (parent === undefined) continue
      for (const [at, column] of key.columns.entries()) {
        join(groups, overrideKey(child.name.name, column), overrideKey(parent, key.parentColumns[at] ?? ''))
      }
    }
  }
  return [...new Set(groups.values())]
}

function join(groups: Map<string, IntegerColumn[]>, one: string, other: string): void {
  const [left, right] = [groups.get(one), groups.get(other)]
  if (!left || !right || left === right) return
  left.push(...right)
  for (const { key } of right) groups.set(key, left)
}

function integerColumns(table: TablePlan, settings: PlanSettings): IntegerColumn[] {
  const { zero } = settings
  const source = table.place.source.name.name
  if (zero === null) return []
  return table.place.source.columns.flatMap((column) => {
    const target = table.columns.get(column.name)
    if (target?.type !== 'bigint') return []
    const place = table.place.target
    return [
      {
        key: overrideKey(source, column.name),
        label: `${source}.${column.name}`,
        beyond: rangeBeyond(columnProfile(table.profile, column)),
        rule: zeroColumn(zero, place, target.target).int8,
        isRowid: table.place.source.sqlite?.rowidColumn === column.name,
        free: isNewTable(table.place) && settings.column(source, column.name).type === null,
        kept: isKeptFromZero(zero, place, target.target),
      },
    ]
  })
}

/** `from X to Y` where values go beyond ±(2^53−1). */
function rangeBeyond(profile: ColumnProfile): string | null {
  const { integerRange, realRange, classes } = profile
  const texts = (classes['text-integer']?.count ?? 0) > 0 && profile.maxIntegerDigits >= 16
  const [min, max] = integerRange === null ? [0n, 0n] : [BigInt(integerRange.min), BigInt(integerRange.max)]
  const reals =
    (classes['real-integral']?.count ?? 0) > 0 &&
    realRange !== null &&
    Math.max(-realRange.min, realRange.max) > Number(maxSafe)
  if (min < -maxSafe || max > maxSafe) return `from ${min} to ${max}`
  return texts || reals ? 'beyond that' : null
}

/** Columns that stay integers although clients cannot read some of their values. */
export function unreadableIntegers(tables: readonly TablePlan[], settings: PlanSettings): Warning[] {
  return tables.flatMap((table) =>
    integerColumns(table, settings)
      .filter(({ beyond, kept }) => beyond !== null && !kept)
      .map(({ key, label, beyond }) => ({
        code: 'zero-integer-range',
        table: table.place.source.name.name,
        column: key.split('\0')[1] ?? null,
        message: `${label} stays an integer and holds values ${beyond}: every query of a Zero client that touches such a row fails.`,
        remedy: `Let it be text: zero: tables: ${table.place.target}: columns: ${label.split('.').at(-1) ?? ''}: {int8: text}`,
      })),
  )
}

/** What became text for Zero, for people. */
export function textInsteadOfIntegers(tables: readonly TablePlan[], overrides: Overrides): Warning[] {
  return tables.flatMap((table) =>
    table.planned.columns.flatMap((column): Warning[] => {
      const name = table.place.source.name.name
      const override = overrides.get(overrideKey(name, column.source))
      if (override?.evenRowid !== true) return []
      const numbers =
        table.place.source.sqlite?.rowidColumn === column.source ? ' The server does not number it any more.' : ''
      const message = `${name}.${column.source} becomes ${override.reason}.${numbers}`
      const remedy = `To keep an integer: zero: tables: ${table.place.target}: columns: ${column.target}: {int8: number}`
      return [{ code: 'zero-integer-as-text', table: name, column: column.source, message, remedy }]
    }),
  )
}
