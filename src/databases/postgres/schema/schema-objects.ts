import { type Client, DatabaseError } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { sameTable, tableLabel, type TableName } from '../../../model/catalog.ts'
import type { Emit } from '../../../model/events.ts'
import type { SchemaObject, SchemaObjectKind } from '../../../model/plan.ts'
import type { ObjectReport } from '../../../model/report.ts'
import { withTransaction } from '../connection/postgres-connection.ts'
import { chunked } from '../../../util/chunked.ts'
import { qualifiedName } from '../identifiers.ts'
import type { Lane, Lanes } from '../lanes/lanes.ts'
import type { TableLock } from '../lanes/table-locks.ts'
import {
  codeOf,
  isConnectionFailure,
  isTransactionConflict,
  messageOf,
  translatePostgresError,
} from '../postgres-errors.ts'
import { crowdedSettings } from './index-settings.ts'
import { keyInTwo, parentOf } from './postgres-ddl.ts'

/** Runs the statements in the transaction that is open; a refusal names the object and both texts. */
export async function createObjects(client: Client, objects: readonly SchemaObject[], target: string): Promise<void> {
  for (const object of objects) {
    if (object.sql === null) continue
    try {
      await client.query(object.sql)
    } catch (error) {
      const translated = translatePostgresError(error, { target, doing: `making ${objectLabel(object)}` })
      throw translated instanceof RowferryError ? translated : ddlFailed(object, error)
    }
  }
}

export type AddObjectsOptions = {
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly target: string
  readonly lanes: Lanes
  /** Tables whose objects are made in a moment: many of them share a transaction, as long as none is refused. */
  readonly isSmall?: (table: TableName) => boolean
  /** About how many rows a table has. Default: nothing is known. */
  readonly rowsOf?: (table: TableName) => number | undefined
  /** Tables whose statistics are made as soon as their objects stand, but for views. */
  readonly analyzed?: readonly TableName[]
  /** Called in the transaction of objects with what became of them: what is written there is never out of step. */
  readonly beforeCommit?: (client: Client, made: readonly MadeObject[]) => Promise<void>
}

/** `index` among the objects that were asked for. */
export type MadeObject = { readonly index: number; readonly report: ObjectReport }

type Numbered = { readonly object: SchemaObject; readonly index: number }

/**
 * What must stand before what refers to it: keys before foreign keys, columns before views over them. Keys come after indexes, since a key needs
 * its table for itself in the end: before them it would wait for each, and its session with it. Ranks of the lanes,
 * which go on to the next rank where the locks of the one before are gone.
 */
const order: Readonly<Partial<Record<SchemaObjectKind, number>>> = {
  'not-null': 1,
  index: 2,
  'primary-key': 3,
  unique: 4,
  check: 5,
  'foreign-key': 6,
  view: 7,
}

/** Below every object: what is only read may wait. */
export const ranksAfterObjects = { analyze: 8, hash: 9 } as const

/**
 * Makes each object in a transaction of its own, side by side where they do not lock each other out. A foreign key or check
 * that rows contradict is made `not valid`: it holds for new rows, and the report says so. Reports come in the order of
 * `objects`.
 */
export async function addObjects(
  objects: readonly SchemaObject[],
  options: AddObjectsOptions,
): Promise<ObjectReport[]> {
  const indexed = objects.map((object, index) => ({ object, index }))
  const sorted = indexed.toSorted((a, b) => rankOf(a.object) - rankOf(b.object))
  // Which tables a view reads stands only in its text, and views read each other: after everything else, one by one.
  const apart = sorted.filter(({ object }) => locksOf(object) === null)
  const together = sorted.filter(({ object }) => locksOf(object) !== null)
  const isSmall = ({ object: { table } }: Numbered): boolean => table !== null && (options.isSmall?.(table) ?? false)
  const groups = [
    ...together.filter((one) => !isSmall(one)).map((one) => [one]),
    ...groupSmall(together.filter(isSmall)),
  ]
  const reports: ObjectReport[] = []
  const add = async (group: readonly Numbered[], signal: AbortSignal): Promise<void> => {
    for (const { index, report } of await addInLane(group, { ...options, signal })) reports[index] = report
  }
  await allOrNone(options.signal, (signal) => [
    ...groups.map((group) => add(group, signal)),
    ...analyzeInLanes({ ...options, signal }),
  ])
  for (const one of apart) await add([one], options.signal)
  return reports
}

/** Of many small tables, so many in a statement; a lane takes one statement after the other. */
const analyzedAtOnce = 20

