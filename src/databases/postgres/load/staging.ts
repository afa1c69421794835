import { createHash } from 'node:crypto'
import type { Client, ClientBase } from 'pg'
import type { TableName } from '../../../model/catalog.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import { stagedRow } from './conflict-sql.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'
import { withTransaction } from '../connection/postgres-connection.ts'

/** A place for rows on their way: columns typed like the target's (text where PostgreSQL has to cast), and the row's number. */
const temporaryTable = { schema: 'pg_temp', name: 'rowferry_staging' }

/** For batches that are applied in the transaction in which they arrive; empties itself at every commit. */
export async function createTemporaryStaging(client: ClientBase, table: PlannedTable): Promise<TableName> {
  await client.query(
    `drop table if exists pg_temp.rowferry_staging;
     create temporary table rowferry_staging on commit delete rows as ${emptyRows(table)};
     ${addRowNumber(temporaryTable)}`,
  )
  return temporaryTable
}

/** Where the source's rows are put to be compared with the target's. */
export const comparisonTable: TableName = { schema: 'pg_temp', name: 'rowferry_comparison' }

/** Made anew, empty. Gone with the session, so that a comparison leaves nothing behind whatever happens. */
export async function createComparison(client: ClientBase, table: PlannedTable): Promise<void> {
  await client.query(
    `drop table if exists pg_temp.rowferry_comparison; create temporary table rowferry_comparison as ${emptyRows(table)}`,
  )
}

/** Where the transfer keeps the rows of a table until the last has come, in the schema `rowferry`. */
export function stagingName(transferId: string, target: TableName): TableName {
  const hash = createHash('sha256')
    .update(JSON.stringify([transferId, target.schema, target.name]))
    .digest('hex')
  return { schema: 'rowferry', name: `${stagingPrefix(transferId)}${hash.slice(0, 12)}` }
}

function stagingPrefix(transferId: string): string {
  return `staging_${createHash('sha256').update(transferId).digest('hex').slice(0, 12)}_`
}

/** A staging table that outlives the session; left as it is when it exists. Several loaders may ask for it at once. */
export async function createStaging(client: Client, table: PlannedTable, transferId: string): Promise<TableName> {
  const name = stagingName(transferId, table.target)
  await withTransaction(client, async () => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`rowferry staging ${name.name}`])
    if (!(await stagingExists(client, name))) {
      await client.query(`create table ${qualifiedName(name)} as ${emptyRows(table)}; ${addRowNumber(name)}`)
    }
  })
  return name
}

export async function stagingExists(client: ClientBase, staging: TableName): Promise<boolean> {
  const { rows } = await client.query<{ there: string }>(
    `select count(*) as there from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [staging.schema, staging.name],
  )
  return Number(rows[0]?.there) > 0
}

/** Drops every staging table of the transfer. */
export async function dropStagings(client: ClientBase, transferId: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'rowferry' and c.relkind = 'r' and starts_with(c.relname, $1)`,
    [stagingPrefix(transferId)],
  )
  for (const { name } of rows) await client.query(`drop table ${qualifiedName({ schema: 'rowferry', name })}`)
}

/** `copy` of the table's rows into it or into a staging table of it (see `numberFromSql`). */
export function copyIntoSql(into: TableName, table: PlannedTable): string {
  const columns = table.columns.map((column) => quoteIdentifier(column.target)).join(', ')
  return `copy ${qualifiedName(into)} (${columns}) from stdin (format binary)`
}

/** Makes the next staged row be number `from` + 1, so that numbers follow from the index in the batch. */
export function numberFromSql(staging: TableName, from: number): string {
  return `select setval('${qualifiedName({ ...staging, name: `${staging.name}_${stagedRow}_seq` }).replaceAll("'", "''")}'::pg_catalog.regclass, ${from + 1}, false)`
}

/** `create table as` takes over types, their modifiers and collations, but no NOT NULL, default or check. */
function emptyRows(table: PlannedTable): string {
  const columns = table.columns.map((column) => {
    const name = quoteIdentifier(column.target)
    return column.conversion.castTo === null ? name : `null::text as ${name}`
  })
  return `select ${columns.join(', ')} from ${qualifiedName(table.target)} with no data`
}

function addRowNumber(staging: TableName): string {
  return `alter table ${qualifiedName(staging)} add column ${stagedRow} bigint generated always as identity`
}
