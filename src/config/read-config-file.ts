import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { RowferryError } from '../errors/errors.ts'
import { nearest } from '../util/nearest.ts'
import { ColumnRules, ConfigFile, TableRules } from './config.ts'
import type { ConfigProblem } from './config-problems.ts'
import { ZeroColumnSection, ZeroSection, ZeroTableSection } from './zero-section.ts'

type Path = readonly PropertyKey[]

export type ConfigFileContent = {
  readonly values: Readonly<Record<string, unknown>>
  readonly problems: readonly ConfigProblem[]
}

/**
 * Reads and validates a configuration file. All problems come back at once, each with its place; CONFIG_FILE is thrown only
 * when the file cannot be read.
 */
export function readConfigFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigFileContent {
  const document = new YamlText(basename(path), readText(path))
  if (document.problems.length > 0) return { values: {}, problems: document.problems }
  const raw: unknown = document.toJS()
  if (raw === null || raw === undefined) return { values: {}, problems: [] }
  const problems: ConfigProblem[] = []
  const expanded = expandVariables(raw, environment, (key, name) => {
    problems.push({
      code: 'CONFIG_MISSING',
      text: document.at([key], `\${${name}} is not set in the environment`),
      remedy: `Set it: export ${name}=…`,
    })
  })
  const parsed = ConfigFile.safeParse(expanded)
  if (parsed.success) return { values: parsed.data, problems }
  problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(issue, document, expanded)))
  return { values: {}, problems }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new RowferryError('CONFIG_FILE', {
      message: `The configuration file ${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.`,
      remedy:
        code === 'ENOENT' ? 'Check the path after --config, or make one: rowferry init' : `Look at it: ls -l ${path}`,
      cause: error,
    })
  }
}

/** The text of the file with the line and column of everything in it. */
class YamlText {
  readonly problems: readonly ConfigProblem[]
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document

  constructor(file: string, source: string) {
    this.#file = file
    this.#document = parseDocument(source, { lineCounter: this.#lines, prettyErrors: false })
    this.problems = this.#document.errors.map((error) => ({
      code: error.code === 'DUPLICATE_KEY' ? 'CONFIG_INVALID' : 'CONFIG_FILE',
      text: `${this.#place(error.pos[0])} ${error.code === 'DUPLICATE_KEY' ? `the key ${this.#wordAt(source, error.pos[0])} stands here a second time` : error.message}`,
      remedy: null,
    }))
  }

  toJS(): unknown {
    return this.#document.toJS()
  }

  /** `file:line:column path: message`; `key` points at the key itself where a value is missing or unknown. */
  at(path: Path, message: string, key?: string): string {
    const words = [...path, ...(key === undefined ? [] : [key])].map(String).join('.')
    return `${this.#place(this.#offset(path, key))} ${words === '' ? '' : `${words}: `}${message}`
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#file}:${line}:${col}`
  }

  #wordAt(source: string, offset: number): string {
    return /^["']?([^:\n"']*)/.exec(source.slice(offset))?.[1]?.trim() ?? ''
  }

  #offset(path: Path, key?: string): number {
    let node: unknown = this.#document.contents
    let start = 0
    for (const part of key === undefined ? path : [...path, key]) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
        if (!isPair(pair)) break
        start = rangeStart(pair.key) ?? start
        node = pair.value
      } else if (isSeq(node)) {
        node = node.items[Number(part)]
        start = rangeStart(node) ?? start
      } else break
    }
    return (key === undefined ? rangeStart(node) : null) ?? start
  }
}

function rangeStart(node: unknown): number | null {
  const range = (node as { readonly range?: readonly number[] } | null)?.range
  return range?.[0] ?? null
}

/** Replaces `${NAME}` and `${NAME:-default}` in places and URLs, so that no password has to stand in the file. */
function expandVariables(
  raw: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  missing: (key: string, name: string) => void,
): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw
  const expanded: Record<string, unknown> = { ...raw }
  for (const key of ['source', 'target', 'queue', 'workerSource']) {
    const value = expanded[key]
    if (typeof value !== 'string') continue
    expanded[key] = value.replace(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (whole, name: string, fallback?: string) => {
      const found = environment[name] ?? fallback
      if (found === undefined) missing(key, name)
      return found ?? whole
    })
  }
  return expanded
}

function describeIssue(issue: z.core.$ZodIssue, document: YamlText, root: unknown): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, issue.path, document))
  }
  if (issue.code === 'invalid_union') {
    const branch = likelyBranch(issue.errors)
    if (branch) {
      return branch.flatMap((inner) =>
        describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, document, root),
      )
    }
  }
  return [
    {
      code: 'CONFIG_INVALID',
      text: document.at(issue.path, issueText(issue, valueAt(root, issue.path))),
      remedy: null,
    },
  ]
}

/** The alternative whose outer form fits: what is wrong stands inside it. Null when none fits. */
function likelyBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const fits = (issue: z.core.$ZodIssue): boolean => issue.path.length > 0 || issue.code === 'unrecognized_keys'
  return (
    branches.find((branch) => branch.every(fits)) ??
    branches.find((branch) =>
      branch.every((issue) => issue.code !== 'invalid_type' && issue.code !== 'invalid_union'),
    ) ??
    null
  )
}

function unknownKey(key: string, path: Path, document: YamlText): ConfigProblem {
  const near = nearest(key, keysAt(path))
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    text: document.at(path, `there is no such key${near === null ? '' : `; did you mean ${near}?`}`, key),
    remedy: null,
  }
}

/** The keys that are allowed at a place of the file. */
function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(ConfigFile.shape)
  if (path[0] === 'zero') {
    const section = path.length === 1 ? ZeroSection : path.includes('columns') ? ZeroColumnSection : ZeroTableSection
    return Object.keys(section.shape)
  }
  return path.includes('columns') ? Object.keys(ColumnRules.shape) : ['name', ...Object.keys(TableRules.shape)]
}

function valueAt(root: unknown, path: Path): unknown {
  let value: unknown = root
  for (const part of path) value = (value as Readonly<Record<PropertyKey, unknown>> | null)?.[part]
  return value
}

/** What is wrong, in words for people; zod's own sentences speak of types. */
function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  const found = value === null || value === undefined ? 'nothing' : JSON.stringify(value)
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeInWords(issue.expected)}, not ${found}`
    case 'invalid_value': {
      const words = issue.values.map(String)
      const near = typeof value === 'string' ? nearest(value, words) : null
      return `must be one of ${words.join(', ')}, not ${found}${near === null ? '' : `; did you mean ${near}?`}`
    }
    case 'invalid_union':
      return unionText(issue.path, found)
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}, not ${found}`
    case 'too_big':
      return `must be at most ${issue.maximum}, not ${found}`
    default:
      return issue.message.startsWith('must') ? `${issue.message}, not ${found}` : issue.message
  }
}

function unionText(path: Path, found: string): string {
  if (path.length === 1 && path[0] === 'zero') return `must be true, false or a map, not ${found}`
  if (path.at(-1) === 'tables') return `must be a list of names or a map with rules, not ${found}`
  if (path.at(-1) === 'matchKey') return `must be a column name or a list of them, not ${found}`
  if (path.includes('tables')) return `must be a table name or a map with a name, not ${found}`
  return `does not allow ${found}; see docs/reference/options.md`
}

function typeInWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    boolean: 'true or false',
    int: 'a whole number',
    number: 'a number',
    array: 'a list',
    object: 'a map',
    record: 'a map',
  }
  return words[expected] ?? expected
}
