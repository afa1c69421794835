import { type Config, type ConfigInput, defineConfig } from './config/config.ts'
import type { TransferEventName, TransferEvents } from './model/events.ts'
import type { Plan } from './model/plan.ts'
import type { Report } from './model/report.ts'
import { inspect as inspectSource, type Inspection } from './transfer/inspect.ts'
import { migrate as runMigration, plan as planMigration } from './transfer/migrate.ts'
import type { Confirmation, TransferOptions } from './transfer/transfer-options.ts'
import { verify as verifyDatabases } from './transfer/verify.ts'

/** What every function of the library takes. */
export type SourceOptions = {
  /** Path of the SQLite database. */
  readonly source: string
  /** The same keys as in rowferry.yaml; everything has a default. */
  readonly config?: Config | ConfigInput
  /** Stops after the batch in hand; what is loaded stays and the next call goes on. */
  readonly signal?: AbortSignal
  /** Every event of the transfer, as docs/reference/events.md lists them. */
  readonly onEvent?: <Name extends TransferEventName>(name: Name, event: TransferEvents[Name]) => void
  /** Folder in which `.rowferry` lives; default: the current one. */
  readonly cwd?: string
}

export type TargetOptions = SourceOptions & {
  /** postgres:// URL; left out: the embedded PostgreSQL under `.rowferry/postgres`. */
  readonly target?: string | null
}

export type MigrateOptions = TargetOptions & {
  /** Asked before tables of an earlier run are replaced. Default: no, which throws CATALOG_NEEDS_CONFIRMATION. */
  readonly confirm?: (question: Confirmation) => Promise<boolean> | boolean
}

/**
 * The whole migration; the report is the one that the command line writes. Throws RowferryError while nothing has been changed;
 * after that a failure stands in `report.failure`.
 */
export async function migrate(options: MigrateOptions): Promise<Report> {
  const { confirm } = options
  const run = { ...complete(options), confirm: async (question: Confirmation) => (await confirm?.(question)) ?? false }
  if (!run.config.distributed) return runMigration(run)
  const { queueDistribution } = await import('./jobs/queue-distribution.ts')
  return runMigration({ ...run, distribution: queueDistribution })
}

/** What `migrate` would do. Writes nothing, on either side. */
export async function plan(options: TargetOptions): Promise<Plan> {
  return planMigration(complete(options))
}

/** What the source holds: catalog, profile of every column, and the types that would be chosen. */
export async function inspect(options: SourceOptions): Promise<Inspection> {
  return inspectSource(complete(options))
}

/** Compares a source with a target that is already there, row by row. Changes nothing. */
export async function verify(options: SourceOptions & { readonly target: string }): Promise<Report> {
  return verifyDatabases({ ...complete(options), target: options.target })
}

function complete(options: TargetOptions): TransferOptions {
  const { config } = options
  return {
    source: options.source,
    target: options.target ?? null,
    config: config !== undefined && 'tableRules' in config ? config : defineConfig(config),
    signal: options.signal ?? new AbortController().signal,
    emit: (name, event) => options.onEvent?.(name, event),
    cwd: options.cwd ?? process.cwd(),
  }
}
