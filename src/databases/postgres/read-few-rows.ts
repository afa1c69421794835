import type { FewRows } from '../databases.ts'
import type { PostgresConnection } from './connection/postgres-connection.ts'
import { qualifiedName, quoteIdentifier } from './identifiers.ts'

/** Null where it has more rows. */
export async function readFewRows(
  client: Pick<PostgresConnection, 'query'>,
  { table, columns, mostRows, mostCharacters }: FewRows,
): Promise<(string | null)[][] | null> {
  const list = columns.map((column, at) => `left(${quoteIdentifier(column)}::text, ${mostCharacters}) as c${at}`)
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${list.join(', ')} from ${qualifiedName(table)} limit ${mostRows + 1}`,
  )
  if (rows.length > mostRows) return null
  return rows.map((row) => columns.map((_, at) => row[`c${at}`] ?? null))
}
