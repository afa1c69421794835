import type { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import type { Issue } from '../../../model/batch.ts'
import { tableLabel } from '../../../model/catalog.ts'
import { type PlannedTable, rowHashOf } from '../../../model/plan.ts'
import { bisectBatch, type Bisection, type RowRange } from './bisect-batch.ts'
import { clearPendingSql, neverMappedSql, openRemaps, settlePendingSql } from './append-sql.ts'
import {
  deleteStagedSql,
  existingKeysSql,
  insertSql,
  type KeyRemap,
  type StagedLoad,
  stagedRow,
} from './conflict-sql.ts'
import { rowHashExpression } from '../copy/hash-query.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'
import { refusal } from './load-refusal.ts'
import { findCastFaults } from './prove-casts.ts'
import { withSavepoint, withTransaction } from '../connection/postgres-connection.ts'
import { isDataError, isRowFault } from '../postgres-errors.ts'
import { isAppend, readStagedLoad } from './staged-apply.ts'
import { stagingExists, stagingName } from './staging.ts'
import { readTriggerSwitch } from './user-triggers.ts'

/** What differs from what the batches had counted. Its members are added to the counts of one of the table's shards. */
export type LoadCorrection = {
  readonly created: number
  readonly rejected: number
  readonly altered: number
  readonly hash: bigint
  readonly issues: readonly Issue[]
}

export type FinishLoadOptions = {
  readonly table: PlannedTable
  readonly transferId: string
  readonly remaps?: readonly KeyRemap[]
  readonly fireTriggers?: boolean
  /** Stores the correction (`correctShard`, `writeIssues`); called within the transaction. */
  readonly correct: (client: Client, correction: LoadCorrection) => Promise<void>
}

/**
 * What can only be done when every row of the table has arrived: `error` moves its rows from the staging table into
 * the target, or throws DATA_DUPLICATE_KEY and leaves the target as it was; `append` fills in foreign keys that
 * pointed to rows not loaded yet. Other strategies need nothing. Call it once all tables of the step are
 * loaded; it may be repeated after a crash.
 */
export async function finishLoad(client: Client, options: FinishLoadOptions): Promise<void> {
  const { table } = options
  if (table.mode !== 'into-existing') return
  if (table.strategy === 'error') await moveStaged(client, options)
  if (isAppend(table)) await settlePending(client, options)
}

async function moveStaged(client: Client, options: FinishLoadOptions): Promise<void> {
  const { table, transferId, remaps = [] } = options
  const staging = stagingName(transferId, table.target)
  // Dropped in the transaction that moved the rows: without it there is nothing left to do.
  if (!(await stagingExists(client, staging))) return
  const load = await readStagedLoad(client, { table, transferId, staging, remaps })
  await inLoadTransaction(client, options, async () => {
    // Between the look for existing keys and the insert nobody else may add one.
    await client.query(`lock table ${qualifiedName(table.target)} in share row exclusive mode`)
    const range = await stagedRange(client, load)
    if (range !== null) {
      const correct = async (faults: readonly StagedFault[]): Promise<void> => {
        if (faults.length > 0) await options.correct(client, await correctionFor(client, table, load, faults))
      }
      // A failing cast would stop the look for existing keys.
      const badCasts = await findCastFaults(client, { table, load, range, keyOf: () => ({}) })
      await correct(badCasts.map(({ index, issue }) => ({ index, issueOf: (key) => ({ ...issue, key }) })))
      await client.query(deleteStagedSql(load), [badCasts.map(({ index }) => index + 1)])
      await refuseExistingKeys(client, table, load, range)
      const { faults } = await insertStaged(client, load, range)
      await correct(faults.map(({ index, error }) => ({ index, issueOf: (key) => refusal(error, table, key) })))
    }
    await client.query(`drop table ${load.staging}`)
  })
}

async function stagedRange(client: Client, load: StagedLoad): Promise<RowRange | null> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    `select min(${stagedRow}) as first, max(${stagedRow}) as last from ${load.staging}`,
  )
  const [bounds] = rows
  return bounds?.first && bounds.last ? { from: Number(bounds.first) - 1, to: Number(bounds.last) } : null
}

async function refuseExistingKeys(
  client: Client,
  table: PlannedTable,
  load: StagedLoad,
  range: RowRange,
): Promise<void> {
  if (load.matchKey.length === 0) return
  const { rows } = await client.query<{ count: string; keys: string }>(existingKeysSql(load), [
    range.from + 1,
    range.to,
  ])
  const count = Number(rows[0]?.count)
  if (count === 0) return
  const keys = (JSON.parse(rows[0]?.keys ?? '[]') as string[][]).map((key) => key.join(', '))
  const listed = keys.join('; ') + (count > keys.length ? ` and ${count - keys.length} more` : '')
  throw new RowferryError('DATA_DUPLICATE_KEY', {
    message: `${count} of the keys (${table.matchKey.join(', ')}) to be loaded into ${tableLabel(table.target)} exist there already: ${listed}. Nothing was loaded into it.`,
    remedy: 'Choose what happens to existing rows: --strategy skip, overwrite, merge, append or replace',
  })
}

