import type { WireType } from './batch.ts'
import type { TableName } from './catalog.ts'
import type { ConflictStrategy } from './conflict.ts'
import type { TimeUnit } from './profile.ts'
import type { Warning } from './warning.ts'

/**
 * Everything a transfer will do, decided before anything is touched. Plain JSON: it is written to `plan.json`, kept in
 * the target for resuming, and posted to worker threads. Big integers stand as decimal strings.
 */
export type Plan = {
  readonly version: 1
  readonly source: { readonly kind: 'sqlite' | 'postgres'; readonly label: string; readonly fingerprint: string }
  readonly target: {
    readonly kind: 'postgres'
    readonly label: string
    readonly version: string
    readonly schema: string
  }
  readonly tables: readonly PlannedTable[]
  readonly steps: readonly Step[]
  /** Objects that will not be carried, each with its reason and, where there is one, its SQL text. */
  readonly notCarried: readonly SchemaObject[]
  readonly warnings: readonly Warning[]
}

/** How the hashes of a row's values become one; what each is made of: docs/design/verification.md. */
export type RowHashForm =
  | 'chained' // any PostgreSQL
  | 'seeded' // 18 and later, where it takes a quarter less

/** How the rows get into the table. */
export type TableMode =
  | 'create' // the table does not exist: it is made by this transfer
  | 'recreate' // made by an earlier transfer from the same source: dropped and made anew
  | 'into-empty' // exists without rows: COPY straight into it
  | 'into-existing' // exists with rows: through a staging table, by the conflict strategy

/** True for a table that this transfer makes; its keys and indexes come after the rows. */
export function isNewTable({ mode }: { readonly mode: TableMode }): boolean {
  return mode === 'create' || mode === 'recreate'
}

/** True for a table that loses the rows it has when the transfer begins. */
export function isReplaced(table: { readonly mode: TableMode; readonly strategy: ConflictStrategy }): boolean {
  return table.mode === 'recreate' || (table.mode === 'into-empty' && table.strategy === 'replace')
}

/** The table of the source that rows are read from. */
export function storedTable({ source, storedIn }: PlannedTable): TableName {
  return storedIn ?? source
}

export type PlannedTable = {
  readonly source: TableName
  /** The source's table that holds the rows of this part of it; left out: `source`. */
  readonly storedIn?: TableName
  readonly target: TableName
  readonly mode: TableMode
  readonly strategy: ConflictStrategy
  /** Target columns that identify a row for skip, overwrite, merge, error; empty when there is none. */
  readonly matchKey: readonly string[]
  /** Columns that are transferred, in the order of COPY. */
  readonly columns: readonly PlannedColumn[]
  /** Generated columns of the source, kept as such; never part of COPY. */
  readonly generated: readonly PlannedGeneratedColumn[]
  /** Identity column that the target adds because the source's table has no key; never part of COPY. Left out: none. */
  readonly surrogateKey?: string
  /** As `sequence` of a column. */
  readonly surrogateSequence?: string
  /** Source columns that have no place in an existing target table. `values`: how many of them are not NULL and are lost. */
  readonly omitted: readonly { readonly column: string; readonly reason: string; readonly values?: number }[]
  /** Source columns that name a row in reject and alter lists; empty: the rowid does. */
  readonly rowKey: readonly string[]
  readonly rows: number
  readonly bytes: number
  readonly widestRowBytes: number
  readonly shards: readonly Shard[]
  /** Its rows lie in partitions, where a place like `ctid` says nothing. Left out: no. */
  readonly partitioned?: true
  /** Left out: `chained`. */
  readonly rowHash?: RowHashForm
  /** Foreign keys whose orphans are treated row by row (`orphans: reject | null`). */
  readonly orphanRules: readonly OrphanRule[]
}

export function rowHashOf({ rowHash }: PlannedTable): RowHashForm {
  return rowHash ?? 'chained'
}

export type PlannedColumn = {
  readonly source: string
  readonly target: string
  /** As in DDL: `numeric(10,2)`. */
  readonly type: string
  readonly conversion: ColumnConversion
  readonly notNull: boolean
  readonly identity: boolean
  /** Name of the identity's sequence where PostgreSQL's own choice is the name of something else. Left out: PostgreSQL's. */
  readonly sequence?: string
  /** PostgreSQL text; null for none. */
  readonly default: string | null
  readonly declaredType: string
  /** Why this type, in a sentence: `declared DATETIME; 3 of 3 values are ISO date-times`. */
  readonly reason: string
  /** Figures and samples behind the reason. */
  readonly evidence: readonly string[]
}

export type PlannedGeneratedColumn = {
  readonly source: string
  readonly target: string
  readonly type: string
  /** PostgreSQL text. One that could not be translated is planned as an ordinary column instead. */
  readonly expression: string
  /** For verification: what the source computed must be what PostgreSQL computes. */
  readonly conversion: ColumnConversion
}

