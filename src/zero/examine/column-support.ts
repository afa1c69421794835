import { scalars } from '../../mapping/postgres-to-zero/zero-types.ts'
import type { ColumnFacts } from './read-facts.ts'

/**
 * What zero-cache 1.9.0 makes of a column (types/pg-data-type.ts, types/lite.ts): it looks at the name of the type alone,
 * takes whatever has elements for an array, and believes the number of dimensions in the catalog.
 */
export type ColumnSupport = 'synced' | 'garbled' | 'hidden' | 'aborts' | 'without-dimensions'

const syncedTypes = new Set([...scalars.keys(), 'json', 'jsonb'])

export function columnSupport(column: ColumnFacts): ColumnSupport {
  if (/\||\[\]/.test(column.typeName)) return 'aborts'
  if (column.elementType !== null && column.dimensions === 0) {
    return column.declaredType.endsWith('[]') ? 'without-dimensions' : 'aborts'
  }
  if (column.elementType === null && column.dimensions > 0) return 'aborts'
  if (column.elementType === 'bytea' || column.elementType === 'interval') return 'garbled'
  if (column.elementType !== null || column.typeClass === 'e') return 'synced'
  return column.typeClass === 'b' && syncedTypes.has(column.typeName) ? 'synced' : 'hidden'
}
