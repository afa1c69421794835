import pRetry from 'p-retry'
import { RowferryError } from '../errors/errors.ts'

/** Three attempts more, after about 1, 3 and 9 seconds: long enough for a server to restart. */
const retries = { retries: 3, minTimeout: 1000, factor: 3, randomize: true } as const

export type RetryNotice = {
  readonly attempt: number
  readonly attempts: number
  readonly waitMs: number
  readonly reason: string
}

export type RetryOptions = {
  readonly onRetry: (notice: RetryNotice) => void
  /** No further attempt once it is aborted. */
  readonly signal?: AbortSignal
}

/**
 * Runs work that can begin again where it stopped, as long as it is the connection that fails. Attempts count from the last
 * call of `progressed`: a long load may survive any number of restarts.
 */
export async function retryLostConnection<Result>(
  work: (progressed: () => void) => Promise<Result>,
  { signal, onRetry }: RetryOptions,
): Promise<Result> {
  for (;;) {
    let moved = false
    const isWorthwhile = (error: unknown): boolean => !moved && isLostConnection(error)
    try {
      return await pRetry(() => work(() => (moved = true)), {
        ...retries,
        ...(signal ? { signal } : {}),
        shouldRetry: ({ error }) => isWorthwhile(error),
        onFailedAttempt: ({ error, attemptNumber, retriesLeft, retryDelay }) => {
          if (retriesLeft === 0 || !isWorthwhile(error)) return
          onRetry({ attempt: attemptNumber, attempts: retries.retries, waitMs: retryDelay, reason: error.message })
        },
      })
    } catch (error) {
      if (!moved || !isLostConnection(error)) throw error
    }
  }
}

export function isLostConnection(error: unknown): boolean {
  return error instanceof RowferryError && (error.code === 'CONNECT_TARGET' || error.code === 'CONNECT_TARGET_LOST')
}
