import type { ColumnConversion, PrintedType } from '../../../model/plan.ts'
import { typeFacts } from '../type-names.ts'

/**
 * How the types without a binary codec are written. A type that is not in `printedKinds` is sent as its own text; the proof is the same for all: what PostgreSQL
 * prints has to be what was sent (`databases/postgres/load/prove-casts.ts`).
 */

const printedKinds = {
  money: () => ({ kind: 'money' }),
  bit: () => ({ kind: 'bit' }),
  'bit varying': () => ({ kind: 'bit' }),
  varbit: () => ({ kind: 'bit' }),
  interval: (precision) => ({ kind: 'interval', precision, sinceEpoch: false }),
  'time with time zone': (precision) => ({ kind: 'timetz', precision }),
  timetz: (precision) => ({ kind: 'timetz', precision }),
  inet: () => ({ kind: 'inet' }),
  cidr: () => ({ kind: 'cidr' }),
  macaddr: () => ({ kind: 'macaddr' }),
  macaddr8: () => ({ kind: 'macaddr8' }),
  tsvector: () => ({ kind: 'tsvector' }),
  int4range: () => ({ kind: 'range', element: printedType('integer'), step: 'integer' }),
  int8range: () => ({ kind: 'range', element: printedType('bigint'), step: 'integer' }),
  numrange: () => ({ kind: 'range', element: printedType('numeric'), step: null }),
  tsrange: () => ({ kind: 'range', element: printedType('timestamp'), step: null }),
  tstzrange: () => ({ kind: 'range', element: printedType('timestamptz'), step: null }),
  daterange: () => ({ kind: 'range', element: printedType('date'), step: 'day' }),
} as const satisfies Readonly<Record<string, (precision: number) => PrintedType>>

/** The names that `format_type` gives to types with a writer of their own. */
export const convertedTypes: readonly string[] = [...Object.keys(printedKinds), 'hstore']

/** Types that PostgreSQL makes for its own use: their input functions refuse every text. */
const withoutInput: ReadonlySet<string> = new Set([
  'pg_node_tree',
  'pg_ndistinct',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'gtsvector',
  'ghstore',
  'gtrgm',
  'ltree_gist',
  'intbig_gkey',
  'gbtreekey2',
  'gbtreekey4',
  'gbtreekey8',
  'gbtreekey16',
  'gbtreekey32',
  'gbtreekey_var',
])

/** True for a type that no value can be loaded into; also for arrays of it. */
export function refusesEveryValue(type: string): boolean {
  return withoutInput.has(
    nameOf(type.replace(/(\[\])+$/, ''))
      .split('.')
      .at(-1) ?? '',
  )
}

/** `type` as PostgreSQL's `format_type` prints it, with domains resolved: `numeric(5,2)[]`, `interval(0)`, `public.hstore`. */
export function printedType(type: string): PrintedType {
  const element = /^(.*?)(?:\[\])+$/.exec(type)?.[1]
  if (element !== undefined) return { kind: 'array', element: printedType(element), separator: null }
  const facts = typeFacts(type)
  const name = nameOf(type)
  // "char", with the quotes, is one byte.
  if (facts.castTo === null && type !== '"char"') return wireElement(facts, name)
  if (isKnown(name)) return printedKinds[name](precisionOf(type))
  return /(?:^|\.)hstore$/.test(name) ? { kind: 'hstore' } : { kind: 'verbatim' }
}

function wireElement(facts: ReturnType<typeof typeFacts>, name: string): PrintedType {
  const { wireType, maxCharacters, numeric, timePrecision } = facts
  return {
    kind: 'wire',
    wireType,
    maxCharacters,
    numeric,
    ...(timePrecision === undefined ? {} : { timePrecision }),
    blankPadded: name === 'character' || name === 'bpchar' || name === 'char',
  }
}

function isKnown(name: string): name is keyof typeof printedKinds {
  return Object.hasOwn(printedKinds, name)
}

/** Without the modifier: `time(3) with time zone` becomes `time with time zone`. */
function nameOf(type: string): string {
  return type
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Digits of a second. */
function precisionOf(type: string): number {
  return Number(/\((\d+)\)/.exec(type)?.[1] ?? 6)
}

/** A scalar column of the element's type, for its converter. */
export function elementConversion(
  { wireType, maxCharacters, numeric, timePrecision }: Extract<PrintedType, { kind: 'wire' }>,
  column: ColumnConversion,
): ColumnConversion {
  const { printed: _, ...rest } = column
  return {
    ...rest,
    wireType,
    castTo: null,
    maxCharacters,
    numeric,
    enumLabels: null,
    notNull: false,
    emptyToNull: false,
    ...(timePrecision === undefined ? {} : { timePrecision }),
  }
}
