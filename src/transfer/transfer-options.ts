import type { Config } from '../config/config.ts'
import type { Emit } from '../model/events.ts'

/** A question whose answer decides whether something is replaced. */
export type Confirmation = { readonly message: string; readonly details: readonly string[] }

export type TransferOptions = {
  /** Path of the SQLite database. */
  readonly source: string
  /** postgres:// URL; null for the embedded PostgreSQL. */
  readonly target: string | null
  readonly config: Config
  /** Aborting it ends the transfer after the batch in hand; it can be resumed. */
  readonly signal: AbortSignal
  readonly emit: Emit
  /** Folder in which `.rowferry` lives. */
  readonly cwd: string
}