function insertStaged(client: Client, load: StagedLoad, range: RowRange): Promise<Bisection<unknown>> {
  const sql = insertSql(load)
  return bisectBatch(range, {
    attempt: ({ from, to }) => withSavepoint(client, () => client.query(sql, [from + 1, to])),
    isRowFault,
    isCertain: isDataError,
    mayPassLater: () => false,
  })
}

/** A staged row that does not enter the table. */
type StagedFault = { readonly index: number; readonly issueOf: (key: Issue['key']) => Issue }

async function correctionFor(
  client: Client,
  table: PlannedTable,
  load: StagedLoad,
  faults: readonly StagedFault[],
): Promise<LoadCorrection> {
  const names = namingColumns(table)
  const keys = names.map((name) => `${quoteIdentifier(name)}::text`)
  const hash = rowHashExpression(
    table.columns.map(({ target, conversion }) => ({ quotedName: quoteIdentifier(target), ...conversion })),
    rowHashOf(table),
  )
  const { rows } = await client.query<{ row: string; key: string; hash: string }>(
    `select ${stagedRow} as row, json_build_array(${keys.join(', ')})::text as key,
       ${hash} as hash
     from ${load.staging} where ${stagedRow} = any($1::bigint[])`,
    [faults.map(({ index }) => index + 1)],
  )
  const byRow = new Map(rows.map((row) => [Number(row.row) - 1, row]))
  // Numbers between the rows are missing where a COPY failed; such a "row" inserts nothing and cannot fail.
  const issues = faults.map(({ index, issueOf }) => {
    const values = JSON.parse(byRow.get(index)?.key ?? '[]') as (string | null)[]
    return issueOf(Object.fromEntries(names.map((name, i) => [sourceName(table, name), values[i] ?? null])))
  })
  const lost = rows.reduce((sum, row) => sum - BigInt(row.hash), 0n)
  return { created: -faults.length, rejected: faults.length, altered: 0, hash: lost, issues }
}

/** Target columns that name a row as its batch did, where they are loaded. */
function namingColumns(table: PlannedTable): readonly string[] {
  const own = table.rowKey.map((name) => table.columns.find(({ source }) => source === name)?.target)
  const found = own.filter((name) => name !== undefined)
  if (found.length > 0 && found.length === own.length) return found
  return table.matchKey.length > 0 ? table.matchKey : table.columns.slice(0, 1).map(({ target }) => target)
}

async function settlePending(client: Client, options: FinishLoadOptions): Promise<void> {
  const { table, transferId, remaps = [] } = options
  const open = openRemaps({ remaps })
  if (open.length === 0) return
  const staging = stagingName(transferId, table.target)
  const load = await readStagedLoad(client, { table, transferId, staging, remaps })
  await inLoadTransaction(client, options, async () => {
    const issues: Issue[] = []
    for (const [place, remap] of open.entries()) {
      await client.query(settlePendingSql(load, remap, place))
      issues.push(...(await neverMapped(client, table, load, remap, place)))
    }
    await client.query(clearPendingSql(load))
    if (issues.length === 0) return
    // Hashes of rows with new keys cannot be compared with the source's, so there is none to correct.
    await options.correct(client, { created: 0, rejected: 0, altered: issues.length, hash: 0n, issues })
  })
}

async function neverMapped(
  client: Client,
  table: PlannedTable,
  load: StagedLoad,
  remap: KeyRemap,
  place: number,
): Promise<Issue[]> {
  const { rows } = await client.query<{ row_key: string; parent_key: string }>(neverMappedSql(load, remap, place))
  return rows.flatMap((row) => {
    const own = JSON.parse(row.row_key) as (string | number | null)[]
    const parent = JSON.parse(row.parent_key) as (string | number | null)[]
    const key = Object.fromEntries(table.matchKey.map((name, i) => [sourceName(table, name), own[i] ?? null]))
    return remap.columns.map((column, i): Issue => ({
      kind: 'altered',
      table: table.source.name,
      key,
      column: sourceName(table, column),
      before: parent[i] ?? null,
      after: null,
      rule: 'orphan-to-null',
      declared: false,
    }))
  })
}

/** Like a batch: triggers do not fire unless asked for, deferrable constraints are checked at once. */
async function inLoadTransaction(client: Client, options: FinishLoadOptions, work: () => Promise<void>): Promise<void> {
  const triggers = options.fireTriggers ? { off: '', on: '' } : await readTriggerSwitch(client, options.table.target)
  await withTransaction(client, async () => {
    await client.query(`set constraints all immediate; ${triggers.off}`)
    if (options.fireTriggers) await client.query('set local search_path to default')
    await work()
    if (triggers.on !== '') await client.query(triggers.on)
  })
}

function sourceName(table: PlannedTable, target: string): string {
  return table.columns.find((column) => column.target === target)?.source ?? target
}
