import type { OpenTarget } from '../../databases/open-database.ts'
import type { Source } from '../../databases/databases.ts'
import type { Emit } from '../../model/events.ts'
import type { Plan, PlannedTable, Step, StepKind } from '../../model/plan.ts'
import type { TableName } from '../../model/catalog.ts'
import type { Lanes } from '../../databases/postgres/lanes/lanes.ts'
import type { EarlyHashes } from '../early-hashes.ts'
import type { SecondReadings } from '../second-reading/second-readings.ts'
import type { ZeroSettings } from '../../model/zero.ts'
import type { TransferAccount } from '../transfer-account.ts'
import type { ShardRunner } from '../shard-runner.ts'

/** What a step gets to work with. */
export type StepContext = {
  readonly plan: Plan
  readonly transferId: string
  readonly source: Source
  readonly target: OpenTarget
  readonly workers: ShardRunner
  /** Sessions for what is done side by side inside the target, after the rows. */
  readonly lanes: Lanes
  readonly hashes: EarlyHashes
  readonly secondReadings: SecondReadings
  readonly settings: RunSettings
  readonly zero: ZeroSettings | null
  /** Folder that relative paths of files to write start from. */
  readonly cwd: string
  readonly account: TransferAccount
  readonly emit: Emit
  /** Aborted by Ctrl-C or a caller: steps end after the work in hand. */
  readonly signal: AbortSignal
  /** Number of the step in the plan, and whether an earlier run finished it: then only its results are needed again. */
  readonly step: number
  readonly done: boolean
}

export type RunSettings = {
  readonly parallel: number
  readonly batchRows: number
  readonly batchBytes: number
  readonly fireTriggers: boolean
  /** Report every conversion as an event. */
  readonly debug: boolean
}

/** Runs one step. A step that was interrupted can be run again: it goes on with what is missing. */
export type RunStep<Kind extends StepKind> = (
  step: Extract<Step, { kind: Kind }>,
  context: StepContext,
) => Promise<void>

export function plannedTable(plan: Plan, name: TableName): PlannedTable {
  const table = plan.tables.find((candidate) => candidate.target.name === name.name)
  if (!table) throw new Error(`the plan has no table ${name.name}`)
  return table
}
