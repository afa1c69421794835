import type { RowReader } from '../../databases/databases.ts'
import { type PlannedTable, type Shard, storedTable } from '../../model/plan.ts'
import { seededNumbers } from '../../util/seeded-numbers.ts'
import { encodeRows } from '../encode-rows.ts'
import type { ShardResult, ShardTask } from '../shard-tasks.ts'
import { readAgain } from './read-again.ts'
import { addSums, noRows, type Reread, type RowSum, type SampleRequest } from './second-reading.ts'

type Surroundings = { readonly reader: RowReader; readonly stopped: () => boolean }

/** Runs in a worker thread: reads a shard, or pieces of the table, through SQLite and then the fast way. */
export function rereadShard(task: ShardTask, { reader, stopped }: Surroundings): ShardResult {
  const request = task.reread ?? { sample: null, counts: false }
  const counted = request.counts ? reader.countRows(storedTable(task.table).name, task.table.rows) : null
  const pieces = request.sample === null ? [wholeShard(task)] : samplePieces(task.table, request.sample, reader)
  let sum: Reread = { slow: noRows, fast: noRows, rowsRead: 0, counted }
  /** Pieces may overlap where rowids are sparse. */
  let readTo: string | null = null
  for (const piece of pieces) {
    if (stopped()) return { finished: false, rows: 0, hash: 0n }
    const after: string | null = laterOf(piece.after, readTo)
    const slow = readSlowly(task, { ...piece, after }, reader)
    if (slow.position === null) continue
    readTo = slow.position
    const fast = readFast(task, { ...piece, after, last: slow.position, rows: slow.rowsRead }, reader)
    sum = {
      slow: addSums(sum.slow, slow.sum),
      fast: addSums(sum.fast, fast),
      rowsRead: sum.rowsRead + slow.rowsRead,
      counted,
    }
  }
  return { finished: !stopped(), ...sum.slow, reread: sum }
}

/** Rows of a shard that follow a position. */
type Piece = {
  readonly shard: Shard
  readonly after: string | null
  readonly mostRows: number
  readonly isWhole: boolean
}

function wholeShard({ shard }: ShardTask): Piece {
  return { shard, after: null, mostRows: Infinity, isWhole: true }
}

/** The first and the last rows, where the extremes of a growing table stand, and others anywhere between; in the order of the table. */
function samplePieces(table: PlannedTable, { seed, pieces, rowsPerPiece }: SampleRequest, reader: RowReader): Piece[] {
  if (pieces === 0) return []
  const random = seededNumbers(`${seed} ${table.source.name}`)
  const by = table.shards[0]?.by ?? 'rowid'
  const shard: Shard = { number: 0, by, lower: null, upper: null }
  const starts = by === 'rowid' ? rowidStarts : ordinalStarts
  const between = Array.from({ length: Math.max(0, pieces - 2) }, () => random())
  return starts(table, rowsPerPiece, between, reader)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((start) => ({ shard, after: String(start), mostRows: rowsPerPiece, isWhole: false }))
}

function rowidStarts(table: PlannedTable, rows: number, between: readonly number[], reader: RowReader): bigint[] {
  const bounds = reader.rowidBounds(storedTable(table).name, rows)
  if (bounds === null) return []
  const { first, last, beforeTail } = bounds
  const width = last - first
  const start = (place: number): bigint => first + (width * BigInt(Math.floor(place * 2 ** 32))) / 2n ** 32n
  // Below the least rowid of all there is no position, and none is needed.
  const least = first === -(2n ** 63n) ? first : first - 1n
  return [least, ...between.map(start), beforeTail ?? least]
}

function ordinalStarts(table: PlannedTable, rows: number, between: readonly number[]): bigint[] {
  const last = Math.max(0, table.rows - rows)
  return [0, ...between.map((place) => Math.floor(place * last)), last].map(BigInt)
}

function laterOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return BigInt(a) > BigInt(b) ? a : b
}

function readSlowly(
  { table }: ShardTask,
  piece: Piece,
  reader: RowReader,
): { readonly sum: RowSum; readonly rowsRead: number; readonly position: string | null } {
  let sum: RowSum = noRows
  let rowsRead = 0
  let position: string | null = null
  for (const page of readAgain({ ...piece, reader, table })) {
    sum = addSums(sum, { rows: page.batch.rows, hash: page.batch.hash(0, page.batch.rows) })
    rowsRead += page.rowsRead
    position = page.position
  }
  return { sum, rowsRead, position }
}

/** The same stretch as the load reads it: by rowids up to the last one, in a table's own order so many rows. */
function readFast(
  task: ShardTask,
  { shard, after, last, rows, isWhole }: Piece & { readonly last: string; readonly rows: number },
  reader: RowReader,
): RowSum {
  const bounded: Shard = isWhole || shard.by === 'ordinal' ? shard : { ...shard, upper: last }
  const isCounted = !isWhole && shard.by === 'ordinal'
  let sum: RowSum = noRows
  let [from, done] = [after, false]
  for (let left = rows; !done && (left > 0 || !isCounted);) {
    const batches = encodeRows({
      reader,
      table: task.table,
      shard: bounded,
      after: from,
      batchRows: isCounted ? Math.min(left, task.batchRows) : task.batchRows,
      batchBytes: task.batchBytes,
      // Counted rows are asked for batch by batch, since a batch may end sooner.
      stopped: () => isCounted,
      onConverted: null,
    })
    for (const converted of batches) {
      const { batch } = converted
      sum = addSums(sum, { rows: batch.rows, hash: batch.hash(0, batch.rows) })
      left -= converted.rowsRead
      from = converted.position ?? from
      done = converted.done
    }
  }
  return sum
}
