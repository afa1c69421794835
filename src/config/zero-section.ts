import { z } from 'zod'

const text = z.string().trim().min(1)

/** By https://zero.rocicorp.dev/docs/postgres-support: letters, digits and `_`, at most 63, not `_` first (those are Zero's own). */
const publicationName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, { error: 'must be letters, digits and _, beginning with a letter' })

/** Names that Zero takes for a column. */
const columnName = z.string().regex(/^[A-Za-z_]+[A-Za-z0-9_-]{0,62}$/, {
  error: 'must be a column name of letters, digits, _ and -, not beginning with a digit',
})

const int8 = z.enum(['number', 'text'])
const bytea = z.enum(['base64', 'omit'])

export const ZeroColumnSection = z
  .strictObject({
    exclude: z.boolean().describe('keep this column from Zero: neither in the schema nor replicated'),
    jsonType: text.describe("TypeScript type of a JSON column's values, such as { tags: string[] }"),
    int8: int8.describe('integers of this column: number, or text'),
    bytea: bytea.describe('bytes of this column: text in base64, or not replicated'),
  })
  .partial()

export const ZeroTableSection = z
  .strictObject({
    exclude: z.boolean().describe('keep this table from Zero'),
    columns: z.record(z.string(), ZeroColumnSection.nullable()).describe('by name of the column in the target'),
  })
  .partial()

/** What stands below `zero:`; what is left out has the default of `defaultZeroSettings`. */
export const ZeroSection = z
  .strictObject({
    schemaFile: text.describe('path of the schema file to write'),
    queriesFile: text.nullable().describe('path of a starter file with queries; an existing one is kept'),
    naming: z.enum(['camelCase', 'preserve']).describe('names of tables and columns in the schema file'),
    defaults: z.enum(['required', 'optional']).describe('columns that are NOT NULL and have a DEFAULT'),
    publication: publicationName
      .nullable()
      .describe('name of the publication to make; null: zero-cache makes one over the whole schema, as superuser'),
    surrogateKey: columnName
      .nullable()
      .describe('name of the identity column that tables without key get; null: they get none and are not synced'),
    int8: z
      .enum(['auto', 'number', 'text'])
      .describe('integers beyond ±(2^53−1), which stop clients: auto makes the columns text that hold such'),
    bytea: bytea.describe('columns of bytes, which Zero does not sync: text in base64, or not replicated'),
    indexForeignKeys: z.boolean().describe('make an index over the columns of each foreign key that has none'),
    jsonTypesFrom: text
      .nullable()
      .describe('module from which the schema file imports the types that jsonType names, such as ./json-types.ts'),
    tables: z.record(z.string(), ZeroTableSection.nullable()).describe('rules by name of the table in the target'),
  })
  .partial()
export type ZeroSection = Readonly<z.output<typeof ZeroSection>>
