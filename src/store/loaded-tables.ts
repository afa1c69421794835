import type { ClientBase } from 'pg'
import type { RelationStructure } from '../databases/postgres/catalog/relation-structure.ts'
import type { HashedContent } from '../databases/postgres/copy/hash-query.ts'
import type { TableName } from '../model/catalog.ts'
import type { PlannedTable } from '../model/plan.ts'
import { storeExists } from './store.ts'

/** Whose the table and its rows are. What each means for the next run: docs/design/second-run.md. */
export type LoadedHow =
  | 'made' // by rowferry, rows included
  | 'filled' // the rows are rowferry's, the table is not
  | 'shared' // rows of others were there before

/** What the store knows of a table that a transfer of this source loaded. It may be gone by now. */
export type LoadedTable = {
  readonly name: string
  readonly how: LoadedHow
  readonly transferId: string
  readonly sourceFingerprint: string | null
  readonly rowferryVersion: string | null
  /** How its rows were converted; null for a view, and in a record of an older rowferry. */
  readonly planned: PlannedTable | null
  readonly structure: RelationStructure | null
  /** Null: the transfer has not ended, or could not prove the content, or was run by an older rowferry. */
  readonly content: LoadedContent | null
}

export type LoadedContent = {
  readonly rows: number
  readonly rejected: number
  readonly hash: bigint
  readonly hashed: HashedContent
}

/** A transfer as the records name it. */
export type LoadingTransfer = {
  readonly id: string
  readonly sourceIdentity: string
  readonly sourceFingerprint: string
  readonly rowferryVersion: string
}

/** Notes that the transfer begins to load these relations; what is known of their content is forgotten. Run it in its transaction. */
export async function noteTables(
  client: ClientBase,
  transfer: LoadingTransfer,
  tables: readonly {
    readonly table: TableName
    readonly how: LoadedHow
    readonly planned: PlannedTable | null
    readonly structure: RelationStructure | null
  }[],
): Promise<void> {
  await client.query(
    `insert into rowferry.loaded_tables (target_schema, target_table, how, planned, structure,
       source_identity, transfer_id, source_fingerprint, rowferry_version)
     select noted.*, $6, $7, $8, $9
     from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::json[]) as noted (target_schema, target_table, how, planned, structure)
     on conflict (target_schema, target_table) do update set
       -- A table that rowferry made and that was only filled again is still its own, as long as nothing was added to it.
       how = case when loaded_tables.how = 'made' and excluded.how = 'filled'
           and loaded_tables.source_identity = excluded.source_identity
           and loaded_tables.structure::jsonb = excluded.structure::jsonb then 'made' else excluded.how end,
       planned = excluded.planned, structure = excluded.structure,
       source_identity = excluded.source_identity, transfer_id = excluded.transfer_id,
       source_fingerprint = excluded.source_fingerprint, rowferry_version = excluded.rowferry_version,
       loaded_at = excluded.loaded_at, rows = null, rejected = null, hash = null, hashed = null`,
    [
      tables.map(({ table }) => table.schema),
      tables.map(({ table }) => table.name),
      tables.map(({ how }) => how),
      tables.map(({ planned }) => planned && JSON.stringify(planned)),
      tables.map(({ structure }) => structure && JSON.stringify(structure)),
      transfer.sourceIdentity,
      transfer.id,
      transfer.sourceFingerprint,
      transfer.rowferryVersion,
    ],
  )
}

/** Notes what the transfer left in its relations. `content` null: it could not be proven. */
export async function noteContents(
  client: ClientBase,
  transferId: string,
  tables: readonly {
    readonly table: TableName
    readonly structure: RelationStructure
    readonly content: LoadedContent | null
  }[],
): Promise<void> {
  await client.query(
    `update rowferry.loaded_tables as l
     set structure = noted.structure, rows = noted.rows, rejected = noted.rejected, hash = noted.hash, hashed = noted.hashed,
       loaded_at = clock_timestamp()
     from unnest($2::text[], $3::text[], $4::json[], $5::bigint[], $6::bigint[], $7::text[], $8::json[])
       as noted (schema, name, structure, rows, rejected, hash, hashed)
     where l.transfer_id = $1 and l.target_schema = noted.schema and l.target_table = noted.name`,
    [
      transferId,
      tables.map(({ table }) => table.schema),
      tables.map(({ table }) => table.name),
      tables.map(({ structure }) => JSON.stringify(structure)),
      tables.map(({ content }) => content?.rows ?? null),
      tables.map(({ content }) => content?.rejected ?? null),
      tables.map(({ content }) => content?.hash.toString() ?? null),
      tables.map(({ content }) => content && JSON.stringify(content.hashed)),
    ],
  )
}

/** Relations of the schema that transfers of this source loaded, by name; none without a store. */
export async function readLoadedTables(
  client: ClientBase,
  sourceIdentity: string,
  targetSchema: string,
): Promise<Map<string, LoadedTable>> {
  if (!(await storeExists(client))) return new Map()
  // As JSON, since a store of revision 1 has not all of the columns, and what only looks does not bring it up to date.
  const { rows } = await client.query<{ record: string }>(
    `select row_to_json(l)::text as record from rowferry.loaded_tables as l where source_identity = $1 and target_schema = $2`,
    [sourceIdentity, targetSchema],
  )
  const tables = rows.map(({ record }) => loadedTable(JSON.parse(record) as LoadedRow))
  return new Map(tables.map((table) => [table.name, table]))
}

/** Columns that revision 1 has not got are missing. */
type LoadedRow = {
  readonly target_table: string
  readonly transfer_id: string
  readonly how?: LoadedHow
  readonly source_fingerprint?: string | null
  readonly rowferry_version?: string | null
  readonly planned?: PlannedTable | null
  readonly structure?: RelationStructure | null
  readonly rows?: number | null
  readonly rejected?: number | null
  readonly hash?: string | null
  readonly hashed?: HashedContent | null
}

function loadedTable(row: LoadedRow): LoadedTable {
  const { rows = null, hash = null, hashed = null } = row
  return {
    name: row.target_table,
    how: row.how ?? 'made',
    transferId: row.transfer_id,
    sourceFingerprint: row.source_fingerprint ?? null,
    rowferryVersion: row.rowferry_version ?? null,
    planned: row.planned ?? null,
    structure: row.structure ?? null,
    content:
      rows === null || hash === null || hashed === null
        ? null
        : { rows, rejected: row.rejected ?? 0, hash: BigInt(hash), hashed },
  }
}
