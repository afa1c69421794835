import type { OpenTarget } from '../databases/open-database.ts'
import type { FewRows, Source } from '../databases/databases.ts'
import { readFewRows as readTarget } from '../databases/postgres/read-few-rows.ts'
import { readFewRows as readSource } from '../databases/sqlite/read/read-few-rows.ts'
import type { Catalog, Table } from '../model/catalog.ts'
import { bookkeepingOf, type VersionRecord } from '../plan/bookkeeping-tables.ts'
import { type VersionEntry, type VersionRecords, versionColumns, versionEntries } from '../plan/compare-versions.ts'
import { matchTables } from '../plan/decide-modes.ts'
import type { OwnTables } from '../plan/own-tables.ts'
import type { PlanSettings } from '../plan/plan-settings.ts'

/** Tools note some hundreds of migrations; what is longer is no such record. */
const mostRows = 10_000
const mostCharacters = 300

type Databases = {
  readonly source: Source
  readonly target: OpenTarget
  readonly catalog: Catalog
  readonly targetCatalog: Catalog
}

/** What migration tools have noted on both sides, for every tool that has a record on both and did not get it from us. */
export async function readVersionRecords(
  { source, target, catalog, targetCatalog }: Databases,
  { own, settings }: { readonly own: OwnTables; readonly settings: PlanSettings },
): Promise<VersionRecords[]> {
  const known = catalog.tables.filter((table) => versionOf(table) !== null)
  const matches = matchTables(known, targetCatalog.tables, settings)
  const records: VersionRecords[] = []
  for (const [at, table] of known.entries()) {
    const there = matches[at] ?? null
    const [ours, theirs] = [versionOf(table), there === null ? null : versionOf(there)]
    if (there === null || ours === null || theirs === null || own.has(there.name.name)) continue
    if (ours.tool !== theirs.tool) continue
    const rows = source.opening.kind === 'sqlite' ? readSource(source.opening, requestOf(table, ours.version)) : null
    records.push({
      table: table.name.name,
      tool: ours.tool,
      version: ours.version,
      source: entriesOf(ours.version, rows),
      target: entriesOf(theirs.version, await readIfAllowed(target, there, theirs.version)),
    })
  }
  return records
}

function versionOf(table: Table): { readonly tool: string; readonly version: VersionRecord } | null {
  const known = bookkeepingOf(
    table.name.name,
    table.columns.map((column) => column.name),
  )
  return known?.version ? { tool: known.tool, version: known.version } : null
}

async function readIfAllowed(
  target: OpenTarget,
  table: Table,
  version: VersionRecord,
): Promise<(string | null)[][] | null> {
  const { postgres } = table
  if (!postgres?.access.rights.includes('select') || postgres.rowSecurity) return null
  return await readTarget(await target.reconnect(), requestOf(table, version))
}

function requestOf(table: Table, version: VersionRecord): FewRows {
  const names = new Map(table.columns.map(({ name }) => [name.toLowerCase(), name]))
  const columns = versionColumns(version).map((column) => names.get(column) ?? column)
  return { table: table.name, columns, mostRows, mostCharacters }
}

function entriesOf(
  version: VersionRecord,
  rows: readonly (readonly (string | null)[])[] | null,
): VersionEntry[] | null {
  return rows === null ? null : versionEntries(version, rows)
}
