import { RowferryError } from '../errors/errors.ts'
import { readShards } from '../store/checkpoints.ts'
import { readTransferPlan } from '../store/transfers.ts'
import { BoundedSession } from './bounded-session.ts'
import { type AnnouncedTransfer, queueSchema, TransferQueue } from './transfer-queue.ts'

export type TransferStatus = Pick<AnnouncedTransfer, 'transferId' | 'state' | 'target' | 'schema'> & {
  readonly source: string
  /** Null where the target that was named is another one. */
  readonly progress: {
    readonly shards: number
    readonly shardsDone: number
    readonly rows: number
    readonly rowsDone: number
  } | null
}

type Places = { readonly queueUrl: string; readonly targetUrl: string }

/** The transfers that are announced in the queue and how far they are; none where there is no queue. */
export async function readStatus({ queueUrl, targetUrl }: Places): Promise<TransferStatus[]> {
  await using queue = await TransferQueue.open(queueUrl, { install: false })
  if (queue === null) return []
  await using target = new BoundedSession(targetUrl, 'the target')
  const found: TransferStatus[] = []
  for (const { transferId, state, target: label, schema, source } of await queue.transfers()) {
    const progress = await readProgress(target, transferId)
    found.push({ transferId, state, target: label, schema, source: source.label, progress })
  }
  return found
}

function readProgress(target: BoundedSession, transferId: string): Promise<TransferStatus['progress']> {
  return target.use(async (client) => {
    const plan = await readTransferPlan(client, transferId)
    if (plan === null) return null
    const shards = await readShards(client, transferId)
    return {
      shards: shards.length,
      shardsDone: shards.filter(({ done }) => done).length,
      rows: plan.tables.reduce((sum, { rows }) => sum + rows, 0),
      rowsDone: shards.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
    }
  })
}

/** Asks the coordinator of a transfer, or of `all`, to stop; gives the transfers that were asked. Throws JOB_NOT_FOUND. */
export async function cancelTransfers({ queueUrl }: Places, which: string): Promise<string[]> {
  await using queue = await TransferQueue.open(queueUrl, { install: false })
  const running = ((await queue?.transfers()) ?? []).filter(({ state }) => state === 'running')
  const cancelled: string[] = []
  for (const { transferId } of running) {
    if (which !== 'all' && which !== transferId) continue
    if (await queue?.cancel(transferId)) cancelled.push(transferId)
  }
  if (cancelled.length > 0 || which === 'all') return cancelled
  throw new RowferryError('JOB_NOT_FOUND', {
    message: `No distributed transfer ${which} is running${running.length > 0 ? `; these are: ${running.map(({ transferId }) => transferId).join(', ')}` : ''}.`,
    remedy: 'See what runs: rowferry work --queue URL --status',
  })
}

/** False when there was none. Throws JOB_RUNNING while a transfer uses it. */
export async function dropQueue({ queueUrl }: Places): Promise<boolean> {
  await using queue = await TransferQueue.open(queueUrl, { install: false })
  if (queue === null) return false
  const running = (await queue.transfers()).find(({ state }) => state === 'running')
  if (running) {
    throw new RowferryError('JOB_RUNNING', {
      message: `The transfer ${running.transferId} uses the queue, so its schema ${queueSchema} cannot be dropped.`,
      remedy: `Wait for its end, or stop it: rowferry work --queue URL --cancel ${running.transferId}`,
    })
  }
  await queue.drop()
  return true
}
