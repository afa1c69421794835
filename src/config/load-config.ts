import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { nearest } from '../util/nearest.ts'
import type { CommandName } from './commands.ts'
import { type Config, splitTables, valueSchema } from './config.ts'
import { type ConfigProblem, refuseProblems } from './config-problems.ts'
import {
  environmentName,
  flagOf,
  type OptionName,
  optionNames,
  options,
  optionSpec,
  type TerminalOptions,
  type ValueType,
} from './options.ts'
import { readConfigFile } from './read-config-file.ts'
import type { ZeroSection } from './zero-section.ts'
import { zeroSettings } from './zero-settings.ts'

const defaultFile = 'rowferry.yaml'

export type ConfigSources = {
  readonly command: CommandName
  /** What stands on the command line, by option name: text, lists of text, or booleans; `source` and `target` included. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[]>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export type LoadedConfig = {
  readonly config: Config
  readonly terminal: TerminalOptions
  /** The configuration file that was read, or null. */
  readonly file: string | null
}

type Layer = Readonly<Partial<Record<OptionName, unknown>>>

/**
 * Flags win over the environment, the environment over the file, the file over the defaults. Throws one CONFIG_ error that
 * names every problem; touches no database.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: ConfigProblem[] = []
  const flags = parseFlags(sources, problems)
  const environment = parseEnvironment(sources, problems)
  const file = findFile(sources.cwd, flags['config'] ?? environment['config'])
  const read = file === null ? { values: {}, problems: [] } : readConfigFile(file, sources.environment)
  problems.push(...read.problems)
  const { tables: fileTables, ...fileValues } = read.values
  const section = zeroOfFile(read.values)
  const { tables, tableRules } = splitTables(fileTables ?? [])
  const inFile = {
    ...besideFile(fileValues, file, sources.cwd),
    ...(section !== undefined && { zero: section !== false }),
  }
  const layers: Layer[] = [flags, environment, { ...inFile, tables }]
  for (const layer of layers) findConflicts(layer, problems)
  refuseProblems(problems)
  const values = mergeLayers(layers)
  // A flag only switches it on or off: what it means stands in the file.
  const zero = values['zero'] === true ? zeroSettings(section || true) : null
  return { config: pick(values, 'transfer', { tableRules, zero }), terminal: pick(values, 'terminal', {}), file }
}

/** `zero:` with nothing behind it is all defaults; undefined: the file has no such key. */
function zeroOfFile(values: Readonly<Record<string, unknown>>): ZeroSection | boolean | undefined {
  const zero = values['zero'] as ZeroSection | boolean | null | undefined
  return zero === null ? true : zero
}

function parseFlags(sources: ConfigSources, problems: ConfigProblem[]): Layer {
  const layer: Partial<Record<OptionName, unknown>> = {}
  for (const name of optionNames) {
    const value = sources.flags[name]
    if (value === undefined) continue
    const place = flagOf(name) ?? name.toUpperCase()
    const text = typeof value === 'object' ? value.join(',') : value
    const parsed = typeof text === 'boolean' ? text : parseText(place, optionSpec(name).type, text, problems)
    if (parsed !== undefined) layer[name] = parsed
  }
  return layer
}

function parseEnvironment(sources: ConfigSources, problems: ConfigProblem[]): Layer {
  const layer: Partial<Record<OptionName, unknown>> = {}
  for (const name of optionNames) {
    const text = sources.environment[environmentName(name)]
    if (text === undefined || text === '' || !optionSpec(name).commands.includes(sources.command)) continue
    const parsed = parseText(environmentName(name), optionSpec(name).type, text, problems)
    if (parsed !== undefined) layer[name] = parsed
  }
  return layer
}

/** Reads a value as it stands in a flag or in the environment; what is wrong is added to the problems. */
function parseText(place: string, type: ValueType, text: string, problems: ConfigProblem[]): unknown {
  const parsed = valueSchema(type).safeParse(rawValue(type, text))
  if (parsed.success) return parsed.data
  problems.push({
    code: 'CONFIG_INVALID',
    text: `${place} ${requirement(type)}, not ${JSON.stringify(text)}${suggestion(type, text)}`,
    remedy: null,
  })
  return undefined
}

