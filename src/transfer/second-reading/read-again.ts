import type { RowPage, RowReader } from '../../databases/databases.ts'
import { PlainBatch } from '../../databases/postgres/plain/plain-batch.ts'
import { UnwritableValue } from '../../databases/postgres/plain/plain-fields.ts'
import { type Cell, MISFIT } from '../../mapping/mapping.ts'
import { buildConverter } from '../../mapping/sqlite-to-postgres/values.ts'
import type { Issue, PostgresValue, SqliteRow, SqliteValue } from '../../model/batch.ts'
import { type ColumnConversion, type PlannedTable, rowHashOf, type Shard, storedTable } from '../../model/plan.ts'
import { isBlankPadded } from '../append-rows.ts'
import { RowKeys } from '../row-keys.ts'
import { plainValue } from './plain-value.ts'

export type ReadAgain = {
  readonly reader: RowReader
  readonly table: PlannedTable
  readonly shard: Shard
  readonly after: string | null
  /** Reads at most so many rows. Default: all of the shard. */
  readonly mostRows?: number
  /** The rows are wanted too, to be compared one by one. */
  readonly keepsRows?: boolean
  /** True leaves a row out. */
  readonly skips?: (key: Issue['key']) => boolean
}

/** A page of rows that came through SQLite. */
export type PlainPage = {
  readonly batch: PlainBatch
  readonly rowsRead: number
  /** Of its last row. */
  readonly position: string
}

/** Rows through SQLite, without any of the short cuts of the load. What the load lists is not listed again. */
export function* readAgain(request: ReadAgain): Generator<PlainPage> {
  const { reader, table, shard, keepsRows = false, skips } = request
  const shape = {
    wireTypes: table.columns.map((column) => column.conversion.wireType),
    rowHash: rowHashOf(table),
    blankPadded: [...table.columns.keys()].filter((column) => isBlankPadded(table, column)),
  }
  const convert = rowConverter(table)
  using keys = new RowKeys(reader, table, shard)
  let left = request.mostRows ?? Infinity
  for (const page of reader.read(readRequest(request))) {
    const batch = new PlainBatch(shape, { keepsRows })
    const count = Math.min(left, page.rows.length)
    for (let index = 0; index < count; index++) {
      if (skips && skips(keyOf(keys, page, index))) continue
      const values = convert(page.rows[index] ?? [])
      if (values !== null) addIfWritable(batch, values)
    }
    left -= count
    if (count > 0) yield { batch, rowsRead: count, position: page.positionOf(count - 1) }
    if (left === 0) return
  }
}

function keyOf(keys: RowKeys, page: RowPage, index: number): Issue['key'] {
  keys.current(page, index)
  return keys.key()
}

function addIfWritable(batch: PlainBatch, values: readonly PostgresValue[]): void {
  try {
    batch.add(values)
  } catch (error) {
    if (!(error instanceof UnwritableValue)) throw error
  }
}

/** Null for a row that the load rejects. */
function rowConverter(table: PlannedTable): (row: SqliteRow) => PostgresValue[] | null {
  const converters = table.columns.map(({ conversion }) => ({ conversion, convert: buildConverter(conversion) }))
  return (row) => {
    const values: PostgresValue[] = []
    for (const [column, { conversion, convert }] of converters.entries()) {
      const stored = row[column] ?? null
      const value = convert(stored, silent)
      if (value !== MISFIT) values.push(plainly(conversion, stored, value))
      else if (conversion.onMisfit === 'null' && !conversion.notNull) values.push(null)
      else return null
    }
    return values
  }
}

function plainly(conversion: ColumnConversion, stored: SqliteValue, converted: PostgresValue): PostgresValue {
  const plain = plainValue(conversion, stored, converted)
  return plain === undefined ? converted : plain
}

const silent: Cell = { altered: () => undefined, misfit: () => undefined }

function readRequest({ table, shard, after, mostRows }: ReadAgain): Parameters<RowReader['read']>[0] {
  return {
    table: storedTable(table),
    columns: table.columns.map((column) => column.source),
    shard,
    after,
    // A short piece needs no page of its full length.
    averageRowBytes: Math.max(table.rows === 0 ? 0 : table.bytes / table.rows, mostRows ? 524_288 / mostRows : 0),
    widestRowBytes: table.widestRowBytes,
  }
}
