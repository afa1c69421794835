/** Texts that SQL writes for times, read strictly: what is not exactly one of these forms is no time. */
export type TimeText = {
  readonly shape: 'date' | 'datetime' | 'time'
  /** As PostgreSQL reads it whatever its DateStyle: `2024-02-29 12:34:56.5`. */
  readonly text: string
  /** `+00:00`, `-05:30`; null where there is none. */
  readonly offset: string | null
}

const date = String.raw`(\d{4})-(\d\d)-(\d\d)`
const clock = String.raw`(\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?`
const dateTime = new RegExp(String.raw`^${date}(?:[ T]${clock}\s*(Z|[+-]\d\d:\d\d)?)?$`)
const timeOnly = new RegExp(`^${clock}$`)

export function parseTimeText(text: string): TimeText | null {
  const time = timeOnly.exec(text)
  if (time) {
    const [, hour, minute, second, fraction] = time
    const read = clockText(hour, minute, second, fraction)
    return read === null ? null : { shape: 'time', text: read, offset: null }
  }
  const match = dateTime.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  if (!isDate(Number(year), Number(month), Number(day))) return null
  const dateText = `${year}-${month}-${day}`
  if (hour === undefined) return { shape: 'date', text: dateText, offset: null }
  const read = clockText(hour, minute, second, fraction)
  if (read === null) return null
  const offset = zone === 'Z' ? '+00:00' : (zone ?? null)
  return { shape: 'datetime', text: `${dateText} ${read}`, offset }
}

function clockText(hour = '', minute = '', second = '00', fraction = ''): string | null {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  return `${hour}:${minute}:${second}${fraction}`
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}
