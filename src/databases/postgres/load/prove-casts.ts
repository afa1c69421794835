import type { Client } from 'pg'
import type { Issue } from '../../../model/batch.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import { withSavepoint } from '../connection/postgres-connection.ts'
import { quoteIdentifier } from '../identifiers.ts'
import { isCastFault } from '../postgres-errors.ts'
import { bisectBatch, type RowRange } from './bisect-batch.ts'
import { stagedRow, type StagedLoad } from './conflict-sql.ts'
import { refusal } from './load-refusal.ts'
import type { TargetColumn } from './target-columns.ts'

/**
 * The proof of values that PostgreSQL casts: what it prints for the cast value has to be the text that was sent. A cast that cuts, rounds or interprets
 * (`varchar(3)[]`, `timestamp(0)[]`, `now`) prints something else, so its row is refused before it is stored.
 */

export type CastFault = { readonly index: number; readonly issue: Issue }

/** Rows of the range whose casts fail or print something else. Needs a transaction. */
export async function findCastFaults(
  client: Client,
  options: {
    readonly table: PlannedTable
    readonly load: StagedLoad
    readonly range: RowRange
    readonly keyOf: (index: number) => Issue['key']
  },
): Promise<CastFault[]> {
  const { table, load, range, keyOf } = options
  const columns = load.columns.filter(({ castTo }) => castTo !== null)
  if (columns.length === 0) return []
  const sql = misprintsSql(load, columns)
  const checked = await bisectBatch(range, {
    attempt: ({ from, to }) =>
      withSavepoint(client, () => client.query<Misprint>(sql, [from + 1, to])).then(({ rows }) => rows),
    isRowFault: isCastFault,
    mayPassLater: () => false,
  })
  const faults = new Map<number, Issue>()
  for (const { result } of checked.done) {
    for (const misprint of result) {
      const index = Number(misprint.row) - 1
      if (!faults.has(index)) faults.set(index, misprintIssue(misprint, { table, columns, key: keyOf(index) }))
    }
  }
  for (const { index, error } of checked.faults) {
    faults.set(index, await castIssue(client, { table, load, columns, index, error, key: keyOf(index) }))
  }
  return [...faults].map(([index, issue]) => ({ index, issue })).toSorted((a, b) => a.index - b.index)
}

type Misprint = { readonly row: string; readonly at: string; readonly sent: string; readonly printed: string }

const shownCharacters = 200

function misprintsSql(load: StagedLoad, columns: readonly TargetColumn[]): string {
  const values = columns.map(({ name, castTo }, at) => {
    const sent = `s.${quoteIdentifier(name)}`
    return `(${at}, ${sent}, cast(${sent} as ${castTo})::text)`
  })
  return `select s.${stagedRow} as row, c.at, left(c.sent, ${shownCharacters}) as sent, left(c.printed, ${shownCharacters}) as printed
from ${load.staging} as s cross join lateral (values ${values.join(', ')}) as c (at, sent, printed)
where s.${stagedRow} between $1 and $2 and c.sent collate "C" is distinct from c.printed collate "C"
order by s.${stagedRow}, c.at`
}

type FaultScene = {
  readonly table: PlannedTable
  readonly columns: readonly TargetColumn[]
  readonly key: Issue['key']
}

function misprintIssue({ at, sent, printed }: Misprint, { table, columns, key }: FaultScene): Issue {
  const column = columns[Number(at)]
  return {
    kind: 'reject',
    table: table.source.name,
    key,
    column: table.columns.find(({ target }) => target === column?.name)?.source ?? null,
    reason: `${column?.castTo ?? 'the type'} would hold ${JSON.stringify(printed)} instead of ${JSON.stringify(sent)}`,
    code: 'DATA_MISFIT',
    value: sent,
  }
}

/** The row's cast fails; each column is tried alone, to name the one and its value. */
async function castIssue(
  client: Client,
  {
    table,
    load,
    columns,
    index,
    error,
    key,
  }: FaultScene & {
    readonly load: StagedLoad
    readonly index: number
    readonly error: unknown
  },
): Promise<Issue> {
  for (const column of columns) {
    try {
      await withSavepoint(client, () => client.query(misprintsSql(load, [column]), [index + 1, index + 1]))
    } catch (cause) {
      if (!isCastFault(cause)) throw cause
      const source = table.columns.find(({ target }) => target === column.name)?.source ?? null
      return {
        ...rejection(refusal(cause, table, key)),
        column: source,
        value: await stagedText(client, { load, column, index }),
      }
    }
  }
  return refusal(error, table, key)
}

function rejection(issue: Issue): Extract<Issue, { kind: 'reject' }> {
  if (issue.kind !== 'reject') throw new Error('a refusal is a reject')
  return issue
}

async function stagedText(
  client: Client,
  { load, column, index }: { readonly load: StagedLoad; readonly column: TargetColumn; readonly index: number },
): Promise<string> {
  const { rows } = await client.query<{ sent: string | null }>(
    `select left(${quoteIdentifier(column.name)}, ${shownCharacters}) as sent from ${load.staging} where ${stagedRow} = $1`,
    [index + 1],
  )
  return rows[0]?.sent ?? ''
}
