import { availableParallelism } from 'node:os'
import { conflictStrategies } from '../model/conflict.ts'
import { type CommandName, commandNames } from './commands.ts'

/** What may stand in an option. Plain data without zod: `rowferry --help` must not wait 30 ms for its import. */
export type ValueType =
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly placeholder: string }
  | { readonly kind: 'count'; readonly placeholder: string; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Comma separated in flags and environment, a list in YAML. */
  | { readonly kind: 'list'; readonly placeholder: string }
  /** `replace`, `reject`, `bytea`, or the name of an encoding. */
  | { readonly kind: 'invalid-text' }
  | { readonly kind: 'time-zone' }

export type OptionSpec = {
  readonly group: 'What' | 'How' | 'Distributed' | 'Values' | 'Zero' | 'Safety' | 'Output'
  readonly type: ValueType
  readonly default: boolean | number | string | null | readonly string[]
  /** Words for a default that depends on the machine or on other options. */
  readonly defaultText?: string
  /** One line; for help. */
  readonly description: string
  /** `transfer`: part of `Config`. `terminal`: only how one command line behaves; never in YAML. */
  readonly scope: 'transfer' | 'terminal'
  /** False: a positional argument, or a key of the configuration file only. */
  readonly flag: boolean
  readonly short?: string
  readonly commands: readonly CommandName[]
  readonly conflicts: readonly string[]
}

const every: readonly CommandName[] = commandNames
const planning: readonly CommandName[] = ['migrate', 'plan']
const converting: readonly CommandName[] = ['migrate', 'plan', 'verify']
const reading: readonly CommandName[] = ['migrate', 'plan', 'inspect', 'verify']
const distributing: readonly CommandName[] = ['migrate', 'work']

const transfer = { scope: 'transfer', flag: true, conflicts: [] } as const
const terminal = { scope: 'terminal', flag: true, conflicts: [] } as const

/** The rules for NUL characters in text. */
export const nulRules = ['strip', 'reject', 'escape'] as const
export const misfitRules = ['widen', 'reject', 'null'] as const
export const invalidTextRules = ['replace', 'reject', 'bytea'] as const

/**
 * Every option, once. The flag is the name in kebab-case, the environment variable `ROWFERRY_` and the name in upper case,
 * the YAML key the name itself. Flags win over the environment, the environment over YAML, YAML over the default.
 */
export const options = {
  source: {
    ...transfer,
    group: 'What',
    type: { kind: 'text', placeholder: 'FILE' },
    default: null,
    defaultText: 'none: it is needed',
    description: 'SQLite database file; ${NAME} stands for an environment variable',
    flag: false,
    commands: [...reading, 'init'],
  },
  target: {
    ...transfer,
    group: 'What',
    type: { kind: 'text', placeholder: 'URL' },
    default: null,
    defaultText: 'an embedded PostgreSQL',
    description: 'postgres:// URL of the target; ${NAME} stands for an environment variable',
    flag: false,
    commands: [...converting, 'zero', 'work', 'init'],
  },
  schema: {
    ...transfer,
    group: 'What',
    type: { kind: 'text', placeholder: 'NAME' },
    default: 'public',
    description: 'PostgreSQL schema that the tables go into; made when it does not exist',
    commands: [...converting, 'zero', 'init'],
  },
  tables: {
    ...transfer,
    group: 'What',
    type: { kind: 'list', placeholder: 'NAMES' },
    default: [],
    defaultText: 'all tables',
    description: 'only these tables; * stands for any characters, _ and % for themselves',
    commands: reading,
  },
  exclude: {
    ...transfer,
    group: 'What',
    type: { kind: 'list', placeholder: 'NAMES' },
    default: [],
    defaultText: 'none',
    description: 'all but these tables, written as in --tables',
    commands: reading,
  },
  includeVirtual: {
    ...transfer,
    group: 'What',
    type: { kind: 'flag' },
    default: false,
    description: 'carry the content of FTS and R-tree tables as plain tables',
    commands: reading,
  },
  naming: {
    ...transfer,
    group: 'What',
    type: { kind: 'choice', values: ['keep', 'snake_case'] },
    default: 'keep',
    description: 'names of new tables and columns, as they are or in snake_case',
    commands: converting,
  },
  indexes: {
    ...transfer,
    group: 'What',
    type: { kind: 'flag' },
    default: true,
    description: 'make the indexes; false leaves them out and lists them',
    flag: false,
    commands: planning,
  },
  foreignKeys: {
    ...transfer,
    group: 'What',
    type: { kind: 'flag' },
    default: true,
    description: 'make the foreign keys; false leaves them out and lists them',
    flag: false,
    commands: planning,
  },
  views: {
    ...transfer,
    group: 'What',
    type: { kind: 'flag' },
    default: true,
    description: 'make the views; false leaves them out and lists them',
    flag: false,
    commands: planning,
  },
  strategy: {
    ...transfer,
    group: 'How',
    type: { kind: 'choice', values: conflictStrategies },
    default: null,
    defaultText: 'refuse tables that have rows; reload those of an earlier migration after a question',
    description: 'what happens to rows that a target table already has',
    commands: [...planning, 'init'],
  },
  batchSize: {
    ...transfer,
    group: 'How',
    type: { kind: 'count', placeholder: 'ROWS', min: 1, max: 1_000_000 },
    default: 50_000,
    description: 'rows that are committed together at most; fewer when they are wide',
    commands: converting,
  },
  parallel: {
    ...transfer,
    group: 'How',
    type: { kind: 'count', placeholder: 'N', min: 1, max: 64 },
    default: Math.min(8, availableParallelism()),
    defaultText: 'the number of processor cores, at most 8',
    description: 'shards that are copied at once',
    commands: [...reading, 'work'],
  },
  shardSize: {
    ...transfer,
    group: 'How',
    type: { kind: 'count', placeholder: 'MB', min: 1, max: 1_000_000 },
    default: 32,
    description: 'a table is cut into shards of about this many megabytes, which are copied side by side',
    commands: planning,
  },
  verify: {
    ...transfer,
    group: 'How',
    type: { kind: 'choice', values: ['none', 'counts', 'content', 'full'] },
    default: 'content',
    description:
      'what is compared at the end: content reads small tables and a sample of large ones once more through SQLite, full reads every row',
    commands: planning,
  },
  snapshot: {
    ...transfer,
    group: 'How',
    type: { kind: 'choice', values: ['auto', 'always', 'never'] },
    default: 'auto',
    description: 'read from a copy of the source; auto makes one when it is in use',
    commands: reading,
  },
  resume: {
    ...transfer,
    group: 'How',
    type: { kind: 'flag' },
    default: false,
    defaultText: 'resume when there is an unfinished migration of the same source and target',
    description: 'go on with the unfinished migration; an error when there is none',
    commands: ['migrate'],
    conflicts: ['restart', 'dryRun'],
  },
  restart: {
    ...transfer,
    group: 'How',
    type: { kind: 'flag' },
    default: false,
    description: 'forget an unfinished migration and begin again',
    commands: ['migrate'],
    conflicts: ['resume'],
  },
  distributed: {
    ...transfer,
    group: 'Distributed',
    type: { kind: 'flag' },
    default: false,
    description: 'let other machines load too: those where rowferry work runs',
    commands: ['migrate'],
  },
  queue: {
    ...transfer,
    group: 'Distributed',
    type: { kind: 'text', placeholder: 'URL' },
    default: null,
    defaultText: 'the target',
    description: 'postgres:// URL of the database that holds the queue, in a schema of its own, rowferry_queue',
    commands: distributing,
  },
  workerSource: {
    ...transfer,
    group: 'Distributed',
    type: { kind: 'text', placeholder: 'PATH' },
    default: null,
    defaultText: 'the same path as here',
    description: 'where workers find the source: a path, or an http(s):// URL that each downloads once',
    commands: distributing,
  },
  coordinateOnly: {
    ...transfer,
    group: 'Distributed',
    type: { kind: 'flag' },
    default: false,
    description: 'load nothing in this process, leave it to the workers',
    commands: ['migrate'],
  },
  untilIdle: {
    ...terminal,
    group: 'Distributed',
    type: { kind: 'flag' },
    default: false,
    description: 'end when no distributed migration is running, instead of waiting for the next',
    commands: ['work'],
    conflicts: ['status', 'cancel', 'dropQueue'],
  },
  status: {
    ...terminal,
    group: 'Distributed',
    type: { kind: 'flag' },
    default: false,
    description: 'show the distributed migrations of this queue and how far they are, and load nothing',
    commands: ['work'],
    conflicts: ['untilIdle', 'cancel', 'dropQueue'],
  },
  cancel: {
    ...terminal,
    group: 'Distributed',
    type: { kind: 'text', placeholder: 'TRANSFER' },
    default: null,
    defaultText: 'none',
    description: 'stop this transfer on all machines, as Ctrl-C at its coordinator does; all stands for every one',
    commands: ['work'],
    conflicts: ['untilIdle', 'status', 'dropQueue'],
  },
  dropQueue: {
    ...terminal,
    group: 'Distributed',
    type: { kind: 'flag' },
    default: false,
    description: 'drop the schema of the queue; refused while a transfer uses it',
    commands: ['work'],
    conflicts: ['untilIdle', 'status', 'cancel'],
  },
  fireTriggers: {
    ...transfer,
    group: 'How',
    type: { kind: 'flag' },
    default: false,
    description: 'let triggers of existing target tables fire for the loaded rows',
    commands: planning,
  },
  onMisfit: {
    ...transfer,
    group: 'Values',
    type: { kind: 'choice', values: misfitRules },
    default: 'widen',
    description: 'values that do not fit their column widen its type, reject the row, or become NULL',
    commands: converting,
  },
  nul: {
    ...transfer,
    group: 'Values',
    type: { kind: 'choice', values: nulRules },
    default: 'strip',
    description: 'NUL characters in text, which PostgreSQL cannot hold: stripped, row rejected, or written as \\0',
    commands: converting,
  },
  invalidUtf8: {
    ...transfer,
    group: 'Values',
    type: { kind: 'invalid-text' },
    default: 'replace',
    description: 'text that is not UTF-8: replace, reject, bytea (column of bytes), or the name of its real encoding',
    commands: converting,
  },
  allowVersionDifference: {
    ...transfer,
    group: 'Safety',
    type: { kind: 'flag' },
    default: false,
    description: "load although the application's migrations in the target are not those of the source",
    commands: ['migrate'],
  },
  orphans: {
    ...transfer,
    group: 'Values',
    type: { kind: 'choice', values: ['keep', 'reject', 'null', 'fail'] },
    default: 'keep',
    description: 'rows whose foreign key points to no row; keep makes the key NOT VALID',
    commands: planning,
  },
  wideTables: {
    ...transfer,
    group: 'Values',
    type: { kind: 'choice', values: ['refuse', 'split'] },
    default: 'refuse',
    description:
      'tables that do not fit PostgreSQL (1,600 columns, 8 kB of fixed-size values); split: t, t_2 … with the same key',
    commands: [...converting, 'inspect'],
  },
  timeZone: {
    ...transfer,
    group: 'Values',
    type: { kind: 'time-zone' },
    default: 'UTC',
    description: 'zone of date-times without offset that become timestamptz',
    commands: converting,
  },
  zero: {
    ...transfer,
    group: 'Zero',
    type: { kind: 'flag' },
    default: false,
    description: 'make the target ready for Zero: keys, names, publication, schema file; details stand in the file',
    commands: [...converting, 'demo'],
  },
  resetZero: {
    ...transfer,
    group: 'Zero',
    type: { kind: 'flag' },
    default: false,
    description: 'replace tables although a Zero replicates them: drops its idle slots, then it syncs anew by itself',
    commands: ['migrate', 'demo'],
  },
  out: {
    ...terminal,
    group: 'Zero',
    type: { kind: 'text', placeholder: 'FILE' },
    default: null,
    defaultText: 'schemaFile below zero: in the configuration, else zero-schema.ts',
    description: 'schema file to write',
    commands: ['zero'],
  },
  queries: {
    ...terminal,
    group: 'Zero',
    type: { kind: 'text', placeholder: 'FILE' },
    default: null,
    defaultText: 'none is written',
    description: 'file for starter queries, one per table; an existing one is kept',
    commands: ['zero'],
    conflicts: ['check', 'checkOnly'],
  },
  check: {
    ...terminal,
    group: 'Zero',
    type: { kind: 'flag' },
    default: false,
    description: 'write nothing and fail when the schema file does not say what the database says',
    commands: ['zero'],
    conflicts: ['queries', 'checkOnly', 'fix'],
  },
  checkOnly: {
    ...terminal,
    group: 'Zero',
    type: { kind: 'flag' },
    default: false,
    description: 'examine the database and write no file',
    commands: ['zero'],
    conflicts: ['queries', 'check', 'out'],
  },
  fix: {
    ...terminal,
    group: 'Zero',
    type: { kind: 'flag' },
    default: false,
    description: 'mend what can be mended without losing anything, after a question',
    commands: ['zero'],
    conflicts: ['check'],
  },
  dryRun: {
    ...terminal,
    group: 'Safety',
    type: { kind: 'flag' },
    default: false,
    description: 'show the plan and write nothing',
    commands: ['migrate'],
    conflicts: ['resume'],
  },
  yes: {
    ...terminal,
    group: 'Safety',
    type: { kind: 'flag' },
    default: false,
    description: 'answer every question with yes',
    short: 'y',
    commands: every,
  },
  salvage: {
    ...transfer,
    group: 'Safety',
    type: { kind: 'flag' },
    default: false,
    description: 'take what is readable from a damaged source',
    commands: reading,
  },
  config: {
    ...terminal,
    group: 'Output',
    type: { kind: 'text', placeholder: 'FILE' },
    default: null,
    defaultText: 'rowferry.yaml where it exists',
    description: 'configuration file',
    short: 'c',
    commands: every,
  },
  report: {
    ...transfer,
    group: 'Output',
    type: { kind: 'text', placeholder: 'DIR' },
    default: null,
    defaultText: '.rowferry/transfers/<id>',
    description: 'folder for the report, the log and the lists of rejected and altered values',
    commands: ['migrate', 'demo'],
  },
  logLevel: {
    ...transfer,
    group: 'Output',
    type: { kind: 'choice', values: ['error', 'warn', 'info', 'debug'] },
    default: 'info',
    description: 'detail of log.jsonl; debug writes every converted value, before and after',
    commands: ['migrate', 'demo'],
  },
  json: {
    ...terminal,
    group: 'Output',
    type: { kind: 'flag' },
    default: false,
    description: 'machine output on stdout and nothing else there; text for people goes to stderr',
    commands: every,
  },
  verbose: {
    ...terminal,
    group: 'Output',
    type: { kind: 'flag' },
    default: false,
    description: 'say more: every step, every warning, stack traces of errors',
    short: 'v',
    commands: every,
    conflicts: ['quiet'],
  },
  quiet: {
    ...terminal,
    group: 'Output',
    type: { kind: 'flag' },
    default: false,
    description: 'say only the verdict and errors',
    short: 'q',
    commands: every,
    conflicts: ['verbose'],
  },
  color: {
    ...terminal,
    group: 'Output',
    type: { kind: 'flag' },
    default: true,
    defaultText: 'colours on a terminal, unless NO_COLOR is set',
    description: 'print without colours',
    commands: every,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>

export type OptionName = keyof typeof options

type Options = typeof options

/** The value of an option: by its type, or null where that is the default. */
type ValueOf<Spec extends OptionSpec> =
  | (Spec['type'] extends { readonly kind: 'flag' }
      ? boolean
      : Spec['type'] extends { readonly kind: 'count' }
        ? number
        : Spec['type'] extends { readonly kind: 'list' }
          ? readonly string[]
          : Spec['type'] extends { readonly kind: 'choice'; readonly values: readonly (infer Value)[] }
            ? Value
            : string)
  | (Spec['default'] extends null ? null : never)

type OptionsOf<Scope extends OptionSpec['scope']> = {
  readonly [Name in OptionName as Options[Name]['scope'] extends Scope ? Name : never]: ValueOf<Options[Name]>
}

/** Options that decide about a transfer, with their values. */
export type TransferOptions = OptionsOf<'transfer'>
/** Options that decide how one command line behaves. */
export type TerminalOptions = OptionsOf<'terminal'>

export const optionNames = Object.keys(options) as readonly OptionName[]

export function optionSpec(name: OptionName): OptionSpec {
  return options[name]
}

/** `batchSize` → `--batch-size`; a flag that is on by default is written as its opposite: `--no-color`. */
export function flagOf(name: OptionName): string | null {
  const spec = optionSpec(name)
  if (!spec.flag) return null
  return `--${spec.default === true ? 'no-' : ''}${kebabCase(name)}`
}

/** `batchSize` → `ROWFERRY_BATCH_SIZE`. */
export function environmentName(name: OptionName): string {
  return `ROWFERRY_${kebabCase(name).replaceAll('-', '_').toUpperCase()}`
}

/** What may not be decided once for all. */
const onlyThisTime: readonly OptionName[] = ['resume', 'restart', 'resetZero', 'allowVersionDifference']

/** The key of the configuration file, or null: what only concerns one command line does not stand there. */
export function yamlKey(name: OptionName): string | null {
  return optionSpec(name).scope === 'transfer' && !onlyThisTime.includes(name) ? name : null
}

/** `ROWS`, `NAME`, or null for a flag. */
export function placeholderOf(type: ValueType): string | null {
  switch (type.kind) {
    case 'flag':
      return null
    case 'text':
    case 'count':
    case 'list':
      return type.placeholder
    case 'choice':
    case 'invalid-text':
      return 'WORD'
    case 'time-zone':
      return 'ZONE'
    default:
      return type satisfies never
  }
}

/** The default in words, for help and documentation. */
export function defaultInWords(name: OptionName): string {
  const spec = optionSpec(name)
  return spec.defaultText ?? (spec.default === false ? 'no' : spec.default === true ? 'yes' : String(spec.default))
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
