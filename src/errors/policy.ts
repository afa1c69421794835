import { type ErrorCode, RowferryError } from './errors.ts'

export type ErrorFamily = 'CONFIG' | 'CONNECT' | 'CATALOG' | 'DATA' | 'VERIFY' | 'PEER' | 'JOB' | 'INTERNAL'

/** What the command line exits with, by family: the only place that knows. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  CONFIG: 2,
  CONNECT: 3,
  CATALOG: 4,
  DATA: 5,
  VERIFY: 6,
  PEER: 7,
  JOB: 8,
  interrupted: 130,
  terminated: 143,
} as const

export function errorFamily(code: ErrorCode): ErrorFamily {
  return code.split('_', 1)[0] as ErrorFamily
}

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof RowferryError)) return exitCodes.unexpected
  if (error.code === 'JOB_INTERRUPTED') {
    return error.context['signal'] === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
  }
  const family = errorFamily(error.code)
  return family === 'INTERNAL' ? exitCodes.unexpected : exitCodes[family]
}
