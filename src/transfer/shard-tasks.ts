import type { MessagePort } from 'node:worker_threads'
import type { SourceOpening, TargetOpening } from '../databases/databases.ts'
import type { ErrorCode, ErrorDetails } from '../errors/errors.ts'
import type { ShardLease } from '../databases/postgres/connection/shard-lease.ts'
import type { KeyRemap } from '../databases/postgres/load/conflict-sql.ts'
import type { LoadCounts } from '../model/conflict.ts'
import type { Issue } from '../model/batch.ts'
import type { PlannedTable, Shard } from '../model/plan.ts'
import type { Reread, RereadRequest } from './second-reading/second-reading.ts'

/** What is asked of a thread. Plain data. */
export type ShardTask = {
  /** `load` writes the rows; `hash` only reads, converts and hashes them; `reread` does so twice, independently (`second-reading/`). */
  readonly kind: 'load' | 'hash' | 'reread'
  /** What a `reread` reads. */
  readonly reread?: RereadRequest
  readonly source: SourceOpening
  readonly target: TargetOpening
  readonly transferId: string
  readonly table: PlannedTable
  readonly shard: Shard
  /** Where the shard stood just now, for the first attempt. Without it the store is asked, as it is for every other one. */
  readonly standsAt?: string | null
  readonly batchRows: number
  readonly batchBytes: number
  readonly fireTriggers: boolean
  /** Foreign keys of the table that follow newly generated keys (strategy `append`). */
  readonly remaps: readonly KeyRemap[]
  readonly debug: boolean
  /** Set where other machines load too: the session that loads the shard takes it first (`shard-lease.ts`). */
  readonly lease?: ShardLease
}

/** Shards that a worker thread carries one after the other; the same source and target for all. */
export type ShardTurn = {
  /** Null: it asks for each over the port, when it has done the one before. */
  readonly shards: readonly ShardTask[] | null
  readonly port: MessagePort
  /** First element 1: end after the batch in hand. Shared, because a busy worker reads no messages. */
  readonly stop: Int32Array
}

/** Over the port, which answers with a ShardTask, or null when there are no more. */
export type AskForShard = { readonly ask: true }

/** What comes back over the port, for the shard of that index among those the thread was given. */
export type TurnMessage = { readonly index: number } & (
  | { readonly message: ShardMessage }
  /** The last word on a shard. */
  | { readonly ended: ShardResult | ShardFailure }
)

export type ShardMessage =
  /** A thread has taken the shard up. */
  | { readonly kind: 'started' }
  | { readonly kind: 'batch'; readonly table: string; readonly shard: number; readonly delta: ShardDelta }
  | {
      readonly kind: 'retry'
      readonly table: string
      readonly attempt: number
      readonly attempts: number
      readonly waitMs: number
      readonly reason: string
    }
  | {
      readonly kind: 'converted'
      readonly table: string
      readonly column: string
      readonly key: Issue['key']
      readonly before: string | number | null
      readonly after: string | number | null
      readonly rule: string
    }

/** What one committed batch adds to its table. */
export type ShardDelta = {
  readonly rowsRead: number
  readonly counts: LoadCounts
  readonly rejected: number
  readonly altered: number
  readonly declaredConversions: number
  readonly bytes: number
}

export type ShardResult = {
  /** False when it was asked to stop before its end. */
  readonly finished: boolean
  /** For `hash`: rows that would be loaded and the sum of their hashes modulo 2^64. */
  readonly rows: number
  readonly hash: bigint
  /** For `reread`. */
  readonly reread?: Reread
}

/** How a RowferryError travels: errors lose their class and properties on the way between threads. */
export type ShardFailure = { readonly failure: ErrorDetails & { readonly code: ErrorCode } }
