import type { Client } from 'pg'
import { isNewTable, type PlannedTable, type SequenceReset } from '../../../model/plan.ts'
import type { ObjectReport, SchemaDifference } from '../../../model/report.ts'
import { chunked } from '../../../util/chunked.ts'
import { findSequencesBehind } from './postgres-sequences.ts'

export type PromisedSchema = {
  readonly tables: readonly PlannedTable[]
  /** What was made after the rows, as it was reported. */
  readonly objects: readonly ObjectReport[]
  readonly sequences: readonly SequenceReset[]
}

/**
 * Looks at the target's catalog once more: columns of the tables that this transfer made, their keys, indexes, checks, foreign keys and
 * views, and where sequences stand. Gives what is not as promised.
 */
export async function findSchemaDifferences(client: Client, promised: PromisedSchema): Promise<SchemaDifference[]> {
  return [
    ...(await differentColumns(client, promised.tables.filter(isNewTable))),
    ...(await lostObjects(client, promised.objects)),
    ...(await findSequencesBehind(client, promised.sequences)),
  ]
}

const looked: ReadonlySet<string> = new Set(['primary-key', 'unique', 'index', 'check', 'foreign-key', 'view'])

/** An object that is gone, or that PostgreSQL does not vouch for any more. */
async function lostObjects(client: Client, objects: readonly ObjectReport[]): Promise<SchemaDifference[]> {
  const made = objects.filter(
    ({ kind, outcome, table }) =>
      looked.has(kind) && table !== null && (outcome === 'created' || outcome === 'changed'),
  )
  if (made.length === 0) return []
  // NOT VALID was announced where the outcome is `changed`.
  const { rows } = await client.query<Record<'place' | 'problem', string>>(
    `select w.place, case when f.valid is null then 'gone' else 'invalid' end as problem
     from unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) with ordinality as w ("schema", "table", name, valid, place)
     left join lateral (
       select bool_or(o.valid) as valid from (
         select k.convalidated as valid from pg_catalog.pg_constraint k
         join pg_catalog.pg_class r on r.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
         where n.nspname = w."schema" and r.relname = w."table" and k.conname = w.name and k.contype <> 'n'
         union all
         select i.indisvalid from pg_catalog.pg_index i
         join pg_catalog.pg_class x on x.oid = i.indexrelid
         join pg_catalog.pg_class r on r.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
         where n.nspname = w."schema" and r.relname = w."table" and x.relname = w.name
         union all
         select true from pg_catalog.pg_class v join pg_catalog.pg_namespace n on n.oid = v.relnamespace
         where n.nspname = w."schema" and v.relname = w.name and v.relkind in ('v', 'm')) as o) as f on true
     where f.valid is null or (w.valid and not f.valid) order by w.place`,
    [
      made.map(({ table }) => table?.schema),
      made.map(({ table }) => table?.name),
      // A view's own name stands where that of a table would; it may have been shortened.
      made.map(({ kind, name, table }) => (kind === 'view' ? table?.name : name)),
      made.map(({ outcome, sql }) => outcome === 'created' && !/\bnot valid\b/i.test(sql ?? '')),
    ],
  )
  return rows.flatMap(({ place, problem }) => {
    const object = made[Number(place) - 1]
    if (!object?.table) return []
    return [
      {
        table: object.table.name,
        object: `${object.kind.replaceAll('-', ' ')} ${object.name}`,
        problem:
          problem === 'gone'
            ? 'was made, and is not there any more'
            : 'was valid when it was made, and is not any more',
      },
    ]
  })
}

type HeldColumn = {
  readonly table: string
  readonly name: string
  readonly type: number
  readonly modifier: number
  readonly shown: string
  readonly notNull: boolean
  readonly identity: boolean
  readonly default: boolean
}

/** Types, NOT NULL, identity, and whether there is a default; what a default or check says is not compared. */
async function differentColumns(client: Client, tables: readonly PlannedTable[]): Promise<SchemaDifference[]> {
  if (tables.length === 0) return []
  const types = await readTypes(client, [...new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)))])
  const held = await readHeldColumns(client, tables)
  return tables.flatMap((table) =>
    table.columns.flatMap((column): SchemaDifference[] => {
      const found = held.get(keyOf(table.target.name, column.target))
      const differs = (problem: string): SchemaDifference => ({
        table: table.target.name,
        object: `column ${column.target}`,
        problem,
      })
      if (found === undefined) return [differs('is not there any more')]
      const [type, modifier] = types.get(column.type) ?? [found.type, found.modifier]
      return [
        ...(type !== found.type || modifier !== found.modifier
          ? [differs(`is ${found.shown}, not ${column.type}`)]
          : []),
        ...(column.notNull && !found.notNull ? [differs('is not NOT NULL any more')] : []),
        ...(column.identity && !found.identity ? [differs('is no identity any more')] : []),
        ...(column.default !== null && !found.default ? [differs(`has lost its default ${column.default}`)] : []),
      ]
    }),
  )
}

function keyOf(table: string, column: string): string {
  return JSON.stringify([table, column])
}

async function readHeldColumns(
  client: Client,
  tables: readonly PlannedTable[],
): Promise<ReadonlyMap<string, HeldColumn>> {
  const { rows } = await client.query<{ columns: string }>(
    `select json_agg(json_build_object('table', r.relname, 'name', a.attname,
         'type', coalesce(nullif(t.typbasetype, 0), t.oid)::int8,
         'modifier', case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end,
         'shown', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'identity', a.attidentity <> '',
         'default', a.atthasdef))::text as columns
     from unnest($1::text[], $2::text[]) as w ("schema", "table")
     join pg_catalog.pg_namespace n on n.nspname = w."schema"
     join pg_catalog.pg_class r on r.relnamespace = n.oid and r.relname = w."table"
     join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
     join pg_catalog.pg_type t on t.oid = a.atttypid`,
    [tables.map(({ target }) => target.schema), tables.map(({ target }) => target.name)],
  )
  const columns = JSON.parse(rows[0]?.columns ?? '[]') as HeldColumn[]
  return new Map(columns.map((column) => [keyOf(column.table, column.name), column]))
}

/** Far fewer than the columns that a query may have. */
const typesAtOnce = 500

/** What PostgreSQL makes of the types' names: number and modifier. */
async function readTypes(
  client: Client,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly [number, number]>> {
  const types = new Map<string, readonly [number, number]>()
  for (const some of chunked(names, typesAtOnce)) {
    const { fields } = await client.query(`select ${some.map((name) => `null::${name}`).join(', ')}`)
    for (const [at, name] of some.entries()) {
      const field = fields[at]
      if (field) types.set(name, [field.dataTypeID, field.dataTypeModifier])
    }
  }
  return types
}
