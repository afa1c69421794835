import type { Client } from 'pg'

/**
 * Runs a query of one column that is JSON and gives its parsed values. Sessions of ours read every value as text; JSON
 * brings lists, numbers and truth values through in one piece.
 */
export async function readJson<Row>(client: Client, sql: string, values: readonly unknown[]): Promise<Row[]> {
  const { rows } = await client.query<[string]>({ text: sql, rowMode: 'array' }, [...values])
  return rows.map(([text]) => JSON.parse(text) as Row)
}
