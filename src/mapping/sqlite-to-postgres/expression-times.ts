import type { TimeUnit } from '../../model/profile.ts'
import type { Context } from './expression-context.ts'
import {
  atom,
  castOperand,
  describe,
  isNumber,
  type Moment,
  mixture,
  operand,
  refuse,
  type TemporalType,
  temporalType,
  typed,
  type Typed,
} from './expression-types.ts'
import { parseTimeText } from './time-literals.ts'

const asPointsInTime = 'times are compared as points in time, where SQLite compared the texts'

/** Both sides of a comparison of which at least one is a time column. */
export function alignTime(a: Typed, b: Typed, context: Context): [Typed, Typed] {
  if (a.kind === 'temporal' && b.kind === 'temporal') return alignColumns(a, b, context)
  return a.kind === 'temporal' ? [a, valueFor(a, b, context)] : [valueFor(b, a, context), b]
}

function alignColumns(a: Typed, b: Typed, context: Context): [Typed, Typed] {
  const [unitA, unitB] = [a.column?.timeUnit ?? null, b.column?.timeUnit ?? null]
  if (unitA !== unitB) return refuse(`it compares ${mixture(a, b)}, which hold different forms of time in SQLite`)
  if (unitA === null) context.notes.add(asPointsInTime)
  const [typeA, typeB] = [temporalType(a.type), temporalType(b.type)]
  if (typeA === typeB) return [a, b]
  if (typeA === 'time' || typeB === 'time') return refuse(`it compares ${mixture(a, b)}`)
  return [withoutZone(a), withoutZone(b)]
}

/** A comparison of timestamp with timestamptz would depend on the session's time zone. */
function withoutZone(value: Typed): Typed {
  if (temporalType(value.type) !== 'timestamptz') return value
  return typed('temporal', 'timestamp', `${operand(value)} at time zone 'utc'`)
}

function valueFor(column: Typed, value: Typed, context: Context): Typed {
  const unit = column.column?.timeUnit ?? null
  const type = temporalType(column.type)
  if (unit !== null) {
    const number = isNumber(value.kind) ? value : value.number
    if (!number) return refuse(`it compares the numbers of ${describe(column)} with ${describe(value)}`)
    return timeOfNumber(number, unit, type)
  }
  const { literal, moment } = value
  const found = literal?.kind === 'text' ? timeLiteral(literal.value, type) : moment ? momentAs(moment, type) : null
  if (!found) return refuse(`it compares ${mixture(column, value)}`)
  context.notes.add(asPointsInTime)
  return found
}

/** The literal that means this time in a column of that type; null when there is none. Times without offset are UTC. */
export function timeLiteral(text: string, type: TemporalType, timeZone = 'UTC'): Typed | null {
  const parsed = parseTimeText(text)
  if (!parsed) return null
  const { shape } = parsed
  if ((shape === 'time') !== (type === 'time')) return null
  if (type === 'timestamptz') {
    if (parsed.offset === null && timeZone !== 'UTC') {
      return typed('temporal', type, `'${parsed.text}'::timestamp at time zone '${timeZone.replaceAll("'", "''")}'`)
    }
    const clock = shape === 'date' ? ' 00:00:00' : ''
    return atom('temporal', type, `'${parsed.text}${clock}${parsed.offset ?? '+00:00'}'::timestamptz`)
  }
  if (parsed.offset !== null && parsed.offset !== '+00:00') return null
  // A date column compared with a date-time: PostgreSQL takes the date as its midnight.
  return atom('temporal', type, `'${parsed.text}'::${type === 'date' && shape === 'datetime' ? 'timestamp' : type}`)
}

export function momentAs(moment: Moment, type: TemporalType): Typed | null {
  if ((moment.shape === 'time') !== (type === 'time')) return null
  if (type === 'timestamptz') {
    if (moment.now !== undefined) return atom('temporal', type, moment.now)
    return typed('temporal', type, `${moment.sql}::timestamp at time zone 'utc'`)
  }
  const shape = moment.shape === 'datetime' ? 'timestamp' : moment.shape
  return typed('temporal', shape, moment.sql)
}

const perSecond: Readonly<Partial<Record<TimeUnit, number>>> = {
  'epoch-s': 1,
  'epoch-ms': 1e3,
  'epoch-us': 1e6,
  'epoch-ns': 1e9,
}

/** A number of the column's unit as a time. */
export function timeOfNumber(number: Typed, unit: TimeUnit, type: TemporalType): Typed {
  const divisor = perSecond[unit]
  if (divisor === undefined || type === 'time' || type === 'date') {
    return refuse(`numbers in the unit ${unit} that became ${type}`)
  }
  const seconds = divisor === 1 ? number.sql : `${castOperand(number)} / ${divisor}.0`
  const moment = `to_timestamp(${seconds})`
  return type === 'timestamptz'
    ? atom('temporal', type, moment)
    : typed('temporal', type, `${moment} at time zone 'utc'`)
}
