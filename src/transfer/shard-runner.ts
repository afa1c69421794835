import type { Config } from '../config/config.ts'
import type { Source } from '../databases/databases.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { RowferryError } from '../errors/errors.ts'
import type { Emit } from '../model/events.ts'
import type { Plan } from '../model/plan.ts'
import type { ShardMessage, ShardResult, ShardTask } from './shard-tasks.ts'

/** Where shards are carried: threads of this process (`ShardWorkers`), or any machine that takes them (`jobs/`). */
export interface ShardRunner {
  /** Resolves when the shard has ended; messages come before. Shards asked for in one go are shared out together. */
  run(task: ShardTask, onMessage: (message: ShardMessage) => void): Promise<ShardResult>
  /** Ends every shard after the batch in hand; `run` then resolves with `finished: false`. */
  stop(): void
}

export type RunnerScene = {
  readonly transferId: string
  readonly plan: Plan
  readonly source: Source
  readonly target: OpenTarget
  readonly config: Config
  readonly emit: Emit
  readonly signal: AbortSignal
  /** For what has to be read here. */
  readonly threads: ShardRunner
  /** Ends the transfer as Ctrl-C does. */
  readonly cancel: (reason: RowferryError) => void
}

/** How shards get to other machines; given to `migrate` from outside, since `transfer/` knows no queue. */
export interface Distribution {
  /** Before anything is read or changed. `target` null: the embedded one. Throws CONFIG_ errors where others could not read this source or reach this target. */
  check(parts: { readonly source: Source; readonly target: string | null; readonly config: Config }): void
  openRunner(scene: RunnerScene): Promise<ShardRunner & AsyncDisposable>
}