/** Everything a converter needs to know; plain data, so that worker threads build the same converters. */
export type ColumnConversion = {
  readonly wireType: WireType
  /** Set when the target's type has no binary codec: the value travels as text and PostgreSQL casts it to this type. */
  readonly castTo: string | null
  /** With `castTo`: the text that is sent, which PostgreSQL must print unchanged. Left out: the value's own text. */
  readonly printed?: PrintedType
  /** Characters for varchar(n) and char(n) of existing tables. */
  readonly maxCharacters: number | null
  readonly numeric: { readonly precision: number; readonly scale: number } | null
  /** How numbers in a time column are read; null: numbers are misfits. */
  readonly timeUnit: TimeUnit | null
  /** IANA zone that date-times without offset are in when the target is timestamptz. */
  readonly timeZone: string
  readonly enumLabels: readonly string[] | null
  readonly notNull: boolean
  readonly emptyToNull: boolean
  readonly onMisfit: 'reject' | 'null'
  readonly nul: 'strip' | 'reject' | 'escape'
  /** `replace`, `reject`, or the name of the encoding (for TextDecoder) that the bytes really have. */
  readonly invalidUtf8: string
  /** Bytes that are no text go into a text column as `\x…`, listed; without it they are misfits. */
  readonly blobAsHex?: boolean
  /** The bytes that a bytea column would hold go into a text column in base64. */
  readonly asBase64?: boolean
  /** Digits of a second that the target keeps: 3 for `timestamp(3)`. Left out: 6. */
  readonly timePrecision?: number
}

/**
 * How a value of a type without a binary codec is written: as PostgreSQL prints it, under the settings of `session-settings.ts`. What PostgreSQL prints otherwise
 * than it was sent does not enter the table, so an entry that is missing or wrong here rejects rows and never changes a value.
 */
export type PrintedType =
  | { readonly kind: 'verbatim' }
  /** An element of an array or a range that has a codec: converted like a column of its type. */
  | ({ readonly kind: 'wire'; readonly blankPadded: boolean } & ElementConversion)
  | { readonly kind: 'array'; readonly element: PrintedType; readonly separator: string | null }
  | {
      readonly kind: 'range'
      readonly element: PrintedType
      readonly step: 'integer' | 'day' | null
    }
  /** `sinceEpoch`: date-times are lengths since 1970-01-01, as SQLAlchemy writes an Interval into a DATETIME column. */
  | { readonly kind: 'interval'; readonly precision: number; readonly sinceEpoch: boolean }
  | { readonly kind: 'timetz'; readonly precision: number }
  | { readonly kind: 'money' | 'bit' | 'inet' | 'cidr' | 'macaddr' | 'macaddr8' | 'tsvector' | 'hstore' }

type ElementConversion = Pick<ColumnConversion, 'wireType' | 'maxCharacters' | 'numeric' | 'timePrecision'>

/** A range of one table's rows that is copied on its own. */
export type Shard = {
  readonly number: number
  /** `rowid`: rows with lower < rowid <= upper. `ordinal`: the whole table in its own order, resumed by counting rows. */
  readonly by: 'rowid' | 'ordinal'
  /** Null: open. */
  readonly lower: string | null
  readonly upper: string | null
}

export type OrphanRule = {
  readonly columns: readonly string[]
  /** Those of `columns` that may become NULL; one NULL among them makes a reference that points nowhere. */
  readonly nullColumns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
  readonly action: 'reject' | 'null'
}

export type SchemaObjectKind =
  | 'schema'
  | 'table'
  | 'primary-key'
  | 'unique'
  | 'index'
  | 'not-null'
  | 'default'
  | 'check'
  | 'foreign-key'
  | 'generated-column'
  | 'collation'
  | 'view'
  | 'trigger'
  | 'virtual-table'

/** One object of the source's schema and what becomes of it. */
export type SchemaObject = {
  readonly kind: SchemaObjectKind
  readonly table: TableName | null
  readonly name: string
  readonly sourceSql: string | null
  /** The PostgreSQL statement; null when it is not carried. */
  readonly sql: string | null
  /** What differs from the source, or why it is not carried; null when it means the same. */
  readonly note: string | null
}

export type Step =
  | {
      readonly kind: 'create-tables'
      readonly objects: readonly SchemaObject[]
      /** Relations of an earlier run that must not have changed since; looked at once more before they are dropped or emptied. */
      readonly unchanged?: readonly TableName[]
    }
  /** Tables of one wave are copied side by side; a wave starts when the one before has ended (parents first). */
  | { readonly kind: 'copy-tables'; readonly waves: readonly (readonly TableName[])[] }
  /** Applies the orphan rules of tables that this transfer makes, before their foreign keys are added. */
  | { readonly kind: 'treat-orphans'; readonly tables: readonly TableName[] }
  | { readonly kind: 'add-objects'; readonly objects: readonly SchemaObject[] }
  | { readonly kind: 'reset-sequences'; readonly sequences: readonly SequenceReset[] }
  | { readonly kind: 'verify-counts'; readonly tables: readonly TableName[] }
  | { readonly kind: 'verify-content'; readonly tables: readonly TableName[] }
  /** Before everything else: replication slots of a Zero that is not running; it syncs anew when it starts. */
  | { readonly kind: 'reset-zero'; readonly slots: readonly string[] }
  /** The publication, the schema file, and what Zero will stumble over. Null: not wanted. */
  | { readonly kind: 'prepare-zero'; readonly publication: string | null; readonly schemaFile: string }

export type StepKind = Step['kind']

export type SequenceReset = {
  readonly table: TableName
  readonly column: string
  /** A sequence that only the application calls and that is taken to number this column. Left out: the column's own. */
  readonly sequence?: TableName
  /** AUTOINCREMENT's high-water mark as a decimal string; the sequence never continues below it. */
  readonly atLeast: string | null
}
