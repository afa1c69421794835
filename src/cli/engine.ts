import type { Config } from '../config/config.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Emit } from '../model/events.ts'
import type { Plan } from '../model/plan.ts'
import type { Profile } from '../model/profile.ts'
import type { Report, Warning } from '../model/report.ts'

export type Confirmation = { readonly message: string; readonly details: readonly string[] }

export type MigrateOptions = {
  readonly source: string
  readonly target: string | null
  readonly config: Config
  readonly dryRun: boolean
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly confirm: (question: Confirmation) => Promise<boolean>
  readonly cwd: string
}

export type Inspection = {
  readonly catalog: Catalog
  readonly profile: Profile
  readonly decisions: readonly {
    readonly table: string
    readonly column: string
    readonly type: string
    readonly reason: string
    readonly evidence: readonly string[]
  }[]
  readonly warnings: readonly Warning[]
  readonly label: string
}

export type Engine = {
  migrate(options: MigrateOptions): Promise<Report>
  plan(options: MigrateOptions): Promise<Plan>
  inspect(options: Pick<MigrateOptions, 'source' | 'config' | 'signal' | 'emit'>): Promise<Inspection>
  verify(options: Pick<MigrateOptions, 'source' | 'config' | 'signal' | 'emit'> & { readonly target: string }): Promise<Report>
}

/** Loaded only by commands that need it, so that `rowferry --help` starts at once. */
export async function loadEngine(): Promise<Engine> {
  return import('../transfer/migrate.ts')
}
