import { randomUUID } from 'node:crypto'
import type { Source } from '../databases/databases.ts'
import { openSource, openTarget, type OpenTarget } from '../databases/open-database.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Table } from '../model/catalog.ts'
import type { Plan, PlannedTable } from '../model/plan.ts'
import type { Report, TableVerification } from '../model/report.ts'
import type { Warning } from '../model/warning.ts'
import { matchTables } from '../plan/decide-modes.ts'
import type { TablePlace } from '../plan/table-place.ts'
import { planSettings } from '../plan/plan-settings.ts'
import { planTable } from '../plan/plan-table.ts'
import { selectTables } from '../plan/select-tables.ts'
import { rowferryVersion } from '../util/version.ts'
import { askTarget } from './ask-target.ts'
import { readSourceCatalog } from './read-source-catalog.ts'
import { batchLimits } from './batch-limits.ts'
import { buildReport } from './build-report.ts'
import { findUnfitRows, withUnfitRows } from './unfit-rows.ts'
import { compareRows, equalContent, listedDifferences } from './verify-table.ts'
import { hashSource } from './hash-source.ts'
import type { TransferOptions } from './transfer-options.ts'
import { Threads } from '../util/threads.ts'
import { isHashable } from './early-hashes.ts'
import { SecondReadings } from './second-reading/second-readings.ts'
import { ShardWorkers } from './shard-workers.ts'
import { noTotals, TransferAccount } from './transfer-account.ts'

/**
 * Compares a source with a target that is already there, whoever filled it: every row, by hash first and, where that differs,
 * row by row with the keys and columns that differ. Changes nothing on either side.
 */
export async function verify(options: TransferOptions & { readonly target: string }): Promise<Report> {
  const startedAt = new Date()
  await using stack = new AsyncDisposableStack()
  const source = stack.use(await openSource(options.source, options))
  const target = stack.use(await openTarget(options.target, options))
  const threads = stack.use(new Threads(options.config.parallel))
  const workers = stack.use(new ShardWorkers(threads))
  const account = new TransferAccount()
  const { plan, missing } = await planComparison(source, target, { ...options, threads })
  for (const table of missing) account.warnings.push(missingTable(table, options.config.schema))
  const settings = batchLimits(options.config)
  const secondReadings = new SecondReadings({
    source,
    target,
    tables: plan.tables,
    workers,
    settings,
    isFull: true,
    seed: account.seed,
  })
  const context = { ...options, source, target, workers, account, settings, secondReadings }
  for (const table of plan.tables) {
    options.signal.throwIfAborted()
    const verification = withOmitted(table, await askTarget(target, options, () => compareTable(table, context)))
    account.setTotals(table.target.name, { ...noTotals, rowsRead: verification.sourceRows })
    account.setVerification(table.target.name, verification)
    options.emit('table:verified', { table: table.target.name, verification })
  }
  await source.assertUnchanged()
  for (const table of missing) {
    account.setVerification(table.target.name, { ...differs(table.rows, 0), differingRows: Math.max(1, table.rows) })
  }
  return buildReport({
    version: rowferryVersion,
    transferId: randomUUID(),
    plan: { ...plan, tables: [...plan.tables, ...missing] },
    account,
    failure: null,
    startedAt,
    resumed: false,
    verify: 'full',
    files: { folder: '', rejects: null, altered: null, log: null, html: null },
    next: [],
  })
}

type Compared = Extract<TableVerification, { level: 'counts' | 'content' }>

/** The source is read through SQLite alone: the reader of pages has no part in it, but for the profile that says how to convert. */
async function compareTable(table: PlannedTable, context: CompareContext): Promise<Compared> {
  const { reading, reread } = await context.secondReadings.of(table)
  if (reread === null) return { ...(await compareAsLoaded(table, context)), secondReading: reading }
  const counted = reread.counted ?? reread.rowsRead
  if (isHashable(table)) {
    const held = await context.target.hashTable(table, context)
    if (reread.slow.rows === held.rows && reread.slow.hash === held.hash && reread.slow.rows === counted) {
      return { ...equalContent(counted, held.rows), secondReading: reading }
    }
  }
  const compared = await compareRows(table, { sourceRows: counted, rejectedKeys: new Set(), way: 'slow' }, context)
  const found = { ...compared, secondReading: reading }
  if (reread.slow.rows === counted) return found
  return withUnfitRows(found, findUnfitRows(table, context, listedDifferences), listedDifferences)
}

type CompareContext = Parameters<typeof compareRows>[2] & {
  readonly workers: ShardWorkers
  readonly secondReadings: SecondReadings
}

