import type { FailureReport } from '../model/report.ts'
import type { Config } from '../config/config.ts'
import { flagOf, type OptionName, type OptionSpec, optionNames, optionSpec } from '../config/options.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { Plan } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { nextZeroCommands } from '../zero/next-zero-commands.ts'

/** The run as far as a command line names it. */
export type CommandRun = {
  readonly plan: Plan
  readonly target: OpenTarget
  readonly config: Config
  /** What was found on the way, beside the plan's. */
  readonly warnings?: readonly Warning[]
}

/** What one can type next, most useful first. */
export function nextCommands(run: CommandRun, failure: FailureReport | null): string[] {
  const source = quoteArgument(run.plan.source.label)
  if (failure) {
    const resumable = failure.code === 'JOB_INTERRUPTED' || failure.code.startsWith('CONNECT_TARGET')
    return resumable ? [`rowferry migrate ${again('migrate', run, source)}   # goes on where it stopped`] : []
  }
  const zero = run.config.zero === null ? [] : zeroCommands(run, run.config.zero)
  if (run.target.embedded) return [`rowferry postgres   # serves ${run.target.label}`, ...zero]
  return [...zero, `rowferry verify ${again('verify', run, source)}   # compare again, at any time`]
}

function zeroCommands({ target, plan, warnings = [] }: CommandRun, zero: ZeroSettings): string[] {
  const unfit = warnings.some(({ code }) => code === 'zero-stops' || code === 'zero-breaks')
  const schema = plan.target.schema === 'public' ? '' : ` --schema ${quoteArgument(plan.target.schema)}`
  const examine = `rowferry zero ${quoteArgument(target.label)}${schema} --check-only   # what Zero would stumble over`
  return [
    ...(unfit ? [examine] : []),
    ...nextZeroCommands(target.embedded ? 'the URL that rowferry postgres prints' : target.label, zero),
  ]
}

function again(command: 'migrate' | 'verify', run: CommandRun, source: string): string {
  const target = run.target.embedded ? '' : ` ${quoteArgument(run.target.label)}`
  const flags = optionNames.map((name) => givenFlag(command, name, run.config))
  return `${source}${target}${flags.join('')}`
}

/** These may be others the next time; a question is answered anew. */
const freely: readonly OptionName[] = [
  'resume',
  'restart',
  'report',
  'logLevel',
  'parallel',
  'dryRun',
  'resetZero',
  'allowVersionDifference',
]

/** An option that is not at its default, as it is typed: without it a migration could not go on, and others would be compared. */
function givenFlag(command: 'migrate' | 'verify', name: OptionName, config: Config): string {
  const spec = optionSpec(name)
  const flag = flagOf(name)
  // Its details stand in the configuration file, which is read again.
  const { tableRules: _, ...values } = { ...config, zero: config.zero !== null }
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