function analyzeInLanes({ analyzed = [], lanes, signal }: AddObjectsOptions): Promise<void>[] {
  const chunk = lanes.width === 1 ? Math.max(1, analyzed.length) : analyzedAtOnce
  return chunked(analyzed, chunk).map((tables) =>
    lanes.run({
      rank: ranksAfterObjects.analyze,
      locks: tables.map((table) => ({ table, mode: 'analyze' })),
      signal,
      run: async ({ client }) => {
        await client.query(`analyze ${tables.map(qualifiedName).join(', ')}`)
      },
    }),
  )
}

/** So many objects share a transaction: their locks are held until its end, and a refusal makes it be done again. */
const smallTogether = 30

/** What belongs to a table stays together and in order, so that two groups seldom want the same table. */
function groupSmall(objects: readonly Numbered[]): Numbered[][] {
  const isForeign = ({ object }: Numbered): boolean => object.kind === 'foreign-key'
  return [objects.filter((one) => !isForeign(one)), objects.filter(isForeign)].flatMap((phase) =>
    chunked([...Map.groupBy(phase, ({ object }) => object.table?.name).values()].flat(), smallTogether),
  )
}

/** After a failure nothing else begins, what runs is stopped, and only when all has ended the failure is thrown. */
async function allOrNone(signal: AbortSignal, begin: (signal: AbortSignal) => readonly Promise<void>[]): Promise<void> {
  const failure = new AbortController()
  const first: unknown[] = []
  const fail = (error: unknown): void => {
    first.push(error)
    failure.abort(error)
  }
  await Promise.all(begin(AbortSignal.any([signal, failure.signal])).map((work) => work.catch(fail)))
  if (first.length > 0) throw first[0]
}

function rankOf({ kind }: SchemaObject): number {
  return order[kind] ?? 0
}

/** Null where a statement may touch any table. */
function locksOf({ kind, table, sql }: SchemaObject): readonly TableLock[] | null {
  if (sql === null) return []
  if (table === null || kind === 'view') return null
  if (kind !== 'foreign-key') {
    const plainIndex = /^create (unique )?index /.test(sql)
    return [{ table, mode: plainIndex ? 'index' : keyInTwo(sql) ? 'key' : 'alter' }]
  }
  const parent = parentOf(sql)
  if (parent === null) return null
  const tables = sameTable(parent, table) ? [table] : [table, parent]
  return tables.map((locked) => ({ table: locked, mode: 'reference' }))
}

async function addInLane(group: readonly Numbered[], options: AddObjectsOptions): Promise<readonly MadeObject[]> {
  return options.lanes.run({
    rank: Math.min(...group.map(({ object }) => rankOf(object))),
    locks: group.length === 1 ? group.flatMap(({ object }) => locksOf(object) ?? []) : locksOfMany(group),
    signal: options.signal,
    run: async (lane) => {
      const together = group.length > 1 ? await addTogether(lane, group, options) : null
      if (together) return together
      const made: MadeObject[] = []
      for (const one of group) made.push(await addAlone(lane, one, options))
      return made
    },
  })
}

/** The strongest lock that any of them takes; none of them waits for another lane in the middle. */
function locksOfMany(group: readonly Numbered[]): TableLock[] {
  const locks = group.flatMap(({ object }) => locksOf(object) ?? [])
  const byTable = Map.groupBy(locks, ({ table }) => qualifiedName(table))
  return [...byTable.values()].flatMap(([first, ...more]) => {
    if (!first) return []
    const same = first.mode !== 'key' && more.every(({ mode }) => mode === first.mode)
    return [{ table: first.table, mode: same ? first.mode : 'alter' }]
  })
}

/** All in one transaction and one round trip; null where PostgreSQL refuses one of them, and nothing was made. */
async function addTogether(
  { client }: Lane,
  group: readonly Numbered[],
  options: AddObjectsOptions,
): Promise<readonly MadeObject[] | null> {
  const started = performance.now()
  const made = group.map(({ object, index }) => ({ index, report: reportOf(object) }))
  try {
    await withTransaction(client, async () => {
      await client.query(group.flatMap(({ object }) => object.sql ?? []).join(';\n'))
      await options.beforeCommit?.(client, made)
    })
  } catch (error) {
    if (isRefusal(error)) return null
    throw translatePostgresError(error, { target: options.target, doing: 'adding keys and indexes' })
  }
  const seconds = (performance.now() - started) / 1000 / group.length
  for (const { report } of made) announce(report, seconds, options)
  return made
}

async function addAlone(lane: Lane, { object, index }: Numbered, options: AddObjectsOptions): Promise<MadeObject> {
  const started = performance.now()
  let waited = 0
  const raise = async (): Promise<void> => {
    const from = performance.now()
    await lane.raise()
    waited += performance.now() - from
  }
  const report = await addObject({ ...lane, raise }, object, index, options)
  announce(report, (performance.now() - started - waited) / 1000, options)
  return { index, report }
}

