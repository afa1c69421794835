import type { RunStep } from './step.ts'

/** Each object on its own: what PostgreSQL refuses is reported with both texts and does not stop the rest. */
export const addObjects: RunStep<'add-objects'> = async (step, { target, account, emit, signal }) => {
  account.objects.push(...(await target.addObjects(step.objects, { signal, emit })))
}
