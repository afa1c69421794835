import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceOpening } from '../databases/databases.ts'
import { RowferryError } from '../errors/errors.ts'
import { messageOf } from '../databases/postgres/postgres-errors.ts'
import { maskUrl } from '../util/secrets.ts'
import { DownloadFailure, openDownload } from './http-download.ts'
import { pause } from './persist.ts'

/** What the coordinator reads, to which every worker's copy must be equal byte by byte. */
export type SourceDigest = { readonly sha256: string; readonly bytes: number }

/** The source as this machine reads it. Disposing of it removes what was downloaded. */
export type WorkerSource = AsyncDisposable & {
  readonly opening: SourceOpening
  /** Throws CONNECT_SOURCE_CHANGED when the file is no longer the one that was checked. */
  assertUnchanged(): Promise<void>
}

export type WorkerSourceOptions = {
  readonly signal: AbortSignal
  /** Pauses before further attempts of a download, in ms; default: two attempts more. */
  readonly pauses?: readonly number[]
  /** How long a server may send nothing; default 30,000. */
  readonly stallMs?: number
}

/**
 * Closing a descriptor of the file drops this process's locks on it (https://sqlite.org/howtocorrupt.html, 2.2): only before
 * anything of it is read through SQLite.
 */
export async function digestFile(path: string, signal: AbortSignal): Promise<SourceDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { sha256: hash.digest('hex'), bytes }
}

export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location)
}

/**
 * A path is read where it is, a URL is downloaded into a folder of its own; both only when they hold the very bytes that
 * the coordinator reads. Throws CONNECT_SOURCE_DIFFERS, CONNECT_SOURCE_MISSING, CONNECT_SOURCE_UNREADABLE.
 */
export async function openWorkerSource(
  location: string,
  expected: SourceDigest,
  options: WorkerSourceOptions,
): Promise<WorkerSource> {
  return isUrl(location)
    ? await download(location, expected, options)
    : await openPath(location, expected, options.signal)
}

async function openPath(path: string, expected: SourceDigest, signal: AbortSignal): Promise<WorkerSource> {
  const before = await statOf(path)
  if (before.bytes !== expected.bytes) throw differs(path, `it has ${before.bytes} bytes instead of ${expected.bytes}`)
  const { sha256 } = await digestFile(path, signal)
  if (sha256 !== expected.sha256) throw differs(path, `its SHA-256 is ${short(sha256)}, not ${short(expected.sha256)}`)
  return {
    opening: immutable(path, path),
    async assertUnchanged() {
      const now = await statOf(path)
      if (now.bytes === before.bytes && now.changedAt === before.changedAt) return
      throw new RowferryError('CONNECT_SOURCE_CHANGED', {
        message: `${path} was changed while this worker read it, so what was loaded is not one moment of it.`,
        remedy: 'Stop the program that writes it, then begin again: the same migrate command with --restart --yes',
      })
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** The bytes were compared, so that nothing beside the file counts, and no lock is needed. */
function immutable(path: string, label: string): SourceOpening {
  return { kind: 'sqlite', path, immutable: true, label }
}

async function statOf(path: string): Promise<{ readonly bytes: number; readonly changedAt: bigint }> {
  try {
    const found = await stat(path, { bigint: true })
    if (found.isFile()) return { bytes: Number(found.size), changedAt: found.mtimeNs }
    throw new Error('it is no file')
  } catch (cause) {
    throw new RowferryError('CONNECT_SOURCE_MISSING', {
      message: `This worker cannot see the source ${path}: ${messageOf(cause)}.`,
      remedy: 'Name the path under which this machine has it, or an http(s):// URL: --worker-source PATH',
      cause,
    })
  }
}

async function download(url: string, expected: SourceDigest, options: WorkerSourceOptions): Promise<WorkerSource> {
  const { signal } = options
  const label = labelOf(url)
  // mkdtemp gives 0700: the copy is as private as the source.
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-'))
  try {
    const path = join(folder, 'source.db')
    await fetchPersistently(path, url, { ...options, label, expected }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error instanceof RowferryError ? error : notDownloaded(label, folder, error)
    })
    return {
      opening: immutable(path, label),
      assertUnchanged: async () => undefined, // nobody else knows the folder
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

type Fetch = WorkerSourceOptions & { readonly label: string; readonly expected: SourceDigest }

const defaultPauses = [1000, 4000]
const defaultStallMs = 30_000

/** Each attempt begins at the start: what the server has may be another file by then, and only a whole one can be compared. */
async function fetchPersistently(path: string, url: string, fetching: Fetch): Promise<void> {
  const { signal, pauses = defaultPauses } = fetching
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchInto(path, url, fetching)
    } catch (error) {
      const waitMs = pauses[attempt]
      if (waitMs === undefined || signal.aborted || !(error instanceof DownloadFailure && error.again)) throw error
      await pause(waitMs, signal)
    }
  }
}

async function fetchInto(path: string, url: string, { label, expected, signal, stallMs }: Fetch): Promise<void> {
  const download = await openDownload(url, { signal, stallMs: stallMs ?? defaultStallMs })
  if (!download.encoded && download.announced !== null && download.announced !== expected.bytes) {
    download.drop()
    throw differs(label, `it has ${download.announced} bytes instead of ${expected.bytes}`)
  }
  const hash = createHash('sha256')
  let bytes = 0
  await using file = await open(path, 'w', 0o600)
  await download.receive(async (chunk) => {
    bytes += chunk.length
    if (bytes > expected.bytes) throw differs(label, `it has more than the ${expected.bytes} bytes that are expected`)
    hash.update(chunk)
    await file.writeFile(chunk)
  })
  const sha256 = hash.digest('hex')
  if (bytes !== expected.bytes) throw differs(label, `it ended after ${bytes} of ${expected.bytes} bytes`)
  if (sha256 !== expected.sha256) throw differs(label, `its SHA-256 is ${short(sha256)}, not ${short(expected.sha256)}`)
}

/** The network, or the disk. */
function notDownloaded(label: string, folder: string, cause: unknown): RowferryError {
  const isFull = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
  return new RowferryError('CONNECT_SOURCE_UNREADABLE', {
    message: `The source cannot be downloaded from ${label} into ${folder}: ${messageOf(cause)}.`,
    remedy: isFull
      ? 'Name a folder with more room: TMPDIR=/path rowferry work …'
      : `Try it by hand: curl -I '${label}'`,
    cause,
  })
}

/** Without password, and without a query, where signed URLs have theirs. */
function labelOf(url: string): string {
  return maskUrl(url).replace(/[?#].*$/, '')
}

function differs(label: string, how: string): RowferryError {
  return new RowferryError('CONNECT_SOURCE_DIFFERS', {
    message: `${label} is not the source that this transfer reads: ${how}.`,
    remedy: 'Copy the very file to this machine, or name the right one: --worker-source PATH',
  })
}

function short(sha256: string): string {
  return `${sha256.slice(0, 12)}…`
}
