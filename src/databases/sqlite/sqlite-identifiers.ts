import { asciiLower } from '../../util/ascii-lower.ts'

/** A name as SQL: always in double quotes, so that no name can be a keyword, a number or two words. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** SQLite compares names without regard to the case of ASCII letters, and of those only. */
export function sameName(a: string, b: string): boolean {
  return foldName(a) === foldName(b)
}

export function foldName(name: string): string {
  return asciiLower(name)
}

const builtInCollations: ReadonlySet<string> = new Set(['binary', 'nocase', 'rtrim'])

/** Others are registered by the program that made the file; stock SQLite cannot compare by them. */
export function isBuiltInCollation(name: string): boolean {
  return builtInCollations.has(foldName(name))
}
