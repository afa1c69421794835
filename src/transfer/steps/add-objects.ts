import { markObject, readObjects } from '../../store/objects.ts'
import type { RunStep } from './step.ts'

/**
 * Each object on its own: what PostgreSQL refuses is reported with both texts and does not stop the rest. Objects that an
 * earlier run made are known from the store.
 */
export const addObjects: RunStep<'add-objects'> = async (step, context) => {
  const { target, account, emit, signal, transferId } = context
  const before = await readObjects(await target.reconnect(), transferId, context.step)
  const open = [...step.objects.keys()].filter((number) => !before.has(number))
  const made = await target.addObjects(
    open.flatMap((number) => step.objects[number] ?? []),
    {
      signal,
      emit,
      beforeCommit: (client, index, report) =>
        markObject(client, transferId, { step: context.step, number: open[index] ?? 0 }, report),
    },
  )
  account.objects.push(...before.values(), ...made)
  if (!context.done)
    await target.analyze(
      context.plan.tables.map((table) => table.target),
      { signal },
    )
}
