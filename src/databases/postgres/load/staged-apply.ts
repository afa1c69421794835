import type { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import type { Issue } from '../../../model/batch.ts'
import type { TableName } from '../../../model/catalog.ts'
import { type LoadCounts, needsMatchKey } from '../../../model/conflict.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import type { Bisection, RowRange } from './bisect-batch.ts'
import { appendSql } from './append-sql.ts'
import {
  deleteStagedSql,
  duplicatesSql,
  insertSql,
  type KeyRemap,
  mergeSql,
  overwriteSql,
  skipSql,
  type StagedLoad,
  stagedRow,
  unmappedSql,
} from './conflict-sql.ts'
import { qualifiedName } from '../identifiers.ts'
import { findCastFaults } from './prove-casts.ts'
import { duplicateRefusal, orphanRefusal, refusal } from './load-refusal.ts'
import { advanceSequences } from '../schema/postgres-sequences.ts'
import { readMatchKey, readTargetColumns } from './target-columns.ts'

type Refused = { readonly index: number; readonly issue: Issue }

type Bisect = <Result>(rows: number, attempt: (range: RowRange) => Promise<Result>) => Promise<Bisection<Result>>

type Changes = { readonly created: number; readonly updated: number }

/** Moves the rows of one batch from the staging table into the target. */
export type StagedApply = {
  /** `staged` of the batch's `rows` are in the staging table. Runs in the batch's transaction. */
  run(
    rows: number,
    staged: number,
    bisect: Bisect,
    keyOf: (index: number) => Issue['key'],
  ): Promise<{ readonly counts: LoadCounts; readonly refused: readonly Refused[] }>
}

export type StagedApplyOptions = {
  readonly table: PlannedTable
  readonly transferId: string
  readonly staging: TableName
  readonly remaps: readonly KeyRemap[]
}

export async function openStagedApply(client: Client, options: StagedApplyOptions): Promise<StagedApply> {
  const load = await readStagedLoad(client, options)
  // New keys must not run into rows that were once inserted with keys of their own.
  if (isAppend(options.table)) await advanceSequences(client, options.table.target, load.columns)
  return new Apply(client, options.table, load)
}

/** What the statements need to know, read from the target. */
export async function readStagedLoad(client: Client, options: StagedApplyOptions): Promise<StagedLoad> {
  const { table, transferId, remaps } = options
  const keyed = table.mode === 'into-existing' && table.matchKey.length > 0
  return {
    transferId,
    target: table.target,
    staging: qualifiedName(options.staging),
    columns: await readTargetColumns(client, table),
    matchKey: keyed ? await readMatchKey(client, table) : [],
    remaps,
  }
}

export function isAppend(table: PlannedTable): boolean {
  return table.mode === 'into-existing' && table.strategy === 'append' && table.matchKey.length > 0
}

class Apply implements StagedApply {
  readonly #client: Client
  readonly #table: PlannedTable
  readonly #load: StagedLoad
  readonly #statements: Statements

  constructor(client: Client, table: PlannedTable, load: StagedLoad) {
    this.#client = client
    this.#table = table
    this.#load = load
    this.#statements = statementsFor(table, load)
  }

  async run(rows: number, staged: number, bisect: Bisect, keyOf: (index: number) => Issue['key']) {
    const badCasts = await findCastFaults(this.#client, {
      table: this.#table,
      load: this.#load,
      range: { from: 0, to: rows },
      keyOf,
    })
    await this.#deleteStaged(badCasts)
    const duplicates = await this.#takeOut(this.#statements.duplicates, rows, (index) =>
      duplicateRefusal(this.#table, keyOf(index)),
    )
    const orphans = await this.#takeOut(this.#statements.unmapped, rows, (index) =>
      orphanRefusal(this.#table, keyOf(index)),
    )
    const applied = await bisect(rows, (range) => this.#applyRange(range))
    const taken = [...badCasts, ...duplicates, ...orphans]
    // Rows taken out before do not exist any more: an attempt with such a row alone does nothing, and never fails.
    const failed = applied.faults.map(({ index, error }) => ({
      index,
      issue: refusal(error, this.#table, keyOf(index)),
    }))
    const created = applied.done.reduce((sum, { result }) => sum + result.created, 0)
    const updated = applied.done.reduce((sum, { result }) => sum + result.updated, 0)
    const left = staged - taken.length - failed.length - created - updated
    const skips = this.#table.mode === 'into-existing' && this.#table.strategy === 'skip'
    const counts = { created, updated, unchanged: skips ? 0 : left, skipped: skips ? left : 0 }
    return { counts, refused: [...taken, ...failed] }
  }

  async #takeOut(sql: string | null, rows: number, issueOf: (index: number) => Issue): Promise<Refused[]> {
    if (sql === null) return []
    const found = await this.#client.query<{ [stagedRow]: string }>(sql, bounds({ from: 0, to: rows }))
    const refused = found.rows
      .map((row) => Number(row[stagedRow]) - 1)
      .map((index) => ({ index, issue: issueOf(index) }))
    await this.#deleteStaged(refused)
    return refused
  }

  async #deleteStaged(refused: readonly Refused[]): Promise<void> {
    if (refused.length === 0) return
    await this.#client.query(deleteStagedSql(this.#load), [refused.map(({ index }) => index + 1)])
  }

  async #applyRange(range: RowRange): Promise<Changes> {
    if (this.#statements.before !== null) await this.#client.query(this.#statements.before, bounds(range))
    const { rows } = await this.#client.query<{ created: string; updated: string }>(
      this.#statements.apply,
      bounds(range),
    )
    return { created: Number(rows[0]?.created), updated: Number(rows[0]?.updated) }
  }
}

function bounds(range: RowRange): [number, number] {
  return [range.from + 1, range.to]
}

/** Each takes the first and the last staged row as $1 and $2. */
type Statements = {
  readonly duplicates: string | null
  readonly unmapped: string | null
  readonly before: string | null
  readonly apply: string
}

function statementsFor(table: PlannedTable, load: StagedLoad): Statements {
  const unmapped = unmappedSql(load)
  const plain = { duplicates: null, unmapped, before: null, apply: insertSql(load) }
  if (table.mode !== 'into-existing') return plain
  const keyed = { ...plain, duplicates: load.matchKey.length === 0 ? null : duplicatesSql(load) }
  if (needsMatchKey(table.strategy) && load.matchKey.length === 0) throw noMatchKey(table)
  switch (table.strategy) {
    case 'skip':
      return { ...keyed, apply: skipSql(load) }
    case 'overwrite':
      return { ...keyed, apply: overwriteSql(load) }
    case 'merge':
      return { ...keyed, apply: mergeSql(load) }
    case 'append': {
      if (load.matchKey.length === 0) return plain
      const { map, insert } = appendSql(load)
      return { ...keyed, before: map, apply: insert }
    }
    case 'replace':
    case 'error':
      return keyed
    default:
      return table.strategy satisfies never
  }
}

function noMatchKey(table: PlannedTable): RowferryError {
  return new RowferryError('CATALOG_NO_KEY', {
    message: `"${table.strategy}" needs a key to find rows of ${table.target.name} again, and the plan names none.`,
    remedy: `Name a key in the configuration (tables: ${table.source.name}: matchKey: [column]), or use --strategy append, replace or error`,
  })
}