function rawValue(type: ValueType, text: string): unknown {
  switch (type.kind) {
    case 'flag':
      return { true: true, '1': true, yes: true, false: false, '0': false, no: false }[text.toLowerCase()]
    case 'count':
      return /^\d+$/.test(text) ? Number(text) : text
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    case 'text':
    case 'choice':
    case 'invalid-text':
    case 'time-zone':
      return text
    default:
      return type satisfies never
  }
}

function requirement(type: ValueType): string {
  switch (type.kind) {
    case 'flag':
      return 'must be true or false'
    case 'count':
      return `must be a whole number from ${type.min} to ${type.max}`
    case 'choice':
      return `must be one of ${type.values.join(', ')}`
    case 'invalid-text':
      return 'must be replace, reject, bytea, or the name of an encoding such as windows-1252'
    case 'time-zone':
      return 'must be a time zone such as UTC or Europe/Berlin'
    case 'text':
    case 'list':
      return 'must not be empty'
    default:
      return type satisfies never
  }
}

function suggestion(type: ValueType, text: string): string {
  const near = type.kind === 'choice' ? nearest(text, type.values) : null
  return near === null ? '' : `; did you mean ${near}?`
}

/** The file that was named, or rowferry.yaml where there is one. */
function findFile(cwd: string, named: unknown): string | null {
  if (typeof named === 'string') return resolve(cwd, named)
  const usual = join(cwd, defaultFile)
  return existsSync(usual) ? usual : null
}

/** Paths in a file are meant from where the file stands, not from where the command happens to be typed. */
function besideFile(values: Layer, file: string | null, cwd: string): Layer {
  if (file === null || dirname(file) === resolve(cwd)) return values
  const moved: Partial<Record<OptionName, unknown>> = { ...values }
  for (const name of ['source', 'report'] as const) {
    const path = moved[name]
    const isPath = typeof path === 'string' && !isAbsolute(path) && !/^[a-z][a-z0-9+]+:/i.test(path)
    if (isPath) moved[name] = join(dirname(file), path)
  }
  return moved
}

/** Two options that exclude each other, set in the same place. Set in different places, the stronger place wins. */
function findConflicts(layer: Layer, problems: ConfigProblem[]): void {
  optionNames.forEach((name, index) => {
    const spec = optionSpec(name)
    for (const other of optionNames.slice(index + 1)) {
      if (!spec.conflicts.includes(other) && !optionSpec(other).conflicts.includes(name)) continue
      if (!isSet(layer[name]) || !isSet(layer[other])) continue
      problems.push({
        code: 'CONFIG_CONFLICT',
        text: `${flagOf(name) ?? name} and ${flagOf(other) ?? other} exclude each other`,
        remedy: `Leave out ${flagOf(name) ?? name} or ${flagOf(other) ?? other}.`,
      })
    }
  })
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== null
}

function mergeLayers(layers: readonly Layer[]): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(options).map(([name, spec]) => [name, spec.default]),
  )
  const decided = new Set<string>()
  for (const layer of layers) {
    for (const name of optionNames) {
      const value = layer[name]
      if (value === undefined || decided.has(name)) continue
      if (Array.isArray(value) && value.length === 0) continue
      values[name] = value
    }
    for (const name of optionNames) {
      if (layer[name] === undefined) continue
      decided.add(name)
      if (isSet(layer[name])) for (const other of conflictsOf(name)) decided.add(other)
    }
  }
  return values
}

function conflictsOf(name: OptionName): readonly string[] {
  const back = optionNames.filter((other) => optionSpec(other).conflicts.includes(name))
  return [...optionSpec(name).conflicts, ...back]
}

function pick<Result>(values: Readonly<Record<string, unknown>>, scope: string, more: object): Result {
  const chosen = optionNames.filter((name) => optionSpec(name).scope === scope).map((name) => [name, values[name]])
  return { ...Object.fromEntries(chosen), ...more } as Result
}
