import { dropIdleSlots } from '../../zero/attached.ts'
import type { RunStep } from './step.ts'

/** Again at any time: what is gone already is no error. */
export const resetZero: RunStep<'reset-zero'> = async (step, { target, done }) => {
  if (!done) await dropIdleSlots(await target.reconnect(), step.slots)
}
