import { RowferryError } from '../../../errors/errors.ts'
import type { Issue } from '../../../model/batch.ts'
import { type TableName, tableLabel } from '../../../model/catalog.ts'
import { type LoadCounts, noCounts } from '../../../model/conflict.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import type { BatchCheckpoint, BatchLoader, EncodedBatch, LoadOutcome } from '../../databases.ts'
import { bisectBatch, type Bisection, type RowRange } from './bisect-batch.ts'
import type { KeyRemap } from './conflict-sql.ts'
import type { KeptConnection } from './kept-connection.ts'
import { copyIn } from '../copy/copy-in.ts'
import { qualifiedName } from '../identifiers.ts'
import { refusal } from './load-refusal.ts'
import {
  connect,
  type ConnectOptions,
  type PostgresConnection,
  withSavepoint,
} from '../connection/postgres-connection.ts'
import {
  codeOf,
  isConnectionFailure,
  isDataError,
  isRowFault,
  isTransactionConflict,
  translatePostgresError,
} from '../postgres-errors.ts'
import { issuesWithout } from './refused-issues.ts'
import { openStagedApply, type StagedApply } from './staged-apply.ts'
import { copyIntoSql, createStaging, createTemporaryStaging, numberFromSql } from './staging.ts'
import { readTriggerSwitch, type TriggerSwitch } from './user-triggers.ts'

/** Writes the checkpoint and the issues of a batch; called within its transaction (`store/checkpoints.ts`). */
export type WriteCheckpoint = (
  client: PostgresConnection,
  checkpoint: BatchCheckpoint,
  result: { readonly counts: LoadCounts; readonly issues: readonly Issue[]; readonly hash: bigint },
) => Promise<void>

export type BatchLoaderOptions = {
  readonly url: string
  readonly table: PlannedTable
  readonly transferId: string
  readonly writeCheckpoint: WriteCheckpoint
  /** Foreign keys of this table that point to tables loaded with strategy `append`. */
  readonly remaps?: readonly KeyRemap[]
  /** Let triggers of existing tables fire. Default: no (see user-triggers.ts for what that locks). */
  readonly fireTriggers?: boolean
  /** Where the connection comes from and goes back to; without it the loader has one of its own. */
  readonly connection?: KeptConnection
} & ConnectOptions

/** Attempts of a batch whose transaction dead-locked with somebody else's. */
const conflictAttempts = 5

/** The rows of a batch that went in, and those that did not. */
type Loaded = {
  readonly counts: LoadCounts
  readonly refused: readonly { readonly index: number; readonly issue: Issue }[]
}

type KeyOf = (index: number) => Issue['key']

/**
 * Connects and prepares one table. The table's mode decides the way: straight into it, or through a staging table.
 *
 * `load` throws CONNECT_TARGET_LOST when the connection broke; whether the batch was committed is then unknown: dispose of
 * the loader, read the shard's checkpoint again, and go on from there with a new one. It throws the same when the
 * checkpoint is not where the batch begins.
 */
export async function openBatchLoader(options: BatchLoaderOptions): Promise<PostgresBatchLoader> {
  const { connection } = options
  const client = await (connection ? connection.take(options.url, options) : connect(options.url, options))
  try {
    return new PostgresBatchLoader(client, options, await prepare(client, options))
  } catch (error) {
    await client[Symbol.asyncDispose]()
    throw explain(error, options, 'preparing to load')
  }
}

/** How this table is loaded, found out once. */
type Preparation = {
  readonly triggers: TriggerSwitch
  /** Where COPY goes. */
  readonly into: TableName
  /** Moves rows from the staging table into the target; null: COPY is all there is to do. */
  readonly apply: StagedApply | null
  /** Makes the session as it was before; empty where nothing was changed. */
  readonly cleaning: string
}

