import type { Source } from '../databases/databases.ts'
import type { OpenTarget } from '../databases/open-database.ts'
import { RowferryError } from '../errors/errors.ts'
import { exitCodes } from '../errors/policy.ts'
import type { Issue } from '../model/batch.ts'
import type { Emit } from '../model/events.ts'
import type { Plan } from '../model/plan.ts'
import type { FailureReport, Finding, Report } from '../model/report.ts'
import { printPlanSql } from '../plan/print-plan.ts'
import { type IssueFile, openTransferFolder, type TransferFolder } from '../report/transfer-folder.ts'
import { restoreForeignKeys } from '../store/dropped-foreign-keys.ts'
import { deleteIssues, readIssues } from '../store/issues.ts'
import { openStore, removeEmptyStore } from '../store/store.ts'
import {
  createTransfer,
  finishTransfer,
  forgetTransfer,
  markStep,
  readDoneSteps,
  restartTransfer,
} from '../store/transfers.ts'
import type { Threads } from '../util/threads.ts'
import { rowferryVersion } from '../util/version.ts'
import type { Lanes } from '../databases/postgres/lanes/lanes.ts'
import { withTransaction } from '../databases/postgres/connection/postgres-connection.ts'
import { askTarget } from './ask-target.ts'
import { batchLimits } from './batch-limits.ts'
import { buildFailure, buildReport } from './build-report.ts'
import { EarlyHashes } from './early-hashes.ts'
import type { MigrateOptions } from './migrate-options.ts'
import { nextCommands } from './next-commands.ts'
import { rememberContents } from './remember-tables.ts'
import { retryLostConnection, type RetryNotice } from './retry-lost-connection.ts'
import { SecondReadings } from './second-reading/second-readings.ts'
import { ShardWorkers } from './shard-workers.ts'
import type { StepContext } from './steps/step.ts'
import { runStep, stepLabel } from './steps/steps.ts'
import { TransferAccount } from './transfer-account.ts'
import { translateErrors } from './translate-errors.ts'

export type TransferRun = Omit<MigrateOptions, 'source' | 'target'> & {
  readonly startedAt: Date
  readonly transferId: string
  /** Goes on with a transfer that the store knows. */
  readonly resumed: boolean
  readonly source: Source
  readonly target: OpenTarget
  readonly threads: Threads
  readonly plan: Plan
  /** Null: there was none, since an earlier run made the plan. */
  readonly profileSeconds: number | null
  readonly findings: readonly Finding[]
  readonly optionsHash: string
  readonly folder: string
}

type Failure = FailureReport & { readonly exitCode: number }

/** One loop over the steps of the plan. From here on every outcome is a report. */
export async function runTransfer(run: TransferRun): Promise<Report> {
  await using folder = await openTransferFolder(run.folder, { logLevel: run.config.logLevel })
  const emit: Emit = (name, event) => {
    folder.log(name, event)
    run.emit(name, event)
  }
  await using lanes = run.target.openLanes()
  const account = new TransferAccount()
  account.findings.push(...run.findings)
  if (run.profileSeconds !== null) account.steps.push({ kind: 'profile', seconds: run.profileSeconds })
  let failure: Failure | null = null
  let storeMade = false
  try {
    emit('transfer:started', { transferId: run.transferId, folder: folder.path, resumed: run.resumed })
    for (const finding of run.findings) folder.log('preflight:finding', finding)
    if (run.resumed) emit('plan:built', { plan: run.plan })
    else folder.log('plan:built', { plan: run.plan })
    for (const warning of run.plan.warnings) folder.log('warning', warning)
    await folder.writePlan(run.plan, printPlanSql(run.plan))
    await askTarget(run.target, { ...run, emit }, async () => {
      // An attempt whose connection was lost may have made it.
      storeMade = (await enterTransfer(run)) || storeMade
    })
    await runSteps(run, lanes, account, emit)
    await run.source.assertUnchanged()
    await askTarget(run.target, { ...run, emit }, async () =>
      rememberContents(await run.target.reconnect(), { plan: run.plan, transferId: run.transferId, account }),
    )
    // Of what runs there nothing is left; how long the sessions take to end is nobody's concern until the report is written.
    void lanes.close()
  } catch (error) {
    await lanes.close()
    if (!isInterruption(error, run.signal)) folder.logError(error)
    failure = isInterruption(error, run.signal) ? interruption(run, error) : buildFailure(error, folder.logPath)
  }
  return await closeTransfer(run, { folder, account, failure, emit, storeMade })
}

