import { RowferryError } from '../../errors/errors.ts'
import type { TableName } from '../../model/catalog.ts'

/** NAMEDATALEN - 1: PostgreSQL silently cuts longer names to so many bytes. */
export const maxIdentifierBytes = 63

/** A name as SQL, always in double quotes, so that case and reserved words never matter. */
export function quoteIdentifier(name: string): string {
  refuseNul(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** Schema and table as SQL: `"public"."users"`. */
export function qualifiedName(name: TableName): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
}

/** A text as SQL literal that means the same whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  refuseNul(text)
  const quoted = text.replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** The protocol ends a statement at the first NUL: what follows would silently be left out. */
function refuseNul(text: string): void {
  if (!text.includes('\0')) return
  throw new RowferryError('CATALOG_UNSUPPORTED', {
    message: `The text ${JSON.stringify(text.slice(0, 80))} has a NUL character, which PostgreSQL can hold neither in a name nor in a literal.`,
    remedy: 'Rename it in the source, or leave it out.',
  })
}
