import { typeFamily } from '../databases/sqlite/declared-type.ts'
import { isName, significantTokens, unquote } from '../databases/sqlite/parse/sqlite-tokens.ts'
import { sameName } from '../databases/sqlite/sqlite-identifiers.ts'
import { type Catalog, type Column, type ForeignKey, type Index, type Table } from '../model/catalog.ts'
import type { PlanSettings } from './plan-settings.ts'

/** PostgreSQL's MaxHeapAttributeNumber. https://www.postgresql.org/docs/current/limits.html */
export const maxColumns = 1600
/** What a row may have on a page of 8 kB, without the header of the row and the marks of its NULLs. */
const maxRowBytes = 7900
/** Up to this size PostgreSQL leaves a value in its row; what is longer can go elsewhere (TOAST). */
const longestKept = 24
const fixedBytes = 8

/**
 * `wideTables: split`. A table with more columns than PostgreSQL allows, or whose rows cannot fit a page, becomes several: `t`, `t_2`, `t_3` …, each
 * with the key of the row. A part is a table like any other, but that its rows stand in another table of the source.
 */
export function splitWideTables(catalog: Catalog, settings: PlanSettings): Catalog {
  const taken = [...catalog.tables, ...catalog.views, ...catalog.virtualTables].map(({ name }) => name.name)
  const parts = new Map<string, Table[]>()
  for (const table of catalog.tables) {
    const { excludedColumns } = settings.table(table.name.name)
    const kept = table.columns.filter(({ name }) => !excludedColumns.includes(name))
    const link = mayOverflow(kept) ? linkOf(table) : null
    if (link !== null) parts.set(table.name.name, partsOf(table, kept, { link, taken }))
  }
  if (parts.size === 0) return catalog
  const tables = catalog.tables.flatMap((table) => parts.get(table.name.name) ?? [table])
  return { ...catalog, tables: tables.map((table) => ({ ...table, foreignKeys: toParts(table, parts) })) }
}

/** True where a row with a value of some length in each column could not be stored. */
function mayOverflow(columns: readonly Column[]): boolean {
  return columns.length > maxColumns || sum(columns) > maxRowBytes
}

/** True where a row without a single text could not be stored either. */
export function surelyOverflows(columns: readonly Column[]): boolean {
  const least = columns.filter((column) => bytesOf(column) === fixedBytes).length * fixedBytes
  return least > maxRowBytes
}

/** By what was declared: the values are not known yet. */
function bytesOf({ declaredType }: Column): number {
  const family = typeFamily(declaredType)
  const isFixed = ['integer', 'real', 'boolean', 'date', 'time', 'timestamp'].includes(family)
  return isFixed ? fixedBytes : longestKept
}

type Link = { readonly columns: readonly Column[]; readonly isRowid: boolean }

/** What tells rows apart in every part: the key where it cannot be NULL, else the rowid. Null: there is neither. */
function linkOf(table: Table): Link | null {
  const { primaryKey, sqlite, columns } = table
  const key = (primaryKey?.columns ?? []).flatMap((name) => columns.find((column) => column.name === name) ?? [])
  const isKey = sqlite?.withoutRowid === true || (sqlite?.rowidColumn ?? null) !== null
  if (isKey && key.length > 0) return { columns: key, isRowid: false }
  const name = sqlite?.rowidName ?? null
  if (name === null) return null
  const rowid: Column = {
    name,
    position: 1,
    declaredType: 'INTEGER',
    notNull: true,
    default: null,
    generated: null,
    collation: null,
    comment: null,
    postgres: null,
  }
  return { columns: [rowid], isRowid: true }
}

type Names = { readonly link: Link; readonly taken: string[] }