/** Writes the transfer into the store, which from now on knows how far it is. True when the store was made for it. */
async function enterTransfer(run: TransferRun): Promise<boolean> {
  const client = await run.target.reconnect()
  const made = await openStore(client)
  if (run.resumed) {
    await restartTransfer(client, run.transferId)
    return made
  }
  // An unfinished one that this one takes the place of is forgotten when the tables are made, not before (`create-tables`).
  await withTransaction(client, async () => {
    // It is there when the connection was lost behind the commit of an earlier attempt.
    await forgetTransfer(client, run.transferId)
    await createTransfer(client, {
      id: run.transferId,
      sourceIdentity: run.source.identity,
      sourceFingerprint: run.source.fingerprint,
      targetSchema: run.config.schema,
      plan: run.plan,
      optionsHash: run.optionsHash,
      rowferryVersion,
    })
  })
  return made
}

async function runSteps(run: TransferRun, lanes: Lanes, account: TransferAccount, emit: Emit): Promise<void> {
  const { plan, target, transferId, source, config } = run
  const cancelling = new AbortController()
  const signal = AbortSignal.any([run.signal, cancelling.signal])
  await using stack = new AsyncDisposableStack()
  const threads = stack.use(new ShardWorkers(run.threads))
  // Those of the profile; shards of a distributed transfer have a thread of their own.
  if (run.distribution) await run.threads.end()
  const scene = { transferId, plan, source, target, config, emit, signal, threads }
  const cancel = (reason: RowferryError): void => cancelling.abort(reason)
  const workers = run.distribution ? stack.use(await run.distribution.openRunner({ ...scene, cancel })) : threads
  const stop = (): void => workers.stop()
  signal.addEventListener('abort', stop)
  const secondReadings = new SecondReadings({
    source,
    target,
    tables: plan.tables,
    workers: threads,
    settings: batchLimits(config),
    isFull: config.verify === 'full',
    seed: account.seed,
  })
  const context: Omit<StepContext, 'step' | 'done'> = {
    plan,
    transferId,
    source: run.source,
    target,
    workers,
    lanes,
    hashes: new EarlyHashes(target, lanes, signal),
    secondReadings,
    account,
    emit,
    signal,
    zero: run.config.zero,
    cwd: run.cwd,
    settings: {
      ...batchLimits(run.config),
      parallel: run.config.parallel,
      fireTriggers: run.config.fireTriggers,
      debug: run.config.logLevel === 'debug',
    },
  }
  try {
    const done = await askTarget(target, { signal, emit }, async () =>
      readDoneSteps(await target.reconnect(), transferId),
    )
    for (const [number, step] of plan.steps.entries()) {
      signal.throwIfAborted()
      const started = performance.now()
      emit('step:started', { kind: step.kind, number, total: plan.steps.length, label: stepLabel(step.kind) })
      const work = (): Promise<void> =>
        translateErrors(target, () => runStep(step, { ...context, step: number, done: done.has(number) }))
      const onRetry = (notice: RetryNotice): void => emit('retry', { what: stepLabel(step.kind), ...notice })
      // Shards are retried by the threads that load them.
      await (step.kind === 'copy-tables' ? work() : retryLostConnection(work, { signal, onRetry }))
      await askTarget(target, { signal, emit }, async () => markStep(await target.reconnect(), transferId, number))
      const seconds = (performance.now() - started) / 1000
      account.steps.push({ kind: step.kind, seconds })
      emit('step:finished', { kind: step.kind, number, seconds })
    }
  } catch (error) {
    throw cancelling.signal.aborted ? cancelling.signal.reason : error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function closeTransfer(
  run: TransferRun,
  parts: {
    readonly folder: TransferFolder
    readonly account: TransferAccount
    readonly failure: Failure | null
    readonly emit: Emit
    readonly storeMade: boolean
  },
): Promise<Report> {
  const { folder, account, emit } = parts
  const { target, transferId } = run
  let { failure } = parts
  let rejects: IssueFile = { path: null, count: 0, first: [] }
  let altered = rejects
  // The store is where the target is; what it holds is written by the run that goes on.
  const reachable = failure === null || !failure.code.startsWith('CONNECT_TARGET')
  if (reachable)
    try {
      // After a failure or an interruption a server that is away is not waited for: the next run finds everything.
      const ask = <Result>(work: () => Promise<Result>): Promise<Result> =>
        failure === null ? askTarget(target, { signal: run.signal, emit }, work) : translateErrors(target, work)
      rejects = await ask(() => folder.writeIssues('reject', storedIssues(target, transferId, 'reject')))
      altered = await ask(() => folder.writeIssues('altered', storedIssues(target, transferId, 'altered')))
      await ask(() => leaveTransfer(run, failure, parts.storeMade))
    } catch (error) {
      // Without a connection the store keeps the transfer as running, and the lists: the next run finds both.
      folder.logError(error)
      failure ??= buildFailure(error, folder.logPath)
    }
  const report = buildReport({
    version: rowferryVersion,
    transferId,
    plan: run.plan,
    account,
    failure,
    startedAt: run.startedAt,
    resumed: run.resumed,
    verify: run.config.verify,
    files: {
      folder: folder.path,
      rejects: rejects.path,
      altered: altered.path,
      log: folder.logPath,
      html: folder.htmlPath,
    },
    next: nextCommands({ ...run, warnings: account.warnings }, failure),
  })
  await folder.writeReport(report, { rejects: rejects.first, altered: altered.first })
  emit('transfer:finished', { report })
  return report
}

/** After success only the note of which table came from where stays in the store. */
async function leaveTransfer(run: TransferRun, failure: Failure | null, storeMade: boolean): Promise<void> {
  const client = await run.target.reconnect()
  if (failure === null) {
    await run.target.dropStagings(run.transferId)
    await deleteIssues(client, run.transferId)
    return forgetTransfer(client, run.transferId)
  }
  const done = await readDoneSteps(client, run.transferId)
  const begun = run.plan.steps.some(({ kind }, number) => kind !== 'reset-zero' && done.has(number))
  // Nothing was made, so there is nothing to go on with: the next run plans again, and the store that was made for this one goes.
  if (!begun) {
    await forgetTransfer(client, run.transferId)
    return storeMade ? removeEmptyStore(client) : undefined
  }
  await restoreForeignKeys(client, run.config.schema, { loaded: false })
  await finishTransfer(client, run.transferId, failure.code === 'JOB_INTERRUPTED' ? 'interrupted' : 'failed')
}

async function* storedIssues(target: OpenTarget, transferId: string, kind: Issue['kind']): AsyncGenerator<Issue> {
  for await (const { line } of readIssues(await target.reconnect(), transferId, kind)) yield JSON.parse(line) as Issue
}

function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || (error instanceof RowferryError && error.code === 'JOB_INTERRUPTED')
}

function interruption(run: TransferRun, error: unknown): Failure {
  const terminated = run.signal.reason === 'SIGTERM'
  const fromElsewhere = !run.signal.aborted && error instanceof RowferryError
  return {
    code: 'JOB_INTERRUPTED',
    message: fromElsewhere
      ? error.message
      : 'The transfer was stopped after the batch in hand; everything loaded so far is kept.',
    remedy: 'Run the same command again: it goes on from there',
    exitCode: terminated ? exitCodes.terminated : exitCodes.interrupted,
  }
}
