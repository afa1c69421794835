import type { DatabaseSync } from 'node:sqlite'
import type { Catalog, Column, Table, UnreadableColumn } from '../../../model/catalog.ts'
import { namesForeignCollation } from '../open/plain-order.ts'
import { significantTokens, isName, unquote } from '../parse/sqlite-tokens.ts'
import { messageOf, needsForeignCode } from '../sqlite-errors.ts'
import { isBuiltInCollation, quoteName, sameName } from '../sqlite-identifiers.ts'

/**
 * Virtual generated columns whose expression needs a function or collation of another program have no values that could be
 * read: they are moved to `unreadable`. Stored ones are in the file like any other. `plainOrder`: `db` is a copy without
 * foreign collations, which would compute something else.
 */
export function leaveOutUnreadable(
  catalog: Catalog,
  db: DatabaseSync,
  { plainOrder }: { readonly plainOrder: boolean },
): Catalog {
  const tables = catalog.tables.map((table): Table => {
    if (table.sqlite === null || !table.columns.some(isVirtual)) return table
    const unreadable = table.columns.flatMap((column): UnreadableColumn[] => {
      const reason = isVirtual(column) ? reasonOf(table, column, { db, plainOrder }) : null
      const expression = column.generated?.expression ?? ''
      return reason === null ? [] : [{ name: column.name, expression, reason }]
    })
    if (unreadable.length === 0) return table
    const names = new Set(unreadable.map(({ name }) => name))
    const columns = table.columns.filter(({ name }) => !names.has(name))
    return { ...table, columns, sqlite: { ...table.sqlite, unreadable } }
  })
  return { ...catalog, tables }
}

function isVirtual({ generated }: Column): boolean {
  return generated !== null && !generated.stored
}

type Place = { readonly db: DatabaseSync; readonly plainOrder: boolean }

function reasonOf(table: Table, column: Column, { db, plainOrder }: Place): string | null {
  if (plainOrder && dependsOnForeignOrder(table, column)) return 'it compares by a collation that only its program has'
  try {
    db.prepare(`select ${quoteName(column.name)} from ${quoteName(table.name.name)} not indexed limit 0`)
    return null
  } catch (error) {
    if (!needsForeignCode(error)) throw error
    return `only its program has what computes it (${messageOf(error)})`
  }
}

/** Any mention will do: that the comparison is one of another column is not worth finding out. */
function dependsOnForeignOrder({ columns }: Table, { generated }: Column): boolean {
  const expression = generated?.expression ?? ''
  if (namesForeignCollation(expression)) return true
  const foreign = columns.filter(({ collation }) => collation !== null && !isBuiltInCollation(collation))
  return significantTokens(expression).some(
    (token) => isName(token) && foreign.some(({ name }) => sameName(name, unquote(token))),
  )
}
