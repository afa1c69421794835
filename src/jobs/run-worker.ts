import { connect } from '../databases/postgres/connection/postgres-connection.ts'
import { isConnectionFailure } from '../databases/postgres/postgres-errors.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Plan } from '../model/plan.ts'
import { readTransferPlan } from '../store/transfers.ts'
import { maskUrl } from '../util/secrets.ts'
import { rowferryVersion } from '../util/version.ts'
import { loadShards } from './load-shards.ts'
import { patienceMs, pause, persist } from './persist.ts'
import { workerName } from './queue-runner.ts'
import { type AnnouncedTransfer, TransferQueue } from './transfer-queue.ts'
import { openWorkerSource } from './worker-source.ts'

export type WorkerOptions = {
  readonly queueUrl: string
  readonly targetUrl: string
  /** Where this machine finds the source; null: where the transfer says. */
  readonly source: string | null
  readonly threads: number
  /** End when no transfer is running; default: wait for the next. */
  readonly untilIdle: boolean
  /** Aborted by Ctrl-C: what is in hand is given back. */
  readonly signal: AbortSignal
  /** A line for people. */
  readonly say: (line: string) => void
}

export type WorkedTransfer = { readonly transferId: string; shards: number; rows: number }

export type WorkerAccount = { readonly worker: string; readonly transfers: readonly WorkedTransfer[] }

const idleMs = 500
const watchMs = 500

/** Helps with one transfer after another. Throws what this machine cannot work with: another source, no way to the target. */
export async function runWorker(options: WorkerOptions): Promise<WorkerAccount> {
  const { signal, say } = options
  const worked = new Map<string, WorkedTransfer>()
  const account = (): WorkerAccount => ({ worker: workerName(), transfers: [...worked.values()] })
  await using queue = await openQueue(options)
  if (queue === null) return account()
  let saidWaiting = false
  while (!signal.aborted) {
    const running = (await persist(() => queue.transfers(), signal)).find(({ state }) => state === 'running')
    if (running) {
      const own = worked.get(running.transferId) ?? { transferId: running.transferId, shards: 0, rows: 0 }
      worked.set(running.transferId, own)
      await help(running, own, queue, options)
      saidWaiting = false
    } else if (options.untilIdle) {
      break
    } else {
      if (!saidWaiting) say('Waiting for a distributed migration … (Ctrl-C ends)')
      saidWaiting = true
      await pause(idleMs, signal)
    }
  }
  return account()
}

/** The queue as soon as a coordinator has made it; null when it is not waited for. */
async function openQueue({ queueUrl, untilIdle, signal, say }: WorkerOptions): Promise<TransferQueue | null> {
  let said = false
  for (;;) {
    const queue = await TransferQueue.open(queueUrl, { install: false })
    if (queue !== null || untilIdle || signal.aborted) return queue
    if (!said) say(`Waiting for the first distributed migration at ${maskUrl(queueUrl)} … (Ctrl-C ends)`)
    said = true
    await pause(idleMs * 2, signal)
  }
}

async function help(
  transfer: AnnouncedTransfer,
  own: WorkedTransfer,
  queue: TransferQueue,
  options: WorkerOptions,
): Promise<void> {
  const { transferId } = transfer
  const { say, signal, targetUrl, threads } = options
  assertSameVersion(transfer)
  const plan = await readPlan(transfer, queue, options)
  if (plan === null) return
  const over = watchTransfer(transferId, queue, signal)
  try {
    say(`Checking the source of ${transfer.source.label} …`)
    const { location, ...digest } = transfer.source
    await using source = await openWorkerSource(options.source ?? location, digest, over)
    say(`Helping with ${transferId}: ${transfer.source.label} → ${transfer.target}, ${threads} at once`)
    await loadShards({
      queue,
      transferId,
      plan,
      source: source.opening,
      target: { kind: 'postgres', url: targetUrl },
      threads,
      worker: workerName(),
      debug: false,
      assertSource: () => source.assertUnchanged(),
      signal: over.signal,
      onMessage: (message) => {
        if (message.kind === 'retry') say(`${message.table}: ${message.reason} Trying again.`)
      },
      onLoaded: ({ table, shard, rows }) => {
        own.shards += 1
        own.rows += rows
        say(`${table}, shard ${shard}: ${rows} rows loaded`)
      },
    })
  } catch (error) {
    // Over while the source was still being fetched.
    if (!over.signal.aborted || error instanceof RowferryError) throw error
  } finally {
    await over.end()
  }
  say(`${signal.aborted ? 'Leaving' : 'Over:'} ${transferId}; ${own.shards} shards, ${own.rows} rows from here`)
}

/** Aborts when the transfer is over, is cancelled, has lost its coordinator, or this worker is to end. */
function watchTransfer(
  transferId: string,
  queue: TransferQueue,
  outer: AbortSignal,
): { readonly signal: AbortSignal; end(): Promise<void> } {
  const over = new AbortController()
  const signal = AbortSignal.any([outer, over.signal])
  const watching = (async () => {
    let heardAt = performance.now()
    while (!signal.aborted) {
      await pause(watchMs, signal)
      try {
        if (!(await isRunning(queue, transferId))) over.abort()
        heardAt = performance.now()
      } catch (error) {
        // Cut off: the claims lapse by themselves meanwhile (`load-shards.ts`).
        if (!isConnectionFailure(error) || performance.now() - heardAt > patienceMs) over.abort()
      }
    }
  })()
  return {
    signal,
    async end() {
      over.abort()
      await watching
    },
  }
}

async function isRunning(queue: TransferQueue, transferId: string): Promise<boolean> {
  return (await queue.transfers()).some((one) => one.transferId === transferId && one.state === 'running')
}

function assertSameVersion({ transferId, version }: AnnouncedTransfer): void {
  if (version === rowferryVersion) return
  throw new RowferryError('CONFIG_CONFLICT', {
    message: `The transfer ${transferId} runs with rowferry ${version}, and this worker is ${rowferryVersion}: they might convert values differently.`,
    remedy: `Install the same version here: npm install rowferry@${version}`,
  })
}

/** Null: the transfer has just ended. */
async function readPlan(
  transfer: AnnouncedTransfer,
  queue: TransferQueue,
  { targetUrl }: WorkerOptions,
): Promise<Plan | null> {
  await using client = await connect(targetUrl, { signal: new AbortController().signal, what: 'the target' })
  const plan = await readTransferPlan(client, transfer.transferId)
  if (plan !== null || !(await isRunning(queue, transfer.transferId))) return plan
  // It is announced only after it is in the store: this is another database.
  throw new RowferryError('CONFIG_MISSING', {
    message: `The transfer ${transfer.transferId} does not go into ${maskUrl(targetUrl)} but into ${transfer.target}.`,
    remedy: `Name the target as well: rowferry work ${transfer.target} --queue …`,
  })
}
