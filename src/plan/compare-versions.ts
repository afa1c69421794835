import type { Warning } from '../model/warning.ts'
import type { VersionRecord } from './bookkeeping-tables.ts'

/** One row of a migration tool's table: values of its entry, and what orders it. */
export type VersionEntry = { readonly entry: string; readonly order: string }

/** The record of one tool as both sides have it. */
export type VersionRecords = {
  readonly table: string
  readonly tool: string
  readonly version: VersionRecord
  /** Null: there are too many rows, or they cannot be read. */
  readonly source: readonly VersionEntry[] | null
  readonly target: readonly VersionEntry[] | null
}

export type VersionDifference = {
  readonly table: string
  /** `differs`: the schemas are not of one version. `unknown`: nothing can be said, both newest are named. */
  readonly kind: 'differs' | 'unknown'
  readonly message: string
}

const mostNamed = 5
const inOrder = new Intl.Collator('en', { numeric: true })

/** Null: both sides are at the same version. */
export function compareVersions(records: VersionRecords): VersionDifference | null {
  const { source, target, version } = records
  if (source === null || target === null) return unknown(records, 'one of the records could not be read whole')
  if (version.compare === 'apart') {
    return unknown(records, `${records.tool} writes other migrations for each kind of database`)
  }
  if (version.compare === 'number') return compareNewest(records, source, target)
  const common = commonKeys(source, target)
  if (version.compare === 'tail') {
    if (source.length === 0 && target.length === 0) return null
    if (common.size === 0) return unknown(records, 'no migration stands on both sides')
    return differing(records, afterNewest(source, common), afterNewest(target, common))
  }
  return differing(
    records,
    keysOf(source).filter((key) => !common.has(key)),
    keysOf(target).filter((key) => !common.has(key)),
  )
}

function compareNewest(
  records: VersionRecords,
  source: readonly VersionEntry[],
  target: readonly VersionEntry[],
): VersionDifference | null {
  const [ours, theirs] = [newest(source), newest(target)]
  return ours === theirs ? null : differing(records, ours === null ? [] : [ours], theirs === null ? [] : [theirs])
}

function keysOf(entries: readonly VersionEntry[]): string[] {
  return [...new Set(entries.map(({ entry }) => entry))]
}

function commonKeys(source: readonly VersionEntry[], target: readonly VersionEntry[]): ReadonlySet<string> {
  const there = new Set(keysOf(target))
  return new Set(keysOf(source).filter((key) => there.has(key)))
}

function sorted(entries: readonly VersionEntry[]): VersionEntry[] {
  return entries.toSorted((a, b) => inOrder.compare(a.order, b.order) || inOrder.compare(a.entry, b.entry))
}

function newest(entries: readonly VersionEntry[]): string | null {
  return sorted(entries).at(-1)?.entry ?? null
}

/** What came after the newest entry that both have. */
function afterNewest(entries: readonly VersionEntry[], common: ReadonlySet<string>): string[] {
  const ordered = sorted(entries)
  return keysOf(ordered.slice(ordered.findLastIndex(({ entry }) => common.has(entry)) + 1))
}

function differing(
  records: VersionRecords,
  onlySource: readonly string[],
  onlyTarget: readonly string[],
): VersionDifference | null {
  if (onlySource.length + onlyTarget.length === 0) return null
  const parts = [
    ...sideText('source', onlySource, records.source ?? []),
    ...sideText('target', onlyTarget, records.target ?? []),
  ]
  return { table: records.table, kind: 'differs', message: `${recordLabel(records)}: ${parts.join('; ')}.` }
}

function sideText(side: string, only: readonly string[], entries: readonly VersionEntry[]): string[] {
  const last = newest(entries)
  return [
    ...(only.length > 0 ? [`only the ${side} has ${named(only)}`] : []),
    ...(last === null ? [`the ${side} has none`] : only.includes(last) ? [] : [`the newest in the ${side} is ${last}`]),
  ]
}

function unknown(records: VersionRecords, why: string): VersionDifference {
  const [ours, theirs] = [records.source, records.target].map((entries) => newest(entries ?? []) ?? 'none')
  return {
    table: records.table,
    kind: 'unknown',
    message: `${recordLabel(records)} cannot be compared: ${why}. Newest in the source: ${ours}; newest in the target: ${theirs}.`,
  }
}

function recordLabel({ table, tool }: Pick<VersionRecords, 'table' | 'tool'>): string {
  return `${table} (${tool})`
}

/** The newest last, as they are found; the last ones where there are many. */
function named(keys: readonly string[]): string {
  const ordered = keys.toSorted((a, b) => inOrder.compare(a, b))
  const shown = ordered.slice(-mostNamed).join(', ')
  return ordered.length > mostNamed ? `${ordered.length} migrations, the last ones ${shown}` : shown
}

export function versionWarning({ table, kind, message }: VersionDifference): Warning {
  if (kind === 'differs') {
    const told = `Source and target are at different schema versions. ${message}`
    return { code: 'version-differs', table, column: null, message: told, remedy: versionRemedy }
  }
  const remedy = 'Make sure that the application of the source and that of the target are of the same version'
  return { code: 'version-not-comparable', table, column: null, message, remedy }
}

export const versionRemedy = 'Bring both to the same version of the application, or add --allow-version-difference'

/** From rows as text to entries; rows that are not in effect are left out. Columns: entry, then order, then applied. */
export function versionEntries(version: VersionRecord, rows: readonly (readonly (string | null)[])[]): VersionEntry[] {
  const { entry, order, applied } = version
  return rows.flatMap((row) => {
    const key = row.slice(0, entry.length)
    const isApplied =
      applied === undefined || !noes.has((row[entry.length + (order === undefined ? 0 : 1)] ?? '').toLowerCase())
    if (!isApplied || key.every((part) => part === null)) return []
    const text = key.map((part) => part ?? '').join(' ')
    return [{ entry: text, order: order === undefined ? text : (row[entry.length] ?? '') }]
  })
}

const noes = new Set(['', '0', 'false', 'f', 'no', 'n'])

export function versionColumns({ entry, order, applied }: VersionRecord): string[] {
  return [...entry, ...(order === undefined ? [] : [order]), ...(applied === undefined ? [] : [applied])]
}
