import { treatOrphans as treatRows } from '../../databases/postgres/load/orphan-sql.ts'
import { withTransaction } from '../../databases/postgres/connection/postgres-connection.ts'
import { correctShard, writeIssues } from '../../store/checkpoints.ts'
import { markStep } from '../../store/transfers.ts'
import { readTotals } from './copy-tables.ts'
import { plannedTable, type RunStep } from './step.ts'

/** Rows and lists change in one transaction, so that a killed run neither repeats nor forgets a row. */
export const treatOrphans: RunStep<'treat-orphans'> = async (step, context) => {
  if (context.done) return
  const { plan, target, transferId } = context
  const tables = step.tables.map((name) => plannedTable(plan, name))
  const client = await target.reconnect()
  await withTransaction(client, async () => {
    for (const { table, rejected, altered, hash, issues } of await treatRows(client, tables, plan.tables)) {
      const place = { transferId, table, shard: plannedTable(plan, table).shards[0]?.number ?? 0 }
      await correctShard(client, place, { created: -rejected, rejected, altered, hash })
      await writeIssues(client, place, issues)
    }
    await markStep(client, transferId, context.step)
  })
  await readTotals(tables, context)
}
