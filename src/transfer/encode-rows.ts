import type { BatchCheckpoint, EncodedBatch, RowReader } from '../databases/databases.ts'
import { BatchEncoder } from '../databases/postgres/copy/copy-binary.ts'
import type { Issue } from '../model/batch.ts'
import { type PlannedTable, rowHashOf, type Shard, storedTable } from '../model/plan.ts'
import { isBlankPadded, type OnConverted, RowAppender } from './append-rows.ts'
import { IssueCollector } from './issue-collector.ts'
import { RowKeys } from './row-keys.ts'

/** Rows that were read, converted and encoded together, with everything their checkpoint needs. */
export type ConvertedBatch = {
  readonly batch: EncodedBatch
  /** Position of the last row that was read; null when the shard had no row left. */
  readonly position: string | null
  readonly rowsRead: number
  readonly bytes: number
  readonly issues: BatchCheckpoint['issues']
  readonly rowOfIssue: BatchCheckpoint['rowOfIssue']
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
  /** Checked after every batch and between pages: true ends the shard after the batch in hand. */
  readonly stopped: () => boolean
  /** True leaves a row out. */
  readonly skips?: (key: Issue['key']) => boolean
  /** Null when nobody listens. */
  readonly onConverted: OnConverted | null
}

/**
 * The hot path: pages of rows in, encoded batches out. A generator, so that the consumer decides the pace: nothing is read
 * while a batch is being loaded, and at most one batch and one page are in memory. A batch is valid until the next one is
 * asked for: its buffer is used again.
 */
export function* encodeRows(request: EncodeRequest): Generator<ConvertedBatch> {
  const { table, shard, reader } = request
  using encoder = openEncoder(table)
  using keys = new RowKeys(reader, table, shard)
  const issues = new IssueCollector(table, keys)
  const rows = new RowAppender({ table, encoder, issues, keys, onConverted: request.onConverted })
  let rowsRead = 0
  let position: string | null = null

  const handOver = function* (done: boolean): Generator<ConvertedBatch> {
    const batch = encoder.finish()
    const taken = { batch, position, rowsRead, bytes: batch.bytes, ...issues.take(), done, keyOf: keys.take() }
    rowsRead = 0
    yield taken
    encoder.release(batch)
  }

  for (const page of reader.readStored(readRequest(request))) {
    const count = 'records' in page ? page.records.count : page.rows.length
    // Its memory is only lent until the next page: the batch must not outlive it.
    const isLent = 'records' in page && page.records.owned
    for (let index = 0; index < count;) {
      let end = count
      if (request.skips) {
        keys.current(page, index)
        end = index + 1
        if (request.skips(keys.key())) {
          rowsRead++
          index++
          continue
        }
      }
      const room = { rows: request.batchRows - rowsRead, bytes: request.batchBytes - encoder.pendingBytes }
      const next = rows.append(page, index, end, room)
      rowsRead += next - index
      index = next
      if (
        isLent ||
        encoder.pendingBytes >= request.batchBytes ||
        rowsRead >= request.batchRows ||
        issues.bytes >= request.batchBytes
      ) {
        position = page.positionOf(index - 1)
        yield* handOver(false)
        if (request.stopped()) return
      }
    }
    if (count > 0) position = page.positionOf(count - 1)
    if (request.stopped()) {
      if (rowsRead > 0) yield* handOver(false)
      return
    }
  }
  yield* handOver(true)
}

function openEncoder(table: PlannedTable): BatchEncoder {
  return new BatchEncoder({
    wireTypes: table.columns.map((column) => column.conversion.wireType),
    rowHash: rowHashOf(table),
    blankPadded: [...table.columns.keys()].filter((column) => isBlankPadded(table, column)),
  })
}

function readRequest({ table, shard, after }: EncodeRequest): Parameters<RowReader['read']>[0] {
  return {
    table: storedTable(table),
    columns: table.columns.map((column) => column.source),
    shard,
    after,
    averageRowBytes: table.rows === 0 ? 0 : table.bytes / table.rows,
    widestRowBytes: table.widestRowBytes,
  }
}
