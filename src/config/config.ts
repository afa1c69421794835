import { z } from 'zod'
import { RowferryError } from '../errors/errors.ts'
import { conflictStrategies } from '../model/conflict.ts'
import { timeUnits } from '../model/profile.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { isKnownEncoding } from '../util/utf8.ts'
import {
  invalidTextRules,
  misfitRules,
  nulRules,
  type OptionName,
  optionNames,
  type OptionSpec,
  options,
  optionSpec,
  type TransferOptions,
  type ValueType,
  yamlKey,
} from './options.ts'
import { ZeroSection } from './zero-section.ts'
import { zeroSettings } from './zero-settings.ts'

const text = z.string().trim().min(1)

/** `null` is a word here, but YAML reads it as nothing; both mean the same. */
function choice<const Values extends readonly [string, ...string[]]>(values: Values): z.ZodType<Values[number]> {
  const words = z.enum(values)
  if (!values.includes('null')) return words
  return z.union([words, z.null().transform(() => 'null' as Values[number])]) as z.ZodType<Values[number]>
}

const invalidText = z
  .string()
  .refine((value) => (invalidTextRules as readonly string[]).includes(value) || isKnownEncoding(value), {
    error: `must be ${invalidTextRules.join(', ')}, or the name of an encoding such as windows-1252`,
  })

const timeZone = z.string().refine(isTimeZone, { error: 'must be a time zone such as UTC or Europe/Berlin' })

/** A type as DDL writes it: `numeric(10,2)`, `timestamp with time zone`, `text[]`, `app.mood`. Anything else would let SQL in. */
const postgresType = z
  .string()
  .trim()
  .regex(/^[\p{L}_"][\p{L}\p{N}_"$. ]*(\(\s*-?\d+(\s*,\s*-?\d+)?\s*\))?( with(out)? time zone)?(\[\])*$/u, {
    error: 'must be a PostgreSQL type such as text, numeric(10,2) or timestamptz',
  })

/** What the configuration file may say about one column. What is left out follows the table, then the options. */
export const ColumnRules = z
  .strictObject({
    type: postgresType.describe('PostgreSQL type, instead of the one that would be chosen'),
    timeUnit: z.enum(timeUnits).describe('what numbers of a time column count'),
    separator: z.string().min(1).describe('what separates the elements of a text that goes into an array column'),
    onMisfit: choice(misfitRules).describe('values that do not fit'),
    nul: choice(nulRules).describe('NUL characters in text'),
    invalidUtf8: invalidText.describe('text that is not UTF-8'),
    timeZone: timeZone.describe('zone of date-times without offset'),
    rename: text.describe('name of the column in the target'),
    exclude: z.boolean().describe('leave this column out'),
  })
  .partial()
export type ColumnRules = Readonly<z.output<typeof ColumnRules>>

export const TableRules = z
  .strictObject({
    rename: text.describe('name of the table in the target'),
    exclude: z.boolean().describe('leave this table out'),
    strategy: z.enum(conflictStrategies).describe('what happens to rows that the target table already has'),
    matchKey: z
      .union([text.transform((column) => [column]), z.array(text).min(1)])
      .describe('columns that identify a row, instead of the primary key; they must be unique in the target'),
    onMisfit: choice(misfitRules).describe('values that do not fit'),
    columns: z.record(z.string(), ColumnRules.nullable()).describe('rules by column name'),
  })
  .partial()
export type TableRules = Readonly<Omit<z.output<typeof TableRules>, 'columns'>> & {
  readonly columns?: Readonly<Record<string, ColumnRules | null>>
}

const tables = z.union([
  z
    .array(z.union([text, TableRules.extend({ name: text.describe('table name') })]))
    .describe('only these tables, each a name (* stands for any characters) or a map with rules'),
  z.record(z.string(), TableRules.nullable()).describe('all tables, with rules for those named here'),
])

/** `zero:` with nothing behind it is all defaults. */
const zero = z.union([z.boolean(), ZeroSection, z.null()])

