import type { Column } from '../../model/catalog.ts'
import type { ZeroType } from './zero-table.ts'

/** Types of PostgreSQL that Zero knows, by pg_type.typname; anything else is not synced. Zero 1.9.0, pg-data-type.ts. */
export const scalars: ReadonlyMap<string, 'string' | 'number' | 'boolean'> = new Map([
  ...['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'].map((name) => [name, 'number'] as const),
  // Milliseconds: since 1970 in UTC, or since midnight.
  ...['date', 'timestamp', 'timestamptz', 'time', 'timetz'].map((name) => [name, 'number'] as const),
  ...['text', 'varchar', 'bpchar', 'uuid'].map((name) => [name, 'string'] as const),
  ...['inet', 'cidr', 'macaddr', 'macaddr8', 'pg_lsn'].map((name) => [name, 'string'] as const),
  ...['isbn', 'isbn13', 'ismn', 'ismn13', 'issn', 'issn13', 'ean13', 'upc'].map((name) => [name, 'string'] as const),
  ['bool', 'boolean'],
])

/** Array elements that Zero takes and sends in a form that nobody can use. */
const garbledElements = new Set(['bytea', 'interval'])

export type TypeOfColumn = { readonly type: ZeroType } | { readonly unsupported: string }

/** Labels of enum types by `schema.name`, for arrays of them: the catalog lists labels only with columns of the enum itself. */
export type EnumLabels = ReadonlyMap<string, readonly string[]>

/** What a column is for Zero, or why it cannot be synced. */
export function zeroTypeOf(column: Column, enums: EnumLabels, jsonType: string | null): TypeOfColumn {
  const facts = column.postgres
  if (facts === null) return { unsupported: 'no type is known' }
  if (facts.domain !== null) return { unsupported: `domain ${facts.domain}` }
  if (facts.typeKind === 'enum') return { type: { kind: 'enumeration', labels: facts.enumLabels } }
  if (facts.typeKind === 'array') return arrayType(column, enums, jsonType)
  if (facts.typeKind === 'base' && (facts.typeName === 'json' || facts.typeName === 'jsonb')) {
    return { type: { kind: 'json', of: jsonType } }
  }
  const kind = facts.typeKind === 'base' ? scalars.get(facts.typeName) : undefined
  return kind === undefined ? { unsupported: column.declaredType } : { type: { kind } }
}

function arrayType(column: Column, enums: EnumLabels, jsonType: string | null): TypeOfColumn {
  const element = (column.postgres?.typeName ?? '').replace(/^_/, '')
  if (garbledElements.has(element)) return { unsupported: `${column.declaredType}, whose elements arrive garbled` }
  if (jsonType !== null) return { type: { kind: 'json', of: jsonType } }
  const scalar = scalars.get(element)
  if (scalar !== undefined) return { type: { kind: 'json', of: `${scalar}[]` } }
  const labels = enums.get(`${column.postgres?.typeSchema ?? ''}.${element}`)
  return { type: { kind: 'json', of: labels === undefined ? null : 'string[]' } }
}
