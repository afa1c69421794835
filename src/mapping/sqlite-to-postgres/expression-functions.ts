import { bytewise, lowerAscii } from './expression-comparisons.ts'
import { type Context, requireImmutable } from './expression-context.ts'
import { dateFunctions } from './expression-dates.ts'
import { jsonFunctions } from './expression-json.ts'
import { numberFunctions } from './number-functions.ts'
import { commonKind } from './common-kind.ts'
import {
  asCondition,
  asText,
  asValue,
  atom,
  cast,
  describe,
  nullLiteral,
  operand,
  textLiteral,
  typed,
  type Typed,
  untranslated,
} from './expression-types.ts'
import { align } from './expression-comparisons.ts'
import { translateGlob, translateLike } from './text-patterns.ts'

/** SQLite's scalar functions: https://sqlite.org/lang_corefunc.html. What is not here is reported. */
export type ScalarFunction = (args: readonly Typed[], context: Context) => Typed

export function translateFunction(name: string, args: readonly Typed[], context: Context): Typed {
  const found = scalarFunctions.get(name)
  return found ? found(args, context) : untranslated(`the function ${name}()`)
}

const textFunctions: Readonly<Record<string, ScalarFunction>> = {
  lower: (args, context) => foldCase('lower', args, context),
  upper: (args, context) => foldCase('upper', args, context),
  length: ([value]) => length(need(value, 'length')),
  octet_length: ([value]) =>
    atom('integer', 'integer', `octet_length(${textOrBlob(need(value, 'octet_length')).sql})`, { notNegative: true }),
  trim: (args) => trim('btrim', args),
  ltrim: (args) => trim('ltrim', args),
  rtrim: (args) => trim('rtrim', args),
  substr: (args) => substring(args),
  substring: (args) => substring(args),
  replace: ([text, from, to]) =>
    call('text', 'replace', [
      asText(need(text, 'replace')),
      asText(need(from, 'replace')),
      asText(need(to, 'replace')),
    ]),
  instr: ([text, part]) => ({
    ...call('integer', 'strpos', [asText(need(text, 'instr')), asText(need(part, 'instr'))]),
    notNegative: true,
  }),
  unicode: ([text]) => atom('integer', 'integer', `nullif(ascii(${asText(need(text, 'unicode')).sql}), 0)`),
  hex: ([value], context) => hex(need(value, 'hex'), context),
  concat: (args) => call('text', 'concat', args.map(asText)),
  like: ([pattern, value, escape]) =>
    translateLike({ value: need(value, 'like'), pattern: need(pattern, 'like'), escape: escape ?? null, not: false }),
  glob: ([pattern, value]) => translateGlob(need(value, 'glob'), need(pattern, 'glob'), false),
}

const choices: Readonly<Record<string, ScalarFunction>> = {
  coalesce: (args) => coalesce(args),
  ifnull: (args) => coalesce(args),
  nullif: ([a, b], context) => {
    const [left, right] = align(need(a, 'nullif'), need(b, 'nullif'), false, context)
    if (left.sql !== a?.sql) return untranslated('nullif() under a collation or between different types')
    return atom(left.kind, left.type, `nullif(${asValue(left).sql}, ${right.sql})`)
  },
  iif: (args) => choose(args),
  if: (args) => choose(args),
  typeof: ([value]) => typeOf(need(value, 'typeof')),
  min: (args) => extreme('least', args),
  max: (args) => extreme('greatest', args),
  likely: ([value]) => need(value, 'likely'),
  unlikely: ([value]) => need(value, 'unlikely'),
  likelihood: ([value]) => need(value, 'likelihood'),
}

const randomFunctions: Readonly<Record<string, ScalarFunction>> = {
  random: (_, context) => {
    requireImmutable(context, 'random()')
    // The first 8 and the last 12 digits of a version 4 UUID are random, those between are partly fixed.
    return atom(
      'integer',
      'bigint',
      `('x' || left(gen_random_uuid()::text, 8) || right(gen_random_uuid()::text, 8))::bit(64)::bigint`,
    )
  },
  randomblob: ([size], context) => {
    const digits = randomDigits(need(size, 'randomblob'), context)
    return atom('blob', 'bytea', `decode(${digits}, 'hex')`, { randomDigits: digits })
  },
}

const scalarFunctions = new Map<string, ScalarFunction>(
  [textFunctions, choices, randomFunctions, numberFunctions, dateFunctions, jsonFunctions].flatMap((functions) =>
    Object.entries(functions),
  ),
)

function need(value: Typed | undefined, name: string): Typed {
  return value ?? untranslated(`${name}() with too few arguments`)
}

function call(kind: 'text' | 'integer', name: string, args: readonly Typed[]): Typed {
  return atom(kind, kind, `${name}(${args.map((arg) => arg.sql).join(', ')})`)
}

// -- texts ---------------------------------------------------------------------------------------------------------------

/** SQLite folds ASCII letters only, and so does PostgreSQL under the collation "C". */
function foldCase(name: 'lower' | 'upper', [value]: readonly Typed[], context: Context): Typed {
  const text = asText(need(value, name))
  if (name === 'lower' && text.randomDigits) return atom('text', 'text', text.randomDigits)
  if (context.purpose === 'index' || context.purpose === 'index-where') {
    context.notes.add(`${name}() also folds letters beyond ASCII, as queries will; in SQLite it does not`)
    return atom('text', 'text', `${name}(${text.sql})`)
  }
  return name === 'lower' ? lowerAscii(text) : atom('text', 'text', `upper(${operand(text)} collate "C")`)
}

