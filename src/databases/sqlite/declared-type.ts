import { asciiLower } from '../../util/ascii-lower.ts'

/**
 * What a declared column type means. SQLite accepts any words there and only looks for syllables in them; people and
 * libraries write the types of every other database. Nothing here ever fails.
 */

/** What the declaration asks for; `none`: nothing that can be relied on, the values decide. */
export type TypeFamily =
  | 'integer'
  | 'boolean'
  | 'real'
  | 'numeric'
  | 'text'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'json'
  | 'uuid'
  | 'blob'
  | 'none'

export type Affinity = 'integer' | 'text' | 'blob' | 'real' | 'numeric'

/** Words that mean more than their syllables say. */
const wordFamilies: ReadonlyMap<string, TypeFamily> = new Map([
  ...families('boolean', 'bool boolean bit logical'),
  ...families('date', 'date newdate'),
  ...families('time', 'time timetz'),
  ...families('timestamp', 'datetime datetime2 smalldatetime datetimeoffset datetimetz timestamp timestamptz'),
  ...families('json', 'json jsonb'),
  ...families('uuid', 'uuid guid uniqueidentifier'),
  ...families('blob', 'binary varbinary longvarbinary image bytea bytes raw rowversion'),
  ...families('numeric', 'numeric decimal dec number num money smallmoney currency bigdecimal bignumeric fixed'),
  ...families('text', 'string enum set xml memo'),
  ...families('integer', 'year serial bigserial smallserial serial2 serial4 serial8 oid counter autonumber'),
])

/** Words that only mean something when no other word does: `long text` is a text, `long` a number. */
const weakWordFamilies: ReadonlyMap<string, TypeFamily> = new Map(
  families('integer', 'long short byte unsigned signed'),
)

function families(family: TypeFamily, words: string): [string, TypeFamily][] {
  return words.split(' ').map((word) => [word, family])
}

/**
 * The family of a declared type: any case, with or without `(n)`, words in any order. The first word with a meaning
 * decides; where that meaning is only one of SQLite's syllables (INT, CHAR …) SQLite's affinity rules do.
 */
export function typeFamily(declaredType: string): TypeFamily {
  const bare = withoutArguments(declaredType)
  const words = bare.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== '')
  const [first] = words
  if (first === undefined) return 'none'
  if (first === 'byte' && bare.includes('[')) return 'blob'
  if (words.length === 2 && first === 'date' && words[1] === 'time') return 'timestamp'
  for (const word of words) {
    // `bit` is one truth value, `bit(8)` is not.
    if (word === 'bit' && (typeArguments(declaredType)[0] ?? 1) !== 1) continue
    const family = wordFamilies.get(word)
    if (family !== undefined) return family
    if (affinity(word) !== 'numeric') return familyOfSyllables(words.join(' '))
    // `timestamp_ntz`, `datetime64`: other databases have more of them than can be listed.
    if (/^(?:timestamp|datetime)/.test(word)) return 'timestamp'
  }
  return words.map((word) => weakWordFamilies.get(word)).find((family) => family !== undefined) ?? 'none'
}

function familyOfSyllables(words: string): TypeFamily {
  const found = affinity(words)
  return found === 'numeric' ? 'none' : found
}

/**
 * SQLite's five rules, in their order: INT; CHAR, CLOB, TEXT; BLOB or no type; REAL, FLOA, DOUB; else numeric.
 * https://sqlite.org/datatype3.html#determination_of_column_affinity. Columns of STRICT tables declared ANY have none.
 */
export function affinity(declaredType: string): Affinity {
  const type = asciiLower(declaredType)
  if (type.includes('int')) return 'integer'
  if (type.includes('char') || type.includes('clob') || type.includes('text')) return 'text'
  if (type.includes('blob') || type === '') return 'blob'
  if (type.includes('real') || type.includes('floa') || type.includes('doub')) return 'real'
  return 'numeric'
}

/** The numbers in parentheses: `decimal (10, 2)` gives `[10, 2]`, `varchar(max)` and `text` give `[]`. */
export function typeArguments(declaredType: string): number[] {
  const inside = /\(([^()]*)\)/.exec(declaredType)?.[1]
  if (inside === undefined) return []
  const numbers = inside.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  return numbers.every((number) => Number.isFinite(number)) ? numbers : []
}

function withoutArguments(declaredType: string): string {
  return asciiLower(declaredType.replaceAll(/\([^()]*\)/g, ' ')).trim()
}
