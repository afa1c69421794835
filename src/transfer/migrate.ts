import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { askTarget } from './ask-target.ts'
import { readSourceCatalog } from './read-source-catalog.ts'
import { openSource, openTarget, type OpenTarget } from '../databases/open-database.ts'
import { RowferryError } from '../errors/errors.ts'
import { isReplaced, type Plan } from '../model/plan.ts'
import type { Finding, Report } from '../model/report.ts'
import type { TablePlace } from '../plan/table-place.ts'
import { countOf } from '../report/figures.ts'
import { buildPlan } from '../plan/build-plan.ts'
import { type PlacedTables, placeTables } from '../plan/place-tables.ts'
import { withKeyHints } from '../plan/align-keys.ts'
import { compareVersions, type VersionDifference, versionRemedy, versionWarning } from '../plan/compare-versions.ts'
import { planSettings } from '../plan/plan-settings.ts'
import type { Source } from '../databases/databases.ts'
import { findUnfinishedTransfer, type StoredTransfer } from '../store/transfers.ts'
import { attachedMessage, type AttachedZero, checkZeroGrants, findAttachedZero, slotsToDrop } from '../zero/attached.ts'
import { checkServerForZero } from '../zero/check-server.ts'
import type { Threads } from '../util/threads.ts'
import { startThreads } from './start-threads.ts'
import { optionsHash } from './options-hash.ts'
import { readOwnTables } from './read-own-tables.ts'
import { readVersionRecords } from './read-version-records.ts'
import { runTransfer } from './run-transfer.ts'
import type { MigrateOptions } from './migrate-options.ts'
import type { TransferOptions } from './transfer-options.ts'

/**
 * The whole migration. Throws a RowferryError of the families CONFIG, CONNECT, CATALOG or JOB while nothing has been changed;
 * once the transfer has begun it always returns a report, with `failure` and `exitCode` set where it did not succeed. `started`: threads
 * that were started ahead; they end with it.
 */
export async function migrate(options: MigrateOptions, started?: Threads): Promise<Report> {
  const startedAt = new Date()
  await using stack = new AsyncDisposableStack()
  const threads = stack.use(started ?? startThreads(options.source, options.config))
  const source = stack.use(await openSource(options.source, options))
  // Once more, so that they end before the source does: they may have a private copy of it open.
  stack.use(threads)
  options.distribution?.check({ source, target: options.target, config: options.config })
  const target = stack.use(await openTarget(options.target, options))
  stack.use(await askTarget(target, options, () => target.lock(options.config.schema)))
  const findings = await preflight(target, options)
  const unfinished = await askTarget(target, options, async () =>
    findUnfinishedTransfer(await target.reconnect(), source.identity, options.config.schema),
  )
  const resumed = unfinished !== null && !options.config.restart ? unfinished : null
  if (options.config.resume && !resumed) throw nothingToResume(source, options.config)
  if (resumed) assertResumable(resumed, source, options.config)
  let profileSeconds: number | null = null
  const plan = resumed
    ? resumed.plan
    : await planInto(
        source,
        target,
        { ...options, threads },
        {
          detach: (attached) => slotsToDrop(attached, { reset: options.config.resetZero }),
          compared: (versions) => refuseDifference(versions, options.config),
          confirm: (places) => confirmReplacements(places, target, options),
          profiled: (seconds) => (profileSeconds = seconds),
        },
      )
  const transferId = resumed?.id ?? newTransferId(startedAt)
  return await runTransfer({
    ...options,
    startedAt,
    transferId,
    resumed: resumed !== null,
    source,
    target,
    threads,
    plan,
    profileSeconds,
    findings,
    optionsHash: optionsHash(options.config),
    folder: resolve(options.cwd, options.config.report ?? `.rowferry/transfers/${transferId}`),
  })
}

/** The same as `migrate` up to the plan. Writes nothing, on either side; without a target it plans for an empty one. */
export async function plan(options: TransferOptions): Promise<Plan> {
  await using stack = new AsyncDisposableStack()
  const source = stack.use(await openSource(options.source, options))
  if (options.target === null) return await planInto(source, null, options)
  const target = stack.use(await openTarget(options.target, options))
  await preflight(target, options)
  return await planInto(source, target, options)
}

async function preflight(target: OpenTarget, options: TransferOptions): Promise<Finding[]> {
  const findings = [
    ...(await askTarget(target, options, () => target.check(options.config.schema, options))),
    ...(await askTarget(target, options, async () => checkForZero(await target.reconnect(), options.config))),
  ]
  for (const finding of findings) options.emit('preflight:finding', finding)
  const error = findings.find((finding) => finding.level === 'error')
  if (error) throw new RowferryError('CATALOG_PERMISSION', { message: error.message, remedy: error.remedy })
  return findings
}

async function checkForZero(client: OpenTarget['client'], { zero }: Config): Promise<Finding[]> {
  const grants = await checkZeroGrants(client)
  return zero === null ? grants : [...grants, ...(await checkServerForZero(client, zero))]
}

/** What has to be agreed to before the profile, which reads the whole source: nobody waits for a question. */
type PlanGate = {
  /** Refuses, or gives the slots of an attached Zero to drop. */
  readonly detach: (attached: AttachedZero | null) => readonly string[]
  readonly confirm: (places: readonly TablePlace[]) => Promise<void>
  /** Refuses where the application's schema is of another version on the other side. */
  readonly compared?: (versions: readonly VersionDifference[]) => void
  /** Told how long the profile took. */
  readonly profiled?: (seconds: number) => void
}

