import type { FailureReport } from '../model/report.ts'
import type { Config } from '../config/config.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { Plan } from '../model/plan.ts'

/** The run as far as a command line names it. */
export type CommandRun = { readonly plan: Plan; readonly target: OpenTarget; readonly config: Config }

/** What one can type next, most useful first. */
export function nextCommands(run: CommandRun, failure: FailureReport | null): string[] {
  const source = quoteArgument(run.plan.source.label)
  if (failure) {
    const resumable = failure.code === 'JOB_INTERRUPTED' || failure.code.startsWith('CONNECT_TARGET')
    return resumable ? [`rowferry migrate ${again(run, source)}   # goes on where it stopped`] : []
  }
  if (run.target.embedded) return [`rowferry postgres   # serves ${run.target.label}`]
  return [`rowferry verify ${again(run, source)}   # compare again, at any time`]
}

function again(run: CommandRun, source: string): string {
  const target = run.target.embedded ? '' : ` ${quoteArgument(run.target.label)}`
  const schema = run.config.schema === 'public' ? '' : ` --schema ${quoteArgument(run.config.schema)}`
  return `${source}${target}${schema}`
}

/** As a shell takes it. */
function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
