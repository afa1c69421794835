import { RowferryError } from '../errors/errors.ts'
import type { Table } from '../model/catalog.ts'
import { conflictStrategies, needsMatchKey } from '../model/conflict.ts'
import type { OwnTable } from './own-tables.ts'

/** An existing table with rows for which no strategy was named and that is not to be replaced without one. */
export type RefusedTable = { readonly existing: Table; readonly own: OwnTable | undefined }

/** All of them in one refusal: those that changed since rowferry loaded them with figures, those of others by name. */
export function refuseTables(
  refused: readonly RefusedTable[],
  { schema, transferred }: { readonly schema: string; readonly transferred: ReadonlySet<string> },
): RowferryError {
  const [ours, foreign] = [refused.filter(({ own }) => own), refused.filter(({ own }) => !own)]
  const sentences = [
    ...sentenceOf(
      ours.filter(({ own }) => own?.state.kind === 'changed'),
      (count) =>
        `${count === 1 ? 'A table' : `${count} tables`} in schema ${schema} changed since rowferry loaded ${count === 1 ? 'it' : 'them'}`,
      changeOf,
    ),
    ...sentenceOf(
      ours.filter(({ own }) => own?.state.kind !== 'changed'),
      (count) =>
        `Whether ${count === 1 ? 'a table' : `${count} tables`} in schema ${schema} changed since rowferry loaded ${count === 1 ? 'it' : 'them'} is not known`,
      changeOf,
    ),
    ...(foreign.length > 0 ? [notOurs(foreign, schema)] : []),
  ]
  return new RowferryError(ours.length > 0 ? 'CATALOG_TARGET_CHANGED' : 'CATALOG_TARGET_NOT_EMPTY', {
    message: `${sentences.join(' ')}${ours.length > 0 ? ' Nothing was replaced.' : ''}`,
    remedy: remedyFor(refused, transferred),
  })
}

const listed = 8

function sentenceOf(
  tables: readonly RefusedTable[],
  beginning: (count: number) => string,
  describe: (table: RefusedTable) => string,
): string[] {
  if (tables.length === 0) return []
  const more = tables.length > listed ? `; and ${tables.length - listed} more` : ''
  return [`${beginning(tables.length)}: ${tables.slice(0, listed).map(describe).join('; ')}${more}.`]
}

function changeOf({ existing, own }: RefusedTable): string {
  const { state } = own ?? {}
  return `${existing.name.name}: ${state?.kind === 'changed' ? state.what : state?.kind === 'unknown' ? state.why : ''}`
}

function notOurs(tables: readonly RefusedTable[], schema: string): string {
  const names = tables.map(({ existing }) => existing.name.name)
  const shown = names.slice(0, listed).join(', ') + (names.length > listed ? ` and ${names.length - listed} more` : '')
  return names.length === 1
    ? `The table ${shown} in schema ${schema} has rows that rowferry did not put there from this source.`
    : `${names.length} tables in schema ${schema} have rows that rowferry did not put there from this source: ${shown}.`
}

/**
 * Only strategies that can work: without a key rows cannot be matched, and a table that others refer to cannot be emptied. Where
 * the rows of an earlier run lie, `error` finds their keys and `append` doubles them.
 */
function remedyFor(refused: readonly RefusedTable[], transferred: ReadonlySet<string>): string {
  const hasKey = refused.every(({ existing }) => existing.primaryKey !== null || existing.uniqueKeys.length > 0)
  const canEmpty = refused.every(({ existing }) =>
    (existing.postgres?.referencedBy ?? []).every(
      ({ schema, name }) => schema === existing.name.schema && transferred.has(name),
    ),
  )
  const isOurs = refused.some(({ own }) => own)
  const strategies = conflictStrategies.filter((strategy) => {
    if (needsMatchKey(strategy)) return hasKey
    return strategy === 'replace' ? canEmpty : !isOurs
  })
  const beside = 'load beside them: --schema another_name'
  if (strategies.length === 0) return `To keep them, ${beside}`
  const names = strategies.join(', ').replace(/, (\w+)$/, ' or $1')
  return `Choose what happens to existing rows: --strategy ${names}${canEmpty ? ' (replace discards them)' : ''}; or ${beside}`
}
