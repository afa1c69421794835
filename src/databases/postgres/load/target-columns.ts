import type { ClientBase } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import { type TableName, tableLabel } from '../../../model/catalog.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import { quoteIdentifier } from '../identifiers.ts'

/** What a statement has to know about a transferred column of the target. */
export type TargetColumn = {
  readonly name: string
  /** As in DDL, qualified where it is not PostgreSQL's own. */
  readonly type: string
  /** The staging table holds text, and PostgreSQL casts it to this type; compared by what PostgreSQL prints. */
  readonly castTo: string | null
  readonly comparison: Comparison
  /** False for GENERATED ALWAYS identities. */
  readonly updatable: boolean
  readonly notNull: boolean
  /** What gives a new value: the default, or nextval of the identity's sequence; null for none. */
  readonly newValue: string | null
}

/**
 * How two stored values are found to be the same. `value`: PostgreSQL's own `=` tells every difference that matters.
 * `bytes`: text, where a collation may call different texts equal. `text`: types without `=`, or whose `=` is too
 * generous (citext; `box` compares areas; float8 calls 0 and -0 equal), by their output.
 */
export type Comparison = 'value' | 'bytes' | 'text'

const byValue = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'numeric',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'jsonb',
  'bytea',
  'uuid',
  'oid',
])
const byBytes = new Set(['text', 'varchar'])

/** The transferred columns in the order of COPY. Throws CATALOG_UNSUPPORTED when one of them is gone. */
export async function readTargetColumns(client: ClientBase, table: PlannedTable): Promise<TargetColumn[]> {
  const { rows } = await client.query<Record<string, string | null>>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attidentity as identity,
       a.attgenerated as generated, a.attnotnull::int as "notNull", pg_get_expr(d.adbin, d.adrelid) as "default",
       pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence,
       case when t.typtype = 'd' then b.typname else t.typname end as base,
       case when t.typtype = 'd' then b.typnamespace else t.typnamespace end = 'pg_catalog'::regnamespace as builtin
     from pg_catalog.pg_attribute a
     join pg_catalog.pg_class c on c.oid = a.attrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_type t on t.oid = a.atttypid
     left join pg_catalog.pg_type b on b.oid = t.typbasetype
     left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped`,
    [table.target.schema, table.target.name],
  )
  const byName = new Map(rows.map((row) => [row['name'], row]))
  return table.columns.map((planned) => {
    const row = byName.get(planned.target)
    if (!row) throw columnGone(table.target, planned.target)
    const base = row['builtin'] === 't' ? (row['base'] ?? '') : ''
    return {
      name: planned.target,
      type: row['type'] ?? '',
      castTo: planned.conversion.castTo,
      comparison: planned.conversion.castTo === null ? comparisonOf(base) : 'text',
      updatable: row['identity'] !== 'a',
      notNull: row['notNull'] === '1',
      newValue: newValueOf(row),
    }
  })
}

function comparisonOf(base: string): Comparison {
  if (byValue.has(base)) return 'value'
  return byBytes.has(base) ? 'bytes' : 'text'
}

function newValueOf(row: Record<string, string | null>): string | null {
  if (row['generated']) return null
  if (!row['identity']) return row['default'] ?? null
  return row['sequence'] ? `nextval('${row['sequence'].replaceAll("'", "''")}'::pg_catalog.regclass)` : null
}

/** An expression for comparing; `value` is any expression of the column's type. */
export function comparable(value: string, comparison: Comparison): string {
  if (comparison === 'value') return value
  return comparison === 'bytes' ? `${value} collate "C"` : `${value}::text collate "C"`
}

/** A column of the match key with the operator that its unique index compares by: `operator(pg_catalog.=)`. */
export type MatchColumn = { readonly name: string; readonly operator: string }

/**
 * The match key with its operators. There must be a unique index over all or some of the columns, or one source row could
 * hit many target rows; its own operator is used, because with an empty search_path `=` would compare citext as text.
 * Throws CATALOG_NO_KEY. Deferrable constraints will do: nothing here needs ON CONFLICT.
 */
export async function readMatchKey(client: ClientBase, table: PlannedTable): Promise<MatchColumn[]> {
  const { rows } = await client.query<{ column: string; operator: string; covered: string }>(
    `with indexed as (
       select i.indexrelid, i.indisprimary, array_agg(a.attname::text) as columns
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
       left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
       where n.nspname = $1 and c.relname = $2 and i.indisunique and i.indisvalid and i.indpred is null
         and k.place <= i.indnkeyatts
       group by i.indexrelid, i.indisprimary
     ), chosen as (
       select indexrelid from indexed where columns <@ $3::text[] and array_position(columns, null) is null
       order by indisprimary desc, cardinality(columns) desc, indexrelid limit 1
     )
     select a.attname as column, format('operator(%I.%s)', opn.nspname, op.oprname) as operator
     from chosen
     join pg_catalog.pg_index i on i.indexrelid = chosen.indexrelid
     cross join lateral unnest(i.indkey::int2[], i.indclass::oid[]) as k (attnum, class)
     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     join pg_catalog.pg_opclass oc on oc.oid = k.class
     join pg_catalog.pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amopstrategy = 3
       and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype
     join pg_catalog.pg_operator op on op.oid = ao.amopopr
     join pg_catalog.pg_namespace opn on opn.oid = op.oprnamespace`,
    [table.target.schema, table.target.name, table.matchKey],
  )
  if (rows.length === 0) throw noUniqueIndex(table)
  const operators = new Map(rows.map((row) => [row.column, row.operator]))
  // A column of the match key outside the unique index only narrows it down; it may be NULL, where `=` finds nothing.
  return table.matchKey.map((name) => ({ name, operator: operators.get(name) ?? 'is not distinct from' }))
}

function columnGone(table: TableName, column: string): RowferryError {
  return new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The target table ${tableLabel(table)} has no column ${quoteIdentifier(column)}.`,
    remedy: 'The target changed since the plan was made: start again with --restart.',
  })
}

function noUniqueIndex(table: PlannedTable): RowferryError {
  const columns = table.matchKey.map(quoteIdentifier).join(', ')
  return new RowferryError('CATALOG_NO_KEY', {
    message: `No primary key or unique index of ${tableLabel(table.target)} lies within the match key (${columns}), so one row of the source could hit several rows.`,
    remedy: `Name a unique key (tables: ${table.source.name}: matchKey: […]), or make one: create unique index on ${tableLabel(table.target)} (${columns});`,
  })
}
