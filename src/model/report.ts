import type { TableName } from './catalog.ts'
import type { LoadCounts } from './conflict.ts'
import type { SchemaObject } from './plan.ts'
import type { Warning } from './warning.ts'

export type Finding = {
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly remedy: string | null
}

export type ReportStatus = 'completed' | 'completed_with_rejects' | 'differs' | 'failed' | 'interrupted'

export type TableVerification =
  | { readonly level: 'none' }
  | {
      readonly level: 'counts' | 'content'
      readonly verdict: 'equal' | 'differs'
      readonly sourceRows: number
      readonly targetRows: number
      /** Source columns that the target table does not have. */
      readonly notCompared: readonly string[]
      readonly differences: readonly RowDifference[]
      /** Total number of differing rows; `differences` lists at most 100. */
      readonly differingRows: number
      /** What was read once more through SQLite; null where nothing was, as by `--verify counts`. */
      readonly secondReading: SecondReading | null
    }

/** How much of a table was read again through SQLite, hashed independently of the load, and compared. */
export type SecondReading = {
  readonly scope: 'whole' | 'sample' | 'none'
  readonly rows: number
  /** Rows of the table as SQLite counts them. */
  readonly counted: number | null
  /** Why it could not be read again. */
  readonly reason: string | null
}

export type RowDifference = {
  readonly table: string
  /** Key column to value, as text. */
  readonly key: Readonly<Record<string, string | null>>
  readonly problem: 'missing' | 'extra' | 'different'
  readonly columns: readonly {
    readonly column: string
    readonly source: string | null
    readonly target: string | null
  }[]
}

export type TableReport = {
  readonly source: string
  readonly target: TableName
  readonly mode: string
  readonly strategy: string
  readonly rowsRead: number
  readonly counts: LoadCounts
  readonly rejected: number
  /** Cells stored otherwise than read, without the declared conversions, which are counted beside. */
  readonly altered: number
  readonly declaredConversions: number
  readonly bytes: number
  readonly seconds: number
  readonly verification: TableVerification
}

export type ObjectReport = SchemaObject & {
  readonly outcome: 'created' | 'changed' | 'refused' | 'not-carried'
  /** PostgreSQL's message where it refused. */
  readonly error: string | null
}

/** Something of the target's schema that was made by the transfer and is not as it was made, found when its catalog was read once more. */
export type SchemaDifference = {
  readonly table: string
  /** `foreign key orders_user_id_fkey`, `column price`, `sequence …`. */
  readonly object: string
  readonly problem: string
}

export type FailureReport = {
  readonly code: string
  readonly message: string
  readonly remedy: string | null
}

/** The final account of a transfer: `report.json`. */
export type Report = {
  readonly version: 1
  readonly rowferry: string
  readonly transferId: string
  readonly status: ReportStatus
  readonly exitCode: number
  /** One sentence, the same as the last line on the terminal. */
  readonly verdict: string
  readonly source: { readonly kind: string; readonly label: string }
  readonly target: { readonly kind: string; readonly label: string; readonly schema: string }
  readonly startedAt: string
  readonly finishedAt: string
  readonly seconds: number
  readonly resumed: boolean
  readonly verify: 'none' | 'counts' | 'content' | 'full'
  /** What was proven how, in a sentence, and the seed of the samples; null where content was not compared. */
  readonly proof: { readonly sentence: string; readonly seed: string | null } | null
  readonly totals: {
    readonly tables: number
    readonly rowsRead: number
    readonly loaded: number
    readonly rejected: number
    readonly altered: number
    readonly declaredConversions: number
    readonly bytes: number
  }
  /** Those of the plan that were run, and before them the profile, unless an earlier run had made the plan. */
  readonly steps: readonly { readonly kind: string; readonly seconds: number }[]
  readonly tables: readonly TableReport[]
  readonly objects: readonly ObjectReport[]
  /** What the verification found of the schema; empty too where it did not look. */
  readonly schemaDifferences: readonly SchemaDifference[]
  readonly findings: readonly Finding[]
  readonly warnings: readonly Warning[]
  readonly failure: FailureReport | null
  /** Absolute paths of what was written for this transfer; null where nothing of the kind was. */
  readonly files: {
    readonly folder: string
    readonly rejects: string | null
    readonly altered: string | null
    readonly log: string | null
    readonly html: string | null
  }
  /** Commands to type next. */
  readonly next: readonly string[]
}
