import { Client } from 'pg'

/** What a database holds, small enough to be compared: a digest of every column, and which keys there are. */
export type Content = {
  readonly tables: ReadonlyMap<string, TableContent>
  /** Number of keys and indexes of each kind. */
  readonly keys: Readonly<Record<string, number>>
}

export type TableContent = { readonly rows: string; readonly columns: ReadonlyMap<string, ColumnContent> }

export type ColumnContent = {
  /** As PostgreSQL writes it, `double precision`. */
  readonly type: string
  readonly notNull: boolean
  /** Over all values, whatever their order; null when the values cannot be read as the type they should have. */
  readonly digest: string | null
}

type Types = ReadonlyMap<string, ReadonlyMap<string, { readonly type: string; readonly notNull: boolean }>>

/** With `expected`, values are read as its types, so that a real 0.1 counts as the double 0.1, and JSON whatever its spaces. */
export async function readContent(url: string, expected: Content | null): Promise<Content> {
  const client = await connect(url)
  try {
    const tables = new Map<string, TableContent>()
    for (const [table, columns] of await readTypes(client)) {
      const wanted = expected?.tables.get(table)?.columns
      tables.set(table, await readTable(client, { table, columns, wanted }))
    }
    return { tables, keys: await readKeys(client) }
  } finally {
    await client.end()
  }
}

/** The values of a column in the rows with the lowest ids, as text of the expected type. */
export async function readFirstValues(
  url: string,
  where: { readonly table: string; readonly column: string; readonly type: string; readonly expected: string },
): Promise<Map<string, string | null>> {
  const client = await connect(url)
  try {
    const value = asText(where.column, where.type, where.expected)
    const { rows } = await client.query<[string, string | null]>({
      text: `select id::text, ${value} from "${where.table}" order by id limit 1000`,
      rowMode: 'array',
    })
    return new Map(rows)
  } finally {
    await client.end()
  }
}

async function readTypes(client: Client): Promise<Types> {
  const { rows } = await client.query<{ table: string; column: string; type: string; not_null: boolean }>(`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
     order by c.relname, a.attnum`)
  const types = new Map<string, Map<string, { type: string; notNull: boolean }>>()
  for (const { table, column, type, not_null } of rows) {
    const columns = types.get(table) ?? new Map<string, { type: string; notNull: boolean }>()
    types.set(table, columns.set(column, { type, notNull: not_null }))
  }
  return types
}

async function readTable(
  client: Client,
  options: {
    readonly table: string
    readonly columns: ReadonlyMap<string, { readonly type: string; readonly notNull: boolean }>
    readonly wanted: ReadonlyMap<string, ColumnContent> | undefined
  },
): Promise<TableContent> {
  const { table, columns, wanted } = options
  const digests = [...columns].map(([column, { type }]) => digestOf(column, type, wanted?.get(column)?.type ?? type))
  const row = await digestRow(client, table, digests)
  // A value that cannot be read as the expected type ends the whole query: then column by column, to see which it is.
  const values = row ?? [await countRows(client, table), ...(await digestEach(client, table, digests))]
  return {
    rows: values[0] ?? '0',
    columns: new Map(
      [...columns].map(([name, column], index) => [name, { ...column, digest: values[index + 1] ?? null }]),
    ),
  }
}

async function digestRow(client: Client, table: string, digests: readonly string[]): Promise<(string | null)[] | null> {
  try {
    const text = `select ${['count(*)::text', ...digests].join(', ')} from "${table}"`
    const { rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' })
    return rows[0] ?? null
  } catch (error) {
    // Class 22: a value is not of the type.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('22')) return null
    throw error
  }
}

async function digestEach(client: Client, table: string, digests: readonly string[]): Promise<(string | null)[]> {
  const values: (string | null)[] = []
  for (const digest of digests) values.push((await digestRow(client, table, [digest]))?.[1] ?? null)
  return values
}

async function countRows(client: Client, table: string): Promise<string> {
  return (await digestRow(client, table, []))?.[0] ?? '0'
}

/** NULL has a number of its own, which no text is likely to have. */
function digestOf(column: string, type: string, expected: string): string {
  return `coalesce(sum(coalesce(hashtextextended(${asText(column, type, expected)}, 0), 42)::numeric), 0)::text`
}

function asText(column: string, type: string, expected: string): string {
  // Blobs can be longer than a text in hexadecimal may be.
  if (expected === 'bytea' && type === 'bytea') return `encode(sha256("${column}"), 'hex')`
  return type === expected ? `"${column}"::text` : `"${column}"::text::${expected}::text`
}

async function readKeys(client: Client): Promise<Record<string, number>> {
  const { rows } = await client.query<{ kind: string; count: number }>(`
    select case contype when 'p' then 'primary keys' when 'f' then 'foreign keys' end as kind, count(*)::int as count
      from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'f') group by 1
     union all
    select case when indisunique then 'unique indexes' else 'other indexes' end, count(*)::int
      from pg_index join pg_class c on c.oid = indrelid where c.relnamespace = 'public'::regnamespace group by 1`)
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]))
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, options: '-c timezone=UTC' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
