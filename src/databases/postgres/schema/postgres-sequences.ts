import type { ClientBase } from 'pg'
import { type TableName, tableLabel } from '../../../model/catalog.ts'
import type { SequenceReset } from '../../../model/plan.ts'
import type { SchemaDifference } from '../../../model/report.ts'
import type { Warning } from '../../../model/warning.ts'
import { chunked } from '../../../util/chunked.ts'
import { qualifiedName, quoteIdentifier } from '../identifiers.ts'

/**
 * Sequences that are read or set by one statement: four round trips per sequence took 3 s for 1,000. Each holds three locks
 * (table, index, sequence), of which a server has 6,400 unless told otherwise.
 */
const perStatement = 100

/**
 * Makes each column's sequence go on after the greatest value in the column, after AUTOINCREMENT's high-water mark, and after
 * where it stands already: it never goes back. A column without a sequence is left alone. Identity, serial, and
 * sequences that only stand in the default are all found. Gives a warning for every sequence that has no value left.
 */
export async function resetSequences(client: ClientBase, resets: readonly SequenceReset[]): Promise<Warning[]> {
  if (resets.length === 0) return []
  const found = await findSequences(client, resets)
  const standing = new Map<string, bigint>()
  const forwarded = new Map<string, bigint>()
  const warnings: Warning[] = []
  for (let from = 0; from < found.length; from += perStatement) {
    const part = found.slice(from, from + perStatement)
    const states = await readStates(client, part)
    for (const [index, { reset, sequence }] of part.entries()) {
      const state = states[index]
      if (!state) continue
      // Two columns may share a sequence, and the second must not set it back.
      const standsAt = standing.get(sequence.name) ?? state.standsAt
      const { increment } = sequence
      const used = usedOf(state, reset, sequence)
      const value = used === null ? null : nextStand(sequence, standsAt, used)
      if (used === null || value === null) continue
      standing.set(sequence.name, value)
      forwarded.set(sequence.name, value)
      if (value + increment > sequence.max || value + increment < sequence.min)
        warnings.push(exhausted(reset, used, sequence))
    }
  }
  await setSequences(client, [...forwarded])
  return warnings
}

/** Sequences that would hand out a value that the column has already, or one below AUTOINCREMENT's high-water mark. */
export async function findSequencesBehind(
  client: ClientBase,
  resets: readonly SequenceReset[],
): Promise<SchemaDifference[]> {
  if (resets.length === 0) return []
  const differences: SchemaDifference[] = []
  for (const part of chunked(await findSequences(client, resets), perStatement)) {
    const states = await readStates(client, part)
    for (const [index, { reset, sequence }] of part.entries()) {
      const state = states[index]
      const used = state && usedOf(state, reset, sequence)
      if (!state || used === null || used === undefined || nextStand(sequence, state.standsAt, used) === null) continue
      // One that has no value left stands at its end, and a warning says so.
      if (sequence.increment > 0n ? state.standsAt >= sequence.max : state.standsAt <= sequence.min) continue
      const problem = `stands at ${state.standsAt}, and ${reset.column} goes up to ${used}`
      differences.push({ table: reset.table.name, object: `sequence ${sequence.name}`, problem })
    }
  }
  return differences
}

type Sequence = {
  /** Qualified and quoted. */
  readonly name: string
  readonly min: bigint
  readonly max: bigint
  readonly increment: bigint
}

type FoundSequence = { readonly reset: SequenceReset; readonly sequence: Sequence }

type SequenceState = {
  /** The last value that was handed out; one step before the first where none was. */
  readonly standsAt: bigint
  /** Greatest value of the column, least where the sequence counts down; null when there is none. */
  readonly furthest: string | null
}

/**
 * Where the sequence has to stand now; null: it may stay where it is. It stays on its own grid: applications that take a block
 * of values with each call (Hibernate's allocation size), and servers that share the numbers among them, count on the steps.
 */
function nextStand({ increment, min, max }: Sequence, standsAt: bigint, used: bigint): bigint | null {
  const [step, distance] = increment > 0n ? [increment, used - standsAt] : [-increment, standsAt - used]
  if (distance <= 0n) return null
  // All keys are before where it starts: it stays there.
  if (increment > 0n ? used < min : used > max) return null
  const stand = standsAt + ((distance + step - 1n) / step) * increment
  if (stand > max) return max
  return stand < min ? min : stand
}

/** The furthest value that is taken, as the sequence counts. */
function usedOf({ furthest }: SequenceState, { atLeast }: SequenceReset, { increment }: Sequence): bigint | null {
  const values = [furthest, increment > 0n ? atLeast : null].filter((text) => text !== null).map(BigInt)
  if (values.length === 0) return null
  return values.reduce((a, b) => (a > b === increment > 0n ? a : b))
}

async function findSequences(client: ClientBase, resets: readonly SequenceReset[]): Promise<FoundSequence[]> {
  const named = resets.filter(({ sequence }) => sequence !== undefined)
  const own = resets.filter(({ sequence }) => sequence === undefined)
  return [...(await findOwn(client, own)), ...(await findNamed(client, named))]
}

