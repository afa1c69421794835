import { MultiBar } from 'cli-progress'
import { laneLine, totalLine } from './live-lines.ts'
import type { LiveState } from './live-state.ts'
import type { Screen } from './screen.ts'
import { terminalText } from './terminal-text.ts'

export type LiveBars = Disposable & { printAbove(line: string): void }

/** Tables that are shown at once; more are copied unseen, and the total line counts them. */
const mostLanes = 6

/**
 * One line for everything and one lane per table in work. Lanes are used again rather than removed: removed ones leave stale
 * lines behind (cli-progress 3.12). The library redraws; what stands in the lines is made in `live-lines.ts`.
 */
export function openLiveBars(screen: Screen, state: LiveState, now: () => number): LiveBars {
  const lanes = Math.max(1, Math.min(mostLanes, (screen.stream.rows ?? 24) - 4))
  // The last column stays free: a character there makes some terminals wrap the line.
  const width = (): number => screen.width() - 1
  const line = (index: number): string => {
    if (index === 0) return totalLine(state, now(), width(), screen.colors)
    const table = state.active()[index - 1]
    return table === undefined ? '' : laneLine(table, now(), width(), screen.colors)
  }
  const bars = new MultiBar({
    stream: screen.stream,
    clearOnComplete: true,
    hideCursor: true,
    forceRedraw: true,
    gracefulExit: false,
    fps: 8,
    format: (_options, _params, payload: { readonly index: number }) => terminalText(line(payload.index)),
  })
  const showCursor = (): void => {
    screen.stream.write('\u001B[?25h\u001B[?7h')
  }
  // The second Ctrl-C ends the process at once, without anybody to stop the bars.
  process.once('exit', showCursor)
  for (let index = 0; index <= lanes; index++) bars.create(1, 0, { index })
  return {
    printAbove: (text) =>
      bars.log(`\u001B[?7h${terminalText(text).replaceAll('\n', '\u001B[K\n')}\u001B[K\n\u001B[?7l`),
    [Symbol.dispose]: () => {
      bars.update()
      bars.stop()
      process.removeListener('exit', showCursor)
    },
  }
}
