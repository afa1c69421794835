import type { RunStep } from './step.ts'

/** All tables in one transaction, together with the note of which source they are for: all of them exist, or none. */
export const createTables: RunStep<'create-tables'> = async (step, { target, plan, transferId, source, signal }) => {
  await target.createTables(step.objects, {
    signal,
    transferId,
    sourceIdentity: source.identity,
    tables: plan.tables.filter((table) => table.mode === 'create' || table.mode === 'recreate').map((table) => table.target),
  })
}
