import { verifyTable } from '../verify-table.ts'
import { plannedTable, type RunStep } from './step.ts'

/** What was read against what PostgreSQL now holds, table by table. */
export const verifyContent: RunStep<'verify-content'> = async (step, context) => {
  for (const name of step.tables) {
    context.signal.throwIfAborted()
    const verification = await verifyTable(plannedTable(context.plan, name), context)
    context.account.setVerification(name.name, verification)
    context.emit('table:verified', { table: name.name, verification })
  }
}
