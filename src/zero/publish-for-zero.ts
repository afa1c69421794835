import type { Client } from 'pg'
import { readPostgresCatalog } from '../databases/postgres/catalog/postgres-catalog.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Warning } from '../model/warning.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { planPublication, type PublicationFacts, writePublication } from './publication.ts'
import { readReplicationFacts } from './read-replication-facts.ts'

export type Published = {
  readonly outcome: 'made' | 'changed' | 'unchanged'
  readonly tables: number
  readonly warnings: readonly Warning[]
}

/**
 * Makes the publication of the settings over one schema as it now is, or brings it up to date. Null: the settings want none.
 * Throws CATALOG_UNSUPPORTED on servers before PostgreSQL 15, which know no column lists and which Zero does not take.
 */
export async function publishForZero(
  client: Client,
  { schema, settings }: { readonly schema: string; readonly settings: ZeroSettings },
): Promise<Published | null> {
  if (settings.publication === null) return null
  const catalog = await readPostgresCatalog(client, schema)
  const { version } = catalog
  if (Number.parseInt(version, 10) < 15) throw tooOld(version)
  const facts = await readReplicationFacts(client, { schema, settings, version })
  const { tables, warnings } = planPublication(catalog, settings, { ...facts, ...(await readOddities(client, schema)) })
  return { outcome: await writePublication(client, settings.publication, tables), tables: tables.length, warnings }
}

async function readOddities(client: Client, schema: string): Promise<PublicationFacts> {
  const { rows } = await client.query<{ name: string; full: string; owner: string; own: string }>(
    `select c.relname as name, c.relreplident = 'f' as full, pg_catalog.pg_get_userbyid(c.relowner) as owner,
       pg_catalog.pg_has_role(c.relowner, 'usage') as own
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p')`,
    [schema],
  )
  return {
    fullIdentity: new Set(rows.filter(({ full }) => full === 't').map(({ name }) => name)),
    ownedByOthers: new Map(rows.filter(({ own }) => own === 'f').map(({ name, owner }) => [name, owner])),
  }
}

export function tooOld(version: string): RowferryError {
  return new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The target is PostgreSQL ${version}, which Zero does not take: it needs 15 or newer.`,
    remedy: 'Upgrade the server, or leave zero: out of the configuration',
  })
}
