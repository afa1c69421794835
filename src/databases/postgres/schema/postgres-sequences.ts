import type { ClientBase } from 'pg'
import { type TableName, tableLabel } from '../../../model/catalog.ts'
import type { SequenceReset } from '../../../model/plan.ts'
import type { Warning } from '../../../model/warning.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'

/**
 * Makes the column's sequence go on after the greatest value in the column, after AUTOINCREMENT's high-water mark, and after
 * where it stands already: it never goes back. A column without a sequence is left alone. Identity, serial, and
 * sequences that only stand in the default are all found. Gives a warning when the sequence has no value left.
 */
export async function resetSequence(client: ClientBase, reset: SequenceReset): Promise<Warning | null> {
  const sequence = await findSequence(client, reset.table, reset.column)
  if (sequence === null) return null
  const column = quoteIdentifier(reset.column)
  const { rows } = await client.query<{ greatest: string | null }>(
    // Cast after max: an index can answer it. A sequence counts in bigint, the column may be numeric or text.
    `select case when max(${column})::numeric between -9223372036854775808 and 9223372036854775807
       then trunc(max(${column})::numeric)::bigint else 9223372036854775807 end as greatest
     from ${qualifiedName(reset.table)} having max(${column}) is not null`,
  )
  const values = [rows[0]?.greatest ?? null, reset.atLeast].filter((value) => value !== null).map(BigInt)
  if (values.length === 0) return null
  const used = values.reduce((a, b) => (a > b ? a : b))
  return await forward(client, sequence, used, reset)
}

type Sequence = {
  /** Qualified and quoted. */
  readonly name: string
  readonly min: bigint
  readonly max: bigint
  readonly increment: bigint
  readonly last: bigint
  readonly called: boolean
}

async function forward(
  client: ClientBase,
  sequence: Sequence,
  used: bigint,
  reset: SequenceReset,
): Promise<Warning | null> {
  const standsAt = sequence.called ? sequence.last : sequence.last - 1n
  if (sequence.increment < 0n || used <= standsAt) return null
  // All keys are below where it starts: it stays there.
  if (used < sequence.min) return null
  const value = used > sequence.max ? sequence.max : used
  await client.query('select setval($1::regclass, $2::bigint, true)', [sequence.name, value.toString()])
  if (value + sequence.increment <= sequence.max) return null
  return exhausted(reset, used, sequence)
}

async function findSequence(client: ClientBase, table: TableName, column: string): Promise<Sequence | null> {
  const { rows } = await client.query<Record<string, string>>(
    `select format('%I.%I', sn.nspname, s.relname) as name, q.seqmin as min, q.seqmax as max, q.seqincrement as increment
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = $3 and not a.attisdropped
     left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     join pg_catalog.pg_depend p on p.refclassid = 'pg_catalog.pg_class'::regclass and (
       -- identity (i) and serial (a): the sequence depends on the column
       (p.classid = 'pg_catalog.pg_class'::regclass and p.refobjid = c.oid and p.refobjsubid = a.attnum
         and p.deptype in ('a', 'i'))
       -- default nextval('…') of a sequence that nobody owns: the default depends on the sequence
       or (p.classid = 'pg_catalog.pg_attrdef'::regclass and p.objid = d.oid and p.deptype = 'n'))
     join pg_catalog.pg_class s on s.relkind = 'S'
       and s.oid = case when p.classid = 'pg_catalog.pg_class'::regclass then p.objid else p.refobjid end
     join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
     join pg_catalog.pg_sequence q on q.seqrelid = s.oid
     where n.nspname = $1 and c.relname = $2
     order by p.deptype = 'i' desc, p.deptype = 'n' desc, s.oid limit 1`,
    [table.schema, table.name, column],
  )
  const found = rows[0]
  if (!found) return null
  const state = await client.query<{ last: string; called: string }>(
    `select last_value as last, is_called::int as called from ${found['name']}`,
  )
  const number = (text: string | undefined): bigint => BigInt(text ?? 0)
  return {
    name: found['name'] ?? '',
    min: number(found['min']),
    max: number(found['max']),
    increment: number(found['increment']),
    last: number(state.rows[0]?.last),
    called: state.rows[0]?.called === '1',
  }
}

/** Before rows get new keys: sequences behind their columns catch up. */
export async function advanceSequences(
  client: ClientBase,
  table: TableName,
  columns: readonly { readonly name: string; readonly newValue: string | null }[],
): Promise<void> {
  for (const { name, newValue } of columns) {
    if (newValue?.includes('nextval(')) await resetSequence(client, { table, column: name, atLeast: null })
  }
}

function exhausted(reset: SequenceReset, used: bigint, sequence: Sequence): Warning {
  const name = tableLabel(reset.table)
  return {
    code: 'sequence-exhausted',
    table: reset.table.name,
    column: reset.column,
    message: `${name}.${reset.column} goes up to ${used} and its sequence ends at ${sequence.max}: the next insert without a key will fail.`,
    remedy: `Give the greatest rows smaller keys, then type: select setval('${sequence.name}', (select max(${quoteIdentifier(reset.column)}) from ${qualifiedName(reset.table)}));`,
  }
}
