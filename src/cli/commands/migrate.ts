import { type CommandContext, neededSource } from '../command-context.ts'
import { answerConfirmations } from '../terminal/ask.ts'
import { printReport } from '../terminal/print-report.ts'
import { openProgressView } from '../terminal/progress-view.ts'
import { runPlan } from './plan.ts'
import { startThreads } from '../../transfer/start-threads.ts'
import { RowferryError } from '../../errors/errors.ts'
import type { Report } from '../../model/report.ts'
import { maskUrl } from '../../util/secrets.ts'

export async function runMigrate(context: CommandContext): Promise<number> {
  if (context.terminal.dryRun) return runPlan(context)
  const report = await migrateOnScreen(context, neededSource(context, 'migrate'), context.config.target)
  showReport(context, report)
  return report.exitCode
}

function sayHowToHelp({ config, screen }: CommandContext): void {
  if (config.coordinateOnly && !config.distributed) {
    throw new RowferryError('CONFIG_CONFLICT', {
      message: '--coordinate-only leaves nobody to load anything without --distributed.',
      remedy: 'Add --distributed, or leave out --coordinate-only.',
    })
  }
  if (!config.distributed || config.target === null) return
  const queue = config.queue === null ? '' : ` --queue '${maskUrl(config.queue)}'`
  screen.print(`Other machines help with: rowferry work '${maskUrl(config.target)}'${queue}`)
}

/** Runs the migration with its progress on the screen; says nothing of the end. */
async function migrateOnScreen(context: CommandContext, source: string, target: string | null): Promise<Report> {
  sayHowToHelp(context)
  await using threads = startThreads(source, context.config)
  const engine = await context.loadEngine()
  using view = openProgressView(context.screen, context.signal)
  const options = {
    source,
    target,
    config: context.config,
    signal: context.signal,
    emit: view.emit,
    confirm: answerConfirmations(context.screen, context.terminal.yes, view),
    cwd: context.cwd,
    ...(context.config.distributed && { distribution: await engine.loadDistribution() }),
  }
  return await engine.migrate(options, threads)
}

/** The report as JSON on stdout, or for people. */
export function showReport({ screen }: CommandContext, report: Report): void {
  if (screen.json) screen.printMachine(report)
  printReport(screen, report)
}
