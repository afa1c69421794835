import type { RowKey } from './batch.ts'

/** What the stored values of a table are like, counted over every row. */
export type TableProfile = {
  readonly table: string
  readonly rows: number
  /** Sum of the values' sizes in bytes, and the widest row: readers size their pages by them. */
  readonly bytes: number
  readonly widestRowBytes: number
  /** Smallest and greatest rowid as decimal strings; null for an empty table or one without readable rowid. */
  readonly rowidRange: { readonly min: string; readonly max: string } | null
  /** Up to 256 rowids that cut the table into even parts, ascending, as decimal strings; for shards. */
  readonly rowidSamples: readonly string[]
  readonly columns: readonly ColumnProfile[]
}

/**
 * What a value is, seen by the column's declared type. A column is examined only for what its declaration makes
 * plausible: texts of a TEXT column are `text`, those of a DATETIME column are told apart by format.
 */
export type ValueClass =
  | 'integer-bit' // 0 or 1
  | 'integer'
  | 'real-bit' // 0.0 or 1.0
  | 'real-integral' // no fraction, inside int8
  | 'real'
  | 'real-infinite'
  | 'text-empty'
  | 'text-integer' // canonical decimal integer inside int8: `-12`, not `007`, not `+5`
  | 'text-decimal' // plain decimal number: `1.50`
  | 'text-float' // any other number text that float8 reads: `1e5`
  | 'text-boolean' // t f true false yes no y n on off, any case
  | 'text-date' // 2024-02-29
  | 'text-datetime' // 2024-02-29 12:34[:56[.123]], space or T
  | 'text-datetime-offset' // the same with Z or ±hh[:mm]
  | 'text-time' // 12:34[:56[.123]]
  | 'text-compact-date' // 20240229
  | 'text-json'
  | 'text-json-odd' // valid JSON that jsonb refuses: \u0000, lone surrogates, numbers out of range
  | 'text-uuid'
  | 'text'
  | 'blob-uuid' // 16 bytes in a UUID column
  | 'blob-json' // SQLite's binary JSON in a JSON column
  | 'blob-json-odd' // the same with a value that jsonb refuses
  | 'blob-text' // bytes that are valid UTF-8 without NUL, in a column declared as text
  | 'blob'

export type ValueSample = { readonly key: RowKey; readonly value: string }

export type ClassProfile = {
  readonly count: number
  /** The first five, with the key of their row. Values are cut at 80 characters. */
  readonly samples: readonly ValueSample[]
}

/** Units in which numbers of a time column can stand. */
export const timeUnits = [
  'epoch-s',
  'epoch-ms',
  'epoch-us',
  'epoch-ns',
  'julian-day',
  'yyyymmdd',
  'epoch-days',
  'seconds-of-day',
] as const
export type TimeUnit = (typeof timeUnits)[number]

export type ColumnProfile = {
  readonly column: string
  readonly nulls: number
  readonly classes: Readonly<Partial<Record<ValueClass, ClassProfile>>>
  /** Range over integers, as decimal strings. */
  readonly integerRange: { readonly min: string; readonly max: string } | null
  /** Range over finite reals. */
  readonly realRange: { readonly min: number; readonly max: number } | null
  /** For numbers in a time column: how many fit each unit within the years 1900 to 2200. */
  readonly timeUnits: Readonly<Partial<Record<TimeUnit, number>>>
  readonly maxTextCharacters: number
  readonly maxBytes: number
  /** Digits before and after the point over all numbers and number texts, for numeric(p,s). */
  readonly maxIntegerDigits: number
  readonly maxFractionDigits: number
  /** Texts that hold NUL, that are not valid in the database's encoding, with more than six fraction digits of a second. */
  readonly withNul: ClassProfile
  readonly invalidText: ClassProfile
  readonly subMicrosecond: ClassProfile
  /** Number of different values while it is at most 20, with each value's count; null beyond. */
  readonly distinct: readonly { readonly value: string; readonly count: number }[] | null
}

/** Rows whose foreign key points to no row. */
export type OrphanProfile = {
  readonly table: string
  readonly columns: readonly string[]
  readonly parent: string
  readonly count: number
  /** How many of them are empty texts in a key of one column: where `''` becomes NULL they point nowhere. */
  readonly emptyTexts: number
  readonly samples: readonly ValueSample[]
}

export type Profile = { readonly tables: readonly TableProfile[]; readonly orphans: readonly OrphanProfile[] }
