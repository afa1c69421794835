import type { ValueClass } from '../../../model/profile.ts'
import { parseBooleanText } from '../../../util/boolean-text.ts'
import { parseDateTime } from '../../../util/date-time-text.ts'
import { classifyJsonText } from '../../../util/json-text.ts'
import { classifyNumberText } from '../../../util/number-text.ts'
import { isUuidText } from '../../../util/uuid-text.ts'
import type { TypeFamily } from '../declared-type.ts'
import { isCompactDateText } from './time-units.ts'

export type TextClass = { readonly class: ValueClass; readonly subMicrosecond: boolean }

/** What a text means in a column of a family; the same objects every time, so that nothing is allocated per value. */
export function textClassifier(family: TypeFamily): (text: string) => TextClass {
  switch (family) {
    case 'text':
    case 'blob':
    case 'none':
      return (text) => (text === '' ? plain.empty : plain.text)
    case 'integer':
    case 'real':
    case 'numeric':
      return (text) => (text === '' ? plain.empty : classifyNumber(text))
    case 'boolean':
      return (text) =>
        text === '' ? plain.empty : parseBooleanText(text) === null ? classifyNumber(text) : plain.boolean
    case 'date':
    case 'time':
    case 'timestamp':
      return classifyTime
    case 'json':
      return (text) => (text === '' ? plain.empty : classifyJson(text))
    case 'uuid':
      return (text) => (text === '' ? plain.empty : isUuidText(text) ? plain.uuid : plain.text)
  }
}

function is(valueClass: ValueClass, subMicrosecond = false): TextClass {
  return { class: valueClass, subMicrosecond }
}

const plain = {
  empty: is('text-empty'),
  text: is('text'),
  boolean: is('text-boolean'),
  uuid: is('text-uuid'),
  compactDate: is('text-compact-date'),
}
const numbers = { integer: is('text-integer'), decimal: is('text-decimal'), float: is('text-float') }
const jsons = { json: is('text-json'), 'json-odd': is('text-json-odd') }
const times = {
  date: is('text-date'),
  datetime: is('text-datetime'),
  time: is('text-time'),
  offset: is('text-datetime-offset'),
}
const finerTimes = {
  date: is('text-date', true),
  datetime: is('text-datetime', true),
  time: is('text-time', true),
  offset: is('text-datetime-offset', true),
}

function classifyNumber(text: string): TextClass {
  const kind = classifyNumberText(text)
  return kind === null ? plain.text : numbers[kind]
}

function classifyJson(text: string): TextClass {
  const kind = classifyJsonText(text)
  return kind === null ? plain.text : jsons[kind]
}

function classifyTime(text: string): TextClass {
  if (text === '') return plain.empty
  const time = parseDateTime(text)
  if (time === null) return isCompactDateText(text) ? plain.compactDate : classifyNumber(text)
  const kinds = time.subMicrosecond ? finerTimes : times
  return kinds[time.kind === 'datetime' && time.offsetMinutes !== null ? 'offset' : time.kind]
}
