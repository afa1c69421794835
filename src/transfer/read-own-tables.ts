import type { Config } from '../config/config.ts'
import type { Source } from '../databases/databases.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { Catalog } from '../model/catalog.ts'
import type { PlannedTable } from '../model/plan.ts'
import { obstacleOf } from '../plan/assert-loadable.ts'
import { matchTables } from '../plan/decide-modes.ts'
import type { OwnTable, OwnTables } from '../plan/own-tables.ts'
import type { PlanSettings } from '../plan/plan-settings.ts'
import { selectTables } from '../plan/select-tables.ts'
import { formatCount } from '../report/figures.ts'
import { type LoadedTable, readLoadedTables } from '../store/loaded-tables.ts'
import { rowferryVersion } from '../util/version.ts'
import { batchLimits } from './batch-limits.ts'
import { describeRows, findOwnTables, type FoundTable } from './find-own-tables.ts'
import { stageSource } from './stage-source.ts'
import { translateErrors } from './translate-errors.ts'

/** Reading the source once more for a refusal must not take longer than a minute or so. */
const mostRowsToCompare = 1_000_000

type Databases = {
  readonly source: Source
  readonly target: OpenTarget
  readonly catalog: Catalog
  readonly targetCatalog: Catalog
}

type Options = { readonly config: Config; readonly settings: PlanSettings; readonly signal: AbortSignal }

/**
 * Tables and views that earlier transfers of this source loaded, and whether they have changed since. Those for which a
 * strategy was named are known by name alone: what happens to their rows is decided.
 */
export async function readOwnTables(databases: Databases, options: Options): Promise<OwnTables> {
  const { source, target } = databases
  const { schema } = options.config
  const scene = { schema, serverVersion: target.version }
  return translateErrors(target, async () => {
    const client = await target.reconnect()
    const records = [...(await readLoadedTables(client, source.identity, schema)).values()]
    const compared = comparedTables(records, databases, options)
    const found = await findOwnTables(client, compared, scene)
    const own = new Map<string, OwnTable>(records.flatMap(notCompared))
    for (const [name, table] of found) {
      const what = await countDifferences(table, databases, options)
      own.set(name, { how: table.how, state: what === null ? table.state : { kind: 'changed', what } })
    }
    return own
  })
}

function notCompared({ name, how }: LoadedTable): [string, OwnTable][] {
  return how === 'shared' ? [] : [[name, { how, state: { kind: 'unknown', why: 'it was not compared' } }]]
}

/** Views, and tables that source tables go into without a strategy. */
function comparedTables(
  records: readonly LoadedTable[],
  { catalog, targetCatalog }: Databases,
  { settings }: Options,
): LoadedTable[] {
  const sources = selectTables(catalog.tables, settings)
  const matches = matchTables(sources, targetCatalog.tables, settings)
  const unnamed = matches.filter((table, at) => {
    const name = sources[at]?.name.name ?? ''
    // What cannot be looked at is refused for that.
    if (table === null || obstacleOf(table, name)) return false
    return (settings.table(name).strategy ?? settings.strategy) === null
  })
  const names = new Set([
    ...unnamed.flatMap((table) => table?.name.name ?? []),
    ...targetCatalog.views.map((view) => view.name.name),
  ])
  return records.filter(({ name }) => names.has(name))
}

/**
 * `3 rows, rowferry loaded 2; 1 added, 1 differs`: the source's rows, read and converted once more as they were then, against
 * those of the table. Null where that says nothing: the source has changed too, rows were rejected, the table is too large.
 */
async function countDifferences(found: FoundTable, databases: Databases, options: Options): Promise<string | null> {
  const { state, record, now } = found
  const { planned, content } = record
  if (state.kind !== 'changed' || !now || !planned || !content) return null
  const sameRows =
    record.sourceFingerprint === databases.source.fingerprint && record.rowferryVersion === rowferryVersion
  if (!sameRows || !isComparable(planned) || content.rejected > 0) return null
  if (Math.max(content.rows, now.rows) > mostRowsToCompare) return null
  const { source, target } = databases
  const context = { source, target, settings: batchLimits(options.config), signal: options.signal }
  const { counts } = await stageSource(planned, context, (staging) =>
    target.findDifferences(planned, staging, { signal: options.signal, limit: 1 }),
  )
  const parts = [
    counts.extra > 0 ? `${formatCount(counts.extra)} added` : null,
    counts.missing > 0 ? `${formatCount(counts.missing)} missing` : null,
    counts.different > 0 ? `${formatCount(counts.different)} ${counts.different === 1 ? 'differs' : 'differ'}` : null,
  ].filter((part) => part !== null)
  // Only columns that did not come from the source have changed.
  const detail = parts.length === 0 ? 'columns that rowferry did not load changed' : parts.join(', ')
  return describeRows(content.rows, now.rows, detail)
}

/** Rows whose reference was taken away are not what the source holds. */
function isComparable({ orphanRules }: PlannedTable): boolean {
  return orphanRules.length === 0
}
