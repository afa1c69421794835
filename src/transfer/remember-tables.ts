import type { Client } from 'pg'
import { readStructures, type RelationStructure } from '../databases/postgres/catalog/relation-structure.ts'
import { hashContents } from '../databases/postgres/hash-tables.ts'
import type { TableName } from '../model/catalog.ts'
import { isNewTable, type Plan, type PlannedTable } from '../model/plan.ts'
import type { LoadedContent, LoadedHow } from '../store/loaded-tables.ts'
import { noteContents } from '../store/loaded-tables.ts'
import { contentOf, hashedContent } from './loaded-content.ts'
import type { TransferAccount } from './transfer-account.ts'
import { expectedRows } from './verify-table.ts'

/** Whose the table and its rows are once this transfer has loaded it. */
export function howLoaded({ mode }: PlannedTable): LoadedHow {
  if (isNewTable({ mode })) return 'made'
  return mode === 'into-empty' ? 'filled' : 'shared'
}

/** The plan of a table as it is kept with its record: without what only explains it, which may quote values. */
export function withoutEvidence(table: PlannedTable): PlannedTable {
  return { ...table, columns: table.columns.map((column) => ({ ...column, evidence: [], reason: '' })) }
}

/** Notes what the transfer leaves in every table and view, so that the next run can tell whether it has changed. */
export async function rememberContents(
  client: Client,
  {
    plan,
    transferId,
    account,
  }: { readonly plan: Plan; readonly transferId: string; readonly account: TransferAccount },
): Promise<void> {
  const { schema } = plan.target
  const tables = new Map(plan.tables.map((table) => [table.target.name, table]))
  const names = [...tables.keys(), ...madeViews(plan).map(({ name }) => name)]
  const structures = await readStructures(client, schema, names)
  const contents = await readContents(client, [...tables.values()], { structures, account })
  await noteContents(
    client,
    transferId,
    [...structures].map(([name, structure]) => ({
      table: { schema, name },
      structure,
      content: contents.get(name) ?? null,
    })),
  )
}

function madeViews(plan: Plan): TableName[] {
  const objects = plan.steps.flatMap((step) => (step.kind === 'add-objects' ? step.objects : []))
  return objects.flatMap(({ kind, table }) => (kind === 'view' && table ? [table] : []))
}

/** Only what was proven, or is known from the load itself; a table with rows of others is never taken for ours. */
async function readContents(
  client: Client,
  tables: readonly PlannedTable[],
  {
    structures,
    account,
  }: { readonly structures: ReadonlyMap<string, RelationStructure>; readonly account: TransferAccount },
): Promise<Map<string, LoadedContent>> {
  const contents = new Map<string, LoadedContent>()
  const toHash: { table: PlannedTable; structure: RelationStructure }[] = []
  for (const table of tables) {
    const { name } = table.target
    const structure = structures.get(name)
    if (!structure || howLoaded(table) === 'shared' || account.isDifferent(name)) continue
    const content = contentOf(table, structure, account.totals(name))
    if (content) contents.set(name, content)
    else toHash.push({ table, structure })
  }
  const asked = toHash.map(({ table, structure }) => ({
    table: table.target,
    rows: expectedRows(table, account.totals(table.target.name)),
    hashed: hashedContent(table, structure),
  }))
  const hashes = await hashContents(client, asked)
  for (const [at, { table, rows, hashed }] of asked.entries()) {
    const held = hashes[at]
    const { rejected } = account.totals(table.name)
    // With another number of rows something else has written there meanwhile.
    if (held?.rows === rows) contents.set(table.name, { rows, rejected, hash: held.hash, hashed })
  }
  return contents
}
