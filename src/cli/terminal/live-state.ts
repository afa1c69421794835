import type { TransferEventName, TransferEvents } from '../../model/events.ts'
import type { StepKind } from '../../model/plan.ts'

/** What is known of one table while it is copied. Figures are totals of the table. */
export type LiveTable = {
  readonly name: string
  rows: number
  rowsRead: number
  bytes: number
  rejected: number
  readonly startedAt: number
  finished: boolean
}

type Sample = { readonly at: number; readonly rows: number; readonly bytes: number }

/** Rates are those of the last seconds: an average over the whole run lies as soon as the tables change (gh-ost#1231). */
const rateWindowMs = 5000

/**
 * What a transfer is doing, put together from its events alone. Time is passed in as milliseconds, so that tests need no clock.
 */
export class LiveState {
  /** What is being done, in words; `null` before anything started. */
  activity: string | null = null
  step: { readonly number: number; readonly total: number; readonly kind: StepKind } | null = null
  profile: TransferEvents['profile:progress'] | null = null
  readonly tables = new Map<string, LiveTable>()
  /** Rows that the plan expects; null while they are still being counted. */
  totalRows: number | null = null
  /** When something last moved. */
  movedAt: number
  readonly startedAt: number
  readonly #samples: Sample[] = []

  constructor(now: number) {
    this.startedAt = now
    this.movedAt = now
  }

  apply<Name extends TransferEventName>(name: Name, event: TransferEvents[Name], now: number): void {
    this.movedAt = now
    const change = changes[name] as ((state: LiveState, event: TransferEvents[Name], now: number) => void) | undefined
    change?.(this, event, now)
  }

  active(): readonly LiveTable[] {
    return [...this.tables.values()].filter((table) => !table.finished)
  }

  rowsRead(): number {
    return sum(this.tables, (table) => table.rowsRead)
  }

  bytes(): number {
    return sum(this.tables, (table) => table.bytes)
  }

  /** Rows and bytes per second over the last seconds, and the seconds left by that; null where nothing can be said. */
  rate(now: number): { readonly rows: number; readonly bytes: number; readonly secondsLeft: number | null } | null {
    const current = { at: now, rows: this.rowsRead(), bytes: this.bytes() }
    const last = this.#samples.at(-1)
    if (last === undefined || now - last.at >= 200) this.#samples.push(current)
    while ((this.#samples[1]?.at ?? now) < now - rateWindowMs) this.#samples.shift()
    const first = this.#samples[0]
    const seconds = first === undefined ? 0 : (now - first.at) / 1000
    if (first === undefined || seconds < 0.5) return null
    const rows = (current.rows - first.rows) / seconds
    const left = this.totalRows === null ? null : Math.max(0, this.totalRows - current.rows)
    return {
      rows,
      bytes: (current.bytes - first.bytes) / seconds,
      secondsLeft: left === null || rows <= 0 ? null : left / rows,
    }
  }
}

const changes: { [Name in TransferEventName]?: (state: LiveState, event: TransferEvents[Name], now: number) => void } =
  {
    'profile:progress': (state, event) => {
      state.profile = event
      state.activity = 'examining values'
    },
    'plan:built': (state, { plan }) => {
      state.profile = null
      state.activity = 'plan is made'
      state.totalRows = plan.tables.reduce((rows, table) => rows + table.rows, 0)
    },
    'step:started': (state, event) => {
      state.step = event
      state.activity = event.label
    },
    'table:started': (state, event, now) => {
      state.tables.set(event.table, {
        name: event.table,
        rows: event.rows,
        rowsRead: event.alreadyLoaded,
        bytes: 0,
        rejected: 0,
        startedAt: now,
        finished: false,
      })
    },
    'table:progress': (state, event) => {
      const table = state.tables.get(event.table)
      if (table === undefined) return
      table.rowsRead = Math.max(table.rowsRead, event.rowsRead)
      table.bytes = Math.max(table.bytes, event.bytes)
      table.rejected = event.rejected
    },
    'table:finished': (state, event) => {
      const table = state.tables.get(event.table)
      if (table === undefined) return
      table.rowsRead = event.rowsRead
      table.rejected = event.rejected
      table.finished = true
    },
    'object:created': (state, event) => {
      state.activity = `${event.kind.replace('-', ' ')} ${event.name}`
    },
    'table:verified': (state, event) => {
      state.activity = `${event.table} compared`
    },
  }

function sum(tables: ReadonlyMap<string, LiveTable>, of: (table: LiveTable) => number): number {
  let total = 0
  for (const table of tables.values()) total += of(table)
  return total
}
