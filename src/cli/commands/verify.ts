import { type CommandContext, neededSource, neededTarget } from '../command-context.ts'
import { openProgressView } from '../terminal/progress-view.ts'
import { showReport } from './migrate.ts'

export async function runVerify(context: CommandContext): Promise<number> {
  const source = neededSource(context, 'verify')
  const target = neededTarget(context, 'verify')
  const engine = await context.loadEngine()
  const report = await withView()
  showReport(context, report)
  return report.exitCode

  async function withView(): ReturnType<typeof engine.verify> {
    using view = openProgressView(context.screen, context.signal)
    return await engine.verify({
      source,
      target,
      config: context.config,
      signal: context.signal,
      emit: view.emit,
      cwd: context.cwd,
    })
  }
}
