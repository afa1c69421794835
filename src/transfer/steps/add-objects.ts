import { markObject, readObjects } from '../../store/objects.ts'
import { rememberTables } from '../../store/transfers.ts'
import type { RunStep } from './step.ts'

/**
 * Each object on its own: what PostgreSQL refuses is reported with both texts and does not stop the rest. Objects that an
 * earlier run made are known from the store.
 */
export const addObjects: RunStep<'add-objects'> = async (step, context) => {
  const { target, account, emit, signal, transferId, source } = context
  const own = { id: transferId, sourceIdentity: source.identity }
  const before = await readObjects(await target.reconnect(), transferId, context.step)
  const open = [...step.objects.keys()].filter((number) => !before.has(number))
  const made = await target.addObjects(
    open.flatMap((number) => step.objects[number] ?? []),
    {
      signal,
      emit,
      beforeCommit: async (client, index, report) => {
        await markObject(client, transferId, { step: context.step, number: open[index] ?? 0 }, report)
        // A later run that makes the tables anew has to know which views are its own.
        if (report.kind === 'view' && report.table && report.error === null)
          await rememberTables(client, own, [report.table])
      },
    },
  )
  account.objects.push(...before.values(), ...made)
  if (!context.done)
    await target.analyze(
      context.plan.tables.map((table) => table.target),
      { signal },
    )
}
