import { type Client, DatabaseError } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { tableLabel } from '../../../model/catalog.ts'
import type { Emit } from '../../../model/events.ts'
import type { SchemaObject, SchemaObjectKind } from '../../../model/plan.ts'
import type { ObjectReport } from '../../../model/report.ts'
import { withTransaction } from '../connection/postgres-connection.ts'
import { codeOf, isConnectionFailure, messageOf, translatePostgresError } from '../postgres-errors.ts'

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
  /** Called in each object's transaction with its index and what became of it: what is written there is never out of step. */
  readonly beforeCommit?: (client: Client, index: number, report: ObjectReport) => Promise<void>
}

/** What must stand before what refers to it: keys before foreign keys, columns before views over them. */
const order: Readonly<Partial<Record<SchemaObjectKind, number>>> = {
  'not-null': 1,
  'primary-key': 2,
  unique: 3,
  index: 4,
  check: 5,
  'foreign-key': 6,
  view: 7,
}

/**
 * Makes each object in a transaction of its own. A foreign key or check that rows contradict is made `not valid`: it
 * holds for new rows, and the report says so. Reports come in the order of `objects`.
 */
export async function addObjects(
  client: Client,
  objects: readonly SchemaObject[],
  options: AddObjectsOptions,
): Promise<ObjectReport[]> {
  const indexed = objects.map((object, index) => ({ object, index }))
  const sorted = indexed.toSorted((a, b) => (order[a.object.kind] ?? 0) - (order[b.object.kind] ?? 0))
  const reports: ObjectReport[] = []
  for (const { object, index } of sorted) {
    options.signal.throwIfAborted()
    const started = performance.now()
    const report = await addObject(client, object, index, options)
    reports[index] = report
    options.emit('object:created', {
      kind: object.kind,
      name: object.name,
      table: object.table ? tableLabel(object.table) : null,
      error: report.error,
      seconds: (performance.now() - started) / 1000,
    })
  }
  return reports
}

async function addObject(
  client: Client,
  object: SchemaObject,
  index: number,
  options: AddObjectsOptions,
): Promise<ObjectReport> {
  const { sql } = object
  if (sql === null) return { ...object, outcome: 'not-carried', error: null }
  return withTransaction(client, async () => {
    await client.query('savepoint object')
    const report = await tryObject(client, object, sql, options.target)
    await options.beforeCommit?.(client, index, report)
    return report
  })
}

async function tryObject(client: Client, object: SchemaObject, sql: string, target: string): Promise<ObjectReport> {
  const failure = await trySql(client, object, sql, target)
  if (failure === null) return { ...object, outcome: object.note === null ? 'created' : 'changed', error: null }
  const contradicted = codeOf(failure) === '23503' || codeOf(failure) === '23514'
  const error = reasonOf(failure)
  if (contradicted && (await trySql(client, object, `${sql} not valid`, target)) === null) {
    const note = [object.note, 'NOT VALID: rows that are there contradict it, new rows are checked'].filter(Boolean)
    return { ...object, sql: `${sql} not valid`, note: note.join('; '), outcome: 'changed', error }
  }
  return { ...object, outcome: 'refused', error }
}

/** PostgreSQL's refusal, after which the transaction can go on; null when it was done. */
async function trySql(
  client: Client,
  object: SchemaObject,
  sql: string,
  target: string,
): Promise<DatabaseError | null> {
  try {
    await client.query(sql)
    return null
  } catch (error) {
    // 57014: cancelled; 53…: no disk, no memory: these say nothing about the object.
    const code = codeOf(error) ?? ''
    if (!(error instanceof DatabaseError) || isConnectionFailure(error) || /^(57|53|58|XX)/.test(code)) {
      throw translatePostgresError(error, { target, doing: `making ${objectLabel(object)}` })
    }
    await client.query('rollback to savepoint object')
    return error
  }
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
