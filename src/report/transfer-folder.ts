import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Issue } from '../model/batch.ts'
import type { Emit } from '../model/events.ts'
import type { Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { RowferryError } from '../errors/errors.ts'
import { makeFolder } from '../util/make-folder.ts'
import { type EventLog, type LogLevel, openEventLog } from './event-log.ts'
import { maskTexts } from './mask-texts.ts'
import { type IssueSamples, renderReportHtml } from './report-html.ts'

const samplesKept = 100

/** Lists, plans and logs hold values of the source, which may be readable by its owner alone. */
const privateFile = 0o600

export type IssueFile = {
  /** Null: there was nothing to list, and the file does not exist. */
  readonly path: string | null
  readonly count: number
  /** The first 100, for the page. */
  readonly first: readonly Issue[]
}

/** The folder that a transfer leaves behind. Dispose it last: the log is complete only then. */
export type TransferFolder = AsyncDisposable & {
  /** Absolute. */
  readonly path: string
  readonly logPath: string
  /** Where `writeReport` puts the page. */
  readonly htmlPath: string
  /** A listener that writes every event to log.jsonl. */
  readonly log: Emit
  /** An error with its stack and causes, to log.jsonl. */
  logError(error: unknown): void
  /** plan.json and plan.sql */
  writePlan(plan: Plan, sql: string): Promise<void>
  /** rejects.jsonl or altered.jsonl, made anew from all issues of the transfer, those before a resume included. */
  writeIssues(kind: Issue['kind'], issues: Iterable<Issue> | AsyncIterable<Issue>): Promise<IssueFile>
  /** report.json and report.html */
  writeReport(report: Report, samples: IssueSamples): Promise<void>
}

/** Makes the folder where it does not exist; what an earlier run of the same transfer left there is gone on with. Throws CONFIG_INVALID where it cannot be written. */
export async function openTransferFolder(
  path: string,
  options: { readonly logLevel: LogLevel },
): Promise<TransferFolder> {
  const folder = resolve(path)
  const logPath = join(folder, 'log.jsonl')
  const htmlPath = join(folder, 'report.html')
  const log = await openFolderLog(folder, logPath, options.logLevel)
  return {
    path: folder,
    logPath,
    htmlPath,
    log: log.emit,
    logError: log.error,
    writePlan: async (plan, sql) => {
      await writeWhole(join(folder, 'plan.json'), `${toJson(plan)}\n`)
      await writeWhole(join(folder, 'plan.sql'), sql)
    },
    writeIssues: async (kind, issues) => writeIssueFile(join(folder, issueFileNames[kind]), issues),
    writeReport: async (report, samples) => {
      await writeWhole(join(folder, 'report.json'), `${toJson(report)}\n`)
      await writeWhole(htmlPath, renderReportHtml(report, samples))
    },
    [Symbol.asyncDispose]: async () => log.close(),
  }
}

/** Whoever reads it meanwhile finds all of it, or what was there before. */
async function writeWhole(path: string, text: string): Promise<void> {
  await rm(`${path}.part`, { force: true })
  await writeFile(`${path}.part`, text, { mode: privateFile })
  await rename(`${path}.part`, path)
}

async function openFolderLog(folder: string, logPath: string, level: LogLevel): Promise<EventLog> {
  try {
    // An embedded server of root runs as another user, who must get through to its data.
    await makeFolder(folder, { isPrivate: true, passable: '.rowferry' })
    return openEventLog(logPath, { level, mode: privateFile })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new RowferryError('CONFIG_INVALID', {
      message: `The folder of the report, ${folder}, cannot be made or written (${code}).`,
      remedy: 'Name a folder that you may write: --report DIR',
      cause,
    })
  }
}

const issueFileNames: Readonly<Record<Issue['kind'], string>> = { reject: 'rejects.jsonl', altered: 'altered.jsonl' }

async function writeIssueFile(path: string, issues: Iterable<Issue> | AsyncIterable<Issue>): Promise<IssueFile> {
  const first: Issue[] = []
  let count = 0
  let stream: ReturnType<typeof createWriteStream> | null = null
  // A file that exists would keep its mode.
  await rm(path, { force: true })
  try {
    for await (const issue of issues) {
      if (first.length < samplesKept) first.push(issue)
      count += 1
      stream ??= createWriteStream(path, { mode: privateFile })
      if (!stream.write(issueLine(issue))) await once(stream, 'drain')
    }
  } finally {
    if (stream) {
      stream.end()
      await once(stream, 'close')
    }
  }
  return { path: count === 0 ? null : path, count, first }
}

/** One line of `rejects.jsonl` or `altered.jsonl`; which of the two it is, the file's name says. */
function issueLine(issue: Issue): string {
  const { kind: _, ...line } = issue
  return `${JSON.stringify(line)}\n`
}

function toJson(document: unknown): string {
  return JSON.stringify(maskTexts(document), null, 2)
}
