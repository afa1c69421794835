import type { Schema } from '@rocicorp/zero'
import type { Client } from 'pg'

/** A table of schema.ts with the table of PostgreSQL that it stands for. */
export type ComparedTable = {
  /** In schema.ts. */
  readonly name: string
  readonly target: { readonly schema: string; readonly name: string }
  readonly columns: readonly ComparedColumn[]
  /** Names in schema.ts. */
  readonly primaryKey: readonly string[]
  /** Columns that schema.ts does not have. */
  readonly leftOut: readonly string[]
}

type ComparedColumn = {
  readonly name: string
  readonly target: string
  readonly type: string
  readonly isArray: boolean
}

export type ExpectedRow = Readonly<Record<string, unknown>>

/** Tables as PostgreSQL has them, and what schema.ts makes of them. */
export async function readTables(
  client: Client,
  schema: Schema,
  inSchema: string,
): Promise<{ readonly compared: readonly ComparedTable[]; readonly leftOut: readonly string[] }> {
  const found = await client.query<{
    schema: string
    table: string
    column: string
    type: string
    elements: string | null
  }>(
    `select n.nspname as schema, c.relname as table, a.attname as column, t.typname as type,
            (select e.typname from pg_type e where e.oid = t.typelem and t.typcategory = 'A') as elements
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_type t on t.oid = a.atttypid
      where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
      order by c.relname, a.attnum`,
    [inSchema],
  )
  const byTable = Map.groupBy(found.rows, (row) => row.table)
  const compared = Object.entries(schema.tables).map(([name, { serverName, columns, primaryKey }]): ComparedTable => {
    const target = (serverName ?? name).replace(`${inSchema}.`, '')
    const facts = byTable.get(target)
    if (facts === undefined) throw new Error(`schema.ts has a table ${name}, PostgreSQL has no ${inSchema}.${target}.`)
    const named = Object.entries(columns).map(([column, { serverName: server }]) => [column, server ?? column] as const)
    return {
      name,
      target: { schema: inSchema, name: target },
      columns: named.map(([column, server]) => {
        const fact = facts.find((each) => each.column === server)
        if (fact === undefined)
          throw new Error(`schema.ts has a column ${name}.${column}, PostgreSQL has no ${target}.${server}.`)
        return { name: column, target: server, type: fact.elements ?? fact.type, isArray: fact.elements !== null }
      }),
      primaryKey,
      leftOut: facts.map((fact) => fact.column).filter((column) => !named.some(([, server]) => server === column)),
    }
  })
  const synced = new Set(compared.map(({ target }) => target.name))
  return { compared, leftOut: [...byTable.keys()].filter((name) => !synced.has(name)) }
}

/** All rows as a client of Zero has to see them. */
export async function readExpected(client: Client, { target, columns }: ComparedTable): Promise<ExpectedRow[]> {
  const list = columns.map((column, index) => `${sqlValue(column)} as c${index}`).join(', ')
  const from = `${client.escapeIdentifier(target.schema)}.${client.escapeIdentifier(target.name)}`
  const { rows } = await client.query<(string | null)[]>({
    text: `select ${list} from ${from}`,
    rowMode: 'array',
    types: { getTypeParser: () => (text: unknown) => text },
  })
  return rows.map((row) =>
    Object.fromEntries(columns.map((column, index) => [column.name, expectedValue(column, row[index] ?? null)])),
  )
}

/** The arithmetic of moments is left to PostgreSQL: exact to the microsecond, and not ours to get wrong. */
function sqlValue({ target, type, isArray }: ComparedColumn): string {
  const column = `"${target.replaceAll('"', '""')}"`
  if (isArray) return `to_jsonb(${column})`
  if (type === 'timestamp' || type === 'timestamptz' || type === 'date')
    return `case when isfinite(${column}) then extract(epoch from ${column}) * 1000 end`
  if (type === 'time') return `extract(epoch from ${column}) * 1000`
  if (type === 'timetz') return `mod(extract(epoch from ${column} at time zone 'UTC') * 1000 + 86400000, 86400000)`
  return column
}

const numbers = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'])
const moments = new Set(['date', 'timestamp', 'timestamptz', 'time', 'timetz'])

function expectedValue({ type, isArray }: ComparedColumn, text: string | null): unknown {
  if (text === null) return null
  if (isArray || type === 'json' || type === 'jsonb') return JSON.parse(text)
  if (type === 'bool') return text === 't'
  if (moments.has(type)) return Number(text)
  if (!numbers.has(type)) return text
  const value = type === 'float4' ? Math.fround(Number(text)) : Number(text)
  return Number.isFinite(value) ? value : null
}
