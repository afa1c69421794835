import type { Emit, TransferEventName, TransferEvents } from '../../model/events.ts'
import type { Finding } from '../../model/report.ts'
import { countOf, formatCount, formatDuration, formatPercent, rowsPerSecond } from '../../report/figures.ts'
import { warningText } from '../../report/warning-text.ts'
import { cutText, hang } from './cut-text.ts'
import { openLiveBars, type LiveBars } from './live-bars.ts'
import { LiveState } from './live-state.ts'
import type { Screen } from './screen.ts'
import { newLine } from './terminal-text.ts'

/** A view of a running transfer. `emit` takes its events; dispose when it has ended, on every way out. */
export type ProgressView = Disposable & {
  readonly emit: Emit
  /** A line that stays. */
  print(line: string): void
  /** Takes the moving lines away while a question is asked. */
  during<T>(ask: () => Promise<T>): Promise<T>
}

const stallMs = 30_000
const plainLineMs = 10_000

/** Moving bars on a terminal; plain lines, one per table and one every 10 seconds, anywhere else. */
export function openProgressView(screen: Screen, signal: AbortSignal, now: () => number = Date.now): ProgressView {
  const state = new LiveState(now())
  let bars: LiveBars | null = null
  let saidStall = false
  let plainSaidAt = now()
  const print = (line: string): void => {
    if (screen.quiet) return
    if (bars === null) screen.print(line)
    else bars.printAbove(line)
  }
  const tick = (): void => {
    if (now() - state.movedAt >= stallMs && !saidStall) {
      saidStall = true
      print(stallNotice(state, now(), screen))
    }
    if (bars === null && !screen.live && now() - plainSaidAt >= plainLineMs) {
      plainSaidAt = now()
      print(plainProgress(state, now()))
    }
  }
  const timer = setInterval(tick, 1000)
  timer.unref()
  const showBars = (): void => {
    if (bars === null && screen.live) bars = openLiveBars(screen, state, now)
  }
  const hideBars = (): void => {
    bars?.[Symbol.dispose]()
    bars = null
  }
  // At once: the first start of the embedded PostgreSQL takes seconds, and something must move meanwhile.
  showBars()
  const emit: Emit = (name, event) => {
    state.apply(name, event, now())
    saidStall = false
    const line = lineOf(name, event, screen)
    if (line !== null) print(line)
  }
  const sayStopping = (): void => print('Finishing the batch in hand … (Ctrl-C again stops at once)')
  signal.addEventListener('abort', sayStopping)
  return {
    emit,
    print,
    during: async (ask) => {
      const wereShown = bars !== null
      hideBars()
      try {
        return await ask()
      } finally {
        state.movedAt = now()
        if (wereShown) showBars()
      }
    },
    [Symbol.dispose]: () => {
      clearInterval(timer)
      signal.removeEventListener('abort', sayStopping)
      hideBars()
    },
  }
}

type LineMakers = { [Name in TransferEventName]?: (event: TransferEvents[Name], screen: Screen) => string | null }

/** Which events leave a line behind. */
const lines: LineMakers = {
  'transfer:started': (event, screen) =>
    event.resumed
      ? screen.colors.bold(`Going on with the unfinished transfer ${event.transferId}`)
      : screen.verbose
        ? `Transfer ${event.transferId}, files in ${event.folder}`
        : null,
  'preflight:finding': (event, screen) => findingLine(event, screen),
  'step:started': (event, screen) =>
    screen.live && !screen.verbose ? null : `Step ${event.number + 1} of ${event.total}: ${event.label}`,
  'table:finished': (event, screen) => {
    if (screen.live && !screen.verbose) return null
    const rate = rowsPerSecond(event.rowsRead, event.seconds)
    const rejected = event.rejected > 0 ? `, ${formatCount(event.rejected)} rejected` : ''
    return `${event.table}: ${countOf(event.loaded, 'row')} loaded${rejected} in ${formatDuration(event.seconds)}${rate === null ? '' : ` (${formatCount(rate)} rows/s)`}`
  },
  'table:verified': ({ table, verification }, screen) =>
    verification.level !== 'none' && verification.verdict === 'differs'
      ? screen.colors.red(`✗ ${table} differs`)
      : screen.verbose
        ? `✓ ${table} verified`
        : null,
  'object:created': (event, screen) =>
    event.error !== null && screen.verbose ? `! ${event.kind} ${event.name}: ${event.error}` : null,
  warning: (event, screen) => (screen.verbose ? screen.colors.yellow(`! ${warningText(event)}`) : null),
  retry: (event, screen) =>
    screen.colors.yellow(
      `! ${event.what}: ${event.reason}; attempt ${event.attempt} of ${event.attempts} in ${formatDuration(event.waitMs / 1000)}`,
    ),
}

function lineOf<Name extends TransferEventName>(
  name: Name,
  event: TransferEvents[Name],
  screen: Screen,
): string | null {
  const make = lines[name] as ((event: TransferEvents[Name], screen: Screen) => string | null) | undefined
  return make?.(event, screen) ?? null
}

function findingLine(finding: Finding, screen: Screen): string {
  const { colors } = screen
  const mark = { ok: colors.green('✓'), warning: colors.yellow('!'), error: colors.red('✗') }[finding.level]
  const width = screen.width()
  const remedy = finding.remedy === null ? '' : `${newLine}${hang('  → ', finding.remedy, width)}`
  return `${mark} ${hang('  ', finding.message, width).trimStart()}${remedy}`
}

function plainProgress(state: LiveState, now: number): string {
  if (state.profile !== null) {
    return `counting rows: ${formatCount(state.profile.tablesDone)} of ${formatCount(state.profile.tablesTotal)} tables, ${countOf(state.profile.rows, 'row')}`
  }
  const elapsed = formatDuration((now - state.startedAt) / 1000)
  if (state.totalRows === null) return `${state.activity ?? 'opening source and target'}, ${elapsed}`
  const done = state.rowsRead()
  const total = Math.max(done, state.totalRows)
  const rate = state.rate(now)
  const speed = rate === null || rate.rows <= 0 ? '' : `, ${formatCount(rate.rows)} rows/s`
  const left = rate?.secondsLeft ? `, ${formatDuration(rate.secondsLeft)} left` : ''
  return `${state.activity ?? ''}: ${formatPercent(done, total)}, ${formatCount(done)} of ${formatCount(total)} rows${speed}${left}, ${elapsed}`
}

function stallNotice(state: LiveState, now: number, screen: Screen): string {
  const tables = state.active().map((table) => table.name)
  const doing = tables.length > 0 ? `copying ${tables.slice(0, 3).join(', ')}` : (state.activity ?? 'connecting')
  const idle = formatDuration((now - state.movedAt) / 1000)
  return screen.colors.yellow(
    cutText(`! Nothing has moved for ${idle} while ${doing}. What it waits for: `, screen.width()) +
      `${newLine}  select pid, wait_event_type, wait_event, query from pg_stat_activity where state <> 'idle'`,
  )
}
