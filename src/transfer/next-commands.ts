import type { FailureReport } from '../model/report.ts'
import type { TransferRun } from './run-transfer.ts'

/** What one can type next, most useful first. */
export function nextCommands(run: TransferRun, failure: FailureReport | null): string[] {
  const source = quoteArgument(run.plan.source.label)
  if (failure) return failure.code === 'JOB_INTERRUPTED' ? [`rowferry migrate ${again(run, source)}`] : []
  if (run.target.embedded) return [`rowferry postgres   # serves ${run.target.label}`]
  return [`rowferry verify ${again(run, source)}   # compare again, at any time`]
}

function again(run: TransferRun, source: string): string {
  const target = run.target.embedded ? '' : ` ${quoteArgument(run.target.label)}`
  const schema = run.config.schema === 'public' ? '' : ` --schema ${quoteArgument(run.config.schema)}`
  return `${source}${target}${schema}`
}

/** As a shell takes it. */
function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