/** The schema of one option's value in the configuration file. */
export function valueSchema(type: ValueType): z.ZodType {
  switch (type.kind) {
    case 'flag':
      return z.boolean()
    case 'text':
      return text
    case 'count':
      return z.int().min(type.min).max(type.max)
    case 'choice':
      return choice(type.values as unknown as readonly [string, ...string[]])
    case 'list':
      return z.array(text)
    case 'invalid-text':
      return invalidText
    case 'time-zone':
      return timeZone
    default:
      return type satisfies never
  }
}

/** The whole configuration file. */
export const ConfigFile = z
  .strictObject(
    Object.fromEntries(
      optionNames
        .filter((name) => yamlKey(name) !== null)
        .map((name) => [name, described(name, optionSpec(name)).optional()]),
    ),
  )
  .meta({ title: 'rowferry.yaml', description: 'Configuration of rowferry: command-line options win over it.' })

function described(name: OptionName, spec: OptionSpec): z.ZodType {
  const schema = name === 'tables' ? tables : name === 'zero' ? zero : valueSchema(spec.type)
  return schema.meta({
    description: spec.description,
    ...(spec.default === null || spec.defaultText !== undefined ? {} : { default: spec.default }),
  })
}

/** The same as `rowferry.yaml`, for callers of the library. Everything has a default. */
export type ConfigInput = {
  readonly [Name in Exclude<keyof TransferOptions, 'tables' | 'zero'>]?: TransferOptions[Name]
} & {
  readonly zero?: boolean | ZeroSection
  readonly tables?:
    | readonly (string | ({ readonly name: string } & TableRulesInput))[]
    | Readonly<Record<string, TableRulesInput | null>>
}
type TableRulesInput = Omit<TableRules, 'matchKey'> & { readonly matchKey?: string | readonly string[] }

/** Everything that decides about a transfer, validated, with defaults filled. Plain data. */
export type Config = Omit<TransferOptions, 'zero'> & {
  /** Null: the target is not made for Zero. */
  readonly zero: ZeroSettings | null
  /** Rules by table name as written in the configuration. Read them through `rulesOfTable` and `rulesOfColumn`. */
  readonly tableRules: Readonly<Record<string, TableRules>>
}

/** Separates what `tables:` holds: which tables, and rules for some of them. */
export function splitTables(value: unknown): Pick<Config, 'tables' | 'tableRules'> {
  const rules: Record<string, TableRules> = {}
  if (!Array.isArray(value)) {
    for (const [name, entry] of Object.entries((value ?? {}) as Record<string, TableRules | null>)) {
      rules[name] = entry ?? {}
    }
    return { tables: [], tableRules: rules }
  }
  const names = (value as (string | ({ readonly name: string } & TableRules))[]).map((entry) => {
    if (typeof entry === 'string') return entry
    const { name, ...rest } = entry
    rules[name] = rest
    return name
  })
  return { tables: names, tableRules: rules }
}

function defaultTransferOptions(): TransferOptions {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, spec]) => spec.scope === 'transfer')
      .map(([name, spec]) => [name, spec.default]),
  ) as unknown as TransferOptions
}

/**
 * A complete `Config` from the few things a caller wants otherwise than by default. Throws CONFIG_INVALID or CONFIG_CONFLICT.
 */
export function defineConfig(input: ConfigInput = {}): Config {
  const { resume = false, restart = false, resetZero = false, allowVersionDifference = false, ...file } = input
  if (resume && restart) {
    throw new RowferryError('CONFIG_CONFLICT', {
      message: 'resume and restart exclude each other.',
      remedy: 'Leave one of them out.',
    })
  }
  const wanted = Object.fromEntries(Object.entries(file).filter(([, value]) => value !== null && value !== undefined))
  const parsed = ConfigFile.safeParse(wanted)
  if (!parsed.success) {
    throw new RowferryError('CONFIG_INVALID', {
      message: `The configuration is not valid: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
      remedy: 'The options are described in docs/reference/options.md.',
      cause: parsed.error,
    })
  }
  const { tables: chosen, zero: section = false, ...rest } = parsed.data as Record<string, unknown>
  return {
    ...defaultTransferOptions(),
    ...rest,
    resume,
    restart,
    resetZero,
    allowVersionDifference,
    zero: zeroSettings(section as ZeroSection | boolean),
    ...splitTables(chosen ?? []),
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false // Intl throws RangeError for zones it does not know
  }
}
