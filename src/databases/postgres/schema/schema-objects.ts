import { type Client, DatabaseError } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { sameTable, tableLabel, type TableName } from '../../../model/catalog.ts'
import type { Emit } from '../../../model/events.ts'
import type { SchemaObject, SchemaObjectKind } from '../../../model/plan.ts'
import type { ObjectReport } from '../../../model/report.ts'
import { withTransaction } from '../connection/postgres-connection.ts'
import { chunked } from '../../../util/chunked.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'
import type { Lane, Lanes } from '../lanes/lanes.ts'
import type { TableLock } from '../lanes/table-locks.ts'
import {
  codeOf,
  isConnectionFailure,
  isTransactionConflict,
  messageOf,
  translatePostgresError,
} from '../postgres-errors.ts'
import { ranks } from '../lanes/ranks.ts'
import { crowdedSettings } from './index-settings.ts'
import { type KeyInTwo, keyInTwo, parentOf } from './postgres-ddl.ts'

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
  /** Called once everything waits for its lane and nothing has begun: whatever may go on beside it can be asked for here. */
  readonly queued?: () => void
  /** Called in the transaction of objects with what became of them: what is written there is never out of step. */
  readonly beforeCommit?: (client: Client, made: readonly MadeObject[]) => Promise<void>
}

/** `index` among the objects that were asked for. */
export type MadeObject = { readonly index: number; readonly report: ObjectReport }

type Numbered = { readonly object: SchemaObject; readonly index: number; readonly rank: number }

/**
 * Makes each object in a transaction of its own, side by side where they do not lock each other out. A foreign key or check
 * that rows contradict is made `not valid`: it holds for new rows, and the report says so. Reports come in the order of
 * `objects`.
 */
export async function addObjects(
  objects: readonly SchemaObject[],
  options: AddObjectsOptions,
): Promise<ObjectReport[]> {
  const sorted = withRanks(objects).toSorted((a, b) => a.rank - b.rank)
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
  await allOrNone(options.signal, (signal) => {
    const works = [...groups.map((group) => add(group, signal)), ...analyzeInLanes({ ...options, signal })]
    options.queued?.()
    return works
  })
  for (const one of apart) await add([one], options.signal)
  return reports
}

/** Of many small tables, so many in a statement; a lane takes one statement after the other. */
const analyzedAtOnce = 20

