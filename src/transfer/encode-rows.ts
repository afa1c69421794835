import { RowferryError } from '../errors/errors.ts'
import { errorFamily } from '../errors/policy.ts'
import type { EncodedBatch, RowPage, RowReader } from '../databases/databases.ts'
import { BatchEncoder } from '../databases/postgres/copy/copy-binary.ts'
import { MISFIT } from '../mapping/mapping.ts'
import { buildConverter } from '../mapping/sqlite-to-postgres/values.ts'
import type { Issue, PostgresValue, SqliteRow, SqliteValue } from '../model/batch.ts'
import type { PlannedTable, Shard } from '../model/plan.ts'
import { IssueCollector } from './issue-collector.ts'
import { RowKeys } from './row-keys.ts'

/** Rows that were read, converted and encoded together, with everything their checkpoint needs. */
export type ConvertedBatch = {
  readonly batch: EncodedBatch
  /** Position of the last row that was read; null when the shard had no row left. */
  readonly position: string | null
  readonly rowsRead: number
  readonly bytes: number
  readonly issues: readonly Issue[]
  readonly done: boolean
  /** Key of a row by its index in the batch; read again from the source, since refused rows are few. */
  readonly keyOf: (index: number) => Issue['key']
}

export type EncodeRequest = {
  readonly reader: RowReader
  readonly table: PlannedTable
  readonly shard: Shard
  readonly after: string | null
  /** A batch ends with the row that reaches one of these. */
  readonly batchRows: number
  readonly batchBytes: number
  /** Checked between rows' pages: true ends the shard after the batch in hand. */
  readonly stopped: () => boolean
  /** True leaves a row out. */
  readonly skips?: (key: Issue['key']) => boolean
  /** Every conversion, for debug logging; null when nobody listens. */
  readonly onConverted: ((column: string, key: Issue['key'], before: SqliteValue, after: PostgresValue) => void) | null
}

/**
 * The hot path: pages of rows in, encoded batches out. A generator, so that the consumer decides the pace: nothing is read
 * while a batch is being loaded, and at most one batch and one page are in memory. A batch is valid until the next one is
 * asked for: its buffer is used again.
 */
export function* encodeRows(request: EncodeRequest): Generator<ConvertedBatch> {
  const { table, shard, reader } = request
  const encoder = openEncoder(table)
  const keys = new RowKeys(reader, table, shard)
  const issues = new IssueCollector(table, keys)
  const convertRow = rowConverter(table, issues, request.onConverted)
  let rowsRead = 0
  let position: string | null = null

  const take = (done: boolean): ConvertedBatch => {
    const batch = encoder.finish()
    const taken = { batch, position, rowsRead, bytes: batch.bytes, issues: issues.take(), done, keyOf: keys.take() }
    rowsRead = 0
    return taken
  }

  for (const page of reader.read(readRequest(request))) {
    for (let index = 0; index < page.rows.length; index++) {
      const row = page.rows[index]
      if (!row) continue
      rowsRead++
      keys.current(page, index, row)
      if (request.skips?.(keys.key())) continue
      issues.startRow()
      const values = convertRow(row)
      if (values && append(encoder, values, issues)) {
        issues.acceptRow()
        keys.keep()
      }
      if (
        encoder.pendingBytes >= request.batchBytes ||
        rowsRead >= request.batchRows ||
        issues.bytes >= request.batchBytes
      ) {
        position = page.positionOf(index)
        const converted = take(false)
        yield converted
        encoder.release(converted.batch)
      }
    }
    position = lastPosition(page, position)
    if (request.stopped()) {
      if (rowsRead > 0) yield take(false)
      return
    }
  }
  yield take(true)
}

function openEncoder(table: PlannedTable): BatchEncoder {
  const blankPadded = table.columns.flatMap((column, index) =>
    /^(character|char|bpchar)\b(?! varying)/.test(column.type) ? [index] : [],
  )
  return new BatchEncoder(
    table.columns.map((column) => column.conversion.wireType),
    blankPadded,
  )
}

/** False when a value cannot be written at all, such as one of more than a gigabyte: the row is rejected. */
function append(encoder: BatchEncoder, values: readonly PostgresValue[], issues: IssueCollector): boolean {
  try {
    encoder.append(values)
    return true
  } catch (error) {
    if (!(error instanceof RowferryError) || errorFamily(error.code) !== 'DATA') throw error
    issues.column = typeof error.context['column'] === 'number' ? error.context['column'] : 0
    issues.misfit(error.message, error.code)
    issues.rejectRow(null)
    return false
  }
}

function readRequest({ table, shard, after }: EncodeRequest): Parameters<RowReader['read']>[0] {
  return {
    table: table.source,
    columns: table.columns.map((column) => column.source),
    shard,
    after,
    averageRowBytes: table.rows === 0 ? 0 : table.bytes / table.rows,
    widestRowBytes: table.widestRowBytes,
  }
}

function lastPosition(page: RowPage, otherwise: string | null): string | null {
  return page.rows.length === 0 ? otherwise : page.positionOf(page.rows.length - 1)
}

/** Converts one row into `values`, the same array each time; null when the row is rejected. */
function rowConverter(
  table: PlannedTable,
  issues: IssueCollector,
  onConverted: EncodeRequest['onConverted'],
): (row: SqliteRow) => PostgresValue[] | null {
  const converters = table.columns.map((column) => buildConverter(column.conversion))
  const nullsMisfits = table.columns.map(
    (column) => column.conversion.onMisfit === 'null' && !column.conversion.notNull,
  )
  const values: PostgresValue[] = Array.from<PostgresValue>({ length: converters.length }).fill(null)
  return (row) => {
    for (let column = 0; column < converters.length; column++) {
      const convert = converters[column]
      if (!convert) continue
      issues.column = column
      const before = row[column] ?? null
      const after = convert(before, issues)
      if (after === MISFIT) {
        if (!nullsMisfits[column]) {
          issues.rejectRow(before)
          return null
        }
        issues.misfitToNull(before)
        values[column] = null
      } else {
        values[column] = after
        if (onConverted !== null && before !== null) onConverted(issues.columnName, issues.key(), before, after)
      }
    }
    return values
  }
}
