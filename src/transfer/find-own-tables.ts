import type { Client } from 'pg'
import { knowsRowHash } from '../databases/postgres/copy/hash-query.ts'
import {
  columnChanges,
  readStructures,
  type RelationStructure,
  structureChanges,
} from '../databases/postgres/catalog/relation-structure.ts'
import { boundLockWait, explainLockWait } from '../databases/postgres/connection/lock-wait.ts'
import { withTransaction } from '../databases/postgres/connection/postgres-connection.ts'
import { hashContents, type TableHash } from '../databases/postgres/hash-tables.ts'
import type { OwnState, OwnTable } from '../plan/own-tables.ts'
import { countOf, formatCount } from '../report/figures.ts'
import { readShards } from '../store/checkpoints.ts'
import type { LoadedContent, LoadedTable } from '../store/loaded-tables.ts'
import { contentOf } from './loaded-content.ts'
import { totalsOf } from './transfer-account.ts'

export type FoundTable = OwnTable & {
  readonly record: LoadedTable
  /** What it holds now, where that is not what was recorded; null: it is, or it was not looked at. */
  readonly now: TableHash | null
}

type Scene = { readonly schema: string; readonly serverVersion: string }

/**
 * What became of the recorded relations since: structure first, then the rows by count and hash. Nothing cheaper is trusted:
 * docs/design/second-run.md. Relations that are gone, and tables that also hold rows of others, are not in the answer.
 */
export async function findOwnTables(
  client: Client,
  records: readonly LoadedTable[],
  scene: Scene,
): Promise<Map<string, FoundTable>> {
  const tables = records.map(({ name }) => ({ schema: scene.schema, name }))
  return explainLockWait(client, tables, () =>
    withTransaction(client, () => compareTables(client, records, scene), `begin read only; ${boundLockWait}`),
  )
}

/** The same within the transaction that is open. */
export async function compareTables(
  client: Client,
  records: readonly LoadedTable[],
  { schema, serverVersion }: Scene,
): Promise<Map<string, FoundTable>> {
  const structures = await readStructures(
    client,
    schema,
    records.map(({ name }) => name),
  )
  const [row] = (await client.query<{ user: string }>('select current_user as user')).rows
  const checkpoints = await contentsOfUnfinished(client, records)
  const found = new Map<string, FoundTable>()
  const toHash: { record: LoadedTable; how: 'made' | 'filled'; content: LoadedContent }[] = []
  for (const record of records) {
    const structure = structures.get(record.name)
    if (!structure || record.how === 'shared') continue
    const { how } = record
    const put = (state: OwnState): void => void found.set(record.name, { how, state, record, now: null })
    const content = record.content ?? checkpoints.get(record.name) ?? null
    const changes = changesOf(record, structure, row?.user ?? '')
    if (changes.length > 0) put({ kind: 'changed', what: changes.join(', ') })
    else if (isView(structure)) put({ kind: 'unchanged' })
    else if (content === null) put({ kind: 'unknown', why: whyUnknown(record) })
    else if (!knowsRowHash(serverVersion, content.hashed.form))
      put({ kind: 'unknown', why: olderServer(serverVersion) })
    else toHash.push({ record, how, content })
  }
  const hashes = await hashContents(
    client,
    toHash.map(({ record: { name }, content }) => ({ table: { schema, name }, ...content })),
  )
  for (const [at, { record, how, content }] of toHash.entries()) {
    const now = hashes[at]
    if (now) found.set(record.name, { how, state: stateOf(content, now), record, now })
  }
  return found
}

function stateOf(loaded: LoadedContent, now: TableHash): OwnState {
  if (now.rows === loaded.rows && now.hash === loaded.hash) return { kind: 'unchanged' }
  if (now.rows === 0) return { kind: 'emptied' }
  return { kind: 'changed', what: describeRows(loaded.rows, now.rows, 'the content of rows changed') }
}

/** `3 rows, rowferry loaded 2; 1 differs` */
export function describeRows(loaded: number, now: number, detail: string): string {
  const rows = `${countOf(now, 'row')}, rowferry loaded ${formatCount(loaded)}`
  return loaded === now || detail !== 'the content of rows changed' ? `${rows}; ${detail}` : rows
}

/**
 * A table that rowferry made would be dropped with everything that was put on it, and the new one would belong to the user of
 * the run. Of a table of the application, and of one whose load was interrupted, the columns count.
 */
function changesOf({ how, structure, content, planned }: LoadedTable, now: RelationStructure, user: string): string[] {
  if (structure === null) return []
  if (how === 'filled' || (planned !== null && content === null)) return columnChanges(structure, now)
  const owner = now.owner === user ? [] : [`it belongs to ${now.owner}, and one that ${user} makes would not`]
  return [...structureChanges(structure, now), ...owner]
}

function isView({ kind }: RelationStructure): boolean {
  return kind === 'v' || kind === 'm'
}

function whyUnknown({ planned }: LoadedTable): string {
  return planned === null
    ? 'it was loaded by an older rowferry, which kept no record of its content'
    : 'the run that loaded it did not end with its content proven'
}

function olderServer(version: string): string {
  return `its record was made on PostgreSQL 18 or newer, and PostgreSQL ${version} cannot compute it`
}

/** Tables whose transfer has not ended: the sums of its checkpoints, which moved in the transactions of the rows. */
async function contentsOfUnfinished(
  client: Client,
  records: readonly LoadedTable[],
): Promise<Map<string, LoadedContent>> {
  const open = records.filter(({ content, planned }) => content === null && planned !== null)
  const contents = new Map<string, LoadedContent>()
  for (const [transferId, tables] of Map.groupBy(open, (record) => record.transferId)) {
    const shards = Map.groupBy(await readShards(client, transferId), (shard) => shard.table.name)
    for (const { name, planned, structure } of tables) {
      const own = shards.get(name)
      const content = own && planned && structure ? contentOf(planned, structure, totalsOf(own)) : null
      if (content) contents.set(name, content)
    }
  }
  return contents
}
