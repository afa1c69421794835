import { once } from 'node:events'
import { openSync } from 'node:fs'
import { pino } from 'pino'
import type { Emit, TransferEventName, TransferEvents } from '../model/events.ts'
import { maskTexts } from './mask-texts.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export type EventLog = {
  readonly emit: Emit
  readonly error: (error: unknown) => void
  /** Everything is on disk afterwards. */
  readonly close: () => Promise<void>
}

/** log.jsonl: one line per event. A resumed transfer goes on in the same file. */
export function openEventLog(
  path: string,
  { level, mode }: { readonly level: LogLevel; readonly mode: number },
): EventLog {
  // Opened here: a path would be opened later, and what is logged before a sudden end would be lost.
  const destination = pino.destination({ fd: openSync(path, 'a', mode), sync: false, minLength: 4096 })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        // The one place through which every line goes: no password leaves it, whatever an event carries.
        log: (line) => maskTexts(line) as Record<string, unknown>,
      },
    },
    destination,
  )
  return {
    emit: (name, event) => {
      const eventLevel = levelOf(name, event)
      if (logger.isLevelEnabled(eventLevel)) logger[eventLevel]({ event: name, ...plainEvent(name, event) })
    },
    error: (error) => logger.error({ event: 'error', error: plainError(error) }),
    close: async () => {
      destination.flushSync()
      const closed = once(destination, 'close')
      destination.end()
      await closed
    },
  }
}

function levelOf<Name extends TransferEventName>(name: Name, event: TransferEvents[Name]): LogLevel {
  const level = levels[name] as LogLevel | ((event: TransferEvents[Name]) => LogLevel)
  return typeof level === 'function' ? level(event) : level
}

const levels: { readonly [Name in TransferEventName]: LogLevel | ((event: TransferEvents[Name]) => LogLevel) } = {
  'transfer:started': 'info',
  'preflight:finding': ({ level }) => (level === 'ok' ? 'info' : level === 'warning' ? 'warn' : 'error'),
  'profile:progress': 'debug',
  'plan:built': 'info',
  warning: 'warn',
  'step:started': 'info',
  'step:finished': 'info',
  retry: 'warn',
  'table:started': 'info',
  'table:progress': 'debug',
  'table:finished': 'info',
  'shard:loaded': 'info',
  'object:created': ({ error }) => (error === null ? 'info' : 'warn'),
  'table:verified': ({ verification }) =>
    verification.level !== 'none' && verification.verdict === 'differs' ? 'error' : 'info',
  'value:converted': 'debug',
  'transfer:finished': 'info',
}

/** The plan and the report have files of their own; the log only says that they exist. */
function plainEvent<Name extends TransferEventName>(name: Name, event: TransferEvents[Name]): object {
  if (name === 'plan:built') {
    const { plan } = event as TransferEvents['plan:built']
    return { tables: plan.tables.length, steps: plan.steps.map((step) => step.kind), warnings: plan.warnings.length }
  }
  if (name === 'transfer:finished') {
    const { report } = event as TransferEvents['transfer:finished']
    return { status: report.status, exitCode: report.exitCode, verdict: report.verdict, failure: report.failure }
  }
  if (name === 'preflight:finding') {
    // `level` is the line's own.
    const { level, ...finding } = event as TransferEvents['preflight:finding']
    return { finding: level, ...finding }
  }
  if (name !== 'value:converted') return event
  const { before, after, ...rest } = event as TransferEvents['value:converted']
  return { ...rest, before: plainValue(before), after: plainValue(after) }
}

const valueLength = 200

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.subarray(0, valueLength / 2)).toString('hex')}${value.length > valueLength / 2 ? `… (${value.length} bytes)` : ''}`
  }
  if (typeof value === 'string' && value.length > valueLength)
    return `${value.slice(0, valueLength)}… (${value.length} characters)`
  return value
}

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { name, message, stack, cause } = error
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(cause === undefined ? {} : { cause: plainError(cause) }),
  }
}
