import { tableLabel } from '../../model/catalog.ts'
import type { ZeroFinding } from '../../model/zero.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { legalForZero } from '../../plan/zero-names.ts'
import { asciiLower } from '../../util/ascii-lower.ts'
import { finding, type ZeroConditionName } from './conditions.ts'
import type { PublishedTable } from './published.ts'
import type { TableFacts } from './read-facts.ts'
import { suggestName } from './suggest-name.ts'

/** What is wrong with a name, and what zero-cache does because of it. */
type Verdict = readonly [condition: ZeroConditionName, effect: string] | null

/**
 * Names that zero-cache refuses itself, and those that its replica cannot have beside each other: it is SQLite, where case
 * does not matter and tables and indexes share their names.
 */
export function examineNames(published: readonly PublishedTable[]): ZeroFinding[] {
  return [...examineTableNames(published), ...published.flatMap(examineColumnNames), ...examineIndexNames(published)]
}

/** A table or index in the replica: those of other schemas than public carry its name. */
function replicaName(table: TableFacts, name: string): string {
  return asciiLower(table.name.schema === 'public' ? name : `${table.name.schema}.${name}`)
}

function examineTableNames(published: readonly PublishedTable[]): ZeroFinding[] {
  const taken = takenNames(published)
  const seen = new Map<string, string>()
  return published.flatMap(({ table }) => {
    const { name } = table.name
    const verdict = judgeTable(name, replicaName(table, name), seen)
    if (verdict === null) return []
    const object = `table ${quoteIdentifier(tableLabel(table.name))}`
    const better = quoteIdentifier(suggestName(name, 'table', taken))
    const remedy = `alter table ${qualifiedName(table.name)} rename to ${better};`
    return [finding(verdict[0], { object, effect: verdict[1], remedy, fix: null })]
  })
}

function judgeTable(name: string, key: string, seen: Map<string, string>): Verdict {
  const first = firstOf(seen, key, name)
  if (key.startsWith('sqlite_')) return ['reserved-name', reservedEffect]
  if (!/^sqlite_/i.test(name) && legalForZero(name, 'table').reason !== null) {
    return [
      'table-name',
      'zero-cache exits: names of tables have only ASCII letters, digits, _ and -, and no digit first.',
    ]
  }
  return first === null ? null : ['table-case', sameEffect(quoteIdentifier(first))]
}

function examineColumnNames({ table, columns }: PublishedTable): ZeroFinding[] {
  const taken = new Set(table.columns.map((column) => asciiLower(column.name)))
  const seen = new Map<string, string>()
  return columns.flatMap(({ name }) => {
    const verdict = judgeColumn(name, seen)
    if (verdict === null) return []
    const object = `column ${tableLabel(table.name)}.${quoteIdentifier(name)}`
    const better = quoteIdentifier(suggestName(name, 'column', taken))
    const remedy = `alter table ${qualifiedName(table.name)} rename column ${quoteIdentifier(name)} to ${better};`
    return [finding(verdict[0], { object, effect: verdict[1], remedy, fix: null })]
  })
}

const reservedColumns = new Set(['_0_version', '__proto__'])

function judgeColumn(name: string, seen: Map<string, string>): Verdict {
  const first = firstOf(seen, asciiLower(name), name)
  // In capitals they are legal, and only look alike in the replica.
  if (reservedColumns.has(asciiLower(name))) {
    return ['reserved-column', `zero-cache exits: it keeps the name ${asciiLower(name)} to itself.`]
  }
  if (legalForZero(name, 'column').reason !== null) {
    return [
      'column-name',
      'zero-cache exits: names of columns have only ASCII letters, digits, _, - and dots, and begin with a letter or _.',
    ]
  }
  return first === null ? null : ['column-case', sameEffect(quoteIdentifier(first))]
}

/** Nothing of an application refers to an index by its name, so giving it another one is safe. */
function examineIndexNames(published: readonly PublishedTable[]): ZeroFinding[] {
  const taken = takenNames(published)
  const tables = new Map(published.map(({ table }) => [replicaName(table, table.name.name), table.name.name]))
  const seen = new Map<string, string>()
  return published.flatMap(({ table, indexes }) =>
    indexes.flatMap(({ name }) => {
      const key = replicaName(table, name)
      const verdict = judgeIndex(key, firstOf(seen, key, name), tables.get(key))
      if (verdict === null) return []
      const better = quoteIdentifier(suggestName(name, 'other', taken))
      const fix = `alter index ${qualifiedName({ schema: table.name.schema, name })} rename to ${better};`
      const object = `index ${quoteIdentifier(name)} of ${tableLabel(table.name)}`
      return [finding(verdict[0], { object, effect: verdict[1], remedy: fix, fix })]
    }),
  )
}

function judgeIndex(key: string, first: string | null, table: string | undefined): Verdict {
  if (key.startsWith('sqlite_')) return ['reserved-name', reservedEffect]
  if (table !== undefined) return ['index-like-table', sameEffect(`the table ${quoteIdentifier(table)}`)]
  return first === null ? null : ['index-case', sameEffect(`the index ${quoteIdentifier(first)}`)]
}

const reservedEffect = 'zero-cache exits: its replica is SQLite, which keeps names with sqlite_ to itself.'

function sameEffect(other: string): string {
  return `zero-cache exits: its replica is SQLite, where this is the same name as ${other}.`
}

/** The name that had the key before; null: this is the first. */
function firstOf(seen: Map<string, string>, key: string, name: string): string | null {
  const first = seen.get(key)
  if (first !== undefined) return first
  seen.set(key, name)
  return null
}

/** Lower case. PostgreSQL keeps tables and indexes of a schema under the same names as well. */
function takenNames(published: readonly PublishedTable[]): Set<string> {
  return new Set(
    published.flatMap(({ table }) => [table.name.name, ...table.indexes.map((index) => index.name)].map(asciiLower)),
  )
}
