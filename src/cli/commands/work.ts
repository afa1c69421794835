import { exitCodes } from '../../errors/policy.ts'
import type { TransferStatus } from '../../jobs/queue-commands.ts'
import { formatCount, formatPercent } from '../../report/figures.ts'
import { RowferryError } from '../../errors/errors.ts'
import type { CommandContext } from '../command-context.ts'

type Places = { readonly queueUrl: string; readonly targetUrl: string }

/** Ctrl-C is how a waiting worker is meant to end, so it ends with 0. */
export async function runWork(context: CommandContext): Promise<number> {
  const places = neededPlaces(context)
  const { status, cancel, dropQueue } = context.terminal
  if (status) return await showStatus(context, places)
  if (cancel !== null) return await cancelTransfers(context, places, cancel)
  if (dropQueue) return await removeQueue(context, places)
  return await work(context, places)
}

/** The queue is in the target unless it is said otherwise. */
function neededPlaces({ config }: CommandContext): Places {
  const queueUrl = config.queue ?? config.target
  const targetUrl = config.target ?? config.queue
  if (queueUrl !== null && targetUrl !== null) return { queueUrl, targetUrl }
  throw new RowferryError('CONFIG_MISSING', {
    message: 'Neither a queue nor a target was given.',
    remedy: 'Name the database of the migration: rowferry work --queue postgres://user@host/database',
  })
}

async function work({ config, terminal, screen, signal }: CommandContext, places: Places): Promise<number> {
  const { runWorker } = await import('../../jobs/run-worker.ts')
  const account = await runWorker({
    ...places,
    source: config.workerSource,
    threads: config.parallel,
    untilIdle: terminal.untilIdle,
    signal,
    say: (line) => screen.print(line),
  })
  if (screen.json) screen.printMachine(account)
  return exitCodes.ok
}

async function showStatus({ screen }: CommandContext, places: Places): Promise<number> {
  const { readStatus } = await import('../../jobs/queue-commands.ts')
  const transfers = await readStatus(places)
  if (screen.json) screen.printMachine({ transfers })
  else if (transfers.length === 0) screen.printProduct(['No distributed migration is running.'])
  else for (const transfer of transfers) screen.printProduct(statusLines(transfer))
  return exitCodes.ok
}

const states: Readonly<Record<TransferStatus['state'], string>> = {
  running: 'running',
  cancelled: 'being cancelled',
  abandoned: 'without its coordinator: run the same migrate command again',
}

function statusLines({ transferId, state, source, target, schema, progress }: TransferStatus): string[] {
  const done =
    progress === null
      ? 'name the target to see how far it is'
      : `${formatPercent(progress.rowsDone, progress.rows)}, ${formatCount(progress.rowsDone)} of ${formatCount(progress.rows)} rows, ` +
        `${formatCount(progress.shardsDone)} of ${formatCount(progress.shards)} shards`
  return [`${transferId} · ${states[state]}`, `  ${source} → ${target}, schema ${schema}`, `  ${done}`]
}

async function cancelTransfers({ screen }: CommandContext, places: Places, which: string): Promise<number> {
  const { cancelTransfers: cancel } = await import('../../jobs/queue-commands.ts')
  const cancelled = await cancel(places, which)
  if (screen.json) screen.printMachine({ cancelled })
  else for (const transferId of cancelled) screen.print(`${transferId} stops after the batches in hand.`)
  if (cancelled.length === 0) screen.print('No distributed migration is running.')
  return exitCodes.ok
}

async function removeQueue({ screen }: CommandContext, places: Places): Promise<number> {
  const { dropQueue } = await import('../../jobs/queue-commands.ts')
  const dropped = await dropQueue(places)
  if (screen.json) screen.printMachine({ dropped })
  else screen.print(dropped ? 'The queue is dropped.' : 'There was no queue.')
  return exitCodes.ok
}
