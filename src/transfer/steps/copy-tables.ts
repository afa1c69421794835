import type { ShardState } from '../../databases/databases.ts'
import { RowferryError } from '../../errors/errors.ts'
import type { PlannedTable, Shard } from '../../model/plan.ts'
import type { ShardMessage } from '../shard-tasks.ts'
import { totalsOf } from '../transfer-account.ts'
import { TableProgress } from '../table-progress.ts'
import { plannedTable, type RunStep, type StepContext } from './step.ts'

/**
 * Copies every shard that has no finished checkpoint. Shards of a wave's tables go to the worker threads side by side; a
 * wave begins when the one before has ended. The totals come from the checkpoints, so that they hold after a resume too.
 */
export const copyTables: RunStep<'copy-tables'> = async (step, context) => {
  for (const wave of step.waves) {
    const tables = wave.map((name) => plannedTable(context.plan, name))
    await copyWave(tables, context)
  }
}

async function copyWave(tables: readonly PlannedTable[], context: StepContext): Promise<void> {
  const before = groupByTable(await context.target.readShards(context.transferId))
  const progress = new Map(tables.map((table) => [table.target.name, new TableProgress(table, before.get(table.target.name) ?? [], context)]))
  const work = tables.flatMap((table) => pendingShards(table, before.get(table.target.name) ?? []).map((shard) => ({ table, shard })))
  for (const table of tables) progress.get(table.target.name)?.expect(work.filter((item) => item.table === table).length)
  const results = await Promise.allSettled(
    work.map(async ({ table, shard }) => {
      if (context.signal.aborted) return false
      const own = progress.get(table.target.name)
      own?.start()
      try {
        const { finished } = await context.workers.run(shardTask(table, shard, context), (message) => onMessage(message, context, own))
        own?.shardEnded()
        return finished
      } catch (error) {
        // Nothing that starts now can end well; what is under way ends after the batch in hand.
        context.workers.stop()
        throw error
      }
    }),
  )
  await takeTotals(tables, progress, context)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  if (results.some((result) => result.status === 'fulfilled' && !result.value)) throw interrupted()
}

function shardTask(table: PlannedTable, shard: Shard, context: StepContext): Parameters<StepContext['workers']['run']>[0] {
  return {
    kind: 'load',
    source: context.source.opening,
    target: context.target.opening,
    transferId: context.transferId,
    table,
    shard,
    batchRows: context.settings.batchRows,
    batchBytes: context.settings.batchBytes,
    fireTriggers: context.settings.fireTriggers,
    debug: context.settings.debug,
  }
}

function onMessage(message: ShardMessage, { emit }: StepContext, progress: TableProgress | undefined): void {
  switch (message.kind) {
    case 'batch':
      progress?.add(message.delta)
      break
    case 'retry':
      emit('retry', { what: `loading ${message.table}`, ...message })
      break
    case 'converted':
      emit('value:converted', { ...message, rule: 'converted' })
      break
  }
}

function pendingShards(table: PlannedTable, states: readonly ShardState[]): readonly Shard[] {
  const done = new Set(states.filter((state) => state.done).map((state) => state.shard))
  return table.shards.filter((shard) => !done.has(shard.number))
}

async function takeTotals(
  tables: readonly PlannedTable[],
  progress: ReadonlyMap<string, TableProgress>,
  { target, transferId, account }: StepContext,
): Promise<void> {
  const states = groupByTable(await target.readShards(transferId))
  for (const { target: name } of tables) {
    account.setTotals(name.name, totalsOf(states.get(name.name) ?? []))
    account.setSeconds(name.name, progress.get(name.name)?.seconds ?? 0)
  }
}

function groupByTable(states: readonly ShardState[]): Map<string, ShardState[]> {
  return Map.groupBy(states, (state) => state.table.name)
}

function interrupted(): RowferryError {
  return new RowferryError('JOB_INTERRUPTED', {
    message: 'The transfer was stopped after the batch in hand; everything loaded so far is kept.',
    remedy: 'Go on with the same command',
  })
}
