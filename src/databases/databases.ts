import type { Issue, SqliteRow } from '../model/batch.ts'
import type { Catalog, DatabaseKind, Table, TableName } from '../model/catalog.ts'
import type { LoadCounts } from '../model/conflict.ts'
import type { Emit } from '../model/events.ts'
import type { ObjectReport, RowDifference } from '../model/report.ts'
import type { Warning } from '../model/warning.ts'
import type { PlannedTable, SchemaObject, SequenceReset, Shard } from '../model/plan.ts'
import type { Profile } from '../model/profile.ts'
import type { SqliteRecords } from '../model/records.ts'
import type { Threads } from '../util/threads.ts'
import type { RecordCoder } from '../wasm/record-coder.ts'

/**
 * The contracts of databases: what `plan/` and `transfer/` know of them. Implementations stand in `sqlite/` and
 * `postgres/` under the same names; `open-database.ts` alone maps a kind to its implementation.
 */

export interface Abortable {
  readonly signal: AbortSignal
}

/** Plain data with which any thread opens the same moment of the same source. */
export type SourceOpening =
  | {
      readonly kind: 'sqlite'
      /** The file that is read: the source itself or a private copy of it. */
      readonly path: string
      readonly immutable: boolean
      /** The path for people when `path` is a private copy; default `path`. */
      readonly label?: string
      /** How long a reader waits for a writer's lock; default 5,000. */
      readonly busyTimeoutMs?: number
      /** Read around damaged pages instead of stopping at them; default false. */
      readonly salvage?: boolean
    }
  | { readonly kind: 'postgres'; readonly url: string; readonly snapshot: string }

export interface Source extends AsyncDisposable {
  readonly kind: DatabaseKind
  /** For people: a path, or a URL without password. */
  readonly label: string
  /** The same for the same database across runs, whatever its content: a real path, a URL without password. */
  readonly identity: string
  /** Differs as soon as the content may have changed. */
  readonly fingerprint: string
  readonly opening: SourceOpening
  /** True when a private copy is read: what happens to the source does not matter any more. */
  readonly copied: boolean
  readCatalog(options: Abortable): Promise<Catalog>
  /** Examines every value of the given tables, in parallel: in `threads`, or in threads of its own. */
  profile(
    tables: readonly Table[],
    options: Abortable & { readonly parallel: number; readonly emit: Emit; readonly threads?: Threads },
  ): Promise<Profile>
  /** Tables of a damaged source of which something could not be read (`salvage`), with a sentence each; known after `profile`. */
  readonly salvageReport: readonly { readonly table: string | null; readonly sentence: string }[]
  /** Throws CONNECT_SOURCE_CHANGED when the source is no longer what was read. */
  assertUnchanged(): Promise<void>
}

export type ReadRequest = {
  readonly table: TableName
  readonly columns: readonly string[]
  readonly shard: Shard
  /** Position after which to go on, from a checkpoint; null: from the start of the shard. */
  readonly after: string | null
  /** From the profile: pages are sized by them so that memory stays bounded. */
  readonly averageRowBytes: number
  readonly widestRowBytes: number
}

/** Rows in order, at most some megabytes of them. */
export type RowPage = {
  readonly rows: readonly SqliteRow[]
  /** Position of each row for a checkpoint is `positionOf(index)`: the rowid, or the number of rows so far. */
  positionOf(index: number): string
}

/** The same rows as they are stored; `records` is valid until the next page is asked for. */
export type RecordPage = {
  readonly records: SqliteRecords
  /** In whose memory they stand; null for those that are `owned`. */
  readonly coder: RecordCoder | null
  positionOf(index: number): string
}

/** Reads rows synchronously; one per thread. */
export interface RowReader extends Disposable {
  read(request: ReadRequest): Iterable<RowPage>
  /** The same rows in the same order, those that can be had cheaper that way as records. */
  readStored(request: ReadRequest): Iterable<RowPage | RecordPage>
  /** Rows of a table as the database itself counts them; where it has so many as `expected`, an index may do. */
  countRows(table: string, expected?: number): number
  /** First and last rowid, and the rowid before the last `tail` rows; null for a table without rows. */
  rowidBounds(table: string, tail: number): RowidBounds | null
}

