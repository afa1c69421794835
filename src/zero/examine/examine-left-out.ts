import { tableLabel } from '../../model/catalog.ts'
import type { ZeroFinding } from '../../model/zero.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { columnSupport } from './column-support.ts'
import { finding } from './conditions.ts'
import { columnLabel, hiddenColumn } from './examine-columns.ts'
import { examineKey } from './examine-keys.ts'
import { hasKey, indexesOver, isInScope, type PublishedTable, type Scope, settingsOf } from './published.ts'
import type { ColumnFacts, TableFacts } from './read-facts.ts'
import { suggestName } from './suggest-name.ts'

/** What the publication leaves out, though nobody excluded it by name: such things are easily taken for synced. */
export function examineLeftOut(
  tables: readonly TableFacts[],
  published: readonly PublishedTable[],
  scope: Scope,
): ZeroFinding[] {
  if (scope.settings.publication === null) return []
  const seen = new Map(published.map((own) => [own.table.oid, own]))
  return tables.flatMap((table) => {
    if (!isInScope(table, scope) || table.unlogged || table.kind === 'f') return []
    const own = seen.get(table.oid)
    return own === undefined ? leftOutTable(table, scope) : leftOutColumns(own, scope)
  })
}

function leftOutTable(table: TableFacts, scope: Scope): ZeroFinding[] {
  const columns = table.columns.filter((column) => !isExcluded(table, column, scope))
  const whole = { table, columns, indexes: indexesOver(table, columns) }
  // Not published, so that PostgreSQL refuses nothing on it.
  if (!hasKey(whole)) return examineKey({ ...whole, columns: [] }, scope.settings)
  const publication = scope.settings.publication ?? ''
  const better = suggestName(table.name.name, 'table', new Set())
  const illegal = better !== table.name.name
  const synced = columns.filter((column) => columnSupport(column) === 'synced' && column.generated === '')
  const list = synced.length === table.columns.length ? '' : ` (${names(synced)})`
  const add = `alter publication ${quoteIdentifier(publication)} add table ${qualifiedName(table.name)}${list};`
  const remedy = illegal ? `alter table ${qualifiedName(table.name)} rename to ${quoteIdentifier(better)};` : add
  const why = illegal ? ': Zero does not take its name' : ''
  return [
    finding('not-published', {
      object: `table ${tableLabel(table.name)}`,
      effect: `It is not synced: the publication ${publication} leaves it out${why}.`,
      remedy,
      fix: illegal || scope.publication === null ? null : add,
    }),
  ]
}

function leftOutColumns({ table, columns }: PublishedTable, scope: Scope): ZeroFinding[] {
  const sent = new Set(columns.map((column) => column.name))
  const missing = table.columns.filter((column) => !sent.has(column.name) && !isExcluded(table, column, scope))
  return missing
    .filter((column) => column.generated === '')
    .map((column) => {
      if (columnSupport(column) !== 'synced') return hiddenColumn(table, column, 'and the publication leaves it out')
      const [publication, on] = [quoteIdentifier(scope.settings.publication ?? ''), qualifiedName(table.name)]
      const listed = table.columns.filter((own) => sent.has(own.name) || own.name === column.name)
      return finding('not-published', {
        object: columnLabel(table, column),
        effect: `Clients never see it: the publication ${scope.settings.publication} leaves it out.`,
        remedy: `begin; alter publication ${publication} drop table ${on}; alter publication ${publication} add table ${on} (${names(listed)}); commit;`,
        fix: null,
      })
    })
}

/** Also bytea that somebody has left out by name. */
function isExcluded(table: TableFacts, column: ColumnFacts, scope: Scope): boolean {
  const own = settingsOf(table, scope)?.columns.get(column.name)
  return own?.exclude === true || (column.typeName === 'bytea' && own?.bytea === 'omit')
}

function names(columns: readonly ColumnFacts[]): string {
  return columns.map((column) => quoteIdentifier(column.name)).join(', ')
}