function announce(report: ObjectReport, seconds: number, { emit }: AddObjectsOptions): void {
  const { kind, name, table, error } = report
  emit('object:created', { kind, name, table: table ? tableLabel(table) : null, error, seconds })
}

/** Of an object that PostgreSQL took as it was planned. */
function reportOf(object: SchemaObject): ObjectReport {
  const outcome = object.sql === null ? 'not-carried' : object.note === null ? 'created' : 'changed'
  return { ...object, outcome, error: null }
}

async function addObject(
  lane: Lane,
  object: SchemaObject,
  index: number,
  options: AddObjectsOptions,
): Promise<ObjectReport> {
  const { sql } = object
  if (sql === null) return reportOf(object)
  const { client } = lane
  return withTransaction(
    client,
    async () => {
      const report = await tryObject(lane, object, sql, options.target)
      await options.beforeCommit?.(client, [{ index, report }])
      return report
    },
    `begin; ${lane.crowded ? crowdedSettings(object.table === null ? undefined : options.rowsOf?.(object.table)) : ''}savepoint object`,
  )
}

async function tryObject(lane: Lane, object: SchemaObject, sql: string, target: string): Promise<ObjectReport> {
  const { client } = lane
  const failure = await tryMaking(lane, object, sql, target)
  if (failure === null) return reportOf(object)
  const contradicted = codeOf(failure) === '23503' || codeOf(failure) === '23514'
  const error = reasonOf(failure)
  if (contradicted && (await trySql(client, object, `${sql} not valid`, target)) === null) {
    const note = [object.note, 'NOT VALID: rows that are there contradict it, new rows are checked'].filter(Boolean)
    return { ...object, sql: `${sql} not valid`, note: note.join('; '), outcome: 'changed', error }
  }
  return { ...object, outcome: 'refused', error }
}

/** A key is built as an index beside the other indexes and becomes a key once the table is free for that moment. */
async function tryMaking(lane: Lane, object: SchemaObject, sql: string, target: string): Promise<DatabaseError | null> {
  const inTwo = keyInTwo(sql)
  if (inTwo && lane.crowded) {
    const refused = await trySql(lane.client, object, inTwo.build, target)
    if (refused) return refused
    await lane.raise()
    if ((await trySql(lane.client, object, inTwo.attach, target)) === null) return null
    // It is the statement as it was planned whose refusal counts.
  } else if (inTwo) await lane.raise()
  return trySql(lane.client, object, sql, target)
}

/** How often a statement is tried that a foreign session's locks made PostgreSQL stop. */
const attempts = 3

/** PostgreSQL's refusal, after which the transaction can go on; null when it was done. */
async function trySql(
  client: Client,
  object: SchemaObject,
  sql: string,
  target: string,
): Promise<DatabaseError | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(sql)
      return null
    } catch (error) {
      if (!isRefusal(error)) {
        throw translatePostgresError(error, { target, doing: `making ${objectLabel(object)}` })
      }
      await client.query('rollback to savepoint object')
      if (!isTransactionConflict(error) || attempt === attempts) return error
    }
  }
}

/** 57014: cancelled; 53…: no disk, no memory: these say nothing about the object. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !isConnectionFailure(error) && !/^(57|53|58|XX)/.test(codeOf(error) ?? '')
}

function objectLabel(object: SchemaObject): string {
  const on = object.table && object.table.name !== object.name ? ` of ${tableLabel(object.table)}` : ''
  return `${object.kind} ${object.name}${on}`
}

/** The detail names what the message leaves out: `Table "orders" references "users".` */
function reasonOf(error: unknown): string {
  const detail = error instanceof DatabaseError ? error.detail : undefined
  return messageOf(error) + (detail ? `: ${detail.replace(/\.$/, '')}` : '')
}

/** 2BP01: something of somebody else depends on a table that would be made anew. */
function refusalRemedy(error: unknown): string {
  return codeOf(error) === '2BP01'
    ? 'Drop what depends on it and make it again afterwards, or load beside it: --schema another_name.'
    : 'Leave the table out (--exclude), or choose other types in the configuration.'
}

function ddlFailed(object: SchemaObject, error: unknown): RowferryError {
  const source = object.sourceSql === null ? '' : `\nIn the source: ${object.sourceSql}`
  return new RowferryError('CATALOG_DDL_FAILED', {
    message: `PostgreSQL refused the ${objectLabel(object)} (${reasonOf(error)}); nothing was changed.`,
    remedy: `${refusalRemedy(error)} The statement was: ${object.sql}${source}`,
    cause: error,
    context: { sql: object.sql, sourceSql: object.sourceSql },
  })
}
