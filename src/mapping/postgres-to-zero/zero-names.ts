import type { ZeroSettings } from '../../model/zero.ts'
import { camelCase, pascalCase, singular, wordsOf } from './words.ts'

export type Naming = ZeroSettings['naming']

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export function isIdentifier(text: string): boolean {
  return identifier.test(text)
}

/**
 * Keys for the given names, all different, in their order. A name that is camelCase already keeps its own; where two names
 * become the same (`user_id` beside `userId`), the first or the unchanged one has it and the other stays as it is.
 */
export function chooseKeys(names: readonly string[], naming: Naming, fallback: string): Map<string, string> {
  const wanted = names.map((name) => (naming === 'preserve' && name !== '__proto__' ? name : camelKey(name, fallback)))
  const taken = new Set<string>()
  const keys = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    if (wanted[index] === name) claim(name, [name])
  }
  for (const [index, name] of names.entries()) {
    if (!keys.has(name)) claim(name, [wanted[index] ?? name, legalKey(name, fallback)])
  }
  return new Map(names.map((name) => [name, keys.get(name) ?? name]))

  function claim(name: string, candidates: readonly string[]): void {
    keys.set(name, claimName(candidates, taken))
  }
}

/** The first candidate that is free, else the last with a number. It is taken from then on. */
export function claimName(candidates: readonly string[], taken: Set<string>): string {
  const last = candidates.at(-1) ?? 'unnamed'
  let chosen = candidates.find((candidate) => !taken.has(candidate))
  for (let number = 2; chosen === undefined; number++) {
    if (!taken.has(`${last}${number}`)) chosen = `${last}${number}`
  }
  taken.add(chosen)
  return chosen
}

/** `created_at` → `createdAt`, `2fa` → `_2fa`; always an identifier. */
export function camelKey(name: string, fallback: string): string {
  if (/^[a-z][A-Za-z0-9]*$/.test(name)) return name
  const underscores = /^_*/.exec(name)?.[0] ?? ''
  const key = camelCase(wordsOf(name))
  return key === '' ? legalKey(name, fallback) : identifierFrom(underscores + key)
}

/** The name as it is as far as it can be an identifier. */
function legalKey(name: string, fallback: string): string {
  const legal = name.replace(/[^\p{ID_Continue}$]+/gu, '_')
  return /^_*$/.test(legal) && legal !== name ? fallback : identifierFrom(legal)
}

function identifierFrom(text: string): string {
  // `__proto__` as a key of an object literal would set its prototype instead.
  if (text === '__proto__') return '_proto'
  return isIdentifier(text) ? text : `_${text}`
}

/** The word `Table` at the end keeps them apart from all that the file imports and declares: `string`, `schema`, `zql` … */
export function tableConsts(keys: readonly string[]): Map<string, string> {
  return new Map([...chooseKeys(keys, 'camelCase', 'unnamed')].map(([key, name]) => [key, `${name}Table`]))
}

/** `blogPostTable` → `blogPostRelationships`. */
export function relationshipsConst(tableConst: string): string {
  return tableConst.replace(/Table$/, 'Relationships')
}

/** Type names that mean something else in the file: what it imports and declares, and what types of JSON values are built of. */
const otherTypes = new Set(
  (
    'Row Schema DefaultTypes String Number Boolean Symbol BigInt Object Function Array ReadonlyArray Record Date Map Set ' +
    'WeakMap WeakSet Promise Error JSON Partial Required Readonly Pick Omit Exclude Extract NonNullable Uppercase Lowercase Any'
  ).split(' '),
)

/** Names of the types of rows: `blogPosts` → `BlogPost`. */
export function rowTypes(keys: readonly string[], imported: ReadonlySet<string>): Map<string, string> {
  const taken = new Set([...otherTypes, ...imported])
  return new Map(
    keys.map((key) => {
      const name = identifierFrom(pascalCase(singular(wordsOf(key))) || 'Unnamed')
      return [key, claimName([name, `${name}Row`], taken)]
    }),
  )
}
