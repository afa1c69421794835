import type { RunStep } from './step.ts'

export const resetSequences: RunStep<'reset-sequences'> = async (step, { target, account, emit, signal }) => {
  for (const warning of await target.resetSequences(step.sequences, { signal })) {
    account.warnings.push(warning)
    emit('warning', warning)
  }
}
