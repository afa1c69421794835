import { type LockMode, mayRunBeside, type TableLock } from './table-locks.ts'

/** Work with the locks that it takes. Lower ranks go first; equal ones in the order in which they came. */
export type QueuedWork = {
  readonly rank: number
  readonly locks: readonly TableLock[]
  /** Keeps whatever cannot run beside it waiting for long, so that reading may begin meanwhile. Default: false. */
  readonly isLong?: boolean
}

type Entry<Work> = {
  readonly work: Work
  readonly order: number
  readonly modes: Map<string, LockMode>
  state: 'waiting' | 'running'
}

/**
 * Decides what may start, and knows neither sessions nor time. Work starts when its locks agree with those of everything
 * that runs, and of everything before it that waits for the same table: so what comes first is never overtaken into
 * waiting for ever, indexes stand before the keys of their table and both before the foreign keys to it. Only what waits for
 * the end of an index or of a long reading is overtaken, by what reads: it could not start any sooner.
 */
export class LaneQueue<Work extends QueuedWork> {
  readonly #waiting: Entry<Work>[] = []
  readonly #entries = new Map<Work, Entry<Work>>()
  readonly #tables = new Map<string, Entry<Work>[]>()
  #count = 0

  /** How much waits that could run beside this work. */
  waitingBeside(work: Work): number {
    const modes = this.#entries.get(work)?.modes ?? new Map<string, LockMode>()
    return this.#waiting.filter((other) => [...other.modes].every(([table, mode]) => agrees(mode, modes.get(table))))
      .length
  }

  isWaiting(work: Work): boolean {
    return this.#entries.get(work)?.state === 'waiting'
  }

  add(work: Work): void {
    const modes = new Map(work.locks.map(({ table, mode }) => [`${table.schema}\0${table.name}`, mode]))
    const entry: Entry<Work> = { work, order: this.#count++, modes, state: 'waiting' }
    this.#entries.set(work, entry)
    insert(this.#waiting, entry)
    for (const table of modes.keys()) {
      const queue = this.#tables.get(table)
      if (queue) insert(queue, entry)
      else this.#tables.set(table, [entry])
    }
  }

  /** What may start now; it counts as running from here on. Null: nothing. */
  take(): Work | null {
    const index = this.#waiting.findIndex((entry) => this.#mayStart(entry))
    const entry = index < 0 ? undefined : this.#waiting.splice(index, 1)[0]
    if (!entry) return null
    entry.state = 'running'
    return entry.work
  }

  /** Running work back into the queue, in its place. */
  putBack(work: Work): void {
    const entry = this.#entries.get(work)
    if (!entry || entry.state === 'waiting') return
    entry.state = 'waiting'
    insert(this.#waiting, entry)
  }

  remove(work: Work): void {
    const entry = this.#entries.get(work)
    if (!entry) return
    this.#entries.delete(work)
    drop(this.#waiting, entry)
    for (const table of entry.modes.keys()) {
      const queue = this.#tables.get(table) ?? []
      drop(queue, entry)
      if (queue.length === 0) this.#tables.delete(table)
    }
  }

  #mayStart(entry: Entry<Work>): boolean {
    return [...entry.modes].every(([table, mode]) => {
      const others = (this.#tables.get(table) ?? []).filter((other) => other !== entry)
      const modeOf = (other: Entry<Work>): LockMode => other.modes.get(table) ?? 'alter'
      const busy = others.some((other) => other.state === 'running' && (other.work.isLong || modeOf(other) === 'index'))
      const isOvertaken = (other: Entry<Work>): boolean => busy && reads.has(mode) && needsAlone.has(modeOf(other))
      return others.every(
        (other) =>
          (other.state === 'waiting' && (!isBefore(other, entry) || isOvertaken(other))) ||
          mayRunBeside(mode, modeOf(other)),
      )
    })
  }
}

const reads: ReadonlySet<LockMode> = new Set(['read', 'analyze'])
const needsAlone: ReadonlySet<LockMode> = new Set(['reference', 'alter'])

/** Nobody else: undefined. */
function agrees(mode: LockMode, other: LockMode | undefined): boolean {
  return other === undefined || mayRunBeside(mode, other)
}

function isBefore(one: Entry<QueuedWork>, other: Entry<QueuedWork>): boolean {
  return one.work.rank === other.work.rank ? one.order < other.order : one.work.rank < other.work.rank
}

function insert<Work extends QueuedWork>(queue: Entry<Work>[], entry: Entry<Work>): void {
  queue.splice(queue.findLastIndex((other) => isBefore(other, entry)) + 1, 0, entry)
}

function drop<Work extends QueuedWork>(queue: Entry<Work>[], entry: Entry<Work>): void {
  const index = queue.indexOf(entry)
  if (index >= 0) queue.splice(index, 1)
}
