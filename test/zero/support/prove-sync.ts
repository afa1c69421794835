import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '@rocicorp/zero'
import { zeroNodePg } from '@rocicorp/zero/server/adapters/pg'
import { createBuilder } from '@rocicorp/zero'
import { Client, Pool } from 'pg'
import { importSchema } from './import-schema.ts'
import { type ComparedTable, type ExpectedRow, readExpected, readTables } from './expected-rows.ts'
import { typeCheck } from './type-check.ts'
import { type RunningZero, relatedLimit, startZero, type ZeroRow } from './zero-client.ts'

export type Proof = {
  readonly tables: readonly { readonly name: string; readonly rows: number }[]
  readonly rows: number
  readonly values: number
  readonly relationships: number
  /** `table` or `table.column` of PostgreSQL that schema.ts has not got. */
  readonly leftOut: readonly string[]
  /** The table into which a row was inserted, and how long it took to arrive; null: every table is empty. */
  readonly arrived: { readonly table: string; readonly ms: number } | null
  readonly typeCheckMs: number
  readonly startedInMs: number
  readonly readMs: number
}

export type ProofOptions = {
  readonly url: string
  readonly schemaFile: string
  readonly publications?: readonly string[]
  /** Schema of the target; default `public`. */
  readonly schema?: string
}

/**
 * Proves that the schema file and the database belong together: it type-checks, Zero's own check against the catalog accepts
 * it, zero-cache starts, a client sees every row of every table with every value, and what its relationships lead to; a row
 * that is inserted in PostgreSQL arrives. Throws at the first thing that does not hold.
 */
export async function proveSync(options: ProofOptions): Promise<Proof> {
  const typeCheckMs = typeCheck(options.schemaFile)
  const schema = importSchema(options.schemaFile)
  await checkCatalog(schema, options.url)
  const client = new Client({ connectionString: options.url })
  await client.connect()
  try {
    const { compared, leftOut } = await readTables(client, schema, options.schema ?? 'public')
    await using zero = await startZero(schema, options)
    const begun = performance.now()
    const seen = new Map<string, readonly ZeroRow[]>()
    let values = 0
    for (const table of compared) {
      const rows = await zero.readTable(table.name)
      assertSameRows(table, await readExpected(client, table), rows)
      seen.set(table.name, rows)
      values += rows.length * table.columns.length
    }
    const readMs = performance.now() - begun
    const relationships = await proveRelationships(zero, schema, seen)
    const arrived = await proveArrival(zero, client, compared, seen)
    return {
      tables: compared.map(({ name }) => ({ name, rows: seen.get(name)?.length ?? 0 })),
      rows: [...seen.values()].reduce((sum, rows) => sum + rows.length, 0),
      values,
      relationships,
      leftOut: [
        ...leftOut,
        ...compared.flatMap((table) => table.leftOut.map((column) => `${table.target.name}.${column}`)),
      ],
      arrived,
      typeCheckMs,
      startedInMs: zero.cache.startedInMs,
      readMs,
    }
  } finally {
    await client.end()
  }
}

/** What an application's server does at its first query: Zero compares the whole schema with the live catalog. */
export async function checkCatalog(schema: Schema, url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 })
  try {
    const [first] = Object.keys(schema.tables)
    const query = first === undefined ? undefined : createBuilder(schema)[first]
    if (query === undefined) throw new Error('The schema has no table.')
    await zeroNodePg(schema, pool).run(query.limit(1))
  } finally {
    await pool.end()
  }
}

function assertSameRows(table: ComparedTable, expected: readonly ExpectedRow[], seen: readonly ZeroRow[]): void {
  if (seen.length !== expected.length)
    throw new Error(`${table.name}: PostgreSQL has ${expected.length} rows, the client sees ${seen.length}.`)
  const byKey = new Map(seen.map((row) => [keyOf(table, row), row]))
  for (const row of expected) {
    const found = byKey.get(keyOf(table, row))
    if (found === undefined) throw new Error(`${table.name}: the client does not see the row ${keyOf(table, row)}.`)
    for (const { name, type } of table.columns) {
      if (sameValue(row[name], found[name])) continue
      const values = `PostgreSQL ${JSON.stringify(row[name])}, client ${JSON.stringify(found[name])}`
      throw new Error(`${table.name}.${name} (${type}) of row ${keyOf(table, row)}: ${values}.`)
    }
  }
}

function keyOf({ primaryKey }: ComparedTable, row: ExpectedRow): string {
  return JSON.stringify(primaryKey.map((column) => normal(row[column])))
}

function sameValue(expected: unknown, seen: unknown): boolean {
  return isDeepStrictEqual(normal(expected), normal(seen))
}

/** A double holds milliseconds since 1970 to a quarter of a microsecond: what is beyond it is rounding, on either side. -0 is 0. */
function normal(value: unknown): unknown {
  if (typeof value !== 'number') return value
  const isMoment = !Number.isInteger(value) && Math.abs(value) > 1e9 && Math.abs(value) < 1e14
  return (isMoment ? Math.round(value * 1000) / 1000 : value) + 0
}

