import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { descendants, peakMemoryOf, timesOf } from './process-tree.ts'

export type Command = { readonly program: string; readonly arguments: readonly string[] }

export type Measurement = {
  /** From the start of the first command to the end of the last. */
  readonly seconds: number
  /** CPU seconds of all processes of the commands; null where the system does not tell (no /proc). */
  readonly clientCpu: number | null
  /** CPU seconds of the server meanwhile, with its checkpointer and WAL writer. */
  readonly serverCpu: number | null
  /** Bytes: the peaks of the processes of a command added up, the largest of the commands. */
  readonly peakMemory: number | null
}

export type MeasureOptions = {
  readonly folder: string
  /** File that the commands write into, both stdout and stderr. */
  readonly log: string
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
  readonly serverCpu: () => number | null
}

/** Runs one command after the other. Throws when one of them fails, with the end of what it said. */
export async function measure(commands: readonly Command[], options: MeasureOptions): Promise<Measurement> {
  const [client, server] = [timesOf('self')?.ended ?? null, options.serverCpu()]
  const start = performance.now()
  let peakMemory: number | null = null
  for (const command of commands) {
    const spent = (performance.now() - start) / 1000
    const peak = await runCommand(command, { ...options, timeoutSeconds: options.timeoutSeconds - spent })
    peakMemory = peak === null ? peakMemory : Math.max(peak, peakMemory ?? 0)
  }
  const seconds = (performance.now() - start) / 1000
  // The backends end a moment after their clients.
  await wait(100)
  return {
    seconds,
    clientCpu: difference(client, timesOf('self')?.ended ?? null),
    serverCpu: difference(server, options.serverCpu()),
    peakMemory,
  }
}

async function runCommand(command: Command, options: Omit<MeasureOptions, 'serverCpu'>): Promise<number | null> {
  const deadline = AbortSignal.timeout(Math.max(1, Math.round(options.timeoutSeconds * 1000)))
  const stopping = AbortSignal.any([deadline, options.signal])
  stopping.throwIfAborted()
  const log = openSync(options.log, 'w')
  // A group of its own, so that a pipe can be stopped as a whole.
  const child = spawn(command.program, command.arguments, {
    cwd: options.folder,
    env: environment(),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const peaks = new Map<number, number>()
  const watch = setInterval(() => notePeaks(child.pid, peaks), 50)
  const stop = (): void => stopGroup(child.pid)
  stopping.addEventListener('abort', stop)
  try {
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (status, killer) => resolve(status ?? killer))
    })
    options.signal.throwIfAborted()
    if (deadline.aborted) throw new Error(`not done after ${Math.round(options.timeoutSeconds)} s`)
    if (code !== 0) throw new Error(`ended with ${code}: ${lastWords(options.log)}`)
    return peaks.size === 0 ? null : [...peaks.values()].reduce((sum, peak) => sum + peak, 0)
  } finally {
    clearInterval(watch)
    stopping.removeEventListener('abort', stop)
  }
}

function notePeaks(pid: number | undefined, peaks: Map<number, number>): void {
  if (pid === undefined) return
  for (const member of descendants(pid)) {
    const peak = peakMemoryOf(member)
    if (peak !== null) peaks.set(member, peak)
  }
}

function stopGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It may have ended just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Without the variables that would lead psql, pgloader or rowferry elsewhere. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|ROWFERRY_)/.test(name))
  return { ...Object.fromEntries(kept), TZ: 'UTC' }
}

function lastWords(log: string): string {
  const words = readFileSync(log, 'utf8').replace(/\s+/g, ' ').trim()
  return words.length > 300 ? `… ${words.slice(-300)}` : words || 'it said nothing'
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before
}
