import type { Client } from 'pg'
import type { ZeroFinding } from '../../model/zero.ts'
import { tableLabel } from '../../model/catalog.ts'
import { readJson } from '../../databases/postgres/catalog/read-json.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { columnLabel } from './examine-columns.ts'
import { finding } from './conditions.ts'
import type { PublishedTable } from './published.ts'
import type { ColumnFacts, TableFacts } from './read-facts.ts'
import { type ValueCheck, valueChecks } from './value-checks.ts'

export type ValueProgress = {
  readonly table: string
  /** Tables that were read before this one. */
  readonly done: number
  readonly total: number
}

export type ValueOptions = {
  /** Looked at between tables; the running statement is stopped by the connection's own signal. */
  readonly signal: AbortSignal
  readonly onTable?: (progress: ValueProgress) => void
}

/**
 * Looks for values that Zero cannot carry. Integers whose column begins an index cost nothing; for all other columns a table
 * is read once, whatever their number. Tables without such columns are not read.
 */
export async function examineValues(
  client: Client,
  published: readonly PublishedTable[],
  { signal, onTable }: ValueOptions,
): Promise<ZeroFinding[]> {
  const wanted = published.flatMap((own) => {
    const checks = own.columns.flatMap((column) => valueChecks(column))
    return checks.length === 0 ? [] : [{ ...own, checks }]
  })
  const findings: ZeroFinding[] = []
  for (const [done, own] of wanted.entries()) {
    signal.throwIfAborted()
    onTable?.({ table: tableLabel(own.table.name), done, total: wanted.length })
    try {
      findings.push(...(await examineTable(client, own)))
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }
  return findings
}

type Checked = PublishedTable & { readonly checks: readonly ValueCheck[] }

async function examineTable(client: Client, { table, checks }: Checked): Promise<ZeroFinding[]> {
  if (!table.readable) return [unexamined(table)]
  const proven = await provenByIndex(client, table, checks)
  const left = checks.filter((check) => !proven.has(check))
  const answers = left.length === 0 ? [] : await readOnce(client, table, left)
  return left.flatMap((check, index) => {
    const [count, example] = answers[index] ?? ['0', null]
    return count === '0' ? [] : [valueFinding(table, check, count, example)]
  })
}

/** The checks that the smallest and the largest value answer, when an index has both at its ends. */
async function provenByIndex(
  client: Client,
  table: TableFacts,
  checks: readonly ValueCheck[],
): Promise<ReadonlySet<ValueCheck>> {
  const indexed = checks.filter((check) => check.bounded && isOrdered(table, check.column))
  if (indexed.length === 0) return new Set()
  const from = qualifiedName(table.name)
  const looks = indexed.flatMap(({ column }) => {
    const name = quoteIdentifier(column.name)
    return [`(select min(${name})::text from ${from})`, `(select max(${name})::text from ${from})`]
  })
  const [ends = []] = await readJson<(string | null)[]>(client, `select to_json(array[${looks.join(', ')}])`, [])
  return new Set(indexed.filter((_, index) => ends.slice(index * 2, index * 2 + 2).every(isSafeInteger)))
}

function isOrdered(table: TableFacts, column: ColumnFacts): boolean {
  return table.indexes.some((index) => index.ordered && index.columns[0] === column.name)
}

/** Null: the column has no value. */
function isSafeInteger(text: string | null | undefined): boolean {
  return text === null || (text !== undefined && Number.isSafeInteger(Number(text)))
}

/** How many values each check finds, and one of them. Arrays, since functions take at most 100 arguments. */
async function readOnce(
  client: Client,
  table: TableFacts,
  checks: readonly ValueCheck[],
): Promise<(readonly [string, string | null])[]> {
  const parts = checks.map(({ column, where }) => {
    const filter = `filter (where ${where})`
    return `array[(count(*) ${filter})::text, (min(${quoteIdentifier(column.name)}) ${filter})::text]`
  })
  const sql = `select to_json(array[${parts.join(', ')}]) from ${qualifiedName(table.name)}`
  const [answers = []] = await readJson<[string, string | null][]>(client, sql, [])
  return answers
}

function valueFinding(table: TableFacts, check: ValueCheck, count: string, example: string | null): ZeroFinding {
  const [on, column] = [qualifiedName(table.name), quoteIdentifier(check.column.name)]
  const rows = `${BigInt(count).toLocaleString('en-US')} ${count === '1' ? 'row' : 'rows'}`
  return finding(check.condition, {
    object: columnLabel(table, check.column),
    effect: check.effect(rows, example ?? ''),
    remedy: check.remedy(on, column),
    fix: null,
  })
}

function unexamined(table: TableFacts): ZeroFinding {
  return finding('values-unexamined', {
    object: `table ${tableLabel(table.name)}`,
    effect: 'Its rows could not be examined: this user may not read them all.',
    remedy: `grant select on ${qualifiedName(table.name)} to current_user; (as its owner), or give the URL of a user who may.`,
    fix: null,
  })
}