/** Follows every relationship of every table, and calculates from the rows of both sides what must come. */
async function proveRelationships(
  zero: RunningZero,
  schema: Schema,
  seen: ReadonlyMap<string, readonly ZeroRow[]>,
): Promise<number> {
  let count = 0
  for (const [name, relationships] of Object.entries(schema.relationships)) {
    const related = await zero.readRelated(name)
    if (related.length !== Math.min(relatedLimit, seen.get(name)?.length ?? 0))
      throw new Error(`${name} with its relationships gives ${related.length} rows.`)
    for (const [relationship, hops] of Object.entries(relationships)) {
      count++
      for (const row of related) assertRelated(`${name}.${relationship}`, row, row[relationship], hops, seen)
    }
  }
  return count
}

type Hop = Schema['relationships'][string][string][number]

function assertRelated(
  label: string,
  row: ZeroRow,
  got: unknown,
  hops: readonly Hop[],
  seen: ReadonlyMap<string, readonly ZeroRow[]>,
): void {
  const reached = hops.reduce<readonly ZeroRow[]>(
    (from, hop) => from.flatMap((each) => partnersOf(each, hop, seen)),
    [row],
  )
  const all = Array.isArray(got) ? got.length : got === undefined || got === null ? 0 : 1
  const isOne = hops.at(-1)?.cardinality === 'one'
  const expected = isOne ? Math.min(1, reached.length) : new Set(reached).size
  if (all !== expected) throw new Error(`${label} gives ${all} rows instead of ${expected} for ${JSON.stringify(row)}.`)
}

function partnersOf(row: ZeroRow, hop: Hop, seen: ReadonlyMap<string, readonly ZeroRow[]>): readonly ZeroRow[] {
  const values = hop.sourceField.map((field) => row[field])
  // As in SQL: nothing is equal to null.
  if (values.some((value) => value === null || value === undefined)) return []
  return (seen.get(hop.destSchema) ?? []).filter((other) =>
    hop.destField.every((field, index) => sameValue(values[index], other[field])),
  )
}

/** Inserts one row in PostgreSQL, sees it arrive, removes it, and sees it go. */
async function proveArrival(
  zero: RunningZero,
  client: Client,
  tables: readonly ComparedTable[],
  seen: ReadonlyMap<string, readonly ZeroRow[]>,
): Promise<Proof['arrived']> {
  for (const table of tables) {
    const before = seen.get(table.name)?.length ?? 0
    const [only, another] = table.columns.filter(({ name }) => table.primaryKey.includes(name))
    if (before === 0 || only === undefined || another !== undefined) continue
    const key = await freshKey(client, table, only)
    if (!(await canInsert(client, table, only, key))) continue
    const arriving = zero.watchTable(table.name, (rows) =>
      rows.some((row) => String(row[only.name]) === key) ? performance.now() : null,
    )
    arriving.catch(() => undefined) // whoever awaits it sees the failure
    await insertCopy(client, table, only, key)
    const inserted = performance.now()
    const ms = Math.max(0, (await arriving) - inserted)
    await client.query(
      `delete from ${nameOf(client, table)} where ${client.escapeIdentifier(only.target)}::text = $1`,
      [key],
    )
    await zero.watchTable(table.name, (rows) => (rows.length === before ? true : null))
    return { table: table.target.name, ms }
  }
  return null
}

type Key = ComparedTable['columns'][number]

async function freshKey(client: Client, table: ComparedTable, { target, type }: Key): Promise<string> {
  const column = client.escapeIdentifier(target)
  const fresh = /^int|numeric|float/.test(type)
    ? `max(${column}) + 1`
    : type === 'uuid'
      ? 'gen_random_uuid()'
      : `substr(md5(random()::text), 1, 5)`
  const { rows } = await client.query<{ key: string }>(`select (${fresh})::text as key from ${nameOf(client, table)}`)
  return rows[0]?.key ?? ''
}

/** False where UNIQUE and CHECK allow no copy: another table will do. */
async function canInsert(client: Client, table: ComparedTable, key: Key, value: string): Promise<boolean> {
  await client.query('begin')
  try {
    await insertCopy(client, table, key, value)
    return true
  } catch {
    return false
  } finally {
    await client.query('rollback')
  }
}

/** A copy of some row with a new key. */
async function insertCopy(client: Client, table: ComparedTable, key: Key, value: string): Promise<void> {
  const columns = (await insertable(client, table)).map((column) => client.escapeIdentifier(column))
  const own = client.escapeIdentifier(key.target)
  const name = nameOf(client, table)
  const values = columns.map((column) => (column === own ? client.escapeLiteral(value) : column))
  await client.query(
    `insert into ${name} (${columns.join(', ')}) overriding system value select ${values.join(', ')} from ${name} limit 1`,
  )
}

async function insertable(client: Client, table: ComparedTable): Promise<string[]> {
  const { rows } = await client.query<{ attname: string }>(
    `select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [nameOf(client, table)],
  )
  return rows.map(({ attname }) => attname)
}

function nameOf(client: Client, { target }: ComparedTable): string {
  return `${client.escapeIdentifier(target.schema)}.${client.escapeIdentifier(target.name)}`
}
