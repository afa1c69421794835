import { exitCodes } from '../../errors/policy.ts'
import type { Plan } from '../../model/plan.ts'
import { type CommandContext, neededSource } from '../command-context.ts'
import { printPlan } from '../terminal/print-plan.ts'
import { openProgressView } from '../terminal/progress-view.ts'

export async function runPlan(context: CommandContext): Promise<number> {
  const plan = await planOnScreen(context)
  if (context.screen.json) context.screen.printMachine(plan)
  else await printPlan(context.screen, plan)
  return exitCodes.ok
}

async function planOnScreen(context: CommandContext): Promise<Plan> {
  const source = neededSource(context, 'plan')
  const engine = await context.loadEngine()
  using view = openProgressView(context.screen.beside, context.signal)
  return await engine.plan({
    source,
    target: context.config.target,
    config: context.config,
    signal: context.signal,
    emit: view.emit,
    cwd: context.cwd,
  })
}
