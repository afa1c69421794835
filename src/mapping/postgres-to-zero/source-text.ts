import { printable, printableJson } from '../../util/printable.ts'
import { isIdentifier } from './zero-names.ts'

/** TypeScript as a person writes it: single quotes, no semicolons, two blanks, at most 120 characters in a line. */
export const widestLine = 120

/** A literal; in double quotes where that saves escapes. */
export function quoted(text: string): string {
  const safe = printableJson(JSON.stringify(text)).slice(1, -1).replaceAll('\\"', '"')
  const [singles, doubles] = [countOf(safe, "'"), countOf(safe, '"')]
  return singles > doubles ? `"${safe.replaceAll('"', '\\"')}"` : `'${safe.replaceAll("'", "\\'")}'`
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1
}

export function propertyKey(name: string): string {
  return isIdentifier(name) ? name : quoted(name)
}

export function list(names: readonly string[]): string {
  return `[${names.map(quoted).join(', ')}]`
}

/** One line when it fits after `indent` blanks, with `after` behind it; else `broken`. */
export function fitted(line: string, broken: () => string, indent: number, after = ''): string {
  return indent + line.length + after.length <= widestLine && !line.includes('\n') ? line : broken()
}

/** A comment line; whatever stands in a name, it ends with the line. */
export function comment(text: string): string {
  const oneLine = printable(text).trimEnd()
  return oneLine === '' ? '//' : `// ${oneLine}`
}
