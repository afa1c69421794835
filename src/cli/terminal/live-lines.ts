import { formatBytes, formatCount, formatDuration, formatPercent } from '../../report/figures.ts'
import { cutText, fitText } from './cut-text.ts'
import type { LiveState, LiveTable } from './live-state.ts'
import type { Colors } from './terminal-text.ts'

/** The upper line: what is going on altogether. Exactly one line of at most `width` columns. */
export function totalLine(state: LiveState, now: number, width: number, colors: Colors): string {
  if (state.profile !== null) return profileLine(state, now, width, colors)
  const elapsed = formatDuration((now - state.startedAt) / 1000)
  if (state.totalRows === null)
    return cutText(`${spinner(now)} ${state.activity ?? 'opening source and target'} … ${elapsed}`, width)
  const done = state.rowsRead()
  const total = Math.max(state.totalRows, done)
  if (state.step !== null && state.step.kind !== 'copy-tables') return stepLine(state, now, width, colors)
  const rate = state.rate(now)
  const figures = [
    formatPercent(done, total),
    `${formatCount(done)} of ${formatCount(total)} rows`,
    ...(rate === null || rate.rows <= 0 ? [] : [`${formatCount(rate.rows)} rows/s`, `${formatBytes(rate.bytes)}/s`]),
    ...(rate?.secondsLeft ? [`${formatDuration(rate.secondsLeft)} left`] : []),
  ]
  return withBar(figures, done, total, width, colors)
}

function profileLine(state: LiveState, now: number, width: number, colors: Colors): string {
  const profile = state.profile
  if (profile === null) return ''
  const figures = [
    'counting rows…',
    `${formatCount(profile.tablesDone)} of ${formatCount(profile.tablesTotal)} tables`,
    `${formatCount(profile.rows)} rows`,
    formatDuration((now - state.startedAt) / 1000),
  ]
  return withBar(figures, profile.tablesDone, profile.tablesTotal, width, colors)
}

function stepLine(state: LiveState, now: number, width: number, colors: Colors): string {
  const step = state.step
  const place = step === null ? '' : `step ${step.number + 1} of ${step.total}: `
  const elapsed = formatDuration((now - state.startedAt) / 1000)
  return colors.bold(cutText(`${spinner(now)} ${place}${state.activity ?? ''} … ${elapsed}`, width))
}

/** One table that is being copied. Exactly one line of at most `width` columns. */
export function laneLine(table: LiveTable, now: number, width: number, colors: Colors): string {
  const nameWidth = Math.max(8, Math.min(28, Math.floor(width / 3)))
  const total = Math.max(table.rows, table.rowsRead)
  const seconds = (now - table.startedAt) / 1000
  const figures = [
    formatPercent(table.rowsRead, total),
    `${formatCount(table.rowsRead)}/${formatCount(total)}`,
    ...(table.rejected > 0 ? [`${formatCount(table.rejected)} rejected`] : []),
    ...(table.bytes > 0 ? [formatBytes(table.bytes)] : []),
    formatDuration(seconds),
  ]
  return `  ${fitText(table.name, nameWidth)} ${withBar(figures, table.rowsRead, total, width - nameWidth - 3, colors)}`
}

/** A bar where there is room for one, and as many of the figures as fit: the first are the most important. */
function withBar(figures: readonly string[], done: number, total: number, width: number, colors: Colors): string {
  const barWidth = width >= 60 ? 20 : width >= 34 ? 10 : 0
  const share = total > 0 ? Math.min(1, done / total) : 1
  const filled = Math.floor(share * barWidth)
  const bar = barWidth === 0 ? '' : `${colors.cyan('█'.repeat(filled))}${colors.dim('░'.repeat(barWidth - filled))} `
  let text = ''
  for (const figure of figures) {
    const longer = text === '' ? figure : `${text} · ${figure}`
    if (longer.length > width - (barWidth === 0 ? 0 : barWidth + 1)) break
    text = longer
  }
  return bar + text
}

function spinner(now: number): string {
  return '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'[Math.floor(now / 120) % 10] ?? ''
}
