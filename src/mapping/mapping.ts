import type { ErrorCode } from '../errors/errors.ts'
import type { AlterationRule, PostgresValue, SqliteValue } from '../model/batch.ts'
import type { ColumnConversion } from '../model/plan.ts'
import type { TimeUnit } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'

/**
 * What a column of one database becomes in the other: pure functions from a catalog's columns and their profile to a type and a
 * conversion, and from a conversion to the function that converts each value. Folders below are named from-to. May import what
 * stands above it (model, errors, util, config, databases); `plan/` asks for the decisions, `transfer/` runs the converters.
 */

/** What a user decided about one column, defaults filled in. */
export type ColumnPolicy = {
  /** `widen`: the column becomes the narrowest type that holds every value. `reject`, `null`: it keeps its type, what does not fit is listed. */
  readonly onMisfit: 'widen' | 'reject' | 'null'
  readonly nul: 'strip' | 'reject' | 'escape'
  /** `replace`, `reject`, `bytea`, or the name of the encoding that the bytes really have. */
  readonly invalidUtf8: string
  /** IANA name of the zone that date-times without offset are in, where they become timestamptz. */
  readonly timeZone: string
  /** PostgreSQL type as it shall stand in the DDL; null: chosen by rowferry. */
  readonly type: string | null
  /** What numbers of a time column count; null: found by their range. */
  readonly timeUnit: TimeUnit | null
  /** What separates the elements of a text that goes into an array; null: only `{…}` and JSON are arrays. */
  readonly separator: string | null
}

export type TypeDecision = {
  /** As in DDL: `numeric(10,2)`. */
  readonly type: string
  readonly conversion: ColumnConversion
  /** One sentence without a full stop. */
  readonly reason: string
  /** Figures and samples behind the reason. */
  readonly evidence: readonly string[]
  /** With `table` null: the caller fills it in. */
  readonly warnings: readonly Warning[]
}

/** What a converter tells about the value in hand; one object for all cells, the caller knows where it is. */
export interface Cell {
  /** The value is stored otherwise than it was read. `declared`: by a rule of the design or of the user, so it does not make exit code 5. */
  altered(rule: AlterationRule, before: SqliteValue, after: PostgresValue, declared: boolean): void
  /** The value cannot be converted; the converter returns MISFIT next. `reason` is a clause without full stop. */
  misfit(reason: string, code: ErrorCode): void
}

/** Returned instead of a value after `cell.misfit`; the caller rejects the row or stores NULL, as the conversion's `onMisfit` says. */
export const MISFIT: unique symbol = Symbol('misfit')

export type Converter = (value: SqliteValue, cell: Cell) => PostgresValue | typeof MISFIT
