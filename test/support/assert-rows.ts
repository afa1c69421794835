import { Client } from 'pg'
import { expect } from 'vitest'

export type ExpectedValue = string | number | bigint | boolean | null

/** Every value as PostgreSQL's text: `assertRows(url, 'select id, vip from customers order by id', [[1, true]])`. */
export async function assertRows(url: string, sql: string, rows: readonly (readonly ExpectedValue[])[]): Promise<void> {
  const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: unknown) => text } })
  await client.connect()
  try {
    // As arrays: two columns may have the same name.
    const found = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
    expect(found.rows, sql).toEqual(rows.map((row) => row.map(asText)))
  } finally {
    await client.end()
  }
}

export function asText(value: ExpectedValue): string | null {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}
