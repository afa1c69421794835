import { RowferryError } from '../errors/errors.ts'
import { exitCodes } from '../errors/policy.ts'

/**
 * Ctrl-C or SIGTERM once: the signal aborts, with the name as its reason, and the work ends after the batch in hand. Twice: the process ends at once.
 * What is said then, the progress view says, so that it stands above the moving lines.
 */
export function listenForInterruption(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => {
    const exitCode = name === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
    if (controller.signal.aborted) process.exit(exitCode)
    controller.abort(name)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.removeListener('SIGINT', interrupt)
      process.removeListener('SIGTERM', interrupt)
    },
  }
}

/** What is thrown because of the abort, by whichever library, is an interruption and no defect. */
export function interruptionError(signal: AbortSignal): RowferryError {
  return new RowferryError('JOB_INTERRUPTED', {
    message: `Interrupted by ${String(signal.reason)}; nothing had been changed yet.`,
    remedy: 'Give the same command again.',
    context: { signal: String(signal.reason) },
  })
}
