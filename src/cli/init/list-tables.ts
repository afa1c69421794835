import { openSource } from '../../databases/open-database.ts'

export type ListedTable = { readonly name: string; readonly columns: readonly string[] }

/**
 * The tables that a new configuration names as comments; null when the file cannot be read, which `init` need not judge. Read
 * as a transfer would: a plain open of a database in WAL mode makes files beside it.
 */
export async function listTables(path: string, signal: AbortSignal): Promise<readonly ListedTable[] | null> {
  try {
    await using source = await openSource(path, { signal, config: { snapshot: 'auto', salvage: false } })
    const { tables } = await source.readCatalog({ signal })
    return tables
      .map(({ name, columns }) => ({
        name: name.name,
        columns: columns.map((column) => `${column.name} ${column.declaredType}`.trim()),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    signal.throwIfAborted()
    return null // missing, locked, encrypted: `rowferry migrate` says which
  }
}
