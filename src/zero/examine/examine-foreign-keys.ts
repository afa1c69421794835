import type { ZeroFinding } from '../../model/zero.ts'
import { tableLabel } from '../../model/catalog.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { finding } from './conditions.ts'
import type { PublishedTable } from './published.ts'

/**
 * Foreign keys that no index begins with. zero-cache answers queries from a replica that has only PostgreSQL's plain indexes;
 * without one, `related()` reads the whole table for each parent (six times slower at 1 M rows and 20 parents).
 */
export function examineForeignKeys({ table, columns, indexes }: PublishedTable): ZeroFinding[] {
  const sent = new Set(columns.map((column) => column.name))
  const done = new Set<string>()
  return table.foreignKeys.flatMap((key) => {
    const id = key.columns.toSorted().join('\0')
    const indexed = indexes.some((index) => beginsWith(index.columns, key.columns))
    if (indexed || done.has(id) || !key.columns.every((column) => sent.has(column))) return []
    done.add(id)
    const list = key.columns.map(quoteIdentifier).join(', ')
    const fix = `create index on ${qualifiedName(table.name)} (${list});`
    return [
      finding('foreign-key-unindexed', {
        object: `foreign key ${tableLabel(table.name)} (${key.columns.join(', ')})`,
        effect: 'Queries that follow it are slow: no index begins with its columns.',
        remedy: fix,
        fix,
      }),
    ]
  })
}

/** In any order among themselves. */
function beginsWith(index: readonly string[], wanted: readonly string[]): boolean {
  const first = index.slice(0, wanted.length)
  return wanted.every((column) => first.includes(column))
}
