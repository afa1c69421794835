import type { SourceOpening } from '../../databases/databases.ts'
import { RowferryError } from '../../errors/errors.ts'
import type { PlannedTable, Shard } from '../../model/plan.ts'
import type { SecondReading } from '../../model/report.ts'
import type { HashContext } from '../hash-source.ts'
import type { ShardRunner } from '../shard-runner.ts'
import { chooseScopes, type Scope } from './choose-scope.ts'
import { addSums, noRows, type Reread, type RereadRequest } from './second-reading.ts'

/** What is known of a table from its second reading. */
export type SecondResult = {
  /** For the report. */
  readonly reading: SecondReading
  /** Null where it could not be read again. */
  readonly reread: Reread | null
}

export type SecondReadingsOptions = Omit<HashContext, 'workers'> & {
  readonly tables: readonly PlannedTable[]
  /** Threads of this machine. */
  readonly workers: ShardRunner
  /** Every row of every table. */
  readonly isFull: boolean
  /** Decides what a sample holds. */
  readonly seed: string
}

/** Second readings, begun while PostgreSQL makes keys and indexes, and collected by the verification. */
export class SecondReadings {
  readonly seed: string
  readonly #options: SecondReadingsOptions
  readonly #scopes: ReadonlyMap<PlannedTable, Scope>
  readonly #begun = new Map<string, Promise<SecondResult>>()

  constructor(options: SecondReadingsOptions) {
    this.seed = options.seed
    this.#options = options
    this.#scopes = options.isFull ? new Map() : chooseScopes(options.tables)
  }

  /** Those that are under way or done are not begun again. */
  begin(tables: readonly PlannedTable[]): void {
    for (const table of tables) {
      const name = table.target.name
      if (this.#begun.has(name)) continue
      const result = this.#read(table)
      this.#begun.set(name, result)
      // Who asks next begins again.
      result.catch(() => this.#begun.delete(name))
    }
  }

  of(table: PlannedTable): Promise<SecondResult> {
    this.begin([table])
    return this.#begun.get(table.target.name) ?? this.#read(table)
  }

  async #read(table: PlannedTable): Promise<SecondResult> {
    const { source } = this.#options
    if (isSalvaged(source.opening)) return notRead('the source is damaged, and SQLite stops at the damage')
    const scope = this.#scopes.get(table) ?? { kind: 'whole' }
    try {
      const reread = await (scope.kind === 'whole' ? this.#readWhole(table) : this.#readSample(table, scope))
      const reason = scope.kind === 'none' ? scope.reason : null
      return { reading: { scope: scope.kind, rows: reread.rowsRead, counted: reread.counted, reason }, reread }
    } catch (error) {
      if (isUnknownToSqlite(error)) return notRead(error.message)
      throw error
    }
  }

  async #readWhole(table: PlannedTable): Promise<Reread> {
    const parts = table.shards.map((shard, at) => this.#run(table, shard, { sample: null, counts: at === 0 }))
    return (await Promise.all(parts)).reduce(add, { slow: noRows, fast: noRows, rowsRead: 0, counted: null })
  }

  #readSample(table: PlannedTable, scope: Exclude<Scope, { kind: 'whole' }>): Promise<Reread> {
    const sample = scope.kind === 'none' ? { pieces: 0, rowsPerPiece: 0 } : scope.sample
    const shard: Shard = { number: 0, by: table.shards[0]?.by ?? 'rowid', lower: null, upper: null }
    return this.#run(table, shard, { sample: { ...sample, seed: this.seed }, counts: true })
  }

  async #run(table: PlannedTable, shard: Shard, reread: RereadRequest): Promise<Reread> {
    const { source, target, settings, workers } = this.#options
    const result = await workers.run(
      {
        kind: 'reread',
        reread,
        source: source.opening,
        target: target.opening,
        transferId: '',
        table,
        shard,
        batchRows: settings.batchRows,
        batchBytes: settings.batchBytes,
        fireTriggers: false,
        remaps: [],
        debug: false,
      },
      () => undefined,
    )
    if (result.finished && result.reread) return result.reread
    throw new RowferryError('JOB_INTERRUPTED', {
      message: 'The transfer was stopped while it read the source a second time; everything loaded so far is kept.',
      remedy: 'Run the same command again: it continues from there',
    })
  }
}

function add(a: Reread, b: Reread): Reread {
  return {
    slow: addSums(a.slow, b.slow),
    fast: addSums(a.fast, b.fast),
    rowsRead: a.rowsRead + b.rowsRead,
    counted: a.counted ?? b.counted,
  }
}

function notRead(reason: string): SecondResult {
  return { reading: { scope: 'none', rows: 0, counted: null, reason }, reread: null }
}

function isSalvaged(opening: SourceOpening): boolean {
  return opening.kind === 'sqlite' && opening.salvage === true
}

/** A table whose order or values only its program knows is read from its pages alone. */
function isUnknownToSqlite(error: unknown): error is RowferryError {
  return error instanceof RowferryError && error.code === 'CONNECT_SOURCE_UNREADABLE'
}
