import { type Context, requireImmutable } from './expression-context.ts'
import {
  atom,
  describe,
  literalText,
  type Moment,
  operand,
  refuse,
  temporalType,
  textLiteral,
  typed,
  type Typed,
  untranslated,
} from './expression-types.ts'
import { parseTimeText } from './time-literals.ts'

/**
 * SQLite's date functions: https://sqlite.org/lang_datefunc.html. They give texts in UTC; what stands behind such a text is
 * kept as a `timestamp` in UTC too, for columns that became times.
 */
export const dateFunctions: Readonly<Record<string, (args: readonly Typed[], context: Context) => Typed>> = {
  datetime: (args, context) => {
    const time = timeValue(args, context)
    return time.fraction ? formatted(time, '%Y-%m-%d %H:%M:%f', context) : formatted(time, '%Y-%m-%d %H:%M:%S', context)
  },
  date: (args, context) => formatted(timeValue(args, context), '%Y-%m-%d', context),
  time: (args, context) => {
    const time = timeValue(args, context)
    return formatted(time, time.fraction ? '%H:%M:%f' : '%H:%M:%S', context)
  },
  strftime: ([format, ...rest], context) => {
    if (format?.literal?.kind !== 'text') return untranslated('the format of strftime() is not a literal')
    return formatted(timeValue(rest, context), format.literal.value, context)
  },
  unixepoch: (args, context) => {
    const time = timeValue(args, context)
    if (time.fraction) return untranslated('unixepoch() with fractions of a second')
    return epochSeconds(time)
  },
  julianday: (args, context) => julianDay(timeValue(args, context)),
  current_timestamp: (_, context) => formatted(timeValue([], context), '%Y-%m-%d %H:%M:%S', context),
  current_date: (_, context) => formatted(timeValue([], context), '%Y-%m-%d', context),
  current_time: (_, context) => formatted(timeValue([], context), '%H:%M:%S', context),
}

type TimeValue = {
  /** A `timestamp` in UTC. */
  readonly sql: string
  /** Set for the present without modifiers: the `timestamptz`. */
  readonly now: string | null
  /** Set for a literal without modifiers. */
  readonly constant: string | null
  /** With `subsec`. */
  readonly fraction: boolean
}

function timeValue(args: readonly Typed[], context: Context): TimeValue {
  const [value, ...modifierArgs] = args.length === 0 ? [textLiteral('now')] : args
  const modifiers = modifierArgs.map((modifier) =>
    modifier.literal?.kind === 'text'
      ? modifier.literal.value.trim().toLowerCase()
      : refuse('a date modifier that is not a literal'),
  )
  if (!value) return untranslated('a date function without argument')
  const unixEpoch = modifiers[0] === 'unixepoch'
  const start = startingPoint(value, unixEpoch, context)
  return modifiers.slice(unixEpoch ? 1 : 0).reduce((time, modifier) => modify(time, modifier, context), start)
}

function startingPoint(value: Typed, unixEpoch: boolean, context: Context): TimeValue {
  const plain = { now: null, constant: null, fraction: false }
  const { literal, column } = value
  if (literal?.kind === 'text' && !unixEpoch) {
    if (/^now$/i.test(literal.value)) {
      requireImmutable(context, 'the present time')
      return { ...plain, sql: "now() at time zone 'utc'", now: 'now()' }
    }
    const parsed = parseTimeText(literal.value)
    if (!parsed || parsed.shape === 'time' || parsed.offset !== null) {
      return refuse(`it reads ${value.sql} as a time`)
    }
    return { ...plain, sql: `${literalText(parsed.text)}::timestamp`, constant: parsed.text }
  }
  if (value.moment && !unixEpoch && value.moment.shape !== 'time') return { ...plain, sql: value.moment.sql }
  if (value.kind === 'temporal') return { ...plain, sql: columnTime(value, unixEpoch) }
  if (unixEpoch && (value.kind === 'integer' || value.kind === 'real')) {
    context.notes.add('a time outside the years 1 to 9999 is NULL')
    const inRange = `${operand(value)} between -62135596800 and 253402300799`
    return { ...plain, sql: `case when ${inRange} then to_timestamp(${value.sql}) at time zone 'utc' end` }
  }
  const name = column ? `${column.target}, which is ${value.type} in PostgreSQL,` : describe(value)
  return refuse(`it reads ${name} as a time, and what SQLite would make of its values is not known`)
}

/** Numbers are read as Julian days unless `unixepoch` is there. */
function columnTime(value: Typed, unixEpoch: boolean): string {
  const unit = value.column?.timeUnit ?? null
  const fits = unit === null ? !unixEpoch : unit === 'epoch-s' ? unixEpoch : unit === 'julian-day' && !unixEpoch
  if (!fits)
    return refuse(`it reads the numbers of ${describe(value)} in another unit than they are in (${unit ?? 'texts'})`)
  switch (temporalType(value.type)) {
    case 'timestamp':
      return value.sql
    case 'timestamptz':
      return `${operand(value)} at time zone 'utc'`
    case 'date':
      return `${operand(value)}::timestamp`
    case 'time':
      return untranslated('a date function of a time of day')
  }
}

