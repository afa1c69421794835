import type { inspect } from '../transfer/inspect.ts'
import type { migrate, plan } from '../transfer/migrate.ts'
import type { verify } from '../transfer/verify.ts'
import type { Distribution } from '../transfer/shard-runner.ts'

export type { Inspection } from '../transfer/inspect.ts'
export type { Confirmation } from '../transfer/transfer-options.ts'

export type Engine = {
  readonly migrate: typeof migrate
  readonly plan: typeof plan
  readonly inspect: typeof inspect
  readonly verify: typeof verify
  /** Loaded only for a distributed migration: the queue library takes its time. */
  readonly loadDistribution: () => Promise<Distribution>
}

/** Loaded only by commands that need it, so that `rowferry --help` starts at once. */
export async function loadEngine(): Promise<Engine> {
  const [migrating, inspecting, verifying] = await Promise.all([
    import('../transfer/migrate.ts'),
    import('../transfer/inspect.ts'),
    import('../transfer/verify.ts'),
  ])
  return { ...migrating, ...inspecting, ...verifying, loadDistribution }
}

async function loadDistribution(): Promise<Distribution> {
  return (await import('../jobs/queue-distribution.ts')).queueDistribution
}
