import { readFileSync } from 'node:fs'

/** Clock ticks per second in /proc, 100 on every Linux that Node runs on. */
const ticks = 100

type Times = {
  /** CPU seconds of the process, user and system. */
  readonly own: number
  /** Of its children that ended and were waited for, and of theirs. */
  readonly ended: number
  readonly parent: number
}

/** Null where there is no such process or no /proc. */
export function timesOf(pid: number | 'self'): Times | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the program's name in parentheses and may hold spaces; the third is at [0] here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const seconds = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) / ticks
  return { own: seconds(11), ended: seconds(13), parent: Number(fields[1]) }
}

export function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? ''
  return text.split(' ').filter(Boolean).map(Number)
}

/** The process, its children, theirs … */
export function descendants(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap((child) => descendants(child))]
}

/** CPU seconds of a server that waits for its children, as PostgreSQL's first process does: its own, and theirs, alive or ended. */
export function cpuOfServer(pid: number): number | null {
  const server = timesOf(pid)
  if (server === null) return null
  return childrenOf(pid).reduce((sum, child) => sum + (timesOf(child)?.own ?? 0), server.own + server.ended)
}

/** The most memory that the process has held so far, in bytes. */
export function peakMemoryOf(pid: number): number | null {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')
  return line === null ? null : Number(line[1]) * 1024
}

/** Null where it cannot be read: the process may end at any moment. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
