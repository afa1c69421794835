/** Wall-clock times of a zone as moments, by the time zone database that Node carries; never by the machine's own zone. */

const to2000 = 946_684_800_000
const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * Minutes east of UTC that apply to the wall-clock time (microseconds since 2000 as if UTC). A time that occurs twice, when clocks
 * are set back, is the second of the two; one that is skipped, when they are set forward, is read with the offset before: both as
 * PostgreSQL does it (measured with 18.4).
 */
export function zoneOffsetMinutes(zone: string, localMicros: number): number {
  const localMs = Math.floor(localMicros / 1000) + to2000
  // The offsets of a day before and after: between them lies at most one change of the clock.
  const before = offsetAt(zone, localMs - 86_400_000)
  const after = offsetAt(zone, localMs + 86_400_000)
  if (before === after) return before
  return offsetAt(zone, localMs - after * 60_000) === after ? after : before
}

/** Asking Intl takes some microseconds; nearby values share an hour. */
const known = new Map<string, number>()
const maxKnown = 50_000

function offsetAt(zone: string, utcMs: number): number {
  // Clocks change on quarters of an hour at the finest.
  const quarter = Math.floor(utcMs / 900_000)
  const key = `${zone} ${quarter}`
  const cached = known.get(key)
  if (cached !== undefined) return cached
  if (known.size >= maxKnown) known.clear()
  const offset = askOffset(zone, quarter * 900_000)
  known.set(key, offset)
  return offset
}

function askOffset(zone: string, utcMs: number): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(utcMs)
      .map((part) => [part.type, part.value]),
  )
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name))
  const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year')
  const wall = new Date(0)
  wall.setUTCFullYear(year, field('month') - 1, field('day'))
  wall.setUTCHours(field('hour'), field('minute'), field('second'), 0)
  // Before standard time, offsets had seconds; the nearest minute is what an offset text could say.
  return Math.round((wall.getTime() - utcMs) / 60_000)
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const made = formats.get(zone)
  if (made) return made
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  formats.set(zone, format)
  return format
}
