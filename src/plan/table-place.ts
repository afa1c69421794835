import type { Table } from '../model/catalog.ts'
import type { ConflictStrategy } from '../model/conflict.ts'
import type { TableMode } from '../model/plan.ts'

/** One source table with its place in the target. */
export type TablePlace = {
  readonly source: Table
  /** Name in the target schema. */
  readonly target: string
  readonly existing: Table | null
  readonly mode: TableMode
  readonly strategy: ConflictStrategy
}
