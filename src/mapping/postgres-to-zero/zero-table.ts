import type { Column, Table, TableName } from '../../model/catalog.ts'
import type { Warning } from '../../model/warning.ts'

/**
 * What a PostgreSQL catalog becomes in Zero's schema language (`schema.ts`, https://zero.rocicorp.dev/docs/schema). Pure: the
 * catalog, facts of replication and settings go in, text comes out. `zero/write-schema.ts` reads the one and writes the other.
 */

/** What the catalog does not say and Zero depends on. Names are those of the schema that the catalog was read from. */
export type ReplicationFacts = {
  /** Tables that PostgreSQL never replicates, with the reason in words: unlogged tables, partitions, foreign tables. */
  readonly neverReplicated: ReadonlyMap<string, string>
  /** Unique indexes and constraints, by name, that identify no row: deferrable ones, and those whose build failed. */
  readonly unusableKeys: ReadonlySet<string>
  /** Columns by table of the publication that the settings name; null where there is none, so that everything is replicated. */
  readonly published: ReadonlyMap<string, ReadonlySet<string>> | null
}

export const everythingReplicated: ReplicationFacts = {
  neverReplicated: new Map(),
  unusableKeys: new Set(),
  published: null,
}

/** A table as it stands in the schema. `key`: its name in queries (`zql.blogPost`). */
export type ZeroTable = {
  readonly name: TableName
  readonly key: string
  readonly constName: string
  /** Name of the type of its rows. */
  readonly rowType: string
  readonly columns: readonly ZeroColumn[]
  /** Keys of columns. */
  readonly primaryKey: readonly string[]
  readonly relationships: readonly ZeroRelationship[]
}

export type ZeroColumn = {
  /** Name in PostgreSQL. */
  readonly name: string
  /** Name in TypeScript. */
  readonly key: string
  readonly type: ZeroType
  readonly optional: boolean
}

export type ZeroType =
  | { readonly kind: 'string' | 'number' | 'boolean' }
  | { readonly kind: 'enumeration'; readonly labels: readonly string[] }
  /** `of`: TypeScript type of the values, null for any JSON. */
  | { readonly kind: 'json'; readonly of: string | null }

export type ZeroRelationship = {
  readonly name: string
  readonly kind: 'one' | 'many'
  /** One, or two through a junction table. Fields are keys of columns. */
  readonly hops: readonly ZeroHop[]
}

export type ZeroHop = {
  readonly sourceField: readonly string[]
  readonly destField: readonly string[]
  readonly destConst: string
}

/** A table whose columns are chosen and whose keys are not named yet. */
export type SyncedTable = {
  readonly table: Table
  readonly columns: readonly { readonly column: Column; readonly type: ZeroType }[]
  /** PostgreSQL names. */
  readonly keyColumns: readonly string[]
}

/** Something that is not in the schema, with the reason in words. */
export type LeftOut = { readonly table: TableName; readonly column: string | null; readonly reason: string }

export type ZeroSchema = {
  /** The whole file. */
  readonly text: string
  /** By `key`. */
  readonly tables: readonly ZeroTable[]
  readonly leftOut: readonly LeftOut[]
  readonly warnings: readonly Warning[]
}
