import type { Client } from 'pg'
import { readStructures } from '../../databases/postgres/catalog/relation-structure.ts'
import { boundLockWait, explainLockWait } from '../../databases/postgres/connection/lock-wait.ts'
import { countTables } from '../../databases/postgres/hash-tables.ts'
import { qualifiedName } from '../../databases/postgres/identifiers.ts'
import { dropStagings } from '../../databases/postgres/load/staging.ts'
import { RowferryError } from '../../errors/errors.ts'
import type { TableName } from '../../model/catalog.ts'
import { isReplaced } from '../../model/plan.ts'
import { countOf } from '../../report/figures.ts'
import { noteTables, readLoadedTables } from '../../store/loaded-tables.ts'
import { findSupersededTransfers, forgetTransfer, markStep } from '../../store/transfers.ts'
import { rowferryVersion } from '../../util/version.ts'
import { compareTables } from '../find-own-tables.ts'
import { howLoaded, withoutEvidence } from '../remember-tables.ts'
import type { RunStep, StepContext } from './step.ts'

/**
 * All tables in one transaction, together with the note of which source they are for and that the step is done: all of it
 * happens, or nothing. With it end the transfers that this one takes the place of.
 */
export const createTables: RunStep<'create-tables'> = async (step, context) => {
  const { target, signal } = context
  if (context.done) return
  await target.createTables(step.objects, {
    signal,
    first: async (client) => lockReplaced(client, step.unchanged ?? [], context),
    beforeCommit: async (client) => {
      await noteLoading(client, context)
      for (const superseded of await findSupersededTransfers(client, context.transferId)) {
        await dropStagings(client, superseded)
        await forgetTransfer(client, superseded)
      }
      await markStep(client, context.transferId, context.step)
    },
  })
}

/** From here on no other session can write into what will be dropped or emptied. */
async function lockReplaced(client: Client, unchanged: readonly TableName[], context: StepContext): Promise<void> {
  const replaced = context.plan.tables.filter(isReplaced).map((table) => table.target)
  if (replaced.length === 0) return
  await explainLockWait(client, replaced, () =>
    client.query(`${boundLockWait}; lock table ${replaced.map(qualifiedName).join(', ')} in access exclusive mode`),
  )
  if (unchanged.length > 0) await assertUnchanged(client, unchanged, context)
}

/** An application may have written since they were compared for the plan. */
async function assertUnchanged(
  client: Client,
  relations: readonly TableName[],
  { target, source, plan }: StepContext,
): Promise<void> {
  const { schema } = plan.target
  const records = await readLoadedTables(client, source.identity, schema)
  const own = relations.flatMap(({ name }) => records.get(name) ?? [])
  const found = await compareTables(client, own, { schema, serverVersion: target.version })
  const changed: string[] = []
  for (const table of relations) {
    const state = found.get(table.name)?.state
    if (state && state.kind !== 'changed') continue
    // Nothing is lost where a table is only emptied that has no row.
    const isKept = plan.tables.some((planned) => planned.target.name === table.name && planned.mode === 'into-empty')
    const [rows = 0] = isKept ? await countTables(client, [table]) : []
    if (isKept && rows === 0) continue
    changed.push(`${table.name}: ${state?.kind === 'changed' ? state.what : countOf(rows, 'row')}`)
  }
  if (changed.length === 0) return
  throw new RowferryError('CATALOG_TARGET_CHANGED', {
    message: `An application changed tables that were about to be replaced: ${changed.join('; ')}. Nothing was replaced.`,
    remedy: 'Run the same command again: it says what has changed and which strategies there are',
  })
}

/** What is known of the tables' content ends here; until the transfer has ended, its checkpoints know. */
async function noteLoading(client: Client, { plan, transferId, source }: StepContext): Promise<void> {
  const structures = await readStructures(
    client,
    plan.target.schema,
    plan.tables.map((table) => table.target.name),
  )
  await noteTables(
    client,
    { id: transferId, sourceIdentity: source.identity, sourceFingerprint: source.fingerprint, rowferryVersion },
    plan.tables.map((table) => ({
      table: table.target,
      how: howLoaded(table),
      planned: withoutEvidence(table),
      structure: structures.get(table.target.name) ?? null,
    })),
  )
}
