import { RowferryError } from '../../errors/errors.ts'
import { exitCodeOf } from '../../errors/policy.ts'
import { maskUrl } from '../../util/secrets.ts'
import { printable } from '../../util/printable.ts'
import { hang } from './cut-text.ts'
import type { Screen } from './screen.ts'

/** Anything that was thrown, as one of ours: what is unknown is a defect. */
export function asRowferryError(error: unknown): RowferryError {
  if (error instanceof RowferryError) return error
  // What went wrong first; that closing failed too follows from it.
  if (error instanceof SuppressedError) return asRowferryError(error.suppressed)
  const text = error instanceof Error ? error.message : String(error)
  return new RowferryError('INTERNAL', {
    message: `Something went wrong inside rowferry: ${maskUrl(text)}`,
    remedy:
      'Run it again with --verbose and report what it prints; the log of a transfer is log.jsonl in its folder under .rowferry/transfers.',
    cause: error,
  })
}

/** One sentence, what to do, the stable code; the stack only when it was asked for. */
export function printError(screen: Screen, thrown: unknown): void {
  const error = asRowferryError(thrown)
  const { colors } = screen
  if (screen.json) {
    screen.printMachine({
      status: error.code === 'JOB_INTERRUPTED' ? 'interrupted' : 'failed',
      exitCode: exitCodeOf(error),
      code: error.code,
      message: maskUrl(error.message),
      remedy: error.remedy,
    })
  }
  printFailure(screen, error)
  if (screen.verbose) for (const line of stackLines(error)) screen.printError(colors.dim(maskUrl(line)))
}

export function printFailure(
  screen: Screen,
  failure: { readonly code: string; readonly message: string; readonly remedy: string | null },
): void {
  const { colors } = screen
  const [first = '', ...more] = sentences(failure)
  screen.printError(`${colors.red('✗')} ${maskUrl(first)}`)
  for (const line of more) screen.printError(maskUrl(line))
  if (failure.remedy !== null) screen.printError(hang('  → ', maskUrl(failure.remedy), screen.width()))
  screen.printError(colors.dim(`  ${failure.code}`))
}

/** Only the problems of a configuration are a list; in any other message a line end is part of a name or a value. */
function sentences({ code, message }: { readonly code: string; readonly message: string }): string[] {
  const isList = code.startsWith('CONFIG') && message.startsWith('The configuration has ')
  return isList ? message.split('\n') : [message]
}

/** The frames are lines of ours, the message in front of them is one. */
function stackLines(error: Error): string[] {
  const stack = error.stack ?? error.message
  const at = stack.indexOf(error.message)
  const end = at + error.message.length
  const text = at === -1 ? stack : `${stack.slice(0, at)}${printable(error.message)}${stack.slice(end)}`
  const [first = '', ...more] = error.cause instanceof Error ? stackLines(error.cause) : []
  return [...text.split('\n'), ...(first === '' ? [] : [`caused by ${first}`]), ...more]
}
