import type { WireType } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'

/** PostgreSQL's types by name, as users write them in the configuration: how values travel there. */

type TypeFacts = Pick<ColumnConversion, 'wireType' | 'castTo' | 'maxCharacters' | 'numeric' | 'emptyToNull'> & {
  readonly timePrecision?: number
}

const wireTypes: Readonly<Record<string, WireType>> = {
  bool: 'bool',
  boolean: 'bool',
  int2: 'int2',
  smallint: 'int2',
  smallserial: 'int2',
  int: 'int4',
  int4: 'int4',
  integer: 'int4',
  serial: 'int4',
  int8: 'int8',
  bigint: 'int8',
  bigserial: 'int8',
  float4: 'float4',
  real: 'float4',
  float8: 'float8',
  float: 'float8',
  'double precision': 'float8',
  numeric: 'numeric',
  decimal: 'numeric',
  date: 'date',
  time: 'time',
  'time without time zone': 'time',
  timestamp: 'timestamp',
  'timestamp without time zone': 'timestamp',
  timestamptz: 'timestamptz',
  'timestamp with time zone': 'timestamptz',
  text: 'text',
  varchar: 'text',
  'character varying': 'text',
  char: 'text',
  character: 'text',
  bpchar: 'text',
  json: 'json',
  jsonb: 'jsonb',
  bytea: 'bytea',
  uuid: 'uuid',
}

/** Text in all but name: `''` stays `''` there. */
const textLike: ReadonlySet<string> = new Set(['citext', 'name', 'xml', 'ltree', 'tsvector'])

/**
 * How values get into a column of the type, written as in DDL: `numeric(10,2)`, `timestamp(3) with time zone`, `inet`,
 * `text[]`. A type without a codec travels as text and is cast.
 */
export function typeFacts(type: string): TypeFacts {
  const name = type
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const [first, second] = argumentsOf(type)
  const wireType = wireTypes[name]
  if (wireType === undefined) return castFacts(type, name)
  if (wireType === 'numeric') {
    const numeric = first === undefined ? null : { precision: first, scale: second ?? 0 }
    return facts(wireType, { numeric })
  }
  if (wireType === 'text') return facts(wireType, { maxCharacters: first ?? charDefault(name) })
  // float(1) to float(24) are four bytes wide.
  if (name === 'float' && first !== undefined && first <= 24) return facts('float4', {})
  const isTime = wireType === 'time' || wireType === 'timestamp' || wireType === 'timestamptz'
  return isTime && first !== undefined ? facts(wireType, { timePrecision: first }) : facts(wireType, {})
}

/** `char` alone is char(1). */
function charDefault(name: string): number | null {
  return name === 'char' || name === 'character' ? 1 : null
}

function castFacts(type: string, name: string): TypeFacts {
  return facts('text', { castTo: type, emptyToNull: !textLike.has(name.split('.').at(-1) ?? name) })
}

function facts(wireType: WireType, more: Partial<TypeFacts>): TypeFacts {
  return {
    wireType,
    castTo: null,
    maxCharacters: null,
    numeric: null,
    emptyToNull: wireType !== 'text' && wireType !== 'bytea',
    ...more,
  }
}

function argumentsOf(type: string): number[] {
  const inside = /\(([^)]*)\)/.exec(type)?.[1]
  if (inside === undefined) return []
  const numbers = inside.split(',').map(Number)
  return numbers.every((number) => Number.isInteger(number)) ? numbers : []
}
