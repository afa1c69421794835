import { type ErrorCode, RowferryError } from '../errors/errors.ts'
import { printable } from '../util/printable.ts'

/** One thing that is wrong with flags, environment or file; they are collected and told all at once. */
export type ConfigProblem = {
  readonly code: Extract<ErrorCode, `CONFIG_${string}`>
  /** `rowferry.yaml:5:8 target: must be …`, `--batch-size must be …` */
  readonly text: string
  readonly remedy: string | null
}

/** Throws one error that lists every problem; nothing when there is none. */
export function refuseProblems(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems
  if (first === undefined) return
  if (rest.length === 0)
    throw new RowferryError(first.code, { message: sentence(printable(first.text)), remedy: remedyOf(problems) })
  const codes = new Set(problems.map((problem) => problem.code))
  throw new RowferryError(codes.size === 1 ? first.code : 'CONFIG_INVALID', {
    message: `The configuration has ${problems.length} problems:\n${problems.map((problem) => `  ${printable(problem.text)}`).join('\n')}`,
    remedy: remedyOf(problems),
    context: { problems },
  })
}

function remedyOf(problems: readonly ConfigProblem[]): string {
  const own = [...new Set(problems.flatMap((problem) => problem.remedy ?? []))]
  return own.length > 0 ? own.join(' ') : 'The options are listed by: rowferry migrate --help'
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