const interval = /^([+-]?\d+(?:\.\d+)?)\s+(day|hour|minute|second)s?$/
const truncation = /^start of (day|month|year)$/

function modify(time: TimeValue, modifier: string, context: Context): TimeValue {
  const changed = { now: null, constant: null, fraction: time.fraction }
  if (modifier === 'localtime' && time.now !== null) {
    context.notes.add(
      "local time is the session's time zone in PostgreSQL, and that of the program's machine in SQLite",
    )
    return { ...changed, sql: 'localtimestamp' }
  }
  if (modifier === 'subsec' || modifier === 'subsecond') return { ...time, fraction: true }
  const amount = interval.exec(modifier)
  if (amount) return { ...changed, sql: `(${time.sql}) + interval '${amount[1]} ${amount[2]}s'` }
  const unit = truncation.exec(modifier)
  if (unit) return { ...changed, sql: `date_trunc('${unit[1]}', ${time.sql})` }
  if (/(month|year)s?$/.test(modifier)) {
    return refuse(
      `the modifier '${modifier}' (a month after 31 January is 2 or 3 March in SQLite and the end of February in PostgreSQL)`,
    )
  }
  return untranslated(`the date modifier '${modifier}'`)
}

// -- results -------------------------------------------------------------------------------------------------------------

function epochSeconds(time: TimeValue): Typed {
  const sql = time.now === null ? `extract(epoch from ${time.sql})` : `extract(epoch from ${time.now})`
  return atom('integer', 'bigint', `floor(${sql})::bigint`)
}

function julianDay(time: TimeValue): Typed {
  return typed('real', 'double precision', `extract(epoch from ${time.sql})::double precision / 86400 + 2440587.5`)
}

/** What a format letter is for to_char. https://www.postgresql.org/docs/current/functions-formatting.html */
const letters: Readonly<Record<string, string>> = {
  '%Y': 'YYYY',
  '%m': 'MM',
  '%d': 'DD',
  '%H': 'HH24',
  '%I': 'HH12',
  '%M': 'MI',
  '%S': 'SS',
  '%f': 'SS.MS',
  '%j': 'DDD',
  '%F': 'YYYY-MM-DD',
  '%T': 'HH24:MI:SS',
  '%R': 'HH24:MI',
  '%p': 'AM',
  '%P': 'am',
  '%G': 'IYYY',
  '%V': 'IW',
  '%u': 'ID',
}

function formatted(time: TimeValue, format: string, context: Context): Typed {
  if (format === '%s') {
    const number = epochSeconds(time)
    return atom('text', 'text', `${number.sql}::text`, { number })
  }
  if (format === '%J') return untranslated('strftime() with %J')
  if (format === '%w') return atom('text', 'text', `extract(dow from ${time.sql})::text`)
  const folded = foldConstant(time, format)
  if (folded !== null) return textLiteral(folded)
  requireImmutable(context, 'to_char()')
  const moment = momentOf(time, format)
  const sql = `to_char(${time.sql}, ${literalText(charFormat(format))})`
  return atom('text', 'text', sql, moment ? { moment } : {})
}

function charFormat(format: string): string {
  return [...format.matchAll(/%.|[^%]+|%/gsu)]
    .map(([part]) => {
      if (part === '%%') return '"%"'
      if (part.startsWith('%')) return letters[part] ?? untranslated(`strftime() with ${part}`)
      return /^[ :.,/-]*$/.test(part) ? part : `"${part.replaceAll(/["\\]/g, String.raw`\$&`)}"`
    })
    .join('')
}

/** `datetime('1997-01-01')` is a text that is known already. */
function foldConstant(time: TimeValue, format: string): string | null {
  if (time.constant === null) return null
  const [date, clock = '00:00:00'] = time.constant.split(' ')
  if (format === '%Y-%m-%d') return date ?? null
  if (format === '%H:%M:%S') return clock.slice(0, 8)
  if (format === '%Y-%m-%d %H:%M:%S') return `${date} ${clock.slice(0, 8)}`
  return null
}

/** The precision that a text of this format keeps; null when it is not a whole date or date-time in UTC. */
function momentOf(time: TimeValue, format: string): Moment | null {
  const shape = /^%Y-%m-%d(?:[ T](.*))?$/.exec(format.replace('%F', '%Y-%m-%d').replace('%T', '%H:%M:%S'))
  if (!shape) {
    return format === '%H:%M:%S' ? { shape: 'time', sql: `date_trunc('second', ${time.sql})::time` } : null
  }
  if (shape[1] === undefined) return { shape: 'date', sql: `(${time.sql})::date` }
  const precision = { '%H:%M': 'minute', '%H:%M:%S': 'second', '%H:%M:%f': 'milliseconds' }[
    shape[1].replace(/(Z|\+00:00)$/, '')
  ]
  if (precision === undefined) return null
  return {
    shape: 'datetime',
    sql: `date_trunc('${precision}', ${time.sql})`,
    ...(time.now === null ? {} : { now: `date_trunc('${precision}', ${time.now})` }),
  }
}
