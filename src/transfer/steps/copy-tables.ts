import type { ShardState } from '../../databases/databases.ts'
import { RowferryError } from '../../errors/errors.ts'
import { isNewTable, type PlannedTable, type Shard } from '../../model/plan.ts'
import type { ShardMessage } from '../shard-tasks.ts'
import {
  restoreForeignKeys as makeForeignKeysAgain,
  suspendForeignKeys as dropForeignKeysInTheWay,
} from '../../store/dropped-foreign-keys.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { withTransaction } from '../../databases/postgres/connection/postgres-connection.ts'
import type { Warning } from '../../model/warning.ts'
import { totalsOf } from '../transfer-account.ts'
import { finishLoad } from '../../databases/postgres/load/finish-load.ts'
import type { KeyRemap } from '../../databases/postgres/load/conflict-sql.ts'
import { keyRemaps, readRemapForeignKeys } from '../../databases/postgres/load/key-remaps.ts'
import type { TableName } from '../../model/catalog.ts'
import { deleteAlterations } from '../../store/alterations.ts'
import { correctShard, readShards, writeIssues } from '../../store/checkpoints.ts'
import { askTarget } from '../ask-target.ts'
import { isLostConnection } from '../retry-lost-connection.ts'
import { TableProgress } from '../table-progress.ts'
import { prepareLanes } from './add-objects.ts'
import { plannedTable, type RunStep, type StepContext } from './step.ts'

/**
 * Copies every shard that has no finished checkpoint. Shards of a wave's tables go to the worker threads side by side; a
 * wave begins when the one before has ended. The totals come from the checkpoints, so that they hold after a resume too.
 */
export const copyTables: RunStep<'copy-tables'> = async (step, context) => {
  if (!context.done) await suspendForeignKeys(context)
  const loaded: TableName[] = []
  for (const wave of step.waves) {
    const tables = wave.map((name) => plannedTable(context.plan, name))
    await copyWave(tables, loaded, context, wave === step.waves.at(-1) ? () => prepareLanes(context) : null)
    loaded.push(...wave)
  }
  if (!context.done) await restoreForeignKeys(context)
}

/** Foreign keys of existing tables that no order of loading satisfies. A failed transfer makes them again when it is left. */
async function suspendForeignKeys({ target, transferId, plan }: StepContext): Promise<void> {
  if (plan.tables.every(isNewTable)) return
  const client = await target.reconnect()
  await withTransaction(client, () => dropForeignKeysInTheWay(client, transferId, plan))
}

async function restoreForeignKeys({ target, plan, account, emit }: StepContext): Promise<void> {
  if (plan.tables.every(isNewTable)) return
  const restored = await makeForeignKeysAgain(await target.reconnect(), plan.target.schema, { loaded: true })
  for (const { key, outcome, reason } of restored.filter((one) => one.outcome !== 'restored')) {
    const warning: Warning = {
      code: 'foreign-key-not-restored',
      table: key.table.name,
      column: null,
      message: `The foreign key ${key.name} of ${key.table.name} was dropped for the load and ${outcome === 'gone' ? 'cannot be made again' : 'stands NOT VALID now'}: ${reason ?? ''}`,
      remedy: `${outcome === 'gone' ? '' : 'Repair the rows that contradict it, then: '}alter table ${qualifiedName(key.table)} ${outcome === 'gone' ? `add constraint ${quoteIdentifier(key.name)} ${key.definition}` : `validate constraint ${quoteIdentifier(key.name)}`}`,
    }
    account.warnings.push(warning)
    emit('warning', warning)
  }
}