/** What SQLite itself cannot read. */
async function compareAsLoaded(table: PlannedTable, context: CompareContext): Promise<Compared> {
  const expected = await hashSource(table, context)
  if (isHashable(table)) {
    const held = await context.target.hashTable(table, context)
    if (expected.rows === held.rows && expected.hash === held.hash && expected.rows === table.rows) {
      return equalContent(table.rows, held.rows)
    }
  }
  const compared = await compareRows(table, { sourceRows: table.rows, rejectedKeys: new Set() }, context)
  if (expected.rows === table.rows) return compared
  return withUnfitRows(compared, findUnfitRows(table, context, listedDifferences), listedDifferences)
}

/** Columns that the target has not got are differences of every row, and what they held cannot be compared. */
function withOmitted({ omitted }: PlannedTable, verification: Compared): Compared {
  if (omitted.length === 0) return verification
  return {
    ...verification,
    verdict: 'differs',
    notCompared: omitted.map(({ column }) => column),
    differingRows: Math.max(1, verification.differingRows, verification.sourceRows),
  }
}

async function planComparison(
  source: Source,
  target: OpenTarget,
  options: TransferOptions & { readonly threads: Threads },
): Promise<{ plan: Plan; missing: PlannedTable[] }> {
  const { config, signal, emit, threads } = options
  const catalog = await readSourceCatalog(source, options)
  const settings = planSettings(config, catalog.tables)
  const targetCatalog = await askTarget(target, options, () => target.readCatalog(config.schema, { signal }))
  const tables = selectTables(catalog.tables, settings)
  const matches = matchTables(tables, targetCatalog.tables, settings)
  const places = tables.map((table, at) => findPlace(table, matches[at] ?? null))
  const found = places.filter((place) => place !== null)
  if (found.length === 0) throw nothingToCompare(source, target, config.schema)
  const profile = await source.profile(tables, { signal, emit, parallel: config.parallel, threads })
  const plans = found.map((place) => {
    const tableProfile = profile.tables.find((candidate) => candidate.table === place.source.name.name)
    if (!tableProfile) throw new Error(`no profile of ${place.source.name.name}`)
    return planTable(place, tableProfile, settings)
  })
  const plan: Plan = {
    version: 1,
    source: { kind: source.kind, label: source.label, fingerprint: source.fingerprint },
    target: { kind: 'postgres', label: target.label, version: target.version, schema: config.schema },
    tables: plans.map((table) => table.planned),
    steps: [],
    notCarried: [],
    warnings: plans.flatMap((table) => table.warnings),
  }
  const rowsOf = new Map(profile.tables.map((table) => [table.table, table.rows]))
  const missing = tables
    .filter((_, index) => places[index] === null)
    .map((table) => absentTable(table, config.schema, rowsOf.get(table.name.name) ?? 0))
  return { plan, missing }
}

/** What the target computes itself is compared like any other column. */
function findPlace(source: Table, existing: Table | null): TablePlace | null {
  if (!existing) return null
  const columns = existing.columns.map((column) => ({ ...column, generated: null }))
  return {
    source,
    target: existing.name.name,
    existing: { ...existing, columns },
    mode: 'into-empty',
    strategy: 'error',
  }
}

function absentTable(table: Table, schema: string, rows: number): PlannedTable {
  return {
    source: table.name,
    target: { schema, name: table.name.name },
    mode: 'create',
    strategy: 'error',
    matchKey: [],
    columns: [],
    generated: [],
    omitted: [],
    rowKey: [],
    rows,
    bytes: 0,
    widestRowBytes: 0,
    shards: [],
    orphanRules: [],
  }
}

function differs(sourceRows: number, targetRows: number): Compared {
  return {
    level: 'content',
    verdict: 'differs',
    sourceRows,
    targetRows,
    notCompared: [],
    differences: [],
    differingRows: 0,
    secondReading: null,
  }
}

function missingTable({ source }: PlannedTable, schema: string): Warning {
  return {
    code: 'table-missing',
    table: source.name,
    column: null,
    message: `The target has no table for ${source.name} in schema ${schema}.`,
    remedy: `Leave it out of the comparison: --exclude ${source.name}`,
  }
}

function nothingToCompare(source: Source, target: OpenTarget, schema: string): RowferryError {
  return new RowferryError('CATALOG_NO_SUCH_TABLE', {
    message: `${target.label} has in schema ${schema} no table of ${source.label}.`,
    remedy: 'Name the schema that holds the tables: --schema NAME',
  })
}
