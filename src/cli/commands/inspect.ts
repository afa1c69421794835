import { exitCodes } from '../../errors/policy.ts'
import { type CommandContext, neededSource } from '../command-context.ts'
import type { Inspection } from '../engine.ts'
import { printInspection } from '../terminal/print-inspection.ts'
import { openProgressView } from '../terminal/progress-view.ts'

export async function runInspect(context: CommandContext): Promise<number> {
  const inspection = await inspectOnScreen(context, neededSource(context, 'inspect'))
  if (context.screen.json) context.screen.printMachine(inspection)
  else printInspection(context.screen, inspection)
  return exitCodes.ok
}

async function inspectOnScreen(context: CommandContext, source: string): Promise<Inspection> {
  const engine = await context.loadEngine()
  using view = openProgressView(context.screen.beside, context.signal)
  return await engine.inspect({
    source,
    config: context.config,
    signal: context.signal,
    emit: view.emit,
    cwd: context.cwd,
  })
}