/** Those that only the application calls. */
async function findNamed(client: ClientBase, resets: readonly SequenceReset[]): Promise<FoundSequence[]> {
  if (resets.length === 0) return []
  const { rows } = await client.query<SequenceRow>(
    `select w.place, format('%I.%I', n.nspname, s.relname) as name,
       q.seqmin as min, q.seqmax as max, q.seqincrement as increment
     from unnest($1::name[], $2::name[]) with ordinality as w ("schema", sequence, place)
     join pg_catalog.pg_namespace n on n.nspname = w."schema"
     join pg_catalog.pg_class s on s.relnamespace = n.oid and s.relname = w.sequence and s.relkind = 'S'
     join pg_catalog.pg_sequence q on q.seqrelid = s.oid
     order by w.place`,
    [resets.map(({ sequence }) => sequence?.schema), resets.map(({ sequence }) => sequence?.name)],
  )
  return foundSequences(rows, resets)
}

async function findOwn(client: ClientBase, resets: readonly SequenceReset[]): Promise<FoundSequence[]> {
  if (resets.length === 0) return []
  const { rows } = await client.query<SequenceRow>(
    `select distinct on (w.place) w.place, format('%I.%I', sn.nspname, s.relname) as name,
       q.seqmin as min, q.seqmax as max, q.seqincrement as increment
     from unnest($1::name[], $2::name[], $3::name[]) with ordinality as w ("schema", "table", "column", place)
     join pg_catalog.pg_namespace n on n.nspname = w."schema"
     join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w."table"
     join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = w."column" and not a.attisdropped
     cross join lateral (
       -- identity (i) and serial (a): the sequence depends on the column
       select p.objid as sequence, p.deptype from pg_catalog.pg_depend p
       where p.classid = 'pg_catalog.pg_class'::regclass and p.refclassid = 'pg_catalog.pg_class'::regclass
         and p.refobjid = c.oid and p.refobjsubid = a.attnum and p.deptype in ('a', 'i')
       union all
       -- default nextval('…') of a sequence that nobody owns: the default depends on the sequence
       select p.refobjid, p.deptype from pg_catalog.pg_attrdef d
       join pg_catalog.pg_depend p on p.classid = 'pg_catalog.pg_attrdef'::regclass and p.objid = d.oid
         and p.refclassid = 'pg_catalog.pg_class'::regclass and p.deptype = 'n'
       where d.adrelid = c.oid and d.adnum = a.attnum
     ) as p
     join pg_catalog.pg_class s on s.oid = p.sequence and s.relkind = 'S'
     join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
     join pg_catalog.pg_sequence q on q.seqrelid = s.oid
     order by w.place, p.deptype = 'i' desc, p.deptype = 'n' desc, s.oid`,
    [
      resets.map(({ table }) => table.schema),
      resets.map(({ table }) => table.name),
      resets.map(({ column }) => column),
    ],
  )
  return foundSequences(rows, resets)
}

type SequenceRow = Record<'place' | 'name' | 'min' | 'max' | 'increment', string>

function foundSequences(rows: readonly SequenceRow[], resets: readonly SequenceReset[]): FoundSequence[] {
  return rows.flatMap(({ place, name, min, max, increment }) => {
    const reset = resets[Number(place) - 1]
    if (!reset) return []
    return [{ reset, sequence: { name, min: BigInt(min), max: BigInt(max), increment: BigInt(increment) } }]
  })
}

/** In the order of `found`. */
async function readStates(client: ClientBase, found: readonly FoundSequence[]): Promise<SequenceState[]> {
  const { rows } = await client.query<{ last: string; called: string; furthest: string | null }>(
    `select * from (${found.map(stateSql).join(' union all ')}) as states order by place`,
  )
  return rows.map(({ last, called, furthest }, at) => ({
    standsAt: called === '1' ? BigInt(last) : BigInt(last) - (found[at]?.sequence.increment ?? 1n),
    furthest,
  }))
}

/**
 * `last_value` from the sequence itself: the function of that name tells nothing of one that is not called yet. The furthest
 * value is cast after `max` or `min`, so that an index can answer it; a sequence counts in bigint, the column may be numeric or
 * text.
 */
function stateSql({ reset, sequence }: FoundSequence, place: number): string {
  const column = quoteIdentifier(reset.column)
  const furthest = `${sequence.increment > 0n ? 'max' : 'min'}(${column})`
  return `select ${place} as place, last_value as last, is_called::int as called, (
       select case when ${furthest}::numeric > 9223372036854775807 then 9223372036854775807
         when ${furthest}::numeric < -9223372036854775808 then -9223372036854775808
         else trunc(${furthest}::numeric)::bigint end
       from ${qualifiedName(reset.table)} having ${furthest} is not null) as furthest
     from ${sequence.name}`
}

async function setSequences(client: ClientBase, values: readonly (readonly [string, bigint])[]): Promise<void> {
  for (let from = 0; from < values.length; from += perStatement) {
    const part = values.slice(from, from + perStatement)
    await client.query(
      'select setval(name::regclass, value, true) from unnest($1::text[], $2::bigint[]) as forwarded (name, value)',
      [part.map(([name]) => name), part.map(([, value]) => value.toString())],
    )
  }
}

/** Before rows get new keys: sequences behind their columns catch up. */
export async function advanceSequences(
  client: ClientBase,
  table: TableName,
  columns: readonly { readonly name: string; readonly newValue: string | null }[],
): Promise<void> {
  const generated = columns.filter(({ newValue }) => newValue?.includes('nextval('))
  await resetSequences(
    client,
    generated.map(({ name }) => ({ table, column: name, atLeast: null })),
  )
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