function analyzeInLanes({ analyzed = [], lanes, signal }: AddObjectsOptions): Promise<void>[] {
  const chunk = lanes.width === 1 ? Math.max(1, analyzed.length) : analyzedAtOnce
  return chunked(analyzed, chunk).map((tables) =>
    lanes.run({
      rank: ranks.analyze,
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

function withRanks(objects: readonly SchemaObject[]): Numbered[] {
  const read = new Set<string>()
  return objects.map((object, index) => {
    const { kind, table } = object
    const isFirst = kind === 'index' && table !== null && !read.has(qualifiedName(table))
    if (isFirst) read.add(qualifiedName(table))
    return { object, index, rank: isFirst ? ranks.firstIndex : rankOf(kind) }
  })
}

function rankOf(kind: SchemaObjectKind): number {
  return kind in ranks ? ranks[kind as keyof typeof ranks] : 0
}

/** Null where a statement may touch any table. */
function locksOf({ kind, table, sql }: SchemaObject): readonly TableLock[] | null {
  if (sql === null) return []
  if (table === null || kind === 'view') return null
  if (kind !== 'foreign-key') {
    const plainIndex = /^create (unique )?index /.test(sql)
    return [{ table, mode: plainIndex ? 'index' : 'alter' }]
  }
  const parent = parentOf(sql)
  if (parent === null) return null
  const tables = sameTable(parent, table) ? [table] : [table, parent]
  return tables.map((locked) => ({ table: locked, mode: 'reference' }))
}

async function addInLane(group: readonly Numbered[], options: AddObjectsOptions): Promise<readonly MadeObject[]> {
  const [first] = group
  const key = group.length === 1 && first ? keyOf(first) : null
  if (key) return [await addKey(key, options)]
  return options.lanes.run({
    rank: Math.min(...group.map(({ rank }) => rank)),
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
    const same = more.every(({ mode }) => mode === first.mode)
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

async function addAlone(lane: Lane, one: Numbered, options: AddObjectsOptions): Promise<MadeObject> {
  const key = keyOf(one)
  const built = key !== null && (await isBuilt(lane.client, key))
  const make = built ? (sql: string) => attachKey(lane, key, sql, options) : undefined
  const { result: report, seconds } = await timed(() => addObject(lane, one, options, make))
  announce(report, seconds, options)
  return { index: one.index, report }
}

async function timed<Result>(run: () => Promise<Result>): Promise<{ result: Result; seconds: number }> {
  const started = performance.now()
  const result = await run()
  return { result, seconds: (performance.now() - started) / 1000 }
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

type Key = Numbered & { readonly table: TableName; readonly inTwo: KeyInTwo }

function keyOf(one: Numbered): Key | null {
  const { table, sql } = one.object
  const inTwo = sql === null ? null : keyInTwo(sql)
  return table === null || inTwo === null ? null : { ...one, table, inTwo }
}

/**
 * In two transactions, so that no session waits for what only the second needs: a key is built as an index beside the other indexes of its
 * table, and becomes a key in the moment in which nobody else uses that. Where nothing else is to be done meanwhile, the second makes all of it.
 */
async function addKey(key: Key, options: AddObjectsOptions): Promise<MadeObject> {
  const { object, index, table } = key
  const { lanes, signal, target } = options
  const failure = new AbortController()
  const build = lanes.run({
    rank: ranks.keyIndex,
    locks: [{ table, mode: 'index' }],
    signal,
    run: (lane) => timed(() => buildKey(lane, key, options)),
  })
  // Not to wait for the table first.
  build.catch((error: unknown) => failure.abort(error))
  const attach = lanes.run({
    rank: key.rank,
    locks: [{ table, mode: 'alter' }],
    signal: AbortSignal.any([signal, failure.signal]),
    run: async (lane) => {
      const { result: built, seconds } = await build
      const make = async (sql: string): Promise<Refusal> => {
        if (built instanceof DatabaseError) return built
        return built === 'built' ? attachKey(lane, key, sql, options) : trySql(lane.client, object, sql, target)
      }
      const added = await timed(() => addObject(lane, key, options, make))
      announce(added.result, seconds + added.seconds, options)
      return { index, report: added.result }
    },
  })
  // Whoever is told of a failure may rely on nothing running any more.
  await Promise.allSettled([build, attach])
  await build
  return attach
}

async function buildKey(
  lane: Lane,
  key: Key,
  options: AddObjectsOptions,
): Promise<'built' | 'not-built' | DatabaseError> {
  const { object, inTwo } = key
  const { client, crowded } = lane
  if (await isBuilt(client, key)) return 'built'
  if (!crowded) return 'not-built'
  const build = async (): Promise<Refusal> => trySql(client, object, inTwo.build, options.target)
  return (await withTransaction(client, build, beginOf(lane, object, options))) ?? 'built'
}

/** Where the index is not taken it goes, and it is the statement as it was planned whose refusal counts. */
async function attachKey(
  { client }: Lane,
  { object, table, inTwo }: Key,
  sql: string,
  { target }: AddObjectsOptions,
): Promise<Refusal> {
  if ((await trySql(client, object, inTwo.attach, target)) === null) return null
  const drop = `drop index ${quoteIdentifier(table.schema)}.${inTwo.name}`
  const refused = await trySql(client, object, `${drop}; ${sql}`, target)
  // A refusal has brought the index back.
  if (refused !== null) await trySql(client, object, drop, target)
  return refused
}

/** By a run that ended before it could make a key of it. */
async function isBuilt(client: Client, { table, inTwo: { name, columns } }: Key): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_index i
     where i.indexrelid = to_regclass($1) and i.indrelid = to_regclass($2)
       and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
       and to_jsonb(i) ->> 'indnullsnotdistinct' is distinct from 'true'
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
       and $3 = (select string_agg('"' || replace(a.attname, '"', '""') || '"', ', ' order by k.place)
         from unnest(i.indkey) with ordinality k (number, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number)`,
    [`${quoteIdentifier(table.schema)}.${name}`, qualifiedName(table), columns],
  )
  return rowCount === 1
}

async function addObject(
  lane: Lane,
  { object, index }: Numbered,
  options: AddObjectsOptions,
  make: (sql: string) => Promise<Refusal> = (sql) => trySql(lane.client, object, sql, options.target),
): Promise<ObjectReport> {
  const { sql } = object
  if (sql === null) return reportOf(object)
  const { client } = lane
  return withTransaction(
    client,
    async () => {
      const report = await explained(await make(sql), { client, object, sql, target: options.target })
      await options.beforeCommit?.(client, [{ index, report }])
      return report
    },
    beginOf(lane, object, options),
  )
}

function beginOf({ crowded }: Lane, { table }: SchemaObject, { rowsOf }: AddObjectsOptions): string {
  return `begin; ${crowded ? crowdedSettings(table === null ? undefined : rowsOf?.(table)) : ''}savepoint object`
}

/** What rows contradict is made for new rows alone. */
async function explained(
  failure: Refusal,
  { client, object, sql, target }: { client: Client; object: SchemaObject; sql: string; target: string },
): Promise<ObjectReport> {
  if (failure === null) return reportOf(object)
  const contradicted = codeOf(failure) === '23503' || codeOf(failure) === '23514'
  const error = reasonOf(failure)
  if (contradicted && (await trySql(client, object, `${sql} not valid`, target)) === null) {
    const note = [object.note, 'NOT VALID: rows that are there contradict it, new rows are checked'].filter(Boolean)
    return { ...object, sql: `${sql} not valid`, note: note.join('; '), outcome: 'changed', error }
  }
  return { ...object, outcome: 'refused', error }
}

/** How often a statement is tried that a foreign session's locks made PostgreSQL stop. */
const attempts = 3

/** After it the transaction can go on; null when it was done. */
type Refusal = DatabaseError | null

async function trySql(client: Client, object: SchemaObject, sql: string, target: string): Promise<Refusal> {
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
  const source = object.sourceSql === null ? '' : ` In the source: ${object.sourceSql}`
  return new RowferryError('CATALOG_DDL_FAILED', {
    message: `PostgreSQL refused the ${objectLabel(object)} (${reasonOf(error)}); nothing was changed.`,
    remedy: `${refusalRemedy(error)} The statement was: ${object.sql}${source}`,
    cause: error,
    context: { sql: object.sql, sourceSql: object.sourceSql },
  })
}
