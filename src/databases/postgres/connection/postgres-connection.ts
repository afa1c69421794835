import { connect as connectSocket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import pRetry from 'p-retry'
import { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'
import type { Emit } from '../../../model/events.ts'
import { type ConnectionUrl, parseConnectionUrl } from './connection-url.ts'
import { passwordFromFile } from './pgpass.ts'
import { isConnectionFailure, isServerError, messageOf, translatePostgresError } from '../postgres-errors.ts'
import { hasNoTls, isCertificateError, tlsAttempts, wantsOtherTls } from './postgres-tls.ts'
import { sessionSettings, watchForGoneClients } from './session-settings.ts'

/** One session. Every value comes as text, as PostgreSQL wrote it. Dispose of it to end the session. */
export type PostgresConnection = Client & AsyncDisposable

export type ConnectOptions = {
  /** Cancels attempts, and later the statement that is running, then ends the session. */
  readonly signal: AbortSignal
  /** What wants to connect, for the `retry` event and messages: `the target`. */
  readonly what: string
  readonly emit?: Emit
  /** Pauses before the second, third … attempt in ms; their number decides how many attempts there are. */
  readonly pauses?: readonly number[]
  /** Per attempt, in ms; `connect_timeout` in the URL wins. */
  readonly timeout?: number
}

const usualPauses = [500, 1500]
const usualTimeout = 10_000

/**
 * Opens a session with settings of its own (`session-settings.ts`). Only failures to reach the server are tried again;
 * a wrong password or database fails at once.
 *
 * Throws CONFIG_URL, CONNECT_TARGET, CONNECT_TARGET_PASSWORD, CONNECT_TARGET_NO_DATABASE, or the signal's reason.
 */
export async function connect(url: string, options: ConnectOptions): Promise<PostgresConnection> {
  const parsed = parseConnectionUrl(url)
  const pauses = options.pauses ?? usualPauses
  try {
    return await pRetry(() => openSession(parsed, options), {
      retries: pauses.length,
      minTimeout: 0,
      signal: options.signal,
      shouldRetry: ({ error }) => isConnectionFailure(error),
      // Pauses of our own, since p-retry knows only a factor.
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        const pause = pauses[attemptNumber - 1]
        if (retriesLeft === 0 || pause === undefined || !isConnectionFailure(error)) return
        announce(options, attemptNumber, pauses.length + 1, pause, error)
        await wait(pause, undefined, { signal: options.signal })
      },
    })
  } catch (error) {
    options.signal.throwIfAborted()
    throw explainFailure(error, parsed, pauses.length + 1)
  }
}

/**
 * Runs `work` between begin and commit; rolls back when it throws. `begin` may carry a mode:
 * `begin isolation level repeatable read read only`.
 */
export async function withTransaction<Result>(
  client: Client,
  work: () => Promise<Result>,
  begin = 'begin',
): Promise<Result> {
  await client.query(begin)
  let result: Result
  try {
    result = await work()
  } catch (error) {
    // The first error is the one to report; where even this fails the connection is gone and the server rolls back.
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  const { command } = await client.query('commit')
  // PostgreSQL answers `commit` in a failed transaction with ROLLBACK, and no error.
  if (command === 'COMMIT') return result
  throw new RowferryError('INTERNAL', {
    message: 'A transaction was rolled back although no statement of it was reported as failed.',
    remedy: null,
  })
}

/**
 * Runs `work` behind a savepoint. When PostgreSQL refuses what is in the rows, the transaction is as it was before, and the
 * refusal is thrown.
 */
export async function withSavepoint<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('savepoint attempt')
  try {
    const result = await work()
    await client.query('release savepoint attempt')
    return result
  } catch (error) {
    if (isServerError(error)) await client.query('rollback to savepoint attempt; release savepoint attempt')
    throw error
  }
}

function announce(options: ConnectOptions, failed: number, attempts: number, waitMs: number, error: Error): void {
  options.emit?.('retry', { what: options.what, attempt: failed + 1, attempts, waitMs, reason: messageOf(error) })
}

/** Servers that said in this thread that they have no TLS: asking each time costs a connection more. */
const withoutTls = new Set<string>()

async function openSession(url: ConnectionUrl, options: ConnectOptions): Promise<PostgresConnection> {
  const server = `${url.host}:${url.port}`
  const possible = tlsAttempts(url)
  const attempts = withoutTls.has(server) && possible.includes(false) ? [false as const] : possible
  for (const [index, ssl] of attempts.entries()) {
    try {
      return await openWith(url, ssl, options)
    } catch (error) {
      if (!(index + 1 < attempts.length && wantsOtherTls(error))) throw error
      if (hasNoTls(error)) withoutTls.add(server)
    }
  }
  throw new RowferryError('INTERNAL', { message: `No way to connect for sslmode ${url.sslMode}.`, remedy: null })
}

async function openWith(
  url: ConnectionUrl,
  ssl: false | ConnectionOptions,
  options: ConnectOptions,
): Promise<PostgresConnection> {
  options.signal.throwIfAborted()
  const client = new Client({
    host: url.host,
    port: url.port,
    user: url.user,
    database: url.database,
    password: () => passwordOf(url),
    ssl,
    ...(url.sslDirect && ssl !== false && { sslnegotiation: 'direct' as const }),
    enableChannelBinding: url.channelBinding,
    ...(url.options !== null && { options: url.options }),
    application_name: url.applicationName ?? 'rowferry',
    connectionTimeoutMillis: timeoutOf(url, options),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: () => (value: unknown) => value },
  })
  // A connection that breaks while nothing runs also emits here; the next statement fails with the same error.
  client.on('error', () => undefined)
  const destroy = (): void => void client.connection.stream.destroy()
  options.signal.addEventListener('abort', destroy, { once: true })
  try {
    await client.connect()
    await applySettings(client)
  } catch (error) {
    destroy()
    throw error
  } finally {
    options.signal.removeEventListener('abort', destroy)
  }
  return closing(client, options.signal)
}

