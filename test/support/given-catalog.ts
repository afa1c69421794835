import type { Catalog, Column, ForeignKey, Index, Table } from '../../src/model/catalog.ts'

/**
 * A PostgreSQL catalog in a few words. Columns: `id int8 pk`, `name text null`, `mood enum`, `at timestamptz default`;
 * foreign keys: `author_id -> users.id`, `(a, b) -> t.(x, y)`; a name with blanks stands in double quotes.
 */
export type GivenTable = {
  readonly columns: readonly string[]
  readonly keys?: readonly string[]
  /** Lists of columns, separated by commas. */
  readonly unique?: readonly string[]
  readonly schema?: string
}

export function givenCatalog(tables: Readonly<Record<string, GivenTable>>, version = '18.4'): Catalog {
  return {
    kind: 'postgres',
    version,
    encoding: 'UTF8',
    tables: Object.entries(tables).map(([name, given]) => givenTable(name, given)),
    views: [],
    triggers: [],
    virtualTables: [],
    skipped: [],
  }
}

function givenTable(name: string, { columns, keys = [], unique = [], schema = 'public' }: GivenTable): Table {
  const parsed = columns.map((text, index) => givenColumn(text, index + 1))
  const key = parsed.filter(({ words }) => words.includes('pk')).map(({ column }) => column.name)
  return {
    name: { schema, name },
    sql: null,
    columns: parsed.map(({ column }) => column),
    primaryKey: key.length === 0 ? null : { name: `${name}_pkey`, columns: key },
    uniqueKeys: [],
    foreignKeys: keys.map((text) => givenForeignKey(text, schema)),
    checkConstraints: [],
    indexes: unique.map((list) => givenUniqueIndex(name, namesIn(list))),
    comment: null,
    sqlite: null,
    postgres: {
      empty: true,
      owner: 'o',
      relationKind: 'r',
      insertTriggers: [],
      rowSecurity: false,
      access: { user: 'o', owns: true, rights: ['select', 'insert', 'update', 'truncate'] },
      referencedBy: [],
    },
  }
}

function givenColumn(text: string, position: number): { readonly column: Column; readonly words: readonly string[] } {
  const [name = ''] = namesIn(text)
  const [given = '', ...words] = text.replace(/^("[^"]*"|\S+)\s*/, '').split(' ')
  const type = given === '' ? 'text' : given
  const label = /^enum\((.*)\)$/.exec(type)
  const array = type.endsWith('[]')
  const column: Column = {
    name,
    position,
    declaredType: type,
    notNull: !words.includes('null'),
    default: words.includes('default') ? 'now()' : null,
    generated: words.includes('generated') ? { expression: '1', stored: true } : null,
    collation: null,
    comment: null,
    postgres: {
      typeName: label ? 'mood' : array ? `_${type.slice(0, -2)}` : type,
      typeSchema: label || type === 'mood[]' ? 'public' : 'pg_catalog',
      typeKind: label ? 'enum' : array ? 'array' : 'base',
      domain: words.includes('domain') ? 'shorty' : null,
      typmod: -1,
      baseType: type,
      enumLabels: label?.[1]?.split('|') ?? [],
      identity: words.includes('identity') ? 'by default' : null,
      sequence: null,
    },
  }
  return { column, words }
}

function givenForeignKey(text: string, schema: string): ForeignKey {
  const [columns = '', target = ''] = text.split(' -> ')
  const [, parent = '', parentColumns = ''] = /^("[^"]*"|[^.]+)\.(.*)$/.exec(target) ?? []
  return {
    name: null,
    columns: namesIn(columns),
    parent: { schema, name: namesIn(parent)[0] ?? '' },
    parentColumns: namesIn(parentColumns),
    onUpdate: 'no action',
    onDelete: 'no action',
    deferrable: false,
    initiallyDeferred: false,
  }
}

function givenUniqueIndex(table: string, columns: readonly string[]): Index {
  const parts = columns.map((column) => ({ column, expression: null, collation: null, descending: false }))
  return { name: `${table}_${columns.join('_')}_key`, unique: true, parts, where: null, sql: '' }
}

/** `"a b", c` or `(a, b)` → names; of a column text only the first matters. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|[^\s(),"]+/g)].map((match) => match[1] ?? match[0])
}
