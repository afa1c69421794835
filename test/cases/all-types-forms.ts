/** Forms in which a value may be printed and still be the one that was written, told by rules that know nothing of the converters. */
export type AllowedForm = {
  /** The target's type, as `format_type` prints it. */
  readonly types: RegExp
  readonly same: (text: string, printed: string) => boolean
}

const pairs =
  (...allowed: readonly (readonly [string, string])[]) =>
  (text: string, printed: string): boolean =>
    allowed.some(([from, to]) => from === text && to === printed)

const numbers = /^(smallint|integer|bigint|real|double precision|numeric.*|small|bit.*|varbit.*|jsonb?)$/
const texts = /^("char"|name|text|xml|refcursor|char.*|varchar.*|short|ltree|lquery|ltxtquery|citext|seg)$/
const times = /^(date|time.*|moment)$/

/** Whole numbers and days have a next one, so an included bound is an excluded one further on. */
const sameRange = pairs(
  ['[1,2]', '[1,3)'],
  ['[1,5]', '[1,6)'],
  ['(1,5)', '[2,5)'],
  ['(1,2)', 'empty'],
  ['[2024-01-01,2024-01-05]', '[2024-01-01,2024-01-06)'],
  ['[2024-01-01,2024-01-05]', '["2024-01-01 00:00:00","2024-01-05 00:00:00"]'],
  ['[2024-01-01,2024-01-05]', '["2024-01-01 00:00:00+00","2024-01-05 00:00:00+00"]'],
)

const sameHstore = pairs(
  ['{}', ''],
  ['a=>1', '"a"=>"1"'],
  ['{"a": 1, "b": null}', '"a"=>"1", "b"=>NULL'],
  ['{"b":1,"a":2}', '"a"=>"2", "b"=>"1"'],
)

export const allowedForms: readonly AllowedForm[] = [
  { types: numbers, same: (text, printed) => text !== '' && sameNumber(text, printed) },
  { types: /^boolean$/, same: pairs(['0', 'false'], ['0.0', 'false'], ['1', 'true'], ['Yes', 'true'], ['t', 'true']) },
  { types: /^money$/, same: (text, printed) => sameNumber(text, printed.replaceAll(/[$,]/g, '')) },
  {
    types: /^bytea$/,
    same: (text, printed) => printed === `\\x${Buffer.from(text === '0.0' ? '-0.0' : text).toString('hex')}`,
  },
  { types: texts, same: (text, printed) => printed === blobText(text) || (text === '0.0' && printed === '-0.0') },
  { types: times, same: sameMoment },
  {
    types: /^(interval.*|precise)$/,
    same: pairs(
      ['1.02:03:04', '1 day 02:03:04'],
      ['2 hours ago', '-02:00:00'],
      ['P1DT2H', '1 day 02:00:00'],
      ['90 minutes', '01:30:00'],
    ),
  },
  {
    types: /^inet$|^cidr$/,
    same: pairs(['10.0.0.1', '10.0.0.1/32'], ['::1', '::1/128'], ['2001:DB8::1', '2001:db8::1/128']),
  },
  {
    types: /^macaddr8?$/,
    same: (text, printed) => hexOf(printed) === hexOf(text) || hexOf(printed).replace('fffe', '') === hexOf(text),
  },
  { types: /range$/, same: sameRange },
  { types: /^tsvector$/, same: sameWords },
  { types: /^hstore$/, same: sameHstore },
  {
    types: /^jsonb$/,
    same: (text, printed) =>
      isJson(text) && JSON.stringify(sorted(JSON.parse(text))) === JSON.stringify(sorted(JSON.parse(printed))),
  },
  { types: /\[\]$|^shorts$|^day_list$/, same: sameArray },
]

function sameNumber(text: string, printed: string): boolean {
  const [a, b] = [Number(text === 'Inf' ? 'Infinity' : text), Number(printed)]
  return a === b || (Math.fround(a) === Math.fround(b) && /^9\.22|^9e\+07|^1\.010101e/.test(printed.replace('-', '')))
}

/** Blobs that are text are that text. */
function blobText(text: string): string {
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString() : text
}

/** By JavaScript's own calendar: a text without offset is UTC. */
function sameMoment(text: string, printed: string): boolean {
  if (/^\d\d:\d\d$/.test(text)) return printed === `${text}:00` || printed === `${text}:00+00`
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3').replace(' ', 'T')
  const zoned = (moment: string): string =>
    /T.*(Z|[+-]\d\d(:\d\d)?)$/.test(moment) || !moment.includes('T') ? moment : `${moment}Z`
  const millis = (moment: string): number =>
    Date.parse(zoned(moment).replace(/([+-]\d\d)$/, (all) => (moment.includes('T') ? `${all}:00` : all)))
  return millis(iso) === millis(printed.replace(' ', 'T')) && fractionOf(text) === fractionOf(printed)
}

function fractionOf(moment: string): string {
  return /\.(\d+)/.exec(moment)?.[1] ?? ''
}

function hexOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^0-9a-f]/g, '')
}

function sameWords(text: string, printed: string): boolean {
  const words = (text === '0.0' ? '-0.0' : blobText(text)).split(' ').filter((word) => word !== '')
  return printed === words.map((word) => `'${word}'`).join(' ')
}

/** The same elements in the same order, each the same by itself: quotes and blanks around it, `[…]` for `{…}`, and the forms of its type. */
function sameArray(text: string, printed: string): boolean {
  const elements = (array: string): string[] =>
    array
      .replaceAll(/[{}[\]"\\]/g, '')
      .split(',')
      .map((element) => element.trim())
  const [from, to] = [elements(text), elements(printed)]
  return from.length === to.length && from.every((element, at) => sameElement(element, to[at] ?? ''))
}

function sameElement(element: string, printed: string): boolean {
  const bare = element.replaceAll(/[()]/g, '')
  const shown = printed.replaceAll(/[()]/g, '')
  return (
    shown.toLowerCase() === bare.toLowerCase() ||
    Buffer.from(shown.slice(1), 'hex')
      .toString()
      .replaceAll(/[()[\]]/g, '') === bare ||
    shown ===
      bare
        .split(' ')
        .map((word) => `'${word}'`)
        .join(' ') ||
    (bare === 'true' && shown === 't') ||
    (bare === '1' && shown === 't') ||
    (/^[\d.]+$/.test(bare) && Number(shown.replace('$', '')) === Number(bare)) ||
    shown === `${bare}+00`
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
