import type { Distribution } from './shard-runner.ts'
import type { Confirmation, TransferOptions } from './transfer-options.ts'

/** Apart from the other options: the public types must not lead to those of PostgreSQL's client and of threads. */
export type MigrateOptions = TransferOptions & {
  /** Asked before tables of an earlier run are replaced, or a table is emptied. False refuses with CATALOG_NEEDS_CONFIRMATION. */
  readonly confirm: (question: Confirmation) => Promise<boolean>
  /** Lets other machines load too; left out: threads of this process load everything. */
  readonly distribution?: Distribution
}
