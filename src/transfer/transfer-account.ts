import { randomBytes } from 'node:crypto'
import type { ShardState } from '../databases/databases.ts'
import { addCounts, type LoadCounts, noCounts } from '../model/conflict.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { Finding, ObjectReport, SchemaDifference, TableReport, TableVerification } from '../model/report.ts'
import type { Warning } from '../model/warning.ts'

/** What became of one table's rows so far: the sum over its shards. */
export type TableTotals = {
  readonly rowsRead: number
  readonly counts: LoadCounts
  readonly rejected: number
  readonly altered: number
  readonly declaredConversions: number
  readonly bytes: number
  /** Sum of the row hashes of the rows that were loaded, modulo 2^64. */
  readonly hash: bigint
}

export const noTotals: TableTotals = {
  rowsRead: 0,
  counts: noCounts,
  rejected: 0,
  altered: 0,
  declaredConversions: 0,
  bytes: 0,
  hash: 0n,
}

export function totalsOf(shards: readonly ShardState[]): TableTotals {
  return shards.reduce<TableTotals>(
    (sum, shard) => ({
      rowsRead: sum.rowsRead + shard.rowsRead,
      counts: addCounts(sum.counts, shard.counts),
      rejected: sum.rejected + shard.rejected,
      altered: sum.altered + shard.altered,
      declaredConversions: sum.declaredConversions + shard.declaredConversions,
      bytes: sum.bytes + shard.bytes,
      hash: BigInt.asUintN(64, sum.hash + BigInt(shard.hash)),
    }),
    noTotals,
  )
}

/** Collects during a run what the report will say. Keyed by the table's name in the target. */
export class TransferAccount {
  /** Decides which rows a sample holds. */
  readonly seed = randomBytes(6).toString('hex')
  readonly findings: Finding[] = []
  readonly warnings: Warning[] = []
  readonly objects: ObjectReport[] = []
  readonly schemaDifferences: SchemaDifference[] = []
  readonly steps: { kind: string; seconds: number }[] = []
  readonly #totals = new Map<string, TableTotals>()
  readonly #seconds = new Map<string, number>()
  readonly #verifications = new Map<string, TableVerification>()

  setTotals(table: string, totals: TableTotals): void {
    this.#totals.set(table, totals)
  }

  totals(table: string): TableTotals {
    return this.#totals.get(table) ?? noTotals
  }

  setSeconds(table: string, seconds: number): void {
    this.#seconds.set(table, seconds)
  }

  setVerification(table: string, verification: TableVerification): void {
    this.#verifications.set(table, verification)
  }

  /** Whether the verification found that the table does not hold what was loaded. */
  isDifferent(table: string): boolean {
    const verification = this.#verifications.get(table)
    return verification !== undefined && verification.level !== 'none' && verification.verdict === 'differs'
  }

  tableReport(table: PlannedTable): TableReport {
    const totals = this.totals(table.target.name)
    return {
      source: table.source.name,
      target: table.target,
      mode: table.mode,
      strategy: table.strategy,
      rowsRead: totals.rowsRead,
      counts: totals.counts,
      rejected: totals.rejected,
      altered: totals.altered,
      declaredConversions: totals.declaredConversions,
      bytes: totals.bytes,
      seconds: this.#seconds.get(table.target.name) ?? 0,
      verification: this.#verifications.get(table.target.name) ?? { level: 'none' },
    }
  }
}
