import type { Report, TableReport } from '../model/report.ts'
import { countOf } from '../report/figures.ts'

/** What was proven how; null where content was not compared. */
export function proofOf(tables: readonly TableReport[], seed: string): Report['proof'] {
  const read = tables.flatMap(({ source, rowsRead, verification }) =>
    verification.level !== 'none' && verification.secondReading !== null
      ? [{ source, rowsRead, ...verification.secondReading }]
      : [],
  )
  if (read.length === 0) return null
  const whole = read.filter(({ scope }) => scope === 'whole')
  const sampled = read.filter(({ scope }) => scope === 'sample')
  const none = read.filter(({ scope }) => scope === 'none')
  const parts = [
    ...(whole.length > 0 ? [`${countOf(whole.length, 'table')} whole`] : []),
    ...(sampled.length > 0
      ? [`${countOf(sampled.length, 'table')} by a sample of ${shareOf(sampled)} of the rows`]
      : []),
  ]
  const again = parts.length > 0 ? `Read again through SQLite: ${parts.join(', ')}; ` : ''
  const counted = read.filter((one) => one.counted !== null).length
  const counts = `rows counted by SQLite itself: ${counted === read.length ? 'all tables' : `${counted} of ${countOf(read.length, 'table')}`}.`
  const missing =
    none.length > 0
      ? ` NOT read again: ${none.map(({ source, reason }) => `${source} (${reason ?? ''})`).join(', ')}.`
      : ''
  const sentence = again + counts
  return { sentence: sentence[0]?.toUpperCase() + sentence.slice(1) + missing, seed: sampled.length > 0 ? seed : null }
}

function shareOf(tables: readonly { readonly rows: number; readonly rowsRead: number }[]): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const all = tables.reduce((sum, table) => sum + table.rowsRead, 0)
  const share = (100 * rows) / Math.max(1, all)
  return `${share < 10 ? share.toFixed(1) : Math.round(share)} %`
}