async function prepare(client: PostgresConnection, options: BatchLoaderOptions): Promise<Preparation> {
  const { table, transferId, remaps = [] } = options
  const exists = table.mode === 'into-empty' || table.mode === 'into-existing'
  const switchOff = exists && !options.fireTriggers
  // Functions of triggers usually name their tables without schema.
  const ownPath = exists && options.fireTriggers === true
  if (ownPath) await client.query('reset search_path')
  const pathBack = ownPath ? `set search_path = '';` : ''
  const none: TriggerSwitch = { off: '', on: '' }
  if (table.mode === 'into-existing' && table.strategy === 'error') {
    // Nothing may reach the target before the last row was seen: `finishLoad` moves them.
    return { triggers: none, into: await createStaging(client, table, transferId), apply: null, cleaning: pathBack }
  }
  const triggers = switchOff ? await readTriggerSwitch(client, table.target) : none
  if (!isStaged(table, remaps)) return { triggers, into: table.target, apply: null, cleaning: pathBack }
  const staging = await createTemporaryStaging(client, table)
  const apply = await openStagedApply(client, { table, transferId, staging, remaps })
  return { triggers, into: staging, apply, cleaning: `discard temporary; ${pathBack}` }
}

/** True when rows go through a staging table. */
function isStaged(table: PlannedTable, remaps: readonly KeyRemap[]): boolean {
  return (
    table.mode === 'into-existing' ||
    remaps.length > 0 ||
    table.columns.some(({ conversion }) => conversion.castTo !== null)
  )
}

export class PostgresBatchLoader implements BatchLoader {
  readonly #client: PostgresConnection
  readonly #options: BatchLoaderOptions
  readonly #prepared: Preparation
  readonly #copy: string
  /** Rows are tried behind savepoints from the first refusal on: most tables never have one. */
  #careful = false
  #failed = false

  constructor(client: PostgresConnection, options: BatchLoaderOptions, prepared: Preparation) {
    this.#client = client
    this.#options = options
    this.#prepared = prepared
    this.#copy = copyIntoSql(prepared.into, options.table)
  }

  /** Reads over the loader's session: where the shard stands, before the first batch. Errors are those of `load`. */
  async read<Result>(query: (client: PostgresConnection) => Promise<Result>): Promise<Result> {
    try {
      return await query(this.#client)
    } catch (error) {
      this.#failed = true
      throw explain(error, this.#options, 'reading the checkpoint')
    }
  }

  async load(batch: EncodedBatch, checkpoint: BatchCheckpoint, keyOf: KeyOf): Promise<LoadOutcome> {
    this.#options.signal.throwIfAborted()
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#loadOnce(batch, checkpoint, keyOf)
      } catch (error) {
        // Fails when the connection is gone; then there is nothing to roll back.
        if (!isConnectionFailure(error)) await this.#client.query('rollback').catch(() => undefined)
        this.#options.signal.throwIfAborted()
        if (isTransactionConflict(error) && attempt < conflictAttempts) continue
        if (isRowFault(error) && this.#prepared.apply === null && !this.#careful) {
          this.#careful = true
          continue
        }
        this.#failed = true
        throw explain(error, this.#options, 'loading')
      }
    }
  }

  async #loadOnce(batch: EncodedBatch, checkpoint: BatchCheckpoint, keyOf: KeyOf): Promise<Loaded> {
    const { triggers } = this.#prepared
    const loaded = await this.#loadRows(batch, beginSql(checkpoint.done, triggers.off), keyOf)
    if (triggers.on !== '') await this.#client.query(triggers.on)
    await this.#options.writeCheckpoint(this.#client, checkpoint, {
      counts: loaded.counts,
      issues: [...issuesWithout(checkpoint, loaded.refused), ...loaded.refused.map(({ issue }) => issue)],
      hash: hashWithout(batch, loaded.refused),
    })
    await this.#client.query('commit')
    return loaded
  }

  /** Begins the batch's transaction: in one go with its COPY where the rows are only to be copied. */
  async #loadRows(batch: EncodedBatch, begin: string, keyOf: KeyOf): Promise<Loaded> {
    const { apply } = this.#prepared
    if (apply === null && !this.#careful && batch.rows > 0) {
      await this.#copyRange(batch, { from: 0, to: batch.rows }, begin)
      return { counts: { ...noCounts, created: batch.rows }, refused: [] }
    }
    await this.#client.query(begin)
    if (batch.rows === 0) return { counts: noCounts, refused: [] }
    const copied = await this.#bisect(batch.rows, (range) => this.#copyRange(batch, range))
    const refused = copied.faults.map(({ index, error }) => ({
      index,
      issue: refusal(error, this.#options.table, keyOf(index)),
    }))
    const created = copied.done.reduce((sum, { from, to }) => sum + to - from, 0)
    if (apply === null) return { counts: { ...noCounts, created }, refused }
    const applied = await apply.run(batch.rows, created, (rows, attempt) => this.#bisect(rows, attempt), keyOf)
    return { counts: applied.counts, refused: [...refused, ...applied.refused].sort((a, b) => a.index - b.index) }
  }

  async #copyRange(batch: EncodedBatch, range: RowRange, begin = ''): Promise<void> {
    const { apply, into } = this.#prepared
    if (apply !== null) await this.#client.query(numberFromSql(into, range.from))
    const copied = await copyIn(this.#client, begin + this.#copy, batch.copyStream(range.from, range.to))
    if (copied === range.to - range.from) return
    throw new RowferryError('INTERNAL', {
      message: `${range.to - range.from} rows were sent to ${tableLabel(this.#options.table.target)} and COPY counted ${copied}.`,
      remedy: null,
    })
  }

  #bisect<Result>(rows: number, attempt: (range: RowRange) => Promise<Result>): Promise<Bisection<Result>> {
    return bisectBatch(
      { from: 0, to: rows },
      {
        attempt: (range) => withSavepoint(this.#client, () => attempt(range)),
        isRowFault,
        isCertain: isDataError,
        // 23503: the row it points to may be another of this batch that was refused together with it at first.
        mayPassLater: (error) => codeOf(error) === '23503',
      },
    )
  }

  /** A connection that was only lent goes back clean, and not at all after a failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { connection } = this.#options
    if (connection === undefined || this.#failed || !(await this.#clean())) return this.#client[Symbol.asyncDispose]()
    connection.give(this.#client)
  }

  /** False when it could not be done; the connection is given up then, and nothing is lost with it. */
  async #clean(): Promise<boolean> {
    const { cleaning } = this.#prepared
    if (cleaning === '') return true
    return this.#client.query(cleaning).then(
      () => true,
      () => false,
    )
  }
}

