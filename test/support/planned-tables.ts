import type { PostgresValue, WireType } from '../../src/model/batch.ts'
import { type Plan, type PlannedColumn, type PlannedTable, rowHashOf } from '../../src/model/plan.ts'
import { BatchEncoder } from '../../src/databases/postgres/copy/copy-binary.ts'
import type { EncodedBatch } from '../../src/databases/databases.ts'

/** A column of a plan: `['id', 'bigint', 'int8']`, with a cast `['mood', 'public.mood', 'text', 'public.mood']`. */
export type ColumnSketch = readonly [name: string, type: string, wireType: WireType, castTo?: string]

export function plannedColumn([name, type, wireType, castTo]: ColumnSketch): PlannedColumn {
  return {
    source: name,
    target: name,
    type,
    conversion: {
      wireType,
      castTo: castTo ?? null,
      maxCharacters: null,
      numeric: null,
      timeUnit: null,
      timeZone: 'UTC',
      enumLabels: null,
      notNull: false,
      emptyToNull: false,
      onMisfit: 'reject',
      nul: 'strip',
      invalidUtf8: 'replace',
    },
    notNull: false,
    identity: false,
    default: null,
    declaredType: type,
    reason: '',
    evidence: [],
  }
}

export function plannedTable(
  name: string,
  columns: readonly ColumnSketch[],
  more: Partial<PlannedTable> = {},
): PlannedTable {
  return {
    source: { schema: 'main', name },
    target: { schema: 'public', name },
    mode: 'create',
    strategy: 'error',
    matchKey: [],
    columns: columns.map(plannedColumn),
    generated: [],
    omitted: [],
    rowKey: [],
    rows: 0,
    bytes: 0,
    widestRowBytes: 0,
    shards: [{ number: 0, by: 'rowid', lower: null, upper: null }],
    orphanRules: [],
    ...more,
  }
}

export function planOf(tables: readonly PlannedTable[]): Plan {
  return {
    version: 1,
    source: { kind: 'sqlite', label: 'app.db', fingerprint: 'f' },
    target: { kind: 'postgres', label: 'target', version: '18', schema: 'public' },
    tables,
    steps: [],
    notCarried: [],
    warnings: [],
  }
}

export function encodeRows(table: PlannedTable, rows: readonly (readonly PostgresValue[])[]): EncodedBatch {
  const encoder = new BatchEncoder({
    wireTypes: table.columns.map(({ conversion }) => conversion.wireType),
    rowHash: rowHashOf(table),
  })
  for (const row of rows) encoder.append(row)
  return encoder.finish()
}
