import type { SourceOpening } from '../databases/databases.ts'
import { openRowReader, type OpenTarget } from '../databases/open-database.ts'
import type { TableName } from '../model/catalog.ts'
import type { Issue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import { encodeRows } from './encode-rows.ts'
import { readAgain } from './second-reading/read-again.ts'

export type StageContext = {
  readonly source: { readonly opening: SourceOpening }
  readonly target: OpenTarget
  readonly settings: { readonly batchRows: number; readonly batchBytes: number }
  readonly signal: AbortSignal
}

/**
 * Reads and converts the source's rows once more into a temporary table of the target's session, for `use` to compare with.
 * Rows that no table can hold are counted (`unstored`). It is gone with the session, so that a comparison leaves nothing behind whatever happens.
 */
export async function stageSource<Result>(
  table: PlannedTable,
  context: StageContext,
  use: (staging: TableName, unstored: number) => Promise<Result>,
  { skips, way = 'fast' }: StageOptions = {},
): Promise<Result> {
  await using staging = await context.target.openComparison(table)
  using reader = openRowReader(context.source.opening)
  let unstored = 0
  for (const shard of table.shards) {
    const request = { reader, table, shard, after: null, ...(skips && { skips }) }
    const batches =
      way === 'slow'
        ? readAgain({ ...request, keepsRows: true })
        : encodeRows({ ...request, ...context.settings, stopped: () => context.signal.aborted, onConverted: null })
    for (const { batch } of batches) {
      context.signal.throwIfAborted()
      unstored += await staging.add(batch)
    }
  }
  return await use(staging.name, unstored)
}

export type StageOptions = {
  /** True leaves a row out: what the target refused need not even fit its types. */
  readonly skips?: (key: Issue['key']) => boolean
  /** `slow`: through SQLite and the plain encoder, independently of the load. Default: as the load reads. */
  readonly way?: 'fast' | 'slow'
}
