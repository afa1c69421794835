import type { OpenTarget } from '../databases/open-database.ts'
import type { Emit } from '../model/events.ts'
import { retryLostConnection } from './retry-lost-connection.ts'
import { translateErrors } from './translate-errors.ts'

/**
 * Asks the target something that can be asked again: catalogs, counts, hashes, and writes that are idempotent. A server that restarts
 * meanwhile is waited for, as in the steps of a transfer. `work` takes its session from `target.reconnect()`.
 */
export async function askTarget<Result>(
  target: OpenTarget,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: Emit },
  work: () => Promise<Result>,
): Promise<Result> {
  return retryLostConnection(() => translateErrors(target, work), {
    signal,
    onRetry: (notice) => emit('retry', { what: 'asking the target', ...notice }),
  })
}
