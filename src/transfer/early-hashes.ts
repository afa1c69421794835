import type { TableHash } from '../databases/postgres/hash-tables.ts'
import type { Lanes } from '../databases/postgres/lanes/lanes.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import type { PlannedTable } from '../model/plan.ts'

/** Whether it holds nothing but the source's rows. */
export function isHashable({ mode }: PlannedTable): boolean {
  return mode !== 'into-existing'
}

/**
 * The hashes of what PostgreSQL holds, begun as soon as the rows are final: while keys and indexes, which change no row, are
 * still being made. Why that is still a proof: docs/design/verification.md.
 */
export class EarlyHashes {
  readonly #target: OpenTarget
  readonly #lanes: Lanes
  readonly #signal: AbortSignal
  readonly #begun = new Map<string, Promise<TableHash>>()

  constructor(target: OpenTarget, lanes: Lanes, signal: AbortSignal) {
    this.#target = target
    this.#lanes = lanes
    this.#signal = signal
  }

  /**
   * Of the tables that can be compared by hash; those that are under way or done are not begun again. `besideBytes`: of how much the lanes read
   * for other work meanwhile.
   */
  begin(tables: readonly PlannedTable[], besideBytes = 0): void {
    const open = tables.filter((table) => isHashable(table) && !this.#begun.has(table.target.name))
    if (open.length === 0) return
    const hashes = this.#target.hashTables(open, { signal: this.#signal, lanes: this.#lanes, besideBytes })
    for (const [table, hash] of hashes) {
      this.#begun.set(table.target.name, hash)
      // Whoever asks next begins again: the connection may have been lost on the way.
      hash.catch(() => this.#forget(table.target.name, hash))
    }
  }

  /** Resolves when nothing is under way, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#begun.values())
  }

  /** Waits for the table's hash, which is begun if it was not or had failed. */
  async of(table: PlannedTable): Promise<TableHash> {
    this.begin([table])
    const hash = this.#begun.get(table.target.name)
    return hash ?? (await this.#target.hashTable(table, { signal: this.#signal }))
  }

  #forget(table: string, hash: Promise<TableHash>): void {
    if (this.#begun.get(table) === hash) this.#begun.delete(table)
  }
}
