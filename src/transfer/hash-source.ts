import type { SourceOpening } from '../databases/databases.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { ShardRunner } from './shard-runner.ts'

export type HashContext = {
  readonly source: { readonly opening: SourceOpening }
  readonly target: { readonly opening: { readonly kind: 'postgres'; readonly url: string } }
  readonly workers: ShardRunner
  readonly settings: { readonly batchRows: number; readonly batchBytes: number }
}

/** Reads and converts the whole table in worker threads: how many rows would be loaded, and the sum of their hashes. */
export async function hashSource(
  table: PlannedTable,
  context: HashContext,
): Promise<{ readonly rows: number; readonly hash: bigint; readonly finished: boolean }> {
  const results = await Promise.all(
    table.shards.map((shard) =>
      context.workers.run(
        {
          kind: 'hash',
          source: context.source.opening,
          target: context.target.opening,
          transferId: '',
          table,
          shard,
          batchRows: context.settings.batchRows,
          batchBytes: context.settings.batchBytes,
          fireTriggers: false,
          remaps: [],
          debug: false,
        },
        () => undefined,
      ),
    ),
  )
  return {
    rows: results.reduce((sum, result) => sum + result.rows, 0),
    hash: results.reduce((sum, result) => BigInt.asUintN(64, sum + result.hash), 0n),
    finished: results.every((result) => result.finished),
  }
}

/** The table as if its generated columns were ordinary ones: what the source computed against what PostgreSQL computes. */
export function generatedColumnsOf(table: PlannedTable): PlannedTable {
  return {
    ...table,
    generated: [],
    columns: table.generated.map(({ source, target, type, conversion }) => ({
      source,
      target,
      type,
      conversion,
      notNull: false,
      identity: false,
      default: null,
      declaredType: '',
      reason: '',
      evidence: [],
    })),
  }
}
