import { setTimeout as wait } from 'node:timers/promises'
import { isConnectionFailure } from '../databases/postgres/postgres-errors.ts'

/** How long a server may be away before whoever waits for it gives up. */
export const patienceMs = 60_000

/** Does it again while only the connection fails; throws the last failure when that goes on for too long, or once aborted. */
export async function persist<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isConnectionFailure(error) || signal.aborted || performance.now() > giveUpAt) throw error
    }
    await pause(500, signal)
  }
}

/** Ends early, without an error, when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined) // rejects only because of the signal
}
