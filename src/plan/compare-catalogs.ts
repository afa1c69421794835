import type { Column, Table } from '../model/catalog.ts'
import { toSnakeCase } from './name-objects.ts'

/**
 * The entry that each source name means among the target's names, or null. Where the target has all of `given`, the names that a
 * migration gives out for `names`, those are meant. Else the same name, else the name that was given, else the only one that
 * differs in case, else the only one that is equal in snake case. Two candidates are no match, and no entry is meant twice:
 * guessing would put rows into the wrong place.
 */
export function matchNames<T>(
  names: readonly string[],
  candidates: readonly T[],
  nameOf: (candidate: T) => string,
  given: readonly string[] = names,
): (T | null)[] {
  const byName = new Map(candidates.map((candidate) => [nameOf(candidate), candidate]))
  if (given.every((name) => byName.has(name))) return given.map((name) => byName.get(name) ?? null)
  const found = new Map<number, T | null>()
  const taken = new Set<T>()
  for (const entriesOf of matchings(names, candidates, nameOf, given)) {
    const open = names.flatMap((_, at) => (found.has(at) ? [] : [{ at, entries: entriesOf(at) }]))
    for (const { at, entries } of open) {
      const [entry] = entries
      if (entry === undefined) continue
      const isSure = entries.length === 1 && !taken.has(entry)
      const isWantedTwice = open.some((other) => other.at !== at && other.entries.includes(entry))
      found.set(at, isSure && !isWantedTwice ? entry : null)
      if (isSure) taken.add(entry)
    }
  }
  return names.map((_, at) => found.get(at) ?? null)
}

/** The candidates for the name at a place, by ever looser rules. */
function matchings<T>(
  names: readonly string[],
  candidates: readonly T[],
  nameOf: (candidate: T) => string,
  given: readonly string[],
): ((at: number) => T[])[] {
  const by =
    (form: (text: string) => string, wanted: readonly string[]) =>
    (at: number): T[] =>
      candidates.filter((candidate) => form(nameOf(candidate)) === form(wanted[at] ?? ''))
  const same = (text: string): string => text
  return [by(same, names), by(same, given), by((text) => text.toLowerCase(), names), by(toSnakeCase, names)]
}

export type OmittedColumn = {
  readonly column: string
  readonly reason: string
  /** False: its values have no place in the target. True: the target computes values of its own. */
  readonly computed: boolean
}

export type ColumnMatch = {
  readonly pairs: readonly { readonly source: Column; readonly target: Column }[]
  /** Source columns without a place in the target. */
  readonly omitted: readonly OmittedColumn[]
  /** Target columns that need a value and get none. */
  readonly unfed: readonly Column[]
  /** Target columns that stay at their default. */
  readonly untouched: readonly Column[]
}

/**
 * Pairs columns of a source table with those of an existing target table. `names` are the source columns' names after renaming,
 * `given` those that a migration gives out for them.
 */
export function matchColumns(
  columns: readonly Column[],
  target: Table,
  { names, given }: { readonly names: readonly string[]; readonly given: readonly string[] },
): ColumnMatch {
  const matches = matchNames(names, target.columns, (candidate) => candidate.name, given)
  const pairs: { source: Column; target: Column }[] = []
  const omitted: OmittedColumn[] = []
  for (const [at, column] of columns.entries()) {
    const match = matches[at]
    if (!match) omitted.push({ column: column.name, reason: 'the target table has no such column', computed: false })
    else if (match.generated)
      omitted.push({ column: column.name, reason: 'the target computes this column itself', computed: true })
    else pairs.push({ source: column, target: match })
  }
  const rest = target.columns.filter((column) => !column.generated && !pairs.some((pair) => pair.target === column))
  const needed = (column: Column): boolean =>
    column.notNull && column.default === null && (column.postgres?.identity ?? null) === null
  return { pairs, omitted, unfed: rest.filter(needed), untouched: rest.filter((column) => !needed(column)) }
}