/** A plan alone touches nothing; it says what stands in the way. */
const openGate: PlanGate = { detach: () => [], confirm: async () => undefined }

async function planInto(
  source: Source,
  target: OpenTarget | null,
  options: TransferOptions & { readonly threads?: Threads },
  gate: PlanGate = openGate,
): Promise<Plan> {
  const { config, signal, emit } = options
  const catalog = await readSourceCatalog(source, options)
  const settings = planSettings(config, catalog.tables)
  const targetCatalog = target
    ? await askTarget(target, options, () => target.readCatalog(config.schema, { signal }))
    : null
  const own =
    target && targetCatalog
      ? await askTarget(target, options, () =>
          readOwnTables({ source, target, catalog, targetCatalog }, { config, settings, signal }),
        )
      : new Map()
  const placed: PlacedTables = placeTables({ source: catalog, target: targetCatalog, own, settings })
  const versions =
    target && targetCatalog
      ? await askTarget(target, options, () =>
          readVersionRecords({ source, target, catalog, targetCatalog }, { own, settings }),
        )
      : []
  const differences = versions.flatMap((records) => compareVersions(records) ?? [])
  gate.compared?.(differences)
  const replaced = placed.places.filter(isReplaced).map((place) => ({ schema: config.schema, name: place.target }))
  const attached = target
    ? await askTarget(target, options, async () => findAttachedZero(await target.reconnect(), replaced))
    : null
  const idleSlots = gate.detach(attached)
  await gate.confirm(placed.places)
  const tables = withKeyHints(placed.places.map((place) => place.source))
  const started = performance.now()
  const profile = await source.profile(tables, {
    signal,
    emit,
    parallel: config.parallel,
    ...(options.threads && { threads: options.threads }),
  })
  gate.profiled?.((performance.now() - started) / 1000)
  const built = buildPlan({
    salvaged: source.salvageReport,
    source: { label: source.label, fingerprint: source.fingerprint, catalog },
    target: {
      label: target?.label ?? 'the embedded PostgreSQL',
      version: target?.version ?? '18',
      schemaExists: target
        ? await askTarget(target, options, () => target.hasSchema(config.schema, { signal }))
        : config.schema === 'public',
      catalog: targetCatalog,
    },
    placed,
    profile,
    settings,
    idleSlots,
    versions: differences.map(versionWarning),
    attachedZero: attached === null ? null : attachedMessage(attached),
  })
  emit('plan:built', { plan: built })
  for (const warning of built.warnings) emit('warning', warning)
  return built
}

function refuseDifference(versions: readonly VersionDifference[], config: Config): void {
  const differing = versions.filter(({ kind }) => kind === 'differs')
  const [first] = differing
  if (first === undefined || config.allowVersionDifference) return
  throw new RowferryError('CATALOG_VERSION_DIFFERS', {
    message: `Source and target are at different schema versions. ${differing.map(({ message }) => message).join(' ')} Rows of one version may not fit the schema of another; nothing was changed.`,
    remedy: versionRemedy,
  })
}

async function confirmReplacements(
  places: readonly TablePlace[],
  target: OpenTarget,
  options: MigrateOptions,
): Promise<void> {
  const { schema } = options.config
  const details: string[] = []
  for (const place of places) {
    const { target: name } = place
    if (!isReplaced(place)) continue
    const rows = await askTarget(target, options, () => target.countRows({ schema, name }, options))
    if (rows > 0) details.push(`${name}: ${countOf(rows, 'row')}`)
  }
  if (details.length === 0) return
  const tables = details.length === 1 ? 'this table' : `these ${details.length} tables`
  if (await options.confirm({ message: `Replace ${tables} in ${target.label}, schema ${schema}?`, details })) return
  throw new RowferryError('CATALOG_NEEDS_CONFIRMATION', {
    message: `${countOf(details.length, 'table')} in schema ${schema} would be replaced and nobody confirmed it: ${details.slice(0, 5).join('; ')}${details.length > 5 ? ' …' : ''}.`,
    remedy: 'Say yes on a terminal, or add --yes',
  })
}

function assertResumable(unfinished: StoredTransfer, source: Source, config: Config): void {
  const reason =
    unfinished.sourceFingerprint === source.fingerprint
      ? unfinished.optionsHash === optionsHash(config)
        ? null
        : 'it was started with other options'
      : 'the source has changed since'
  if (reason === null) return
  throw new RowferryError('CATALOG_PLAN_STALE', {
    message: `An unfinished transfer of this source (${unfinished.id}) cannot go on: ${reason}.`,
    remedy: 'Begin again with --restart, which replaces what it had loaded',
  })
}

function nothingToResume(source: Source, config: Config): RowferryError {
  return new RowferryError('CATALOG_PLAN_STALE', {
    message: `There is no unfinished transfer of ${source.label} into schema ${config.schema}.`,
    remedy: 'Leave out --resume',
  })
}

/** Sorts by time; the random part keeps two of one second apart. */
function newTransferId(now: Date): string {
  return `${now.toISOString().slice(0, 19).replaceAll(':', '-')}-${randomBytes(2).toString('hex')}`
}
