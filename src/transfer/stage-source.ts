import type { SourceOpening } from '../databases/databases.ts'
import { openRowReader, type OpenTarget } from '../databases/open-database.ts'
import type { TableName } from '../model/catalog.ts'
import type { Issue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import { encodeRows } from './encode-rows.ts'

export type StageContext = {
  readonly source: { readonly opening: SourceOpening }
  readonly target: OpenTarget
  readonly settings: { readonly batchRows: number; readonly batchBytes: number }
  readonly signal: AbortSignal
}

/**
 * Reads and converts the source's rows once more into a temporary table of the target's session, for `use` to compare with.
 * It is gone with the session, so that a comparison leaves nothing behind whatever happens.
 */
export async function stageSource<Result>(
  table: PlannedTable,
  context: StageContext,
  use: (staging: TableName) => Promise<Result>,
  /** True leaves a row out: what the target refused need not even fit its types. */
  skips?: (key: Issue['key']) => boolean,
): Promise<Result> {
  await using staging = await context.target.openComparison(table)
  using reader = openRowReader(context.source.opening)
  for (const shard of table.shards) {
    const batches = encodeRows({
      reader,
      table,
      shard,
      after: null,
      ...context.settings,
      ...(skips && { skips }),
      stopped: () => context.signal.aborted,
      onConverted: null,
    })
    for (const { batch } of batches) {
      context.signal.throwIfAborted()
      await staging.add(batch)
    }
  }
  return await use(staging.name)
}
