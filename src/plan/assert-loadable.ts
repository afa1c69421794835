import { quoteIdentifier, qualifiedName } from '../databases/postgres/identifiers.ts'
import { RowferryError } from '../errors/errors.ts'
import { type OtherRelation, type Table, tableLabel, type TableRight } from '../model/catalog.ts'
import { isReplaced } from '../model/plan.ts'
import type { TablePlace } from './table-place.ts'

/** Why a table cannot be loaded, whatever the strategy: what lies there, and what to type. */
export type Obstacle = {
  readonly code: 'CATALOG_PERMISSION' | 'CATALOG_UNSUPPORTED'
  readonly message: string
  readonly remedy: string
}

/** What hides rows or keeps rowferry from looking; null: nothing. Known before it is asked whether the table has rows. */
export function obstacleOf(existing: Table, source: string): Obstacle | null {
  const { postgres } = existing
  if (!postgres) return null
  const { user, owns, rights } = postgres.access
  const name = existing.name.name
  const qualified = qualifiedName(existing.name)
  if (postgres.relationKind === 'f')
    return {
      code: 'CATALOG_UNSUPPORTED',
      message: `${name} is a foreign table: its rows are on another server, where rowferry can neither load them safely nor prove that they arrived.`,
      remedy: elsewhere(source),
    }
  if (!rights.includes('select'))
    return {
      code: 'CATALOG_PERMISSION',
      message: `User ${user} may not read the table ${name}, so rowferry cannot tell whether it has rows.`,
      remedy: `grant select, insert on ${qualified} to ${quoteIdentifier(user)};`,
    }
  if (postgres.rowSecurity)
    return {
      code: 'CATALOG_PERMISSION',
      message: `Row-level security of ${name} applies to user ${user}: policies may hide rows of it or refuse new ones, so rowferry can neither load it whole nor prove it.`,
      remedy: owns
        ? `alter table ${qualified} no force row level security;`
        : `Connect as the owner of the table (${postgres.owner}), or let a superuser type: alter role ${quoteIdentifier(user)} bypassrls;`,
    }
  return null
}

/** A right that the mode and strategy need and the user has not got. */
export function missingRight({ existing, mode, strategy }: TablePlace): Obstacle | null {
  if (!existing?.postgres || mode === 'create' || mode === 'recreate') return null
  const { user, rights } = existing.postgres.access
  const needed: TableRight[] = ['insert']
  if (mode === 'into-empty' && strategy === 'replace') needed.push('truncate')
  if (mode === 'into-existing' && (strategy === 'overwrite' || strategy === 'merge')) needed.push('update')
  const missing = needed.filter((right) => !rights.includes(right))
  if (missing.length === 0) return null
  return {
    code: 'CATALOG_PERMISSION',
    message: `User ${user} may not ${missing.join(' or ')} ${missing.includes('insert') ? 'into ' : ''}the table ${existing.name.name}.`,
    remedy: `grant ${missing.join(', ')} on ${qualifiedName(existing.name)} to ${quoteIdentifier(user)};`,
  }
}

/** PostgreSQL does not empty a table that others refer to, and with CASCADE it would empty those too. */
export function referredTo({ existing, mode, strategy }: TablePlace, places: readonly TablePlace[]): Obstacle | null {
  if (!existing?.postgres || mode !== 'into-empty' || strategy !== 'replace') return null
  const { schema, name } = existing.name
  const emptied = places.filter((place) => isReplaced(place)).map(({ target }) => target)
  const outside = existing.postgres.referencedBy.filter(
    (table) => table.schema !== schema || !emptied.includes(table.name),
  )
  if (outside.length === 0) return null
  const names = outside.map(tableLabel).join(', ')
  return {
    code: 'CATALOG_UNSUPPORTED',
    message: `${name} cannot be emptied to be loaded again, because ${names} ${outside.length === 1 ? 'refers' : 'refer'} to it and would have to be emptied too.`,
    remedy:
      'Keep the rows that are there: --strategy skip, overwrite or merge; or load beside them: --schema another_name',
  }
}

/** Something else has the name that the table would get. */
export function nameTaken(other: OtherRelation, source: string): Obstacle {
  const owner = other.table ? ` of the table ${other.table.name}` : ''
  return {
    code: 'CATALOG_UNSUPPORTED',
    message: `The source table ${source} has the name of the ${other.kind} ${other.name.name}${owner} in schema ${other.name.schema}; a ${other.kind} takes no rows, and under another name the application would not find them.`,
    remedy: elsewhere(source),
  }
}

function elsewhere(source: string): string {
  const quoted = /^[\w.-]+$/.test(source) ? source : `'${source.replaceAll("'", String.raw`'\''`)}'`
  return `Load into another schema (--schema another_name), leave the table out (--exclude ${quoted}), or give it another name in the configuration (tables: ${source}: rename: another_name)`
}

/** All of them in one refusal. */
export function refuseObstacles(obstacles: readonly Obstacle[]): RowferryError {
  const first = obstacles.find(({ code }) => code === 'CATALOG_PERMISSION') ?? obstacles[0]
  return new RowferryError(first?.code ?? 'CATALOG_UNSUPPORTED', {
    message: obstacles.map(({ message }) => message).join(' '),
    remedy: [...new Set(obstacles.map(({ remedy }) => remedy))].join(' '),
  })
}
