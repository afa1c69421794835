import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { foldName } from '../../databases/sqlite/sqlite-identifiers.ts'
import type { TableName } from '../../model/catalog.ts'
import type { OutputColumn } from './expression-context.ts'
import { atom, refuse, type ScopeColumn, type Typed, untranslated } from './expression-types.ts'

/** What a query can read: tables and views of the source as they are in the target. */
export type ResolvedRelation = {
  readonly target: TableName
  readonly columns: readonly (ScopeColumn & { readonly name: string })[]
  /** Columns of the source that are not transferred. */
  readonly leftOut?: readonly string[]
}

export type ResolveRelation = (name: string) => ResolvedRelation | null

export type RelationColumn = {
  readonly name: string
  readonly value: Typed
  /** The right side of USING and NATURAL: not part of `*`, not found without the table's name. */
  readonly hidden: boolean
}

/** A table, view or query in FROM. `name` is null for a query without alias. */
export type Relation = {
  readonly name: string | null
  readonly columns: readonly RelationColumn[]
  readonly leftOut?: readonly string[]
}

export type CommonTable = { readonly sqlName: string; readonly columns: readonly OutputColumn[] }

/** Where a name in a query is looked up: its own FROM, then the result's names, then the query around it. */
export type QueryScope = {
  readonly relations: readonly Relation[]
  /** Values by the names that AS gives them, in lower case. */
  readonly aliases: ReadonlyMap<string, Typed>
  readonly commonTables: ReadonlyMap<string, CommonTable>
  readonly parent: QueryScope | null
}

export const emptyScope: QueryScope = { relations: [], aliases: new Map(), commonTables: new Map(), parent: null }

export function findColumn(path: readonly string[], scope: QueryScope): Typed | null {
  const [name = '', table, schema] = path.toReversed()
  if (schema !== undefined && foldName(schema) !== 'main') return untranslated(`the schema ${schema}`)
  return table === undefined ? findPlain(foldName(name), scope) : findQualified(foldName(table), foldName(name), scope)
}

function findPlain(name: string, scope: QueryScope): Typed | null {
  const found = scope.relations.flatMap((relation) =>
    relation.columns.filter((column) => !column.hidden && foldName(column.name) === name),
  )
  const isLeftOut = scope.relations.some(({ leftOut = [] }) => leftOut.some((column) => foldName(column) === name))
  if (isLeftOut) return refuse(`it uses ${name}, which is left out`)
  if (found.length > 1) return refuse(`${name} may be a column of several tables`)
  return found[0]?.value ?? scope.aliases.get(name) ?? (scope.parent ? findPlain(name, scope.parent) : null)
}

function findQualified(table: string, name: string, scope: QueryScope): Typed | null {
  const relations = scope.relations.filter((relation) => relation.name !== null && foldName(relation.name) === table)
  if (relations.length > 1) return refuse(`${table} stands for several tables`)
  const [relation] = relations
  if (!relation) return scope.parent ? findQualified(table, name, scope.parent) : null
  return relation.columns.find((column) => foldName(column.name) === name)?.value ?? null
}

export function findCommonTable(name: string, scope: QueryScope): CommonTable | null {
  return scope.commonTables.get(foldName(name)) ?? (scope.parent ? findCommonTable(name, scope.parent) : null)
}

/** A query's result under an alias: columns keep what SQLite keeps, affinity and collation of the table's column. */
export function relationOf(
  name: string | null,
  alias: string,
  columns: readonly OutputColumn[],
  sqlNames: readonly string[],
): Relation {
  return {
    name,
    columns: columns.map((column, index) => {
      const sql = `${quoteIdentifier(alias)}.${quoteIdentifier(sqlNames[index] ?? column.name)}`
      const collation = column.column?.collation
      return {
        name: column.name,
        hidden: false,
        value: atom(column.kind, column.type, sql, {
          mixed: column.mixed,
          ...(column.column ? { column: column.column } : {}),
          ...(collation ? { collation: { name: collation, explicit: false } } : {}),
        }),
      }
    }),
  }
}
