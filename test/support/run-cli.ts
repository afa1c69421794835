import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Issue } from '../../src/model/batch.ts'
import type { Report } from '../../src/model/report.ts'
import { givenFolder } from './folders.ts'

export const repository = fileURLToPath(new URL('../../', import.meta.url))
/** The sources as they are, or what `scripts/lay-out-package.ts` has made of them. */
export const executable = process.env['ROWFERRY_TEST_EXECUTABLE'] ?? join(repository, 'bin', 'rowferry.js')

export type CliOptions = {
  /** Working directory; default: a fresh folder. */
  readonly cwd?: string
  /** Beside the environment of the tests, from which everything of rowferry's and PostgreSQL's is taken out. */
  readonly env?: Readonly<Record<string, string>>
  /** What stands on stdin; it is closed behind it. There is never a terminal. */
  readonly input?: string
  /** Run as another user; only root may. */
  readonly uid?: number
  /** A program and its arguments that turns into the one to be run: `['ip', 'netns', 'exec', 'a']`. */
  readonly within?: readonly string[]
}

export type CliResult = {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly cwd: string
}

export type RunningCli = {
  readonly pid: number
  readonly cwd: string
  readonly result: Promise<CliResult>
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string }
  kill(signal: NodeJS.Signals): void
}

/** Starts the executable as a process of its own; one that still runs when the test ends is killed. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  return spawnNode([executable, ...args], options)
}

export async function runCli(
  args: readonly string[],
  options: CliOptions & { readonly signalAfter?: { readonly ms: number; readonly signal: NodeJS.Signals } } = {},
): Promise<CliResult> {
  const { signalAfter } = options
  const running = spawnCli(args, options)
  if (signalAfter === undefined) return running.result
  const timer = setTimeout(() => running.kill(signalAfter.signal), signalAfter.ms)
  try {
    return await running.result
  } finally {
    clearTimeout(timer)
  }
}

/** The same for any script: `spawnNode(['examples/embed.ts', …])`. */
export function spawnNode(args: readonly string[], options: CliOptions = {}): RunningCli {
  const cwd = options.cwd ?? givenFolder()
  const [program = process.execPath, ...words] = [...(options.within ?? []), process.execPath, ...args]
  const child = spawn(program, words, {
    cwd,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  child.stdin.on('error', () => undefined) // it may end without having read its input
  child.stdin.end(options.input ?? '')
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  const result = (async (): Promise<CliResult> => {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { exitCode, signal, ...written, cwd }
  })()
  result.catch(() => undefined) // whoever awaits it sees the failure
  onTestFinished(async () => stopLeftover(child, result))
  return {
    pid: child.pid ?? 0,
    cwd,
    result,
    output: () => ({ ...written }),
    kill: (signal) => void child.kill(signal),
  }
}

async function stopLeftover(child: ChildProcess, result: Promise<CliResult>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await result.catch(() => undefined)
  clearTimeout(timer)
}

function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ROWFERRY|PG|VITEST|NODE_OPTIONS|FORCE_COLOR|NO_COLOR|npm_)/.test(name),
  )
  return Object.fromEntries(kept) as Record<string, string>
}

/** Fails with everything that was printed. 0 also means that nothing stands on stderr. */
export function assertExit(run: CliResult, exitCode: number): void {
  if (run.exitCode === exitCode && (exitCode !== 0 || run.stderr === '')) return
  const ended = run.signal === null ? `exit code ${run.exitCode}` : run.signal
  throw new Error(`expected exit code ${exitCode}, got ${ended}\n--- stdout\n${run.stdout}\n--- stderr\n${run.stderr}`)
}

/** The last line a person sees. */
export function lastLine({ stdout }: Pick<CliResult, 'stdout'>): string {
  return stdout.trimEnd().split('\n').at(-1) ?? ''
}

export type ToldError = { readonly sentence: string; readonly remedy: string; readonly code: string }

/** The one error that stderr tells; fails when there is none, or more than one. */
export function toldError({ stderr }: Pick<CliResult, 'stderr'>): ToldError {
  const told = [...stderr.matchAll(/^✗ (.+)\n((?: {2,}.*\n)*)/gm)]
  const [only] = told
  if (told.length !== 1 || only === undefined)
    throw new Error(`expected one error on stderr, found ${told.length}:\n${stderr}`)
  const below = (only[2] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const code = below.at(-1) ?? ''
  const remedy = below.slice(0, -1).join(' ').replace(/^→ /, '')
  return { sentence: only[1] ?? '', remedy, code }
}

/** The folder of the only transfer under a working directory. */
export function transferFolder(cwd: string): string {
  const folders = transferFolders(cwd)
  const [only] = folders
  if (folders.length !== 1 || only === undefined)
    throw new Error(`expected one transfer in ${cwd}, found ${folders.length}`)
  return only
}

/** Oldest first. */
export function transferFolders(cwd: string): string[] {
  const parent = join(cwd, '.rowferry', 'transfers')
  return readdirSync(parent)
    .toSorted()
    .map((name) => join(parent, name))
}

export function readReport(folder: string): Report {
  return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report
}

/** The report of the latest transfer under a working directory. */
export function latestReport(cwd: string): Report {
  const reports = transferFolders(cwd).map(readReport)
  const latest = reports.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)).at(-1)
  if (!latest) throw new Error(`no transfer in ${cwd}`)
  return latest
}

export function readIssueFile(path: string | null): Omit<Issue, 'kind'>[] {
  if (path === null) return []
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Omit<Issue, 'kind'>)
}
