import { stringify } from 'yaml'
import type { ConflictStrategy } from '../../model/conflict.ts'
import { isPrintable, printable, printableJson } from '../../util/printable.ts'
import { maskUrl } from '../../util/secrets.ts'
import { defaultInWords, type OptionName, optionNames, optionSpec, yamlKey } from '../../config/options.ts'
import type { ListedTable } from './list-tables.ts'

export type ConfigAnswers = {
  readonly source: string | null
  readonly target: string | null
  readonly schema: string
  readonly strategy: ConflictStrategy | null
}

/** Editors with a YAML language server complete and check the file by this line. */
const schemaLine = '# yaml-language-server: $schema=./node_modules/rowferry/schemas/config.schema.json'

/** A configuration file in which every option stands, those at their default as a comment. */
export function writeConfigText(answers: ConfigAnswers, tables: readonly ListedTable[] | null): string {
  const lines = [
    schemaLine,
    '# Options on the command line win over this file. All of them: docs/reference/options.md',
    '',
    ...setting('source', answers.source),
    ...targetLines(answers.target),
    ...setting('schema', answers.schema),
    ...setting('strategy', answers.strategy),
    '',
    '# The other options, at their defaults:',
    ...optionNames
      .filter((name) => yamlKey(name) !== null && !asked.has(name) && name !== 'tables')
      .flatMap((name) => setting(name, null)),
    '',
    ...tableLines(tables),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

const asked = new Set<OptionName>(['source', 'target', 'schema', 'strategy'])

/** `key: value` below its description; without a value as a comment with the default. */
function setting(name: OptionName, value: string | null): string[] {
  const spec = optionSpec(name)
  const choices = spec.type.kind === 'choice' ? ` (${spec.type.values.join(', ')})` : ''
  const description = `# ${spec.description}${choices}`
  if (value !== null) return [description, yamlLine(name, value)]
  const byDefault = spec.default === null || spec.defaultText !== undefined
  return [description, byDefault ? `# ${name}:   # ${defaultInWords(name)}` : `# ${yamlLine(name, spec.default)}`]
}

function yamlLine(name: string, value: unknown): string {
  return stringify({ [name]: value }, { lineWidth: 0 }).trimEnd()
}

/** A password is not written down: the file says from which variable it comes. */
function targetLines(target: string | null): string[] {
  if (target === null || maskUrl(target) === target || target.includes('${')) return setting('target', target)
  const withVariable = target.replace(/^([a-z]+:\/\/[^:/@]*):[^@]*@/i, '$1:${PGPASSWORD}@')
  return ['# The password is read from the environment: export PGPASSWORD=…', ...setting('target', withVariable)]
}

function tableLines(tables: readonly ListedTable[] | null): string[] {
  const example = tables?.find((table) => table.columns.length > 0)
  const column = example?.columns[0]?.split(' ')[0] ?? 'created_at'
  const lines = [
    '# Rules for single tables and columns. As a map, all tables are carried; as a list, only those in it.',
    '# tables:',
    `#   ${yamlText(example?.name ?? 'users')}:`,
    '#     rename: another_name',
    '#     strategy: merge',
    '#     columns:',
    `#       ${yamlText(column)}: { type: timestamptz, timeUnit: epoch-ms, onMisfit: reject }`,
  ]
  if (tables === null || tables.length === 0) return lines
  return [
    ...lines,
    '#',
    '# Tables of the source:',
    ...tables.map((table) => printable(`#   ${table.name}: ${table.columns.join(', ')}`)),
  ]
}

function yamlText(text: string): string {
  return isPrintable(text) ? stringify(text, { lineWidth: 0 }).trimEnd() : printableJson(JSON.stringify(text))
}