function textOrBlob(value: Typed): Typed {
  return value.kind === 'blob' ? value : asText(value)
}

function length(value: Typed): Typed {
  if (value.kind === 'null') return nullLiteral
  const name = value.kind === 'blob' ? 'octet_length' : 'length'
  return atom('integer', 'integer', `${name}(${textOrBlob(value).sql})`, { notNegative: true })
}

function trim(name: string, [value, characters]: readonly Typed[]): Typed {
  return call('text', name, [asText(need(value, name)), ...(characters ? [asText(characters)] : [])])
}

/** Positions from 1 mean the same; 0 and negative ones count otherwise in SQLite. */
function substring([value, from, count]: readonly Typed[]): Typed {
  const text = asText(need(value, 'substr'))
  const start = need(from, 'substr')
  const { literal } = start
  if (start.kind !== 'integer') return untranslated(`substr() from ${describe(start)}`)
  if (literal?.kind === 'integer' && literal.value < 0n) {
    if (count) return untranslated('substr() with a negative start and a length')
    return atom('text', 'text', `right(${text.sql}, ${-literal.value})`)
  }
  if (!start.notNegative) return untranslated('substr() whose start may be negative')
  if (!count) return atom(text.kind, text.type, `substr(${text.sql}, ${int4(start)})`)
  if (count.kind !== 'integer') return untranslated(`substr() with the length ${describe(count)}`)
  const fromOne = literal?.kind === 'integer' && literal.value === 1n
  if (!count.notNegative && !fromOne) return untranslated('substr() whose length may be negative')
  const size = count.notNegative ? int4(count) : `case when ${operand(count)} < 0 then 0 else ${int4(count)} end`
  return atom(text.kind, text.type, `substr(${text.sql}, ${int4(start)}, ${size})`)
}

function int4(value: Typed): string {
  return value.type === 'bigint' ? cast(value, 'integer').sql : value.sql
}

function hex(value: Typed, context: Context): Typed {
  if (value.randomDigits)
    return atom('text', 'text', `upper(${value.randomDigits})`, { randomDigits: value.randomDigits })
  // hex(NULL) is an empty text in SQLite.
  if (value.kind === 'blob') return atom('text', 'text', `coalesce(upper(encode(${value.sql}, 'hex')), '')`)
  requireImmutable(context, 'convert_to()')
  return atom('text', 'text', `coalesce(upper(encode(convert_to(${asText(value).sql}, 'UTF8'), 'hex')), '')`)
}

/** Twelve random digits, 48 bits, from the end of each version 4 UUID, which comes from the server's strong random source. */
function randomDigits(size: Typed, context: Context): string {
  requireImmutable(context, 'randomblob()')
  const { literal } = size
  if (literal?.kind !== 'integer' || literal.value > 96n)
    return untranslated('randomblob() of a size that is no small literal')
  const digits = Math.max(1, Number(literal.value)) * 2
  const pieces = Array.from({ length: Math.ceil(digits / 12) }, (_, index) => Math.min(12, digits - index * 12))
  const sql = pieces.map((count) => `right(gen_random_uuid()::text, ${count})`).join(' || ')
  return pieces.length > 1 ? `(${sql})` : sql
}

// -- choices -------------------------------------------------------------------------------------------------------------

function coalesce(args: readonly Typed[]): Typed {
  if (args.length < 2) return untranslated('coalesce() with too few arguments')
  const { values, kind, type, mixed } = commonKind(args, 'coalesce()')
  return atom(kind, type, `coalesce(${values.map((value) => value.sql).join(', ')})`, { mixed })
}

function choose([condition, then, otherwise]: readonly Typed[]): Typed {
  const { values, kind, type, mixed } = commonKind([need(then, 'iif'), otherwise ?? nullLiteral], 'iif()')
  const [yes, no] = values
  return atom(kind, type, `case when ${asCondition(need(condition, 'iif')).sql} then ${yes?.sql} else ${no?.sql} end`, {
    mixed,
  })
}

/** With several arguments SQLite gives NULL if any is NULL; least() and greatest() pass NULLs over. */
function extreme(name: 'least' | 'greatest', args: readonly Typed[]): Typed {
  const { values, kind, type, mixed } = commonKind(args, `${name === 'least' ? 'min' : 'max'}()`)
  if (args.some((arg) => arg.collation && arg.collation.name !== 'BINARY'))
    return untranslated('min() or max() under a collation')
  const nulls = values.filter((value) => !value.literal).map((value) => `${operand(value)} is null`)
  const pick = `${name}(${values.map((value) => bytewise(value).sql).join(', ')})`
  return nulls.length === 0
    ? atom(kind, type, pick, { mixed })
    : atom(kind, type, `case when not (${nulls.join(' or ')}) then ${pick} end`, { mixed })
}

/** Constant for a column that can only hold one storage class. */
function typeOf(value: Typed): Typed {
  const name = value.kind === 'boolean' || value.kind === 'truth' ? 'integer' : value.kind
  if (name === 'null') return textLiteral('null')
  if (name !== 'integer' && name !== 'real' && name !== 'text' && name !== 'blob') {
    return untranslated(`typeof() of ${describe(value)}, which may be of several types in SQLite`)
  }
  if (value.literal) return textLiteral(name)
  const affinity = value.column?.affinity ?? name
  if (name === 'text' && affinity !== 'text')
    return untranslated(`typeof() of ${describe(value)}, whose numbers became texts,`)
  return typed('text', 'text', `case when ${operand(value)} is null then 'null' else '${name}' end`)
}