function partsOf(table: Table, kept: readonly Column[], { link, taken }: Names): Table[] {
  const groups = groupsOf(table, kept, link)
  const names = groups.map((_, part) => (part === 0 ? table.name.name : giveName(table.name.name, part + 1, taken)))
  const sets = groups.map((columns) => new Set(columns.map(({ name }) => name.toLowerCase())))
  /** The first part that has all of them; what no part has whole is listed with the first. */
  const partFor = (columns: readonly string[]): number =>
    Math.max(
      0,
      sets.findIndex((set) => columns.every((name) => set.has(name.toLowerCase()))),
    )
  const mentioned = (sql: string): string[] =>
    significantTokens(sql)
      .filter(isName)
      .map(unquote)
      .filter((word) => kept.some(({ name }) => sameName(name, word)))
  const linkNames = link.columns.map(({ name }) => name)
  return groups.map((columns, part): Table => ({
    ...table,
    name: { ...table.name, name: names[part] ?? table.name.name },
    columns: columns.map((column, at) => ({ ...column, position: at + 1 })),
    primaryKey:
      part === 0 ? (table.primaryKey ?? { name: null, columns: linkNames }) : { name: null, columns: linkNames },
    uniqueKeys: [
      ...table.uniqueKeys.filter((key) => partFor(key.columns) === part),
      ...(part === 0 && link.isRowid && table.primaryKey !== null ? [{ name: null, columns: linkNames }] : []),
    ],
    foreignKeys: [
      ...table.foreignKeys.filter((key) => partFor(key.columns) === part),
      ...(part === 0 ? [] : [linkKey(linkNames, table)]),
    ],
    checkConstraints: table.checkConstraints.filter((check) => partFor(mentioned(check.expression)) === part),
    indexes: table.indexes.filter((index) => partFor(columnsOf(index, mentioned)) === part),
    sqlite: part === 0 ? table.sqlite : factsOfPart(table),
  }))
}

/** Keys first, then the columns in their order, as many as surely fit. */
function groupsOf(table: Table, kept: readonly Column[], { columns: link }: Link): Column[][] {
  const key = new Set([...link.map(({ name }) => name), ...(table.primaryKey?.columns ?? [])])
  const first = [...link, ...kept.filter(({ name }) => key.has(name) && !link.some((column) => column.name === name))]
  const groups: Column[][] = [[...first]]
  let bytes = sum(first)
  for (const column of kept.filter(({ name }) => !key.has(name))) {
    const group = groups.at(-1) ?? []
    if (group.length >= maxColumns || bytes + bytesOf(column) > maxRowBytes) {
      groups.push([...link, column])
      bytes = sum(link) + bytesOf(column)
    } else {
      group.push(column)
      bytes += bytesOf(column)
    }
  }
  return groups
}

function sum(columns: readonly Column[]): number {
  return columns.reduce((bytes, column) => bytes + bytesOf(column), 0)
}

function giveName(table: string, part: number, taken: string[]): string {
  let name = `${table}_${part}`
  while (taken.some((other) => sameName(other, name))) name = `${name}_part`
  taken.push(name)
  return name
}

function linkKey(columns: readonly string[], { name }: Table): ForeignKey {
  return {
    name: null,
    columns,
    parent: name,
    parentColumns: columns,
    onUpdate: 'cascade',
    onDelete: 'cascade',
    deferrable: false,
    initiallyDeferred: false,
  }
}

function columnsOf({ parts, where }: Index, mentioned: (sql: string) => string[]): string[] {
  const own = parts.flatMap(({ column, expression }) => (column === null ? mentioned(expression ?? '') : [column]))
  return where === null ? own : [...own, ...mentioned(where)]
}

/** The counter, and what is listed of the statement, belong to the first part. */
function factsOfPart({ name, sqlite }: Table): Table['sqlite'] {
  if (sqlite === null) return null
  return {
    ...sqlite,
    storedIn: name.name,
    rowidColumn: null,
    autoincrement: false,
    sequenceValue: null,
    conflictClauses: [],
    notUnderstood: [],
    unreadable: [],
  }
}

/** Foreign keys point to the part that has the columns. */
function toParts({ foreignKeys }: Table, parts: ReadonlyMap<string, readonly Table[]>): ForeignKey[] {
  return foreignKeys.map((key) => {
    const holder = parts
      .get(key.parent.name)
      ?.find(({ columns }) => key.parentColumns.every((name) => columns.some((column) => sameName(column.name, name))))
    return holder === undefined ? key : { ...key, parent: holder.name }
  })
}
