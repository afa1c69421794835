import { z } from 'zod'
import type { Report } from '../model/report.ts'

const count = z.int().min(0)
const name = z.object({ schema: z.string(), name: z.string() })
const textOrNull = z.string().nullable()

const rowDifference = z.object({
  table: z.string(),
  key: z.record(z.string(), textOrNull).describe('key column to value, as text'),
  problem: z.enum(['missing', 'extra', 'different']),
  columns: z.array(z.object({ column: z.string(), source: textOrNull, target: textOrNull })),
})

const verification = z.union([
  z.object({ level: z.literal('none') }),
  z.object({
    level: z.enum(['counts', 'content']),
    verdict: z.enum(['equal', 'differs']),
    sourceRows: count,
    targetRows: count,
    notCompared: z.array(z.string()).describe('source columns that the target table does not have'),
    differences: z.array(rowDifference).max(100),
    differingRows: count.describe('all differing rows; differences lists at most 100'),
    secondReading: z
      .object({
        scope: z.enum(['whole', 'sample', 'none']),
        rows: count.describe('rows that were read again through SQLite'),
        counted: count.nullable().describe('rows of the table as SQLite counts them'),
        reason: textOrNull.describe('why it could not be read again'),
      })
      .nullable(),
  }),
])

const table = z.object({
  source: z.string(),
  target: name,
  mode: z.string(),
  strategy: z.string(),
  rowsRead: count,
  counts: z.object({ created: count, updated: count, unchanged: count, skipped: count }),
  rejected: count,
  altered: count.describe('values stored otherwise than read, without the declared conversions'),
  declaredConversions: count,
  bytes: count,
  seconds: z.number().min(0),
  verification,
})

const object = z.object({
  kind: z.enum([
    'schema',
    'table',
    'primary-key',
    'unique',
    'index',
    'not-null',
    'default',
    'check',
    'foreign-key',
    'generated-column',
    'collation',
    'view',
    'trigger',
    'virtual-table',
  ]),
  table: name.nullable(),
  name: z.string(),
  sourceSql: textOrNull,
  sql: textOrNull,
  note: textOrNull,
  outcome: z.enum(['created', 'changed', 'refused', 'not-carried']),
  error: textOrNull.describe("PostgreSQL's message where it refused"),
})

/** The shape of `report.json`, published as schemas/report.schema.json. Fields may be added, never taken away, within version 1. */
export const ReportSchema = z
  .object({
    version: z.literal(1),
    rowferry: z.string().describe('version of rowferry'),
    transferId: z.string(),
    status: z.enum(['completed', 'completed_with_rejects', 'differs', 'failed', 'interrupted']),
    exitCode: z.int(),
    verdict: z.string().describe('one sentence, the same as the last line on the terminal'),
    source: z.object({ kind: z.string(), label: z.string() }),
    target: z.object({ kind: z.string(), label: z.string(), schema: z.string() }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    seconds: z.number().min(0),
    resumed: z.boolean(),
    verify: z.enum(['none', 'counts', 'content', 'full']),
    proof: z
      .object({
        sentence: z.string().describe('what was proven how'),
        seed: textOrNull.describe('decides which rows a sample holds'),
      })
      .nullable(),
    totals: z.object({
      tables: count,
      rowsRead: count,
      loaded: count,
      rejected: count,
      altered: count,
      declaredConversions: count,
      bytes: count,
    }),
    steps: z.array(z.object({ kind: z.string(), seconds: z.number().min(0) })),
    tables: z.array(table),
    objects: z.array(object),
    schemaDifferences: z
      .array(z.object({ table: z.string(), object: z.string(), problem: z.string() }))
      .describe('what of the schema is not as it was made'),
    findings: z.array(z.object({ level: z.enum(['ok', 'warning', 'error']), message: z.string(), remedy: textOrNull })),
    warnings: z.array(
      z.object({
        code: z.string(),
        table: textOrNull,
        column: textOrNull,
        message: z.string(),
        remedy: textOrNull,
      }),
    ),
    failure: z.object({ code: z.string(), message: z.string(), remedy: textOrNull }).nullable(),
    files: z
      .object({ folder: z.string(), rejects: textOrNull, altered: textOrNull, log: textOrNull, html: textOrNull })
      .describe('absolute paths; null where nothing of the kind was written'),
    next: z.array(z.string()).describe('commands to type next'),
  })
  .meta({ title: 'report.json', description: 'The final account of a rowferry transfer.' })

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** Does not compile when the schema and the type of the model differ in either direction. */
export const schemaIsReport: Same<DeepReadonly<z.output<typeof ReportSchema>>, DeepReadonly<Report>> = true
