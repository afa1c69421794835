import type { Context } from './expression-context.ts'
import {
  atom,
  castOperand,
  describe,
  type Literal,
  literalText,
  refuse,
  textLiteral,
  truth,
  typed,
  type Typed,
  untranslated,
} from './expression-types.ts'

/** Told of each translation with IS JSON; `plan/fit-server.ts` writes it otherwise for older servers. */
export const isJsonNote = 'IS JSON, which needs PostgreSQL 16'

/** JSON functions of which PostgreSQL has the same: https://sqlite.org/json1.html */
export const jsonFunctions: Readonly<Record<string, (args: readonly Typed[], context: Context) => Typed>> = {
  json: ([value]) => {
    if (value?.literal?.kind !== 'text') return untranslated('json() of something that is not a literal')
    return textLiteral(JSON.stringify(parsed(value.literal.value)))
  },
  json_array: (args) => (args.length === 0 ? textLiteral('[]') : untranslated('json_array() with values')),
  json_object: (args) => (args.length === 0 ? textLiteral('{}') : untranslated('json_object() with values')),
  json_valid: ([value, flags], context) => {
    if (!value || flags) return untranslated('json_valid() with flags')
    if (value.kind === 'json') return truth(`case when ${castOperand(value)} is not null then true end`)
    if (value.kind !== 'text') return untranslated(`json_valid() of ${describe(value)}`)
    context.notes.add(isJsonNote)
    return truth(`${castOperand(value)} is json`)
  },
  json_array_length: ([value, path]) => {
    if (!value || path) return untranslated('json_array_length() with a path')
    const json = asJsonb(value)
    const sql = `case when jsonb_typeof(${json}) = 'array' then jsonb_array_length(${json}) when ${castOperand(value)} is not null then 0 end`
    return typed('integer', 'integer', sql, { notNegative: true })
  },
  json_extract: ([value, path, more]) => {
    if (!value || !path || more) return untranslated('json_extract() with several paths')
    return extract(value, path)
  },
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return untranslated(`json() of ${literalText(text)}, which is not JSON`)
  }
}

function asJsonb(value: Typed): string {
  if (value.kind === 'json') return value.type === 'jsonb' ? castOperand(value) : `${castOperand(value)}::jsonb`
  if (value.kind === 'text' && !value.literal) return `${castOperand(value)}::jsonb`
  return refuse(`it reads ${describe(value)} as JSON`)
}

/** A value inside JSON: its type is known only row by row, so it is neither text nor number until it is compared or stored. */
export function extract(value: Typed, path: Typed): Typed {
  const { literal } = path
  if (literal?.kind !== 'text' && literal?.kind !== 'integer') return refuse('a JSON path that is not a literal')
  const steps = literal.kind === 'text' ? pathSteps(literal.value) : [String(literal.value)]
  const quoted = steps.map((step) => `"${step.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')
  const array = literalText(`{${quoted}}`)
  const json = asJsonb(value)
  return typed('inside', null, `${json} #>> ${array}`, { insideJson: `${json} #> ${array}` })
}

/** A comparison for equality with a literal that can only mean one JSON value; null when it is open what is meant. */
export function alignInside(value: Typed, literal: Literal): [Typed, Typed] | null {
  if (literal.kind === 'text') {
    // Numbers, truth values, arrays and objects are written so by PostgreSQL: only a string can be any other text.
    if (/^(?:[-\d[{]|true$|false$|null$)/.test(literal.value)) return null
    return [typed('text', 'text', value.sql), textLiteral(literal.value)]
  }
  if (literal.kind !== 'integer') return null
  const json = `nullif(${value.insideJson}, 'null'::jsonb)`
  const number = atom('json', 'jsonb', `'${literal.value}'::jsonb`)
  if (literal.value !== 0n && literal.value !== 1n) return [atom('json', 'jsonb', json), number]
  const asNumber = `case ${json} when 'true'::jsonb then '1'::jsonb when 'false'::jsonb then '0'::jsonb else ${json} end`
  return [typed('json', 'jsonb', asNumber), number]
}

/** `$.a.b[0]."c d"`; negative indexes and `[#-1]` are refused. */
function pathSteps(path: string): string[] {
  if (!path.startsWith('$')) return [path]
  const steps: string[] = []
  const step = /\.(?:"([^"]*)"|([^."[\]]+))|\[(\d+)\]/y
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const match = step.exec(path)
    if (!match) return untranslated(`the JSON path ${path}`)
    const [, quoted, plain, index] = match
    const name = quoted ?? plain ?? index ?? ''
    // PostgreSQL reads digits as the index of an array whatever they were meant as.
    if (index === undefined && /^-?\d+$/.test(name)) return untranslated(`the JSON path ${path}`)
    steps.push(name)
  }
  return steps.length > 0 ? steps : untranslated(`the JSON path ${path}`)
}
