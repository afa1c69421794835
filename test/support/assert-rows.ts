import { expect } from 'vitest'
import { query } from './postgres.ts'

export type ExpectedValue = string | number | bigint | boolean | null

/** Every value as PostgreSQL's text: `assertRows(url, 'select id, vip from customers order by id', [[1, true]])`. */
export async function assertRows(url: string, sql: string, rows: readonly (readonly ExpectedValue[])[]): Promise<void> {
  const found = (await query(url, sql)).map((row) => Object.values(row))
  expect(found, sql).toEqual(rows.map((row) => row.map(asText)))
}

function asText(value: ExpectedValue): string | null {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}
