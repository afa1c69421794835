import type { ForeignKey, TableName } from '../../model/catalog.ts'
import { singular, wordsOf } from './words.ts'

/** What a foreign key is called in words. */
export type ForeignKeyWords = {
  /** What its column says: `author_id` → `author`, `reports_to` → `reports to`, `(tenant_id, editor_id)` → `editor`. */
  readonly role: readonly string[]
  /** True when the role is a noun for the row that is pointed to, so that a relationship can be called like it. */
  readonly telling: boolean
  /** The parent table in the singular. */
  readonly parent: readonly string[]
}

const endings = new Set(['id', 'uuid', 'guid', 'fk', 'pk', 'key', 'ref'])

export function foreignKeyWords(key: ForeignKey, self: TableName): ForeignKeyWords {
  const parent = singular(wordsOf(key.parent.name))
  const column = tellingColumn(key)
  if (column === null) {
    const same = key.parent.name === self.name
    return { role: same ? wordsOf(key.columns.join(' ')) : parent, telling: !same, parent }
  }
  const words = wordsOf(column.name)
  const role = withoutEnding(words, wordsOf(column.parentColumn), parent)
  return { role: role ?? words, telling: role !== null, parent }
}

type ColumnPair = { readonly name: string; readonly parentColumn: string }

/** Of a composite key, the only column that is called otherwise than in the parent; null when that is not one. */
function tellingColumn(key: ForeignKey): ColumnPair | null {
  const pairs = key.columns.map((name, index) => ({ name, parentColumn: key.parentColumns[index] ?? '' }))
  const own = pairs.length === 1 ? pairs : pairs.filter(({ name, parentColumn }) => name !== parentColumn)
  return own.length === 1 ? (own[0] ?? null) : null
}

/** The words without what only says that it is a key: `_id`, `id_`, the name of the parent's column. Null: nothing of that. */
function withoutEnding(
  words: readonly string[],
  parentColumn: readonly string[],
  parent: readonly string[],
): readonly string[] | null {
  const ending = words.slice(-parentColumn.length).join(' ')
  if (words.length > parentColumn.length && ending === parentColumn.join(' ')) {
    return words.slice(0, -parentColumn.length)
  }
  if (words.length > 1 && endings.has(words.at(-1) ?? '')) return words.slice(0, -1)
  if (words.length > 1 && endings.has(words[0] ?? '')) return words.slice(1)
  // `customerid`, without anything between.
  const glued = parent.join('')
  return words.length === 1 && glued !== '' && [`${glued}id`, `id${glued}`].includes(words[0] ?? '') ? parent : null
}
