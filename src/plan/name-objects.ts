import { createHash } from 'node:crypto'
import { maxIdentifierBytes } from '../databases/postgres/identifiers.ts'
import { legalForZero } from './zero-names.ts'

/** Columns that every PostgreSQL table has already. */
const systemColumns = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

export type Naming = 'keep' | 'snake_case'

/** Gives out names that are free, legal, and the same on every run; remembers what was changed and why. */
export class NameGiver {
  readonly #taken = new Set<string>()
  readonly changed: { readonly from: string; readonly to: string; readonly reason: string }[] = []
  readonly #naming: Naming
  readonly #columns: boolean
  readonly #zero: boolean

  constructor(options: {
    readonly naming: Naming
    readonly taken?: Iterable<string>
    readonly columns?: boolean
    /** Names that Zero takes too, and none that differ only in case. */
    readonly zero?: boolean
  }) {
    this.#naming = options.naming
    this.#columns = options.columns ?? false
    this.#zero = options.zero ?? false
    for (const name of options.taken ?? []) this.#taken.add(this.#fold(name))
  }

  /**
   * The target's name for `name`. `fallback` is used where SQLite allows an empty name. Names that are neither a table's nor a
   * column's may have any letters, also for Zero.
   */
  give(name: string, fallback: string, kind: 'table' | 'other' = 'other'): string {
    let given = this.#naming === 'snake_case' ? toSnakeCase(name) : name
    let reason = given === name ? '' : 'naming: snake_case'
    if (given === '' || given.includes('\0')) [given, reason] = [fallback, 'PostgreSQL has no such name']
    if (this.#zero) {
      const legal = legalForZero(given, this.#columns ? 'column' : kind)
      if (legal.reason !== null) [given, reason] = [legal.name, legal.reason]
    }
    if (this.#columns && systemColumns.has(given))
      [given, reason] = [`${given}_`, `every PostgreSQL table has its own ${given}`]
    if (Buffer.byteLength(given) > maxIdentifierBytes) [given, reason] = [shorten(given, name), 'longer than 63 bytes']
    const wanted = given
    for (let number = 2; this.#taken.has(this.#fold(given)); number++) {
      const suffix = `_${number}`
      given = cutBytes(wanted, maxIdentifierBytes - suffix.length) + suffix
      reason = this.#zero ? 'the name is taken, or Zero cannot tell it from another' : 'the name is taken'
    }
    this.#taken.add(this.#fold(given))
    if (given !== name) this.changed.push({ from: name, to: given, reason })
    return given
  }

  /** A name that PostgreSQL chooses by itself, or the next one that is free; names in `wanted` are left to what the source calls so. */
  reserve(name: string, wanted: ReadonlySet<string>): string {
    let given = name
    for (let number = 2; wanted.has(given) || this.#taken.has(this.#fold(given)); number++) {
      const suffix = `_${number}`
      given = cutBytes(name, maxIdentifierBytes - suffix.length) + suffix
    }
    this.#taken.add(this.#fold(given))
    return given
  }

  #fold(name: string): string {
    return this.#zero ? name.toLowerCase() : name
  }
}

/** `userName`, `User Name` and `user-name` become `user_name`; letters beyond ASCII stay. */
export function toSnakeCase(name: string): string {
  return name
    .replace(/([\p{Ll}\p{Nd}])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}_]+/gu, '_')
    .toLowerCase()
}

/** The first bytes and eight hexadecimal digits of a hash of the whole name: different names stay different. */
function shorten(name: string, original: string): string {
  const hash = createHash('sha256').update(original).digest('hex').slice(0, 8)
  return `${cutBytes(name, maxIdentifierBytes - 9)}_${hash}`
}

/** The longest prefix of whole characters within so many bytes. */
export function cutBytes(name: string, bytes: number): string {
  let cut = ''
  let used = 0
  for (const character of name) {
    used += Buffer.byteLength(character)
    if (used > bytes) break
    cut += character
  }
  return cut
}
