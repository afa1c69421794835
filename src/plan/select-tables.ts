import { RowferryError } from '../errors/errors.ts'
import { storedName, type Table } from '../model/catalog.ts'
import { nearest } from '../util/nearest.ts'

/** Does the name match the pattern? `*` stands for any characters; everything else is literal. Case is ignored, as SQLite does. */
export function matchesPattern(name: string, pattern: string): boolean {
  const parts = pattern.toLowerCase().split('*')
  const text = name.toLowerCase()
  const first = parts[0] ?? ''
  if (parts.length === 1) return text === first
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let position = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, position)
    if (found < 0) return false
    position = found + part.length
  }
  return position <= text.length - last.length
}

/** The tables that are asked for, in the catalog's order. A pattern that matches nothing is an error: a mistyped name must not pass. */
export function selectTables(
  tables: readonly Table[],
  wanted: { readonly include: readonly string[]; readonly exclude: readonly string[] },
): Table[] {
  for (const pattern of [...wanted.include, ...wanted.exclude]) {
    if (tables.some((table) => matchesPattern(storedName(table), pattern))) continue
    const near = nearest(
      pattern,
      tables.map((table) => table.name.name),
    )
    throw new RowferryError('CATALOG_NO_SUCH_TABLE', {
      message: `No table of the source matches ${JSON.stringify(pattern)}; it has ${tables.length} tables.`,
      remedy: near
        ? `Did you mean ${JSON.stringify(near)}?`
        : `Tables of the source: ${tables
            .slice(0, 20)
            .map((table) => table.name.name)
            .join(', ')}${tables.length > 20 ? ' …' : ''}`,
    })
  }
  return tables.filter(
    (table) =>
      (wanted.include.length === 0 || wanted.include.some((pattern) => matchesPattern(storedName(table), pattern))) &&
      !wanted.exclude.some((pattern) => matchesPattern(storedName(table), pattern)),
  )
}
