import type { Issue } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { TableVerification } from '../model/report.ts'
import { readIssues } from '../store/issues.ts'
import type { Differences } from '../databases/postgres/find-differences.ts'
import type { TableHash } from '../databases/postgres/hash-tables.ts'
import type { Warning } from '../model/warning.ts'
import { isHashable } from './early-hashes.ts'
import { generatedColumnsOf, hashSource } from './hash-source.ts'
import { contradictionOf } from './second-reading/judge-reading.ts'
import { type StageContext, type StageOptions, stageSource } from './stage-source.ts'
import type { StepContext } from './steps/step.ts'
import type { TableTotals } from './transfer-account.ts'

/** Differing rows that a report lists, per table. */
export const listedDifferences = 100

type Compared = Extract<TableVerification, { level: 'counts' | 'content' }>

/** Rows that the target table must hold, or, beside rows of its own, must hold at least. */
export function expectedRows(table: PlannedTable, totals: TableTotals): number {
  return table.mode === 'into-existing' ? totals.counts.created : totals.rowsRead - totals.rejected
}

/**
 * Two proofs. *Stored*: PostgreSQL holds what was encoded. A table that holds nothing but the source's rows is compared by the sum of
 * its row hashes, which costs one scan; where that differs, or where the table has rows of its own, every row is compared inside
 * PostgreSQL with the source's rows. *Read*: what was encoded is what SQLite holds (`second-reading/`). A table that fails either is
 * compared row by row with what SQLite gives, which names keys and columns.
 */
export async function verifyTable(table: PlannedTable, context: StepContext): Promise<Compared> {
  const totals = context.account.totals(table.target.name)
  const stored = await verifyStored(table, totals, context)
  if (stored.verdict === 'differs') return stored
  const second = await context.secondReadings.of(table)
  const contradiction = contradictionOf(table, totals, second)
  const found = contradiction === null ? stored : await listContradiction(table, contradiction, context)
  return { ...found, secondReading: second.reading }
}

async function verifyStored(table: PlannedTable, totals: TableTotals, context: StepContext): Promise<Compared> {
  const hashesAgree = isHashable(table) ? heldAsLoaded(table, totals, await context.hashes.of(table)) : null
  if (hashesAgree === true && (await generatedAgree(table, totals, context)))
    return equalContent(totals.rowsRead, expectedRows(table, totals))
  const found = await compareEveryRow(table, context)
  if (found.verdict === 'differs' || hashesAgree !== false) return found
  // Another session may have moved rows between two parts of the hash. Asked once more, the sums must agree.
  const again = await context.target.hashTable(table, context)
  if (heldAsLoaded(table, totals, again) || !(await context.target.hashesAlike())) return found
  return contradicted(
    found,
    table,
    `the hashes of ${table.target.name} differ though every row compares equal`,
    context,
  )
}

function heldAsLoaded(table: PlannedTable, totals: TableTotals, held: TableHash): boolean {
  return held.rows === expectedRows(table, totals) && held.hash === totals.hash
}

/** A second reading that disagrees: every row is compared with what SQLite gives. */
async function listContradiction(table: PlannedTable, contradiction: string, context: StepContext): Promise<Compared> {
  const found = await compareEveryRow(table, context, 'slow')
  return contradicted(found, table, contradiction, context)
}

/** Never equal, even where no single row shows the difference: something that vouches for the content is wrong. */
function contradicted(found: Compared, table: PlannedTable, contradiction: string, context: StepContext): Compared {
  const warning: Warning = {
    code: 'verification-contradicted',
    table: table.source.name,
    column: null,
    message: `The verification contradicts itself: ${contradiction}. Either the source is damaged or changes, or rowferry has a defect; do not rely on this copy.`,
    remedy: `Check the source with: sqlite3 FILE 'pragma integrity_check'; then compare every row: rowferry verify SOURCE TARGET --tables ${table.source.name}. If the source is sound, please report a defect`,
  }
  context.account.warnings.push(warning)
  context.emit('warning', warning)
  return { ...found, verdict: 'differs', differingRows: Math.max(1, found.differingRows) }
}

