import { isNewTable } from '../../model/plan.ts'
import { markStep, rememberTables } from '../../store/transfers.ts'
import type { RunStep } from './step.ts'

/**
 * All tables in one transaction, together with the note of which source they are for and that the step is done: all of it
 * happens, or nothing.
 */
export const createTables: RunStep<'create-tables'> = async (step, context) => {
  const { target, plan, transferId, source, signal } = context
  if (context.done) return
  const made = plan.tables.filter(isNewTable)
  await target.createTables(step.objects, {
    signal,
    beforeCommit: async (client) => {
      await rememberTables(
        client,
        { id: transferId, sourceIdentity: source.identity },
        made.map((table) => table.target),
      )
      await markStep(client, transferId, context.step)
    },
  })
}
