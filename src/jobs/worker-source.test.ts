import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RowferryError } from '../errors/errors.ts'
import { digestFile, openWorkerSource, type SourceDigest } from './worker-source.ts'

const signal = new AbortController().signal
/** Two attempts, a tenth of a second apart. */
const quick = { signal, pauses: [100], stallMs: 300 }
const content = 'the very bytes'

function givenFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-worker-source-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'app.db')
  writeFileSync(path, text)
  return path
}

async function givenDigest(): Promise<SourceDigest> {
  return digestFile(givenFile(content), signal)
}

async function givenServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/app.db`
}

describe('a path', () => {
  test('with the same bytes is read as something that never changes', async () => {
    const path = givenFile(content)
    await using source = await openWorkerSource(path, await givenDigest(), quick)
    expect(source.opening).toEqual({ kind: 'sqlite', path, immutable: true, label: path })
    await source.assertUnchanged()
  })

  test.each([
    ['of the same length', 'the other bytes'.slice(0, content.length), /SHA-256 is [0-9a-f]{12}…, not [0-9a-f]{12}…/],
    ['of another length', 'more bytes than expected', /has 24 bytes instead of 14/],
  ])('with other bytes %s is refused', async (_, text, how) => {
    await expect(openWorkerSource(givenFile(text), await givenDigest(), quick)).rejects.toMatchObject({
      code: 'CONNECT_SOURCE_DIFFERS',
      message: expect.stringMatching(how) as string,
    })
  })

  test('that does not exist, or is a folder, says how to name another', async () => {
    for (const path of ['/nowhere/app.db', tmpdir()]) {
      await expect(openWorkerSource(path, await givenDigest(), quick)).rejects.toMatchObject({
        code: 'CONNECT_SOURCE_MISSING',
        remedy: expect.stringContaining('--worker-source') as string,
      })
    }
  })

  test.each([
    ['grew', (path: string) => appendFileSync(path, '!')],
    ['was touched', (path: string) => utimesSync(path, 1, 1)],
  ])('that %s meanwhile is noticed', async (_, change) => {
    const path = givenFile(content)
    await using source = await openWorkerSource(path, await givenDigest(), quick)
    change(path)
    await expect(source.assertUnchanged()).rejects.toMatchObject({ code: 'CONNECT_SOURCE_CHANGED' })
  })
})

describe('a URL', () => {
  test('is downloaded with its login into a folder that is gone afterwards', async () => {
    const url = new URL(
      await givenServer(({ headers }, response) => {
        const login = Buffer.from('me:p@ss').toString('base64')
        if (headers.authorization === `Basic ${login}`) response.end(content)
        else response.writeHead(401).end()
      }),
    )
    url.username = 'me'
    url.password = 'p%40ss'
    const source = await openWorkerSource(url.href, await givenDigest(), quick)
    if (source.opening.kind !== 'sqlite') throw new Error('another kind')
    expect(readFileSync(source.opening.path, 'utf8')).toBe(content)
    const folder = join(source.opening.path, '..')
    await source[Symbol.asyncDispose]()
    expect(() => readdirSync(folder)).toThrow('ENOENT')
    url.password = 'wrong'
    const refused = openWorkerSource(url.href, await givenDigest(), quick)
    await expect(refused).rejects.toMatchObject({ code: 'CONNECT_SOURCE_UNREADABLE' })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') as string })
  })

  const ends: readonly (readonly [what: string, answer: RequestListener, code: string, message: RegExp])[] = [
    ['sends other bytes', (_, to) => to.end('the other byte'), 'CONNECT_SOURCE_DIFFERS', /SHA-256/],
    ['sends fewer bytes', (_, to) => to.end('the'), 'CONNECT_SOURCE_DIFFERS', /3 bytes instead of 14/],
    [
      'sends more bytes than it said',
      (_, to) => void to.writeHead(200, { 'transfer-encoding': 'chunked' }).end(`${content}!`),
      'CONNECT_SOURCE_DIFFERS',
      /more than the 14 bytes/,
    ],
    [
      'ends early without having said a length',
      (_, to) => void to.writeHead(200, { 'transfer-encoding': 'chunked' }).end('the'),
      'CONNECT_SOURCE_DIFFERS',
      /ended after 3 of 14 bytes/,
    ],
    ['has nothing there', (_, to) => to.writeHead(404).end(), 'CONNECT_SOURCE_UNREADABLE', /answered 404 Not Found/],
    ['fails', (_, to) => to.writeHead(500).end('oh'), 'CONNECT_SOURCE_UNREADABLE', /answered 500/],
    ['sends a part', (_, to) => to.writeHead(206).end('the'), 'CONNECT_SOURCE_UNREADABLE', /answered 206/],
    [
      'breaks off in the middle',
      (_, to) => void to.writeHead(200, { 'content-length': content.length }).write('the', () => to.destroy()),
      'CONNECT_SOURCE_UNREADABLE',
      /broke off in the middle/,
    ],
    [
      'breaks off in the middle of a chunk',
      ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\nthe'),
      'CONNECT_SOURCE_UNREADABLE',
      /broke off in the middle/,
    ],
    ['resets the connection', ({ socket }) => socket.resetAndDestroy(), 'CONNECT_SOURCE_UNREADABLE', /ECONNRESET/],
    ['talks something else', ({ socket }) => socket.end('SSH-2.0\r\n\r\n'), 'CONNECT_SOURCE_UNREADABLE', /HTTP/],
    ['never answers', () => undefined, 'CONNECT_SOURCE_UNREADABLE', /less than 1024 bytes in 0.3 s/],
    [
      'stalls in the middle',
      (_, to) => void to.writeHead(200, { 'content-length': content.length }).write('the'),
      'CONNECT_SOURCE_UNREADABLE',
      /less than 1024 bytes in 0.3 s/,
    ],
    ['drips', drip, 'CONNECT_SOURCE_UNREADABLE', /less than 1024 bytes in 0.3 s/],
    [
      'redirects in a circle',
      ({ url }, to) => void to.writeHead(302, { location: `${url}?` }).end(),
      'CONNECT_SOURCE_UNREADABLE',
      /redirects more than 5 times/,
    ],
    [
      'redirects to a file',
      (_, to) => void to.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'CONNECT_SOURCE_UNREADABLE',
      /no http\(s\) URL/,
    ],
    [
      'says that it is compressed and lies',
      (_, to) => void to.writeHead(200, { 'content-encoding': 'gzip' }).end(content),
      'CONNECT_SOURCE_UNREADABLE',
      /incorrect header/,
    ],
  ]
  test('that ends otherwise than with the very bytes is refused, and nothing stays behind', async () => {
    const digest = await givenDigest()
    await inOwnTmpdir(async (folder) => {
      const found = await Promise.all(
        ends.map(async ([what, answer]) => [what, await failureOf(await givenServer(answer), digest)] as const),
      )
      const secure = (await givenServer((_, to) => to.end(content))).replace('http:', 'https:')
      expect(await failureOf(secure, digest)).toMatch(/^CONNECT_SOURCE_UNREADABLE .*(SSL|TLS|EPROTO)/i)
      const gone = 'http://127.0.0.1:1/app.db'
      expect(await failureOf(gone, digest)).toMatch(/^CONNECT_SOURCE_UNREADABLE .*ECONNREFUSED/)
      const expected = ends.map(([what, , code, message]) => [
        what,
        expect.stringMatching(`^${code} .*${message.source}`),
      ])
      expect(found).toEqual(expected)
      expect(readdirSync(folder)).toEqual([])
    })
  })

  test('that fails for a moment, or has another file by then, is asked again', async () => {
    const digest = await givenDigest()
    let asked = 0
    const url = await givenServer((_, to) => {
      asked++
      if (asked === 1) to.writeHead(200, { 'content-length': 14, etag: '"1"' }).write('old', () => to.destroy())
      else to.writeHead(200, { 'content-length': 14, etag: '"2"' }).end(content)
    })
    {
      await using source = await openWorkerSource(url, digest, quick)
      expect(source.opening).toMatchObject({ label: url })
    }
    expect(asked).toBe(2)
    const changed = await givenServer((_, to) => {
      asked++
      if (asked === 3) to.writeHead(503).end()
      else to.end('the other byte')
    })
    expect(await failureOf(changed, digest)).toMatch(/^CONNECT_SOURCE_DIFFERS .*SHA-256/)
  })

  test('that redirects is followed, without the login where it leads to another server', async () => {
    const other = await givenServer(({ headers }, to) => to.end(headers.authorization ?? content))
    const url = new URL(await givenServer((_, to) => void to.writeHead(307, { location: other }).end()))
    url.username = 'me'
    url.password = 'secret'
    await using source = await openWorkerSource(url.href, await givenDigest(), quick)
    expect(source.opening.kind === 'sqlite' && readFileSync(source.opening.path, 'utf8')).toBe(content)
  })

  test('that compresses on the way is unpacked', async () => {
    const url = await givenServer(
      (_, to) => void to.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content)),
    )
    await using source = await openWorkerSource(url, await givenDigest(), quick)
    expect(source.opening.kind === 'sqlite' && readFileSync(source.opening.path, 'utf8')).toBe(content)
  })

  test.each<[string, RequestListener]>([
    ['drips', drip],
    ['never answers', () => undefined],
    ['sends more than is taken', (_, to) => void to.end(Buffer.alloc(50_000_000))],
  ])('that %s is left at once when the transfer is cancelled', async (_, answer) => {
    const digest = await givenDigest()
    await inOwnTmpdir(async (folder) => {
      const url = await givenServer(answer)
      const cancelling = new AbortController()
      const over = AbortSignal.any([signal, cancelling.signal])
      const large = { ...digest, bytes: 50_000_000 }
      const opening = openWorkerSource(url, large, { signal: over, stallMs: 60_000 })
      setTimeout(() => cancelling.abort(new Error('cancelled')), 50)
      const started = performance.now()
      await expect(opening).rejects.toThrow('cancelled')
      expect(performance.now() - started).toBeLessThan(2000)
      expect(readdirSync(folder)).toEqual([])
    })
  })
})

/** A byte now and then. */
function drip(...[, to]: Parameters<RequestListener>): void {
  to.writeHead(200, { 'transfer-encoding': 'chunked' })
  const timer = setInterval(() => to.write('t'), 40)
  to.on('close', () => clearInterval(timer))
}

async function failureOf(url: string, digest: SourceDigest): Promise<string> {
  try {
    await using _ = await openWorkerSource(url, digest, quick)
    return 'opened'
  } catch (error) {
    return error instanceof RowferryError ? `${error.code} ${error.message}` : String(error)
  }
}

/** Downloads go into a folder of their own meanwhile. */
async function inOwnTmpdir(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-worker-source-'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    await work(folder)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(folder, { recursive: true, force: true })
  }
}
