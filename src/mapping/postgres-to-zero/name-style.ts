import type { Catalog } from '../../model/catalog.ts'
import { camelCase } from './words.ts'
import { isIdentifier, type Naming } from './zero-names.ts'

/** Makes a name of words. */
export type JoinWords = (words: readonly string[]) => string

/** Relationships have no name in the database, so with `preserve` they are written as most of its columns are. */
export function relationshipStyle(catalog: Catalog, naming: Naming): JoinWords {
  const names = catalog.tables.flatMap((table) => table.columns.map((column) => column.name))
  const snake = names.filter((name) => name.includes('_')).length
  const camel = names.filter((name) => /[a-z0-9][A-Z]/.test(name)).length
  const join: JoinWords = naming === 'preserve' && snake > camel ? (words) => words.join('_') : camelCase
  return (words) => {
    const name = join(words)
    return isIdentifier(name) ? name : `_${name}`
  }
}
