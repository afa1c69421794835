import type { Column, Table } from '../model/catalog.ts'
import { toSnakeCase } from './name-objects.ts'

/**
 * The entry that a source name means among the target's names: the same name, else the only one that differs in case, else the
 * only one that is equal in snake case. Two candidates are no match: guessing would put rows into the wrong place.
 */
export function matchName<T>(name: string, candidates: readonly T[], nameOf: (candidate: T) => string): T | null {
  const forms: ((text: string) => string)[] = [(text) => text, (text) => text.toLowerCase(), toSnakeCase]
  for (const form of forms) {
    const matches = candidates.filter((candidate) => form(nameOf(candidate)) === form(name))
    if (matches.length === 1) return matches[0] ?? null
    if (matches.length > 1) return null
  }
  return null
}

export type ColumnMatch = {
  readonly pairs: readonly { readonly source: Column; readonly target: Column }[]
  /** Source columns without a place in the target. */
  readonly omitted: readonly { readonly column: string; readonly reason: string }[]
  /** Target columns that need a value and get none. */
  readonly unfed: readonly Column[]
  /** Target columns that stay at their default. */
  readonly untouched: readonly Column[]
}

/** Pairs the columns of a source table with those of an existing target table. `names` maps renamed columns. */
export function matchColumns(source: Table, target: Table, names: (column: string) => string): ColumnMatch {
  const pairs: { source: Column; target: Column }[] = []
  const omitted: { column: string; reason: string }[] = []
  for (const column of source.columns) {
    const match = matchName(names(column.name), target.columns, (candidate) => candidate.name)
    if (!match) omitted.push({ column: column.name, reason: 'the target table has no such column' })
    else if (match.generated) omitted.push({ column: column.name, reason: 'the target computes this column itself' })
    else if (pairs.some((pair) => pair.target === match)) {
      omitted.push({ column: column.name, reason: `another column goes into ${match.name}` })
    } else pairs.push({ source: column, target: match })
  }
  const rest = target.columns.filter((column) => !column.generated && !pairs.some((pair) => pair.target === column))
  const needed = (column: Column): boolean =>
    column.notNull && column.default === null && (column.postgres?.identity ?? null) === null
  return { pairs, omitted, unfed: rest.filter(needed), untouched: rest.filter((column) => !needed(column)) }
}
