import type { FailureReport } from '../model/report.ts'
import type { Config } from '../config/config.ts'
import { flagOf, type OptionName, type OptionSpec, optionNames, optionSpec } from '../config/options.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { Plan } from '../model/plan.ts'

/** The run as far as a command line names it. */
export type CommandRun = { readonly plan: Plan; readonly target: OpenTarget; readonly config: Config }

/** What one can type next, most useful first. */
export function nextCommands(run: CommandRun, failure: FailureReport | null): string[] {
  const source = quoteArgument(run.plan.source.label)
  if (failure) {
    const resumable = failure.code === 'JOB_INTERRUPTED' || failure.code.startsWith('CONNECT_TARGET')
    return resumable ? [`rowferry migrate ${again('migrate', run, source)}   # goes on where it stopped`] : []
  }
  if (run.target.embedded) return [`rowferry postgres   # serves ${run.target.label}`]
  return [`rowferry verify ${again('verify', run, source)}   # compare again, at any time`]
}

function again(command: 'migrate' | 'verify', run: CommandRun, source: string): string {
  const target = run.target.embedded ? '' : ` ${quoteArgument(run.target.label)}`
  const flags = optionNames.map((name) => givenFlag(command, name, run.config))
  return `${source}${target}${flags.join('')}`
}

/** These may be others the next time; a question is answered anew. */
const freely: readonly OptionName[] = ['resume', 'restart', 'report', 'logLevel', 'parallel', 'dryRun']

/** An option that is not at its default, as it is typed: without it a migration could not go on, and others would be compared. */
function givenFlag(command: 'migrate' | 'verify', name: OptionName, config: Config): string {
  const spec = optionSpec(name)
  const flag = flagOf(name)
  const { tableRules: _, ...values } = config
  const value = (values as Readonly<Record<string, OptionSpec['default'] | undefined>>)[name]
  if (flag === null || spec.scope !== 'transfer' || freely.includes(name) || !spec.commands.includes(command)) return ''
  // With rules, the list stands in the configuration file, which is read again.
  if (name === 'tables' && Object.keys(config.tableRules).length > 0) return ''
  if (value === undefined || value === null || String(value) === String(spec.default ?? '')) return ''
  return typeof value === 'boolean' ? ` ${flag}` : ` ${flag} ${quoteArgument(String(value))}`
}

/** As a shell takes it. */
function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
