import type { ShardState } from '../databases/databases.ts'
import type { Emit } from '../model/events.ts'
import { noCounts } from '../model/conflict.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { ShardDelta } from './shard-tasks.ts'
import { noTotals, type TableTotals, totalsOf } from './transfer-account.ts'

/** Adds up the batches of one table and tells about them. */
export class TableProgress {
  readonly #table: PlannedTable
  readonly #emit: Emit
  #rowsRead: number
  #loaded: number
  #rejected: number
  #altered: number
  #bytes: number
  #shardsLeft = 0
  #startedAt: number | null = null
  #endedAt: number | null = null

  constructor(table: PlannedTable, before: readonly ShardState[], context: { readonly emit: Emit }) {
    const totals = totalsOf(before)
    this.#table = table
    this.#emit = context.emit
    this.#rowsRead = totals.rowsRead
    this.#loaded = totals.rowsRead - totals.rejected
    this.#rejected = totals.rejected
    this.#altered = totals.altered
    this.#bytes = totals.bytes
  }

  expect(shards: number): void {
    this.#shardsLeft = shards
  }

  start(): void {
    if (this.#startedAt !== null) return
    this.#startedAt = performance.now()
    const { target, rows, bytes } = this.#table
    this.#emit('table:started', { table: target.name, rows, bytes, alreadyLoaded: this.#loaded })
  }

  add(delta: ShardDelta): void {
    this.#rowsRead += delta.rowsRead
    this.#rejected += delta.rejected
    this.#loaded += delta.rowsRead - delta.rejected
    this.#altered += delta.altered
    this.#bytes += delta.bytes
    this.#emit('table:progress', {
      table: this.#table.target.name,
      rowsRead: this.#rowsRead,
      loaded: this.#loaded,
      rejected: this.#rejected,
      altered: this.#altered,
      bytes: this.#bytes,
    })
  }

  shardEnded(): void {
    this.#shardsLeft--
    if (this.#shardsLeft > 0) return
    this.#endedAt = performance.now()
    this.#emit('table:finished', {
      table: this.#table.target.name,
      rowsRead: this.#rowsRead,
      loaded: this.#loaded,
      rejected: this.#rejected,
      seconds: this.seconds,
    })
  }

  /** What was committed as far as is known here, for a report while the store cannot be asked. */
  get totals(): TableTotals {
    const counts = { ...noCounts, created: this.#loaded }
    return {
      ...noTotals,
      rowsRead: this.#rowsRead,
      counts,
      rejected: this.#rejected,
      altered: this.#altered,
      bytes: this.#bytes,
    }
  }

  get seconds(): number {
    return this.#startedAt === null ? 0 : ((this.#endedAt ?? performance.now()) - this.#startedAt) / 1000
  }
}
