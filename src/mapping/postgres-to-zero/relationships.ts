import type { ForeignKey, Table, TableName } from '../../model/catalog.ts'
import { type ForeignKeyWords, foreignKeyWords } from './foreign-key-words.ts'
import type { JoinWords } from './name-style.ts'
import { compareText, uniqueColumns } from './select-synced.ts'
import { plural, singular, wordsOf } from './words.ts'
import { claimName } from './zero-names.ts'
import type { ReplicationFacts, SyncedTable, ZeroHop, ZeroRelationship } from './zero-table.ts'

/** A table with the names that it and its columns have in the schema. */
export type NamedTable = {
  readonly synced: SyncedTable
  readonly key: string
  readonly constName: string
  /** PostgreSQL name → key. */
  readonly columnKeys: ReadonlyMap<string, string>
}

/** A foreign key of which both ends are in the schema. */
type Link = {
  readonly child: NamedTable
  readonly parent: NamedTable
  readonly key: ForeignKey
  readonly words: ForeignKeyWords
  /** Another foreign key goes from the same table to the same table, or it points to its own table. */
  readonly ambiguous: boolean
}

type Wanted = {
  readonly owner: NamedTable
  readonly kind: 'one' | 'many'
  /** Best first. */
  readonly names: readonly string[]
  readonly hops: readonly ZeroHop[]
}

/**
 * Relationships of every table, by its key, from the foreign keys: to the row that is pointed to, back to the rows that
 * point here, and through junction tables. Within a table all names differ, from those of its columns too.
 */
export function findRelationships(
  tables: readonly NamedTable[],
  facts: ReplicationFacts,
  join: JoinWords,
): ReadonlyMap<string, readonly ZeroRelationship[]> {
  const links = findLinks(tables)
  const wanted = [
    ...links.map((link) => toParent(link, join)),
    ...links.map((link) => toChildren(link, facts, join)),
    ...findJunctions(links, facts, join),
  ]
  const byOwner = Map.groupBy(wanted, (one) => one.owner.key)
  return new Map(tables.map((table) => [table.key, nameAll(table, byOwner.get(table.key) ?? [])]))
}

/** Direct ones come first, so that they have the short names. */
function nameAll(table: NamedTable, wanted: readonly Wanted[]): ZeroRelationship[] {
  const taken = new Set(table.columnKeys.values())
  return wanted.map(({ kind, names, hops }) => ({ name: claimName(names, taken), kind, hops }))
}

function findLinks(tables: readonly NamedTable[]): Link[] {
  const byName = new Map(tables.map((table) => [nameKey(table.synced.table.name), table]))
  const all = tables.flatMap((child) =>
    linkable(child.synced.table).flatMap((key) => {
      const parent = byName.get(nameKey(key.parent))
      if (parent === undefined || !areIn(child, key.columns) || !areIn(parent, key.parentColumns)) return []
      return [{ child, parent, key, words: foreignKeyWords(key, child.synced.table.name) }]
    }),
  )
  const ways = Map.groupBy(all, ({ child, parent }) => `${child.key}\0${parent.key}`)
  return all.map((link) => ({
    ...link,
    ambiguous: link.child === link.parent || (ways.get(`${link.child.key}\0${link.parent.key}`)?.length ?? 0) > 1,
  }))
}

function nameKey({ schema, name }: TableName): string {
  return JSON.stringify([schema, name])
}

/** Each pair of column lists once, in the order of the columns. */
function linkable(table: Table): ForeignKey[] {
  const place = (key: ForeignKey): number =>
    Math.min(...key.columns.map((name) => table.columns.findIndex((column) => column.name === name)))
  const sorted = table.foreignKeys.toSorted(
    (a, b) => place(a) - place(b) || a.columns.length - b.columns.length || compareText(identityOf(a), identityOf(b)),
  )
  return [...new Map(sorted.map((key) => [identityOf(key), key])).values()].filter((key) => key.columns.length > 0)
}

