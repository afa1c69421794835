import type { Client } from 'pg'
import type { ReplicationFacts } from '../mapping/postgres-to-zero/zero-table.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { type PublicationFacts, readPublication, readTables, type TableFacts } from './examine/read-facts.ts'

/** PostgreSQL 15 brought column lists; zero-cache refuses anything older. */
const oldestServer = 15

/** What of a schema reaches Zero, beside what its catalog says. */
export async function readReplicationFacts(
  client: Client,
  { schema, settings, version }: { readonly schema: string; readonly settings: ZeroSettings; readonly version: string },
): Promise<ReplicationFacts> {
  const tables = await readTables(client, [schema], [])
  const mayHaveOne = settings.publication !== null && Number.parseInt(version, 10) >= oldestServer
  const publication = mayHaveOne ? await readPublication(client, settings.publication ?? '') : null
  return {
    neverReplicated: new Map(tables.flatMap((table) => entry(table, reasonAgainst(table)))),
    unusableKeys: new Set(tables.flatMap(unusableKeys)),
    published: publication === null ? null : publishedColumns(tables, publication),
  }
}

function entry({ name }: TableFacts, reason: string | null): [string, string][] {
  return reason === null ? [] : [[name.name, reason]]
}

function reasonAgainst(table: TableFacts): string | null {
  if (table.kind === 'f') return 'foreign table'
  if (table.unlogged) return 'unlogged table, which PostgreSQL does not replicate'
  return table.partition ? 'partition, whose rows come with its partitioned table' : null
}

function unusableKeys({ indexes }: TableFacts): string[] {
  return indexes.filter((index) => index.unique && !(index.immediate && index.copied)).map((index) => index.name)
}

function publishedColumns(tables: readonly TableFacts[], publication: PublicationFacts): Map<string, Set<string>> {
  const names = new Map(tables.map(({ oid, name }) => [oid, name.name]))
  return new Map(
    publication.tables.flatMap(({ table, columns }) => {
      const name = names.get(table)
      return name === undefined ? [] : [[name, new Set(columns)] as const]
    }),
  )
}