export type RowidBounds = { readonly first: bigint; readonly last: bigint; readonly beforeTail: bigint | null }

/** Encoded rows that move together, kept until they are committed so that a refused batch can be bisected. */
export interface EncodedBatch {
  readonly rows: number
  readonly bytes: number
  /** A complete COPY stream (header, rows from..to-1, trailer) in chunks. */
  copyStream(from: number, to: number): Iterable<Uint8Array>
  /** Sum over rows from..to-1 of the row hash that PostgreSQL computes too (docs/design/verification.md), modulo 2^64. */
  hash(from: number, to: number): bigint
}

/** Plain data with which any thread connects to the same target. */
export type TargetOpening = { readonly kind: 'postgres'; readonly url: string }

/** Everything that is committed together with a batch. */
export type BatchCheckpoint = {
  readonly transferId: string
  readonly table: TableName
  readonly shard: number
  /** Position at which the shard stood before this batch, as it was read from the store; null: at its start. */
  readonly after: string | null
  /** Position of the last row that was read for the batch; null: none was. */
  readonly position: string | null
  /** Rows read from the source for this batch: those in the batch and those already rejected before it. */
  readonly rowsRead: number
  readonly bytes: number
  /** Rejects and alterations found while converting. Rejects of rows that PostgreSQL refuses are added, and their alterations taken out. */
  readonly issues: readonly Issue[]
  /** Index in the batch of the row of each alteration. */
  readonly rowOfIssue: ReadonlyMap<Issue, number>
  /** True when the shard ends with this batch. */
  readonly done: boolean
}

export type LoadOutcome = {
  readonly counts: LoadCounts
  /** Rows refused by PostgreSQL, by index in the batch. */
  readonly refused: readonly { readonly index: number; readonly issue: Issue }[]
}

/** Loads batches of one table, each with its checkpoint in one transaction. One connection. */
export interface BatchLoader extends AsyncDisposable {
  load(batch: EncodedBatch, checkpoint: BatchCheckpoint, keyOf: (index: number) => Issue['key']): Promise<LoadOutcome>
}

export type ShardState = {
  readonly table: TableName
  readonly shard: number
  /** Position after which to go on; null: nothing committed yet. */
  readonly position: string | null
  readonly done: boolean
  readonly rowsRead: number
  readonly counts: LoadCounts
  readonly rejected: number
  readonly altered: number
  readonly declaredConversions: number
  readonly bytes: number
  /** Sum of the row hashes of what was loaded, modulo 2^64, as a decimal string. */
  readonly hash: string
}

/** A look at a small table before anything is decided, every value as text. */
export type FewRows = {
  readonly table: TableName
  readonly columns: readonly string[]
  readonly mostRows: number
  readonly mostCharacters: number
}

export interface Target extends AsyncDisposable {
  readonly kind: DatabaseKind
  readonly label: string
  readonly version: string
  readonly opening: TargetOpening
  readCatalog(schema: string, options: Abortable): Promise<Catalog>
  /** Runs all statements in one transaction; on failure everything is rolled back and CATALOG_DDL_FAILED names the object. */
  createTables(objects: readonly SchemaObject[], options: Abortable): Promise<void>
  /** Creates each object in its own transaction; what PostgreSQL refuses is reported and does not stop the rest. */
  addObjects(objects: readonly SchemaObject[], options: Abortable & { readonly emit: Emit }): Promise<ObjectReport[]>
  /** Only ever forward. Warnings for sequences that have no value left. */
  resetSequences(resets: readonly SequenceReset[], options: Abortable): Promise<readonly Warning[]>
  countRows(table: TableName, options: Abortable): Promise<number>
  /** `count(*)` and the sum of the row hashes over the given columns, modulo 2^64; comparable with `EncodedBatch.hash`. */
  hashTable(table: PlannedTable, options: Abortable): Promise<{ readonly rows: number; readonly hash: bigint }>
  /** Compares the target table with a staging table that holds the source's converted rows. */
  findDifferences(
    table: PlannedTable,
    staging: TableName,
    options: Abortable & { readonly limit: number },
  ): Promise<{ readonly differences: readonly RowDifference[]; readonly total: number }>
}
