import type { Client } from 'pg'
import { qualifiedName, quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { columnList } from '../databases/postgres/schema/postgres-ddl.ts'
import { withTransaction } from '../databases/postgres/connection/postgres-connection.ts'
import { RowferryError } from '../errors/errors.ts'
import { selectSynced, tableSettings } from '../mapping/postgres-to-zero/select-synced.ts'
import type { ReplicationFacts, SyncedTable } from '../mapping/postgres-to-zero/zero-table.ts'
import { zeroTypeOf } from '../mapping/postgres-to-zero/zero-types.ts'
import { type Catalog, type Column, type TableName, tableLabel } from '../model/catalog.ts'
import type { Warning } from '../model/warning.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { legalForZero } from '../plan/zero-names.ts'

/**
 * An own publication, so that what Zero shall not have is really not replicated: a column that is only missing in the schema
 * file still goes to every client. It needs no superuser, unlike the one over a whole schema that zero-cache makes itself.
 */

/** `columns` null: all of them, also those that come later. */
export type PublishedTable = { readonly table: TableName; readonly columns: readonly string[] | null }

export type PublicationPlan = { readonly tables: readonly PublishedTable[]; readonly warnings: readonly Warning[] }

export type PublicationFacts = {
  /** Tables with REPLICA IDENTITY FULL: what is published of them must be every column. */
  readonly fullIdentity: ReadonlySet<string>
  /** Table to its owner: only who owns a table may publish it. */
  readonly ownedByOthers: ReadonlyMap<string, string>
}

/** What Zero can sync and nobody excluded, of a schema as it is. `facts.published` is not looked at. */
export function planPublication(
  catalog: Catalog,
  settings: ZeroSettings,
  facts: ReplicationFacts & PublicationFacts,
): PublicationPlan {
  const { tables, leftOut } = selectSynced(catalog, settings, { ...facts, published: null })
  const warnings: Warning[] = leftOut
    .filter(({ column }) => column === null)
    .map(({ table, reason }) => notPublished(table, reason))
  const published = tables.flatMap((synced): PublishedTable[] => {
    const { name } = synced.table
    const owner = facts.ownedByOthers.get(name.name)
    const obstacle =
      legalForZero(name.name, 'table').reason ??
      (owner === undefined ? null : `it belongs to ${owner}, and only its owner may publish it`)
    if (obstacle !== null) {
      warnings.push(notPublished(name, obstacle))
      return []
    }
    return [{ table: name, columns: publishedColumns(synced, catalog, { settings, facts, warnings }) }]
  })
  return { tables: published, warnings }
}

function publishedColumns(
  { table, columns, keyColumns }: SyncedTable,
  catalog: Catalog,
  context: {
    readonly settings: ZeroSettings
    readonly facts: PublicationFacts
    readonly warnings: Warning[]
  },
): readonly string[] | null {
  const wanted = new Set([...columns.map(({ column }) => column.name), ...keyColumns])
  for (const column of generatedToo(table.columns, catalog)) {
    if (tableSettings(context.settings, table)?.columns.get(column.name)?.exclude !== true) wanted.add(column.name)
  }
  const listed = table.columns.map((column) => column.name).filter((name) => wanted.has(name))
  const generated = table.columns.some((column) => column.generated !== null && wanted.has(column.name))
  const leftOut = table.columns.filter((column) => column.generated === null && !wanted.has(column.name))
  if (leftOut.length === 0 && !generated) return null
  if (!context.facts.fullIdentity.has(table.name.name)) return listed
  // PostgreSQL then wants every column of the old row, and would refuse UPDATE and DELETE.
  context.warnings.push({
    code: 'zero-not-left-out',
    table: table.name.name,
    column: null,
    message: `${tableLabel(table.name)} has REPLICA IDENTITY FULL, so that all its columns are published, also ${leftOut.map((column) => column.name).join(', ')}.`,
    remedy: `alter table ${qualifiedName(table.name)} replica identity default;`,
  })
  return null
}

/** From PostgreSQL 18 on, stored generated columns are replicated where a list names them. */
function generatedToo(columns: readonly Column[], { version }: Catalog): Column[] {
  if (Number.parseInt(version, 10) < 18) return []
  return columns.filter((column) => column.generated?.stored === true && 'type' in zeroTypeOf(column, new Map(), null))
}

function notPublished(table: TableName, reason: string): Warning {
  return {
    code: 'zero-not-synced',
    table: table.name,
    column: null,
    message: `${tableLabel(table)} is not in the publication: ${reason}.`,
    remedy: null,
  }
}

/**
 * Makes the publication, or lets the one that is there publish exactly this. One that does already is not touched: every
 * change of it makes a running zero-cache look at the tables again. Throws CATALOG_UNSUPPORTED for one FOR ALL TABLES.
 */
export async function writePublication(
  client: Client,
  name: string,
  tables: readonly PublishedTable[],
): Promise<'made' | 'changed' | 'unchanged'> {
  const existing = await readPublication(client, name)
  if (existing === null) {
    const what = tables.length === 0 ? '' : ` for table ${tableList(tables)}`
    await client.query(`create publication ${quoteIdentifier(name)}${what} with (${publicationOptions})`)
    return 'made'
  }
  if (existing.wholesale) throw wholesale(name)
  if (existing.complete && sameTables(existing.tables, tables)) return 'unchanged'
  await withTransaction(client, async () => {
    await client.query(`alter publication ${quoteIdentifier(name)} set (${publicationOptions})`)
    if (tables.length > 0) {
      await client.query(`alter publication ${quoteIdentifier(name)} set table ${tableList(tables)}`)
    } else if (existing.tables.length > 0) {
      const old = existing.tables.map(({ table }) => qualifiedName(table)).join(', ')
      await client.query(`alter publication ${quoteIdentifier(name)} drop table ${old}`)
    }
  })
  return 'changed'
}

/** What Zero asks of a publication; rows of partitions come as those of their table. */
const publicationOptions = `publish = 'insert, update, delete, truncate', publish_via_partition_root = true`

function tableList(tables: readonly PublishedTable[]): string {
  return tables
    .map(({ table, columns }) => qualifiedName(table) + (columns === null ? '' : ` (${columnList(columns)})`))
    .join(', ')
}

function sameTables(some: readonly PublishedTable[], others: readonly PublishedTable[]): boolean {
  const lines = (tables: readonly PublishedTable[]): string[] =>
    tables.map(({ table, columns }) => JSON.stringify([table.schema, table.name, columns?.toSorted() ?? null]))
  const [left, right] = [new Set(lines(some)), new Set(lines(others))]
  return left.size === right.size && [...left].every((line) => right.has(line))
}

function wholesale(name: string): RowferryError {
  return new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The publication ${name} is FOR ALL TABLES or FOR TABLES IN SCHEMA, so that nothing can be left out of it.`,
    remedy: `drop publication ${quoteIdentifier(name)}; or name another one: zero: {publication: zero_data_2}`,
  })
}

type ExistingPublication = {
  readonly wholesale: boolean
  /** It publishes all kinds of changes, and those of partitions as their table's. */
  readonly complete: boolean
  readonly tables: readonly PublishedTable[]
}

async function readPublication(client: Client, name: string): Promise<ExistingPublication | null> {
  const { rows } = await client.query<{ found: string }>(
    `select json_build_object(
       'wholesale', p.puballtables or exists (select from pg_catalog.pg_publication_namespace n where n.pnpubid = p.oid),
       'complete', p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate and p.pubviaroot,
       'tables', coalesce((
         select json_agg(json_build_object(
           'table', json_build_object('schema', n.nspname, 'name', c.relname),
           'columns', case when r.prattrs is not null then (
             select json_agg(a.attname) from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum = any (r.prattrs)) end))
         from pg_catalog.pg_publication_rel r
         join pg_catalog.pg_class c on c.oid = r.prrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where r.prpubid = p.oid), '[]'))::text as found
     from pg_catalog.pg_publication p where p.pubname = $1`,
    [name],
  )
  return rows[0] ? (JSON.parse(rows[0].found) as ExistingPublication) : null
}