async function copyWave(
  tables: readonly PlannedTable[],
  loaded: readonly TableName[],
  context: StepContext,
  onLastShards: (() => void) | null,
): Promise<void> {
  const { target, transferId } = context
  const remaps = await askTarget(target, context, () => readRemaps(tables, loaded, context))
  const before = groupByTable(
    await askTarget(target, context, async () => readShards(await target.reconnect(), transferId)),
  )
  const progress = new Map(
    tables.map((table) => [table.target.name, new TableProgress(table, before.get(table.target.name) ?? [], context)]),
  )
  const work = tables.flatMap((table) =>
    pendingShards(table, before.get(table.target.name) ?? []).map((pending) => ({ table, ...pending })),
  )
  for (const table of tables)
    progress.get(table.target.name)?.expect(work.filter((item) => item.table === table).length)
  const notHeardOf = new Set(work)
  const results = await Promise.allSettled(
    work.map(async (item) => {
      const { table, shard, standsAt } = item
      if (context.signal.aborted) return false
      const own = progress.get(table.target.name)
      try {
        const { finished } = await context.workers.run(
          { ...shardTask(table, shard, remaps.get(table.target.name) ?? [], context), standsAt },
          (message) => {
            onMessage(message, context, own)
            // Every shard has its connection by then: none is left without one.
            if (message.kind === 'batch' && notHeardOf.delete(item) && notHeardOf.size === 0) onLastShards?.()
          },
        )
        own?.shardEnded()
        return finished
      } catch (error) {
        // Nothing that starts now can end well; what is under way ends after the batch in hand.
        context.workers.stop()
        throw error
      }
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  const stopped = results.some((result) => result.status === 'fulfilled' && !result.value)
  for (const { target } of tables) account(target.name, progress.get(target.name), context)
  if (failed && isLostConnection(failed.reason)) throw failed.reason
  try {
    if (!failed && !stopped) {
      for (const table of tables) await finishTable(table, remaps.get(table.target.name) ?? [], context)
    }
  } finally {
    // The checkpoints know better than the messages of threads that were lost.
    await readTotals(tables, context)
  }
  if (failed) throw failed.reason
  if (stopped) throw interrupted()
}

function account(table: string, progress: TableProgress | undefined, { account }: StepContext): void {
  account.setSeconds(table, progress?.seconds ?? 0)
  if (progress) account.setTotals(table, progress.totals)
}

/** Which foreign keys have to follow newly generated keys; only where a table is loaded with `append`. */
async function readRemaps(
  tables: readonly PlannedTable[],
  loaded: readonly TableName[],
  { plan, target }: StepContext,
): Promise<ReadonlyMap<string, readonly KeyRemap[]>> {
  const remaps = new Map<string, readonly KeyRemap[]>()
  if (!plan.tables.some((table) => table.strategy === 'append')) return remaps
  for (const table of tables) {
    const keys = await readRemapForeignKeys(await target.reconnect(), table.target)
    remaps.set(table.target.name, keyRemaps(table, keys, plan.tables, loaded))
  }
  return remaps
}

async function finishTable(table: PlannedTable, remaps: readonly KeyRemap[], context: StepContext): Promise<void> {
  const { target, transferId, settings } = context
  const place = { transferId, table: table.target, shard: table.shards[0]?.number ?? 0 }
  await finishLoad(await target.reconnect(), {
    table,
    transferId,
    remaps,
    fireTriggers: settings.fireTriggers,
    correct: async (client, correction) => {
      const refused = correction.issues.filter(({ kind }) => kind === 'reject')
      await deleteAlterations(
        client,
        place,
        refused.map(({ key }) => key),
      )
      await correctShard(client, place, correction)
      await writeIssues(client, place, correction.issues)
    },
  })
}

function shardTask(
  table: PlannedTable,
  shard: Shard,
  remaps: readonly KeyRemap[],
  context: StepContext,
): Parameters<StepContext['workers']['run']>[0] {
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
    remaps,
    debug: context.settings.debug,
  }
}

function onMessage(message: ShardMessage, { emit }: StepContext, progress: TableProgress | undefined): void {
  switch (message.kind) {
    case 'started':
      progress?.start()
      break
    case 'batch':
      progress?.add(message.delta)
      break
    case 'retry':
      emit('retry', { what: `loading ${message.table}`, ...message })
      break
    case 'converted':
      emit('value:converted', {
        table: message.table,
        column: message.column,
        key: message.key,
        before: message.before,
        after: message.after,
        rule: message.rule,
      })
      break
  }
}

function pendingShards(
  table: PlannedTable,
  states: readonly ShardState[],
): readonly { readonly shard: Shard; readonly standsAt: string | null }[] {
  const byNumber = new Map(states.map((state) => [state.shard, state]))
  return table.shards.flatMap((shard) => {
    const state = byNumber.get(shard.number)
    return state?.done ? [] : [{ shard, standsAt: state?.position ?? null }]
  })
}

/** The account of the tables as the checkpoints have it. */
export async function readTotals(tables: readonly PlannedTable[], context: StepContext): Promise<void> {
  const { target, transferId, account } = context
  const states = groupByTable(
    await askTarget(target, context, async () => readShards(await target.reconnect(), transferId)),
  )
  for (const table of tables) account.setTotals(table.target.name, totalsOf(states.get(table.target.name) ?? []))
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