function identityOf({ columns, parent, parentColumns }: ForeignKey): string {
  return JSON.stringify([columns, parent.schema, parent.name, parentColumns])
}

function areIn(table: NamedTable, columns: readonly string[]): boolean {
  return columns.length > 0 && columns.every((name) => table.columnKeys.has(name))
}

function toParent(link: Link, join: JoinWords): Wanted {
  const { role, telling, parent } = link.words
  const both = join(sameWords(role, parent) ? [...role, 'rel'] : [...role, ...parent])
  const alone = join(telling ? role : parent)
  return {
    owner: link.child,
    kind: 'one',
    names: telling || !link.ambiguous ? [alone, both, `${both}Rel`] : [both, `${both}Rel`],
    hops: [hopUp(link)],
  }
}

function toChildren(link: Link, facts: ReplicationFacts, join: JoinWords): Wanted {
  const { child, parent, words } = link
  const kind = pointsOnce(link, facts) ? 'one' : 'many'
  const table = (kind === 'one' ? singular : plural)(wordsOf(child.synced.table.name.name))
  const by = join([...table, 'by', ...words.role])
  const nested = child === parent && words.role.join(' ') === 'parent' ? [join(['children'])] : []
  return {
    owner: parent,
    kind,
    names: [...nested, ...(link.ambiguous ? [] : [join(table)]), by, `${by}Rel`],
    hops: [hopDown(link)],
  }
}

/** Can at most one row of the child point to a row of the parent? */
function pointsOnce({ child, key }: Link, facts: ReplicationFacts): boolean {
  const keys = [child.synced.keyColumns, ...uniqueColumns(child.synced.table, facts)]
  return keys.some((columns) => columns.every((name) => key.columns.includes(name)))
}

/** Tables of which a key consists of exactly two foreign keys: those that they point to are related many to many. */
function findJunctions(links: readonly Link[], facts: ReplicationFacts, join: JoinWords): Wanted[] {
  const pairs = [...Map.groupBy(links, (link) => link.child).values()].flatMap((own) => junctionOf(own, facts))
  const directed = pairs.flatMap(([first, second]) => [
    { from: first, to: second },
    { from: second, to: first },
  ])
  return directed.map(({ from, to }) => {
    const same = directed.filter((other) => other.from.parent === from.parent && other.to.parent === to.parent)
    const table = wordsOf(from.child.synced.table.name.name)
    const target = to.ambiguous ? plural(to.words.role) : plural(wordsOf(to.parent.synced.table.name.name))
    const through = join([...target, 'through', ...table])
    return {
      owner: from.parent,
      kind: 'many',
      names: same.length > 1 && !to.ambiguous ? [through, `${through}Rel`] : [join(target), through, `${through}Rel`],
      hops: [hopDown(from), hopUp(to)],
    }
  })
}

function junctionOf(own: readonly Link[], facts: ReplicationFacts): (readonly [Link, Link])[] {
  const [table] = own.map(({ child }) => child.synced)
  if (table === undefined) return []
  const keys = [table.keyColumns, ...uniqueColumns(table.table, facts)]
  const pairs = own.flatMap((first, index) => own.slice(index + 1).map((second) => [first, second] as const))
  return pairs
    .filter(([first, second]) => {
      const columns = [...first.key.columns, ...second.key.columns]
      return keys.some((key) => key.length === columns.length && new Set([...key, ...columns]).size === columns.length)
    })
    .slice(0, 1)
}

function hopUp({ child, parent, key }: Link): ZeroHop {
  return {
    sourceField: keysOf(child, key.columns),
    destField: keysOf(parent, key.parentColumns),
    destConst: parent.constName,
  }
}

function hopDown({ child, parent, key }: Link): ZeroHop {
  return {
    sourceField: keysOf(parent, key.parentColumns),
    destField: keysOf(child, key.columns),
    destConst: child.constName,
  }
}

function keysOf(table: NamedTable, columns: readonly string[]): string[] {
  return columns.map((name) => table.columnKeys.get(name) ?? name)
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.join(' ') === b.join(' ')
}
