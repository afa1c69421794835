import { markObjects, readObjects } from '../../store/objects.ts'
import { noteTables } from '../../store/loaded-tables.ts'
import type { TableName } from '../../model/catalog.ts'
import type { SchemaObjectKind } from '../../model/plan.ts'
import type { ObjectReport } from '../../model/report.ts'
import { rowferryVersion } from '../../util/version.ts'
import { plannedTable, type RunStep, type StepContext } from './step.ts'

/** Less than that is made sooner than a second session is opened. */
const worthLanes = { bytes: 4 * 1024 * 1024, objects: 20 } as const

/** Others may need the connections that the server has left while the load still uses its own. */
const mostPrepared = 4

/** In bytes of the source. Longer are those of tables that cannot be cut. */
const shortShard = 256 * 1024 * 1024

/** In bytes of the source: the objects of such tables share transactions, which cost more than the objects themselves. */
const smallTable = 1024 * 1024

/**
 * Each object on its own: what PostgreSQL refuses is reported with both texts and does not stop the rest. Objects that an
 * earlier run made are known from the store. Large tables come first, so that their objects are not what remains at the end.
 */
export const addObjects: RunStep<'add-objects'> = async (step, context) => {
  const { target, account, emit, signal, transferId, source, lanes, plan } = context
  const own = {
    id: transferId,
    sourceIdentity: source.identity,
    sourceFingerprint: source.fingerprint,
    rowferryVersion,
  }
  const reports = await readObjects(await target.reconnect(), transferId, context.step)
  const tables = new Map(plan.tables.map((table) => [table.target.name, table]))
  const sizeOf = (table: TableName | null): number => tables.get(table?.name ?? '')?.bytes ?? 0
  const open = [...step.objects.entries()]
    .filter(([number]) => !reports.has(number))
    .toSorted(([, a], [, b]) => sizeOf(b.table) - sizeOf(a.table))
  lanes.widen(widthFor(open.length, context))
  const made = await target.addObjects(
    open.map(([, object]) => object),
    {
      signal,
      emit,
      lanes,
      isSmall: (table) => sizeOf(table) <= smallTable,
      rowsOf: (table) => tables.get(table.name)?.rows,
      analyzed: context.done ? [] : plan.tables.map((table) => table.target),
      queued: () => {
        const read = open.filter(([, { kind }]) => readsRows.has(kind))
        beginHashes(
          context,
          read.reduce((total, [, { table }]) => total + sizeOf(table), 0),
        )
      },
      beforeCommit: async (client, made) => {
        const numbered = made.map(({ index, report }) => ({ number: open[index]?.[0] ?? 0, report }))
        await markObjects(client, transferId, context.step, numbered)
        // A later run that makes the tables anew has to know which views are its own.
        for (const { kind, table, error } of made.map(({ report }) => report))
          if (kind === 'view' && table && error === null)
            await noteTables(client, own, [{ table, how: 'made', planned: null, structure: null }])
      },
    },
  )
  for (const [index, report] of made.entries()) reports.set(open[index]?.[0] ?? 0, report)
  account.objects.push(...inOrder(reports))
  // The server gave no further session: the steps to come need the only one.
  if (lanes.width === 1) await context.hashes.settled()
}

/**
 * For the step before, when only its last shards are under way: sessions take some 60 ms to open, in which those keep the processors busy. Not
 * beside a shard that may take an hour: nobody likes sessions that do nothing.
 */
export function prepareLanes(context: StepContext): void {
  const { plan, step } = context
  const next = plan.steps[step + 1]
  if (next?.kind !== 'add-objects') return
  const longestShard = Math.max(0, ...plan.tables.map(({ bytes, shards }) => bytes / Math.max(1, shards.length)))
  const width = widthFor(next.objects.length, context)
  if (width > 1 && longestShard <= shortShard) context.lanes.prepare(Math.min(width, mostPrepared), width)
}

/** How much is made at once, of so many objects. */
function widthFor(objects: number, { plan, settings }: StepContext): number {
  const bytes = plan.tables.reduce((total, table) => total + table.bytes, 0)
  return bytes >= worthLanes.bytes || objects >= worthLanes.objects ? settings.parallel : 1
}

/** Made by reading the whole table. */
const readsRows: ReadonlySet<SchemaObjectKind> = new Set(['index', 'primary-key', 'unique'])

/** From here on no step changes a row. Over a single lane there is no time to be won. */
function beginHashes({ plan, done, lanes, hashes, secondReadings }: StepContext, besideBytes: number): void {
  if (done || lanes.width === 1) return
  const names = plan.steps.flatMap((step) => (step.kind === 'verify-content' ? step.tables : []))
  const tables = names.map((name) => plannedTable(plan, name))
  hashes.begin(tables, besideBytes)
  secondReadings.begin(tables)
}

function inOrder(reports: ReadonlyMap<number, ObjectReport>): ObjectReport[] {
  return [...reports].toSorted(([a], [b]) => a - b).map(([, report]) => report)
}
