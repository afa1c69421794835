import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Any end of a download but a complete one. `again`: another attempt may succeed. */
export class DownloadFailure extends Error {
  readonly again: boolean

  constructor(message: string, options: { readonly again: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'DownloadFailure'
    this.again = options.again
  }
}

export type Download = {
  /** Length of the body before it is decoded; null where the server does not say. */
  readonly announced: number | null
  /** The body is compressed on its way. */
  readonly encoded: boolean
  /** Hands the decoded body on, chunk by chunk, each after the one before has been taken. Throws DownloadFailure, or what `take` throws. */
  receive(take: (chunk: Buffer) => Promise<void>): Promise<void>
  /** Ends the connection without a word; needed where the body is not received. */
  drop(): void
}

export type DownloadOptions = {
  readonly signal: AbortSignal
  /** A server that sends nothing worth mentioning for so long has stalled. */
  readonly stallMs: number
}

const mostRedirects = 5
/** What a server has to send per `stallMs` at least: one that drips a byte now and then never ends. */
const leastBytes = 1024

/**
 * Asks for a URL. Node's own HTTP client: `fetch` throws an assertion outside of every promise when a connection ends while its body
 * waits to be read, and forgets signals that were made by `AbortSignal.any`.
 */
export async function openDownload(url: string, options: DownloadOptions): Promise<Download> {
  const start = withoutCredentials(url)
  let { address } = start
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const headers = address.origin === start.address.origin ? start.headers : {}
    const response = await ask(address, headers, options)
    const { statusCode = 0, statusMessage = '' } = response
    const target = response.headers.location
    if (statusCode >= 300 && statusCode < 400 && target !== undefined) {
      response.destroy()
      address = redirected(target, address)
      continue
    }
    if (statusCode !== 200) {
      response.destroy()
      const again = statusCode >= 500 || statusCode === 408 || statusCode === 429
      throw new DownloadFailure(`the server answered ${statusCode} ${statusMessage}`.trimEnd(), { again })
    }
    return downloadOf(response, options)
  }
  throw new DownloadFailure(`the server redirects more than ${mostRedirects} times`, { again: false })
}

function redirected(target: string, from: URL): URL {
  const to = URL.parse(target, from.href)
  if (to !== null && /^https?:$/.test(to.protocol)) return to
  throw new DownloadFailure('the server redirects to something that is no http(s) URL', { again: false })
}

async function ask(
  address: URL,
  headers: Readonly<Record<string, string>>,
  { signal, stallMs }: DownloadOptions,
): Promise<IncomingMessage> {
  signal.throwIfAborted()
  const send = address.protocol === 'https:' ? requestHttps : requestHttp
  const answered = Promise.withResolvers<IncomingMessage>()
  const request = send(address, { headers: { ...headers, 'accept-encoding': 'identity' }, agent: false })
  const end = (): void => void request.destroy(new Error('the download was cancelled'))
  const timer = setTimeout(() => request.destroy(stalled(stallMs)), stallMs)
  signal.addEventListener('abort', end)
  request.on('error', answered.reject) // stays: later errors come with the body as well
  request.on('response', answered.resolve)
  request.end()
  try {
    const response = await answered.promise
    // The body reports its own end; without a listener an error would be thrown at nobody.
    response.on('error', () => undefined)
    return response
  } catch (error) {
    signal.throwIfAborted()
    throw asFailure(error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function downloadOf(response: IncomingMessage, { signal, stallMs }: DownloadOptions): Download {
  const announced = response.headers['content-length']
  const encoding = response.headers['content-encoding'] ?? 'identity'
  return {
    announced: announced === undefined ? null : Number(announced),
    encoded: encoding !== 'identity',
    drop: () => void response.destroy(),
    async receive(take) {
      const decoder = decoderFor(encoding)
      const taking = new Taking(take)
      using _ = watchStall(response, stallMs)
      const streams = decoder === null ? [response, taking] : [response, decoder, taking]
      try {
        await pipeline(streams, { signal })
      } catch (error) {
        response.destroy()
        signal.throwIfAborted()
        throw taking.failed ?? asFailure(error)
      }
    },
  }
}

/** The end of the pipeline; keeps errors of the taker apart from those of the network. */
class Taking extends Transform {
  failed: unknown = null
  readonly #take: (chunk: Buffer) => Promise<void>

  constructor(take: (chunk: Buffer) => Promise<void>) {
    super()
    this.#take = take
    // Nothing comes out of it; what comes is thrown away, so that it ends.
    this.resume()
  }

  override _transform(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(
      () => done(),
      (error: unknown) => {
        this.failed = error
        done(error instanceof Error ? error : new Error(String(error)))
      },
    )
  }
}

function decoderFor(encoding: string): Transform | null {
  switch (encoding) {
    case 'identity':
      return null
    case 'gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new DownloadFailure(`the server sends it in an encoding (${encoding}) that is not known`, { again: false })
  }
}

function watchStall(response: IncomingMessage, stallMs: number): Disposable {
  let before = 0
  let received = 0
  response.on('data', (chunk: Buffer) => (received += chunk.length))
  const timer = setInterval(() => {
    if (received - before < leastBytes && !response.readableEnded && !response.isPaused()) {
      response.destroy(stalled(stallMs))
    }
    before = received
  }, stallMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function stalled(stallMs: number): DownloadFailure {
  return new DownloadFailure(`the server sent less than ${leastBytes} bytes in ${stallMs / 1000} s`, { again: true })
}

/** Errors of sockets, of TLS and of a body that ends too early or is not in its encoding. */
function asFailure(error: unknown): unknown {
  if (error instanceof DownloadFailure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || (code === 'ECONNRESET' && /aborted/.test(String(error)))) {
    return new DownloadFailure('the connection broke off in the middle of the file', { again: true, cause: error })
  }
  const message = error instanceof Error ? error.message.trim() || code : String(error)
  // A certificate, a host name that does not exist, a broken encoding: the next attempt ends alike.
  return new DownloadFailure(message, { again: /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN)/.test(code), cause: error })
}

/** As a header, and not in the URL, which other programs would log. */
function withoutCredentials(text: string): { readonly address: URL; readonly headers: Record<string, string> } {
  const address = new URL(text)
  if (address.username === '') return { address, headers: {} }
  const login = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`
  address.username = ''
  address.password = ''
  return { address, headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } }
}