/**
 * Batches commit without waiting for the disk: rows and checkpoint are one transaction, so a crash of the server loses both
 * or none, and the transfer goes on from there. The last batch of a shard waits, and with it all
 * before: what was reported as done stays done. Deferrable constraints are checked at once, where their row can be
 * found, and not at the commit.
 */
function beginSql(synchronous: boolean, triggersOff: string): string {
  const durability = synchronous ? '' : 'set local synchronous_commit = off;'
  return `begin; ${durability} set constraints all immediate; ${triggersOff === '' ? '' : `${triggersOff};`}`
}

/** Hash of the batch without the refused rows. */
function hashWithout(batch: EncodedBatch, refused: readonly { readonly index: number }[]): bigint {
  if (batch.rows === 0) return 0n
  const lost = refused.reduce((sum, { index }) => sum + batch.hash(index, index + 1), 0n)
  return BigInt.asUintN(64, batch.hash(0, batch.rows) - lost)
}

function explain(error: unknown, options: BatchLoaderOptions, doing: string): unknown {
  if (error instanceof RowferryError) return error
  const name = tableLabel(options.table.target)
  const message = error instanceof Error ? error.message : String(error)
  if (/row-level security/.test(message)) return rowSecurity(options.table.target, error)
  if (codeOf(error) === '42501' && /must be owner/.test(message)) return triggersNeedOwner(options.table.target, error)
  return translatePostgresError(error, { target: options.what, doing: `${doing} ${name}` })
}

function rowSecurity(table: TableName, cause: unknown): RowferryError {
  return new RowferryError('CATALOG_PERMISSION', {
    message: `Row-level security of ${tableLabel(table)} applies to this user, so rows could be hidden or refused in silence.`,
    remedy: `Connect as the owner of the table or as a role with BYPASSRLS, or type: alter table ${qualifiedName(table)} disable row level security;`,
    cause,
  })
}

function triggersNeedOwner(table: TableName, cause: unknown): RowferryError {
  return new RowferryError('CATALOG_PERMISSION', {
    message: `${tableLabel(table)} has triggers, and only its owner can keep them from firing while rows are loaded.`,
    remedy: 'Connect as the owner of the table, or let the triggers fire: --fire-triggers',
    cause,
  })
}
