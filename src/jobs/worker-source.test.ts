import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { digestFile, openWorkerSource, type SourceDigest } from './worker-source.ts'

const signal = new AbortController().signal
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
    await using source = await openWorkerSource(path, await givenDigest(), signal)
    expect(source.opening).toEqual({ kind: 'sqlite', path, immutable: true, label: path })
    await source.assertUnchanged()
  })

  test.each([
    ['of the same length', 'the other bytes'.slice(0, content.length), /SHA-256 is [0-9a-f]{12}…, not [0-9a-f]{12}…/],
    ['of another length', 'more bytes than expected', /has 24 bytes instead of 14/],
  ])('with other bytes %s is refused', async (_, text, how) => {
    await expect(openWorkerSource(givenFile(text), await givenDigest(), signal)).rejects.toMatchObject({
      code: 'CONNECT_SOURCE_DIFFERS',
      message: expect.stringMatching(how) as string,
    })
  })

  test('that does not exist, or is a folder, says how to name another', async () => {
    for (const path of ['/nowhere/app.db', tmpdir()]) {
      await expect(openWorkerSource(path, await givenDigest(), signal)).rejects.toMatchObject({
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
    await using source = await openWorkerSource(path, await givenDigest(), signal)
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
    const source = await openWorkerSource(url.href, await givenDigest(), signal)
    if (source.opening.kind !== 'sqlite') throw new Error('another kind')
    expect(readFileSync(source.opening.path, 'utf8')).toBe(content)
    const folder = join(source.opening.path, '..')
    await source[Symbol.asyncDispose]()
    expect(() => readdirSync(folder)).toThrow('ENOENT')
    url.password = 'wrong'
    const refused = openWorkerSource(url.href, await givenDigest(), signal)
    await expect(refused).rejects.toMatchObject({ code: 'CONNECT_SOURCE_UNREADABLE' })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') as string })
  })

  test.each<[string, RequestListener, string]>([
    ['sends other bytes', (_, to) => to.end('the other byte'), 'CONNECT_SOURCE_DIFFERS'],
    ['sends fewer bytes', (_, to) => to.end('the'), 'CONNECT_SOURCE_DIFFERS'],
    [
      'sends more bytes than it said',
      (_, to) => void to.writeHead(200, { 'transfer-encoding': 'chunked' }).end(`${content}!`),
      'CONNECT_SOURCE_DIFFERS',
    ],
    ['has nothing there', (_, to) => to.writeHead(404).end(), 'CONNECT_SOURCE_UNREADABLE'],
    [
      'breaks off in the middle',
      (_, to) => {
        to.writeHead(200, { 'content-length': content.length }).write('the', () => to.destroy())
      },
      'CONNECT_SOURCE_UNREADABLE',
    ],
  ])('that %s is refused, and nothing stays behind', async (_, answer, code) => {
    const url = await givenServer(answer)
    const folder = mkdtempSync(join(tmpdir(), 'rowferry-worker-source-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
    try {
      await expect(openWorkerSource(url, await digestFile(givenFile(content), signal), signal)).rejects.toMatchObject({
        code,
      })
      expect(readdirSync(folder).filter((name) => !name.startsWith('rowferry-worker-source-'))).toEqual([])
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })
})
