/**
 * What people decide about Zero (`zero:` in the configuration), defaults filled in. https://zero.rocicorp.dev
 */
export type ZeroSettings = {
  /** Path of the schema file to write; relative to the working folder. */
  readonly schemaFile: string
  /** Path of a starter file with queries; null: none is written. An existing one is never overwritten. */
  readonly queriesFile: string | null
  readonly naming: 'camelCase' | 'preserve'
  /** Columns that are NOT NULL with a DEFAULT: `required` (also for inserts of clients) or `optional` (their type then allows null). */
  readonly defaults: 'required' | 'optional'
  /** Name of an own publication with column lists; null: zero-cache makes its own over the whole schema. */
  readonly publication: string | null
  /** Name of the identity column that tables without key get; null: they get none and are not synced. */
  readonly surrogateKey: string | null
  /** Columns that may hold integers beyond ±(2^53−1): kept as text, or left as int8, which then stops clients. `auto`: text where such values are. */
  readonly int8: 'auto' | 'number' | 'text'
  /** `omit`: not replicated. */
  readonly bytea: 'base64' | 'omit'
  /** Make indexes over foreign key columns that have none. */
  readonly indexForeignKeys: boolean
  /** Module from which the types named in `jsonType` are imported, as the schema file writes it: `./json-types.ts`; null: none. */
  readonly jsonTypesFrom: string | null
  /** By `table` or `table.column` of the target. */
  readonly tables: ReadonlyMap<string, ZeroTableSettings>
}

export type ZeroTableSettings = {
  /** Leave the table out of schema and publication. */
  readonly exclude: boolean
  readonly columns: ReadonlyMap<string, ZeroColumnSettings>
}

export type ZeroColumnSettings = {
  readonly exclude: boolean
  /** TypeScript type of a JSON column's values: `{ tags: string[] }`, or a name imported from `jsonTypesFrom`. */
  readonly jsonType: string | null
  readonly int8: 'number' | 'text' | null
  readonly bytea: 'base64' | 'omit' | null
}

/** A condition of a database that stops Zero or hides something from it. */
export type ZeroFinding = {
  /** Stable name: `table-name`, `column-type-aborts`, `int8-range` … */
  readonly condition: string
  /** `stops`: zero-cache does not start, or dies; `breaks`: clients that touch it fail; `hides`: not synced; `warns`: lossy or slow. */
  readonly severity: 'stops' | 'breaks' | 'hides' | 'warns'
  /** For people: `table "order items"`, `column users.id`, `server`. */
  readonly object: string
  /** What Zero does because of it, one sentence. */
  readonly effect: string
  /** What to do, typeable where possible. */
  readonly remedy: string
  /** SQL that mends it without losing anything; null where only a person can decide. */
  readonly fix: string | null
}
