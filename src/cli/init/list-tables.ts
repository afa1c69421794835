import { DatabaseSync } from 'node:sqlite'

export type ListedTable = { readonly name: string; readonly columns: readonly string[] }

/** The tables that a new configuration names as comments; null when the file cannot be read, which `init` need not judge. */
export function listTables(path: string): readonly ListedTable[] | null {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const tables = database
        .prepare(
          "select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",
        )
        .all()
      const columns = database.prepare('select name, type from pragma_table_info(?)')
      return tables.map(({ name }) => ({
        name: String(name),
        columns: columns
          .all(String(name))
          .map((column) => `${String(column['name'])} ${String(column['type'])}`.trim()),
      }))
    } finally {
      database.close()
    }
  } catch {
    return null // missing, locked, encrypted: `rowferry migrate` says which
  }
}
