import { readdir, readFile } from 'node:fs/promises'
import type { Client, ClientBase } from 'pg'
import { withTransaction } from '../databases/postgres/connection/postgres-connection.ts'
import { codeOf } from '../databases/postgres/postgres-errors.ts'
import { quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { RowferryError } from '../errors/errors.ts'

/**
 * Our own tables, in the schema `rowferry` of the target and nowhere else: transfers, their checkpoints, and which tables
 * were made from which source. Every function takes a client and runs in whatever transaction is open on it; opening
 * the client is the caller's business. May import model, errors, util, config and databases. `transfer/` uses it.
 *
 * The schema is made by `openStore`, which runs only when a transfer really starts. What only looks (`plan`, a dry run, a
 * refused run) gets "nothing there" while it is missing.
 */

const folder = new URL('./sql/', import.meta.url)

/** Makes the schema or brings it up to date; several may try at once. Commits on its own: call it outside a transaction. True when it was not there before. */
export async function openStore(client: Client): Promise<boolean> {
  const revisions = await listRevisions()
  try {
    return await withTransaction(client, async () => {
      // Waits for another installer: 'if not exists' alone lets two of them collide in pg_namespace.
      await client.query(`select pg_advisory_xact_lock(hashtextextended('rowferry.revisions', 0))`)
      const applied = await readRevision(client)
      refuseNewer(applied ?? 0, revisions.length)
      if (applied === null) await createSchema(client)
      for (const { number, file } of revisions.slice(applied ?? 0)) {
        await client.query(await readFile(new URL(file, folder), 'utf8'))
        await client.query('insert into rowferry.revisions (number) values ($1)', [number])
      }
      return applied === null
    })
  } catch (error) {
    throw await explainPermission(client, error)
  }
}

/** Removes the schema again where it holds nothing: after a run that made it and was refused before it made anything else. */
export async function removeEmptyStore(client: Client): Promise<void> {
  await withTransaction(client, async () => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('rowferry.revisions', 0))`)
    const { rows } = await client.query<{ used: string }>(
      `select (exists (select 1 from rowferry.transfers) or exists (select 1 from rowferry.loaded_tables)
         or exists (select 1 from rowferry.dropped_foreign_keys))::int as used`,
    )
    if (rows[0]?.used === '0') await client.query('drop schema rowferry cascade')
  })
}

/** True when our tables are there to be read; throws when they were made by a newer rowferry. Changes nothing. */
export async function storeExists(client: ClientBase): Promise<boolean> {
  const applied = await readRevision(client)
  refuseNewer(applied ?? 0, (await listRevisions()).length)
  return applied !== null
}

/** Numbers of the revisions are the names of their files, without gaps from 1. */
async function listRevisions(): Promise<{ readonly number: number; readonly file: string }[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{6}\.sql$/.test(file)).sort()
  return files.map((file) => ({ number: Number.parseInt(file, 10), file }))
}

/** Null: there is no store. Looked up in pg_class because to_regclass fails without rights on the schema. */
async function readRevision(client: ClientBase): Promise<number | null> {
  const found = await client.query<{ there: string }>(
    `select count(*) as there from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'rowferry' and c.relname = 'revisions'`,
  )
  if (Number(found.rows[0]?.there) === 0) return null
  const { rows } = await client.query<{ number: string }>(
    'select coalesce(max(number), 0) as number from rowferry.revisions',
  )
  return Number(rows[0]?.number)
}

async function createSchema(client: ClientBase): Promise<void> {
  await client.query('create schema if not exists rowferry')
  await client.query(
    `create table rowferry.revisions (number integer primary key, applied_at timestamptz not null default clock_timestamp())`,
  )
}

function refuseNewer(applied: number, known: number): void {
  if (applied <= known) return
  throw new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The schema "rowferry" in the target was made by a newer rowferry (revision ${applied}; this one knows ${known}).`,
    remedy: 'Install the newer version: npm install rowferry@latest',
  })
}

async function explainPermission(client: ClientBase, error: unknown): Promise<unknown> {
  if (codeOf(error) !== '42501') return error
  const { rows } = await client.query<{ database: string; role: string }>(
    'select current_database() as database, current_user as role',
  )
  const database = quoteIdentifier(rows[0]?.database ?? '')
  const role = quoteIdentifier(rows[0]?.role ?? '')
  return new RowferryError('CATALOG_PERMISSION', {
    message: `The user ${role} may not make the schema "rowferry", where rowferry keeps its checkpoints, in the database ${database}.`,
    remedy: `As its owner, type: grant create on database ${database} to ${role}; or: create schema rowferry authorization ${role};`,
    cause: error,
  })
}