async function compareEveryRow(
  table: PlannedTable,
  context: StepContext,
  way: StageOptions['way'] = 'fast',
): Promise<Compared> {
  const totals = context.account.totals(table.target.name)
  const rejectedKeys = await readRejectedKeys(table, context)
  const whole = { ...table, columns: [...table.columns, ...generatedColumnsOf(table).columns], generated: [] }
  return compareRows(whole, { sourceRows: totals.rowsRead, rejectedKeys, way }, context)
}

/** What PostgreSQL computed in generated columns against what SQLite had computed. Rejected rows make no statement possible. */
async function generatedAgree(table: PlannedTable, totals: TableTotals, context: StepContext): Promise<boolean> {
  if (table.generated.length === 0) return true
  if (totals.rejected > 0) return false
  const generated = generatedColumnsOf(table)
  const expected = await hashSource(generated, context)
  const held = await context.target.hashTable(generated, context)
  return expected.rows === held.rows && expected.hash === held.hash
}

/** Compares every row; rows that were rejected are not missed. */
export async function compareRows(
  table: PlannedTable,
  expected: {
    readonly sourceRows: number
    readonly rejectedKeys: ReadonlySet<string>
    /** How the source is read. Default: as the load reads it. */
    readonly way?: StageOptions['way']
  },
  context: StageContext,
): Promise<Compared> {
  const targetRows = await context.target.countRows(table.target, context)
  const limit = listedDifferences + expected.rejectedKeys.size
  const isRejected = (key: Issue['key']): boolean => expected.rejectedKeys.has(keyText(key))
  const found = await stageSource(
    table,
    context,
    async (staging, unstored) =>
      withUnstored(await context.target.findDifferences(table, staging, { signal: context.signal, limit }), {
        table,
        unstored,
        limit,
      }),
    { way: expected.way ?? 'fast', ...(expected.rejectedKeys.size > 0 && { skips: isRejected }) },
  )
  const differences = found.differences.filter(
    (difference) => difference.problem !== 'missing' || !isRejected(difference.key),
  )
  const total = found.total - (found.differences.length - differences.length)
  if (total === 0) return equalContent(expected.sourceRows, targetRows)
  return {
    level: 'content',
    verdict: 'differs',
    sourceRows: expected.sourceRows,
    targetRows,
    notCompared: [],
    differences: differences.slice(0, listedDifferences),
    differingRows: total,
    secondReading: null,
  }
}

/** Rows that no table of these types can hold are not in the target either. */
function withUnstored(
  { differences, total, counts }: Differences,
  { table, unstored, limit }: { readonly table: PlannedTable; readonly unstored: number; readonly limit: number },
): Differences {
  const listed = Array.from({ length: Math.min(unstored, Math.max(0, limit - differences.length)) }, () => ({
    table: table.source.name,
    key: {},
    problem: 'missing' as const,
    columns: [],
  }))
  return {
    differences: [...differences, ...listed],
    total: total + unstored,
    counts: { ...counts, missing: counts.missing + unstored },
  }
}

export function equalContent(sourceRows: number, targetRows: number): Compared {
  return {
    level: 'content',
    verdict: 'equal',
    sourceRows,
    targetRows,
    notCompared: [],
    differences: [],
    differingRows: 0,
    secondReading: null,
  }
}

async function readRejectedKeys(table: PlannedTable, { target, transferId }: StepContext): Promise<Set<string>> {
  const keys = new Set<string>()
  for await (const { line } of readIssues(await target.reconnect(), transferId, 'reject', table.target)) {
    keys.add(keyText((JSON.parse(line) as Issue).key))
  }
  return keys
}

function keyText(key: Readonly<Record<string, string | number | null>>): string {
  return JSON.stringify(Object.values(key).map((value) => (value === null ? null : String(value))))
}
