import { openSource } from '../databases/open-database.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Profile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import { buildPlan } from '../plan/build-plan.ts'
import { placeTables } from '../plan/place-tables.ts'
import { withKeyHints } from '../plan/align-keys.ts'
import { planSettings } from '../plan/plan-settings.ts'
import { readSourceCatalog } from './read-source-catalog.ts'
import type { TransferOptions } from './transfer-options.ts'

/** What a source holds, and what rowferry would make of it. */
export type Inspection = {
  readonly label: string
  readonly catalog: Catalog
  readonly profile: Profile
  readonly decisions: readonly {
    readonly table: string
    readonly column: string
    readonly type: string
    readonly reason: string
    readonly evidence: readonly string[]
  }[]
  readonly warnings: readonly Warning[]
}

/** Reads catalog and every value; needs no target and writes nothing. */
export async function inspect(options: Omit<TransferOptions, 'target'>): Promise<Inspection> {
  const { config, signal, emit } = options
  await using source = await openSource(options.source, options)
  const catalog = await readSourceCatalog(source, options)
  const settings = planSettings(config, catalog.tables)
  const placed = placeTables({ source: catalog, target: null, own: new Map(), settings })
  const tables = withKeyHints(placed.places.map((place) => place.source))
  const profile = await source.profile(tables, { signal, emit, parallel: config.parallel })
  const plan = buildPlan({
    idleSlots: [],
    versions: [],
    attachedZero: null,
    salvaged: source.salvageReport,
    source: { label: source.label, fingerprint: source.fingerprint, catalog },
    target: { label: '', version: '18', schemaExists: true, catalog: null },
    placed,
    profile,
    settings,
  })
  return {
    label: source.label,
    catalog,
    profile,
    decisions: plan.tables.flatMap((table) =>
      table.columns.map(({ source: column, type, reason, evidence }) => ({
        table: table.source.name,
        column,
        type,
        reason,
        evidence,
      })),
    ),
    warnings: plan.warnings,
  }
}
