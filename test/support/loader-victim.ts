import { openBatchLoader } from '../../src/databases/postgres/load/batch-loader.ts'
import type { PlannedTable } from '../../src/model/plan.ts'
import { writeCheckpoint } from '../../src/store/checkpoints.ts'
import { checkpointAfter } from './given-transfer.ts'
import { encodeRows } from './planned-tables.ts'

/** A process of its own that loads a batch up to its commit, says so, and waits to be killed. */
const task = JSON.parse(process.argv[2] ?? '') as { url: string; transferId: string; table: PlannedTable }

const loader = await openBatchLoader({
  ...task,
  signal: new AbortController().signal,
  what: 'the target',
  async writeCheckpoint(client, checkpoint, result) {
    await writeCheckpoint(client, checkpoint, result)
    process.stdout.write('before the commit\n')
    await new Promise((resolve) => setTimeout(resolve, 600_000))
  },
})
const rows = Array.from({ length: 500 }, (_, i) => [BigInt(i), `row ${i}`] as const)
const batch = encodeRows(task.table, rows)
await loader.load(batch, checkpointAfter({ id: task.transferId }, task.table, null, rows.length), () => ({}))
