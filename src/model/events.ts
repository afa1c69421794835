import type { Finding, Report, TableVerification } from './report.ts'
import type { Warning } from './warning.ts'
import type { Plan, StepKind } from './plan.ts'

/** Every event of a transfer, once. The log, the terminal and a caller's own code are all just listeners. */
export type TransferEvents = {
  /** The transfer has its id and folder. `resumed` when it goes on where an earlier run stopped. */
  'transfer:started': { readonly transferId: string; readonly folder: string; readonly resumed: boolean }
  /** One check of source or target before anything is changed. */
  'preflight:finding': Finding
  /** Rows examined so far while profiling; `table` is the one that was just examined. */
  'profile:progress': {
    readonly table: string
    readonly tablesDone: number
    readonly tablesTotal: number
    readonly rows: number
  }
  'plan:built': { readonly plan: Plan }
  warning: Warning
  'step:started': { readonly kind: StepKind; readonly number: number; readonly total: number; readonly label: string }
  'step:finished': { readonly kind: StepKind; readonly number: number; readonly seconds: number }
  /** A connection was lost or could not be made; another attempt follows after `waitMs`. */
  retry: {
    readonly what: string
    readonly attempt: number
    readonly attempts: number
    readonly waitMs: number
    readonly reason: string
  }
  'table:started': {
    readonly table: string
    readonly rows: number
    readonly bytes: number
    readonly alreadyLoaded: number
  }
  /** After each committed batch. All figures are totals of the table. */
  'table:progress': {
    readonly table: string
    readonly rowsRead: number
    readonly loaded: number
    readonly rejected: number
    readonly altered: number
    readonly bytes: number
  }
  'table:finished': {
    readonly table: string
    readonly rowsRead: number
    readonly loaded: number
    readonly rejected: number
    readonly seconds: number
  }
  /** Only in a distributed transfer: a worker said that it had loaded a shard; `rows` are those that it read itself. */
  'shard:loaded': {
    readonly table: string
    readonly shard: number
    readonly worker: string
    readonly rows: number
  }
  /** An object of the schema was created or refused. */
  'object:created': {
    readonly kind: string
    readonly name: string
    readonly table: string | null
    readonly error: string | null
    readonly seconds: number
  }
  'table:verified': { readonly table: string; readonly verification: TableVerification }
  /** Only with debug logging: one converted value, before and after. */
  'value:converted': {
    readonly table: string
    readonly column: string
    readonly key: unknown
    readonly before: unknown
    readonly after: unknown
    readonly rule: string
  }
  'transfer:finished': { readonly report: Report }
}

export type TransferEventName = keyof TransferEvents

/** What every part of a transfer gets to tell the world. */
export type Emit = <Name extends TransferEventName>(name: Name, event: TransferEvents[Name]) => void