/** In one round trip, or two where the server refuses to watch. */
async function applySettings(client: Client): Promise<void> {
  try {
    await client.query(`${sessionSettings};${watchForGoneClients}`)
  } catch (error) {
    if (isConnectionFailure(error)) throw error
    // Everything in that message was undone with it. What else was refused is refused again.
    await client.query(sessionSettings)
  }
}

function timeoutOf(url: ConnectionUrl, options: ConnectOptions): number {
  const seconds = url.connectTimeoutSeconds
  return seconds !== null && seconds > 0 ? seconds * 1000 : (options.timeout ?? usualTimeout)
}

async function passwordOf(url: ConnectionUrl): Promise<string> {
  const password = url.password ?? (await passwordFromFile(url, url.passwordFile))
  if (password !== null) return password
  throw new RowferryError('CONNECT_TARGET_PASSWORD', {
    message: `${url.label} asks for a password and none was given.`,
    remedy: `Put it into the URL (postgres://${url.user}:password@…), PGPASSWORD or ~/.pgpass (which only its owner may read: chmod 600).`,
  })
}

/** Adds the two ways in which a session ends: it is disposed of, or the signal aborts. */
function closing(client: Client, signal: AbortSignal): PostgresConnection {
  const end = async (): Promise<void> => {
    signal.removeEventListener('abort', abort)
    // A server that does not answer any more must not keep us: it gets two seconds to say goodbye.
    const impatient = setTimeout(() => client.connection.stream.destroy(), 2000)
    await client.end()
    clearTimeout(impatient)
  }
  const abort = (): void => {
    sendCancel(client)
    // Half a second for the statement to end with 57014; then the connection is cut.
    setTimeout(() => client.connection.stream.destroy(), 500).unref()
  }
  signal.addEventListener('abort', abort, { once: true })
  client.once('end', () => signal.removeEventListener('abort', abort))
  return Object.assign(client, { [Symbol.asyncDispose]: end })
}

/**
 * Asks the server to stop the running statement, over a connection of its own that needs no login. Nothing is answered;
 * where it does not get through, cutting the connection does it (`client_connection_check_interval`).
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
function sendCancel(client: Client): void {
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null }
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  for (const [index, word] of [16, 80877102, processID, secretKey].entries()) request.writeInt32BE(word, index * 4)
  const unix = client.host.startsWith('/')
  const socket = unix
    ? connectSocket(`${client.host}/.s.PGSQL.${client.port}`)
    : connectSocket(client.port, client.host)
  socket.on('error', () => undefined)
  socket.setTimeout(2000, () => socket.destroy())
  socket.end(request)
  socket.unref()
}

function explainFailure(error: unknown, url: ConnectionUrl, attempts: number): unknown {
  const scene = { target: url.label, doing: 'connecting' }
  if (isConnectionFailure(error) && !(error instanceof RowferryError)) {
    return new RowferryError('CONNECT_TARGET', {
      message: `${url.label} cannot be reached${attempts === 1 ? '' : ` after ${attempts} attempts`}: ${messageOf(error)}.`,
      remedy: reachRemedy(error, url),
      cause: error,
    })
  }
  const translated = translatePostgresError(error, scene)
  if (translated instanceof RowferryError) return translated
  return new RowferryError('CONNECT_TARGET', {
    message: `${url.label} refused the connection: ${messageOf(error)}.`,
    remedy: isCertificateError(error)
      ? 'Name the certificate of its authority (sslrootcert=FILE), or use sslmode=require, which encrypts without checking who answers.'
      : /SSL/.test(messageOf(error))
        ? 'Add sslmode=prefer (or disable) to the URL if an unencrypted connection is good enough.'
        : 'Check host and port of the URL.',
    cause: error,
  })
}

function reachRemedy(error: unknown, url: ConnectionUrl): string {
  if (/ENOTFOUND|EAI_/.test(messageOf(error))) return `Check the host name ${url.host} in the URL.`
  if (/53300|too many/.test(messageOf(error)))
    return 'Close other connections, raise max_connections, or use fewer with --parallel.'
  return `Check that PostgreSQL listens on port ${url.port} of ${url.host} and that no firewall is in between: psql '${url.label}'`
}
