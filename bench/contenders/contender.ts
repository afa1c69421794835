import type { Command } from '../measure.ts'
import type { Shape, Table } from '../shapes/shape.ts'
import type { ToolName } from '../tools.ts'

/** One way to get the rows from SQLite into PostgreSQL. */
export type Contender = {
  readonly name: ContenderName
  /** What is inside the clock, in one line. */
  readonly does: string
  readonly needs: readonly ToolName[]
  /** Shapes of another kind are not its business, and do not show it. */
  readonly kinds: readonly Shape['kind'][]
  /** Why it cannot carry this shape; null when it can. */
  readonly cannot: (shape: Shape) => string | null
  /** Outside the clock: what somebody would have written beforehand. */
  readonly prepare: (run: Run) => Promise<void>
  readonly commands: (run: Run) => readonly Command[]
  /** What it knows about its own run afterwards. */
  readonly account?: (run: Run) => Account
}

export type Account = {
  /** Instead of the clock's, when only a part of the run is meant. */
  readonly seconds?: number
  /** Seconds of the run's parts, in their order. */
  readonly phases?: Readonly<Record<string, number>>
}

export const contenderNames = [
  'rowferry',
  'rowferry load',
  'rowferry merge',
  'pgloader',
  'pipe',
  'ready csv',
  'ready binary',
] as const

export type ContenderName = (typeof contenderNames)[number]

export type Run = {
  readonly shape: Shape
  readonly tables: readonly Table[]
  /** SQLite file. */
  readonly source: string
  /** postgres:// URL of a database that is empty, or for an upsert filled. */
  readonly url: string
  /** Empty folder for files of this run. */
  readonly folder: string
  /** Folder with the tables as `<table>.csv` and `<table>.binary`. */
  readonly ready: string
}
