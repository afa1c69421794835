import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { query } from '../../../../test/support/postgres.ts'
import { isPostgres } from './embedded-state.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

const folders: string[] = []
let folder = ''

beforeEach(async () => {
  const place = await mkdtemp(join(tmpdir(), 'rowferry-embedded-'))
  folders.push(place)
  // Closed, as root's home is: PostgreSQL, which runs as somebody else then, must get to its data all the same.
  chmodSync(place, 0o700)
  folder = join(place, '.rowferry', 'postgres')
})

afterAll(async () => {
  for (const place of folders) await rm(place, { recursive: true, force: true })
})

const quick = { fsync: 'off' }

/** Another process that uses the server of the folder until its stdin ends, or it is killed. */
async function givenUser(): Promise<{ process: ChildProcess; url: string; pid: number; startedHere: boolean }> {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)})
    const server = await startEmbeddedPostgres({ dataDirectory: ${JSON.stringify(folder)}, settings: { fsync: 'off' } })
    console.log(JSON.stringify({ url: server.url, pid: server.pid, startedHere: server.startedHere }))
    process.stdin.resume().on('end', () => server.stop())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { process: child, ...(JSON.parse(line) as { url: string; pid: number; startedHere: boolean }) }
}

async function leave(user: { process: ChildProcess }): Promise<void> {
  user.process.stdin?.end()
  await once(user.process, 'exit')
}

describe('the embedded PostgreSQL', () => {
  test('starts, keeps its URL and its rows from run to run, and leaves no process behind', async () => {
    const first = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect(first.startedHere).toBe(true)
    expect(await query(first.url, 'create table t as select 7 as x; show wal_level')).toEqual([
      { wal_level: 'logical' },
    ])
    expect(await query(first.url, 'select current_user, getdatabaseencoding(), inet_server_addr()')).toEqual([
      { current_user: 'postgres', getdatabaseencoding: 'UTF8', inet_server_addr: '127.0.0.1' },
    ])
    await first.stop()
    await first.stop()
    expect(isPostgres(first.pid)).toBe(false)

    await using second = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'select x from t')).toEqual([{ x: '7' }])
  })

  test('its password is readable for its owner only, asked for, and stands in no other file', async () => {
    await using server = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect((await stat(join(folder, 'state.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n')
    expect(readFileSync(join(folder, 'server.log'), 'utf8')).not.toContain(new URL(server.url).password)
    await expect(query(server.url.replace(/:[^:@]*@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('two who start it at once share one server, and the last to leave stops it', async () => {
    const [one, two] = await Promise.all([givenUser(), givenUser()])
    expect(one.pid).toBe(two.pid)
    expect([one, two].filter((user) => user.startedHere)).toHaveLength(1)
    const starter = one.startedHere ? one : two
    const other = one.startedHere ? two : one
    await leave(starter)
    expect(await query(other.url, 'select 1 as one')).toEqual([{ one: '1' }])
    await leave(other)
    expect(isPostgres(one.pid)).toBe(false)
  })

  test('two users in one process share it too', async () => {
    const [one, two] = await Promise.all([
      startEmbeddedPostgres({ dataDirectory: folder, settings: quick }),
      startEmbeddedPostgres({ dataDirectory: folder, settings: quick }),
    ])
    expect(one.pid).toBe(two.pid)
    await one.stop()
    expect(isPostgres(one.pid)).toBe(true)
    await two.stop()
    expect(isPostgres(one.pid)).toBe(false)
  })

  test('a server that outlived its killed user is joined and stopped by the next', async () => {
    const user = await givenUser()
    user.process.kill('SIGKILL')
    await once(user.process, 'exit')
    expect(isPostgres(user.pid)).toBe(true)
    const next = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect(next).toMatchObject({ pid: user.pid, url: user.url, startedHere: false })
    await next.stop()
    expect(isPostgres(user.pid)).toBe(false)
  })

  test('a server that was killed in the middle of work comes back with what was committed', async () => {
    const server = await startEmbeddedPostgres({ dataDirectory: folder })
    await query(server.url, 'create table t as select generate_series(1, 1000) as x')
    process.kill(server.pid, 'SIGKILL')
    await using again = await startEmbeddedPostgres({ dataDirectory: folder })
    expect(again.pid).not.toBe(server.pid)
    expect(again.url).toBe(server.url)
    expect(await query(again.url, 'select count(*) from t')).toEqual([{ count: '1000' }])
    await server.stop()
    expect(isPostgres(again.pid)).toBe(true)
  })

  test('a pid file left behind, whose number now belongs to somebody else, does not keep it from starting', async () => {
    const first = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    const file = join(folder, 'data', 'postmaster.pid')
    const content = readFileSync(file, 'utf8')
    await first.stop()
    writeFileSync(file, content.replace(/^\d+/, String(process.pid)))
    await using second = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect(second.startedHere).toBe(true)
  })

  test('takes another port when its own is taken', async () => {
    const first = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    await first.stop()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(first.port, '127.0.0.1', resolve))
    try {
      await using second = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
      expect(second.port).not.toBe(first.port)
      expect(await query(second.url, 'select 1 as one')).toEqual([{ one: '1' }])
    } finally {
      squatter.close()
    }
  })

  test('a process that ends without stop() takes the server with it', async () => {
    const user = await givenUser()
    user.process.kill('SIGKILL')
    await once(user.process, 'exit')
    const script = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)})
      await startEmbeddedPostgres({ dataDirectory: ${JSON.stringify(folder)} })
      process.exit(3)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([3, null])
    await expect.poll(() => isPostgres(user.pid), { timeout: 5000 }).toBe(false)
  })

  test('a cluster of another major version is refused with what to do', async () => {
    const server = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    await server.stop()
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '15\n')
    await expect(startEmbeddedPostgres({ dataDirectory: folder })).rejects.toMatchObject({
      code: 'CONNECT_EMBEDDED',
      message: expect.stringContaining('was made by PostgreSQL 15'),
      remedy: expect.stringContaining('mv '),
    })
  })

  test('a place that cannot be written is refused with what to do', async () => {
    const file = join(folder, '..', '..', 'file')
    writeFileSync(file, '')
    for (const place of [file, join(file, 'postgres'), '/proc/rowferry']) {
      await expect(startEmbeddedPostgres({ dataDirectory: place })).rejects.toMatchObject({
        code: 'CONNECT_EMBEDDED',
        message: expect.stringContaining(place),
        remedy: expect.stringMatching(/may write|Remove the cause/),
      })
    }
  })

  test('a setting that PostgreSQL refuses is told in its words', async () => {
    await expect(
      startEmbeddedPostgres({ dataDirectory: folder, settings: { wal_level: 'nonsense' } }),
    ).rejects.toMatchObject({ code: 'CONNECT_EMBEDDED', message: expect.stringContaining('wal_level') })
  })

  test('an abort while it is being set up ends with its reason and leaves nothing half made', async () => {
    const abort = new AbortController()
    const starting = startEmbeddedPostgres({ dataDirectory: folder, signal: abort.signal })
    setTimeout(() => abort.abort(new Error('stopped by hand')), 50)
    await expect(starting).rejects.toThrow('stopped by hand')
    expect(existsSync(join(folder, 'data'))).toBe(false)
    await using server = await startEmbeddedPostgres({ dataDirectory: folder, settings: quick })
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: '1' }])
  })

  test('starts an existing cluster without a fixed wait', async () => {
    const first = await startEmbeddedPostgres({ dataDirectory: folder })
    await first.stop()
    const begin = performance.now()
    await using _server = await startEmbeddedPostgres({ dataDirectory: folder })
    // 0.03 s alone; the limit leaves room for a busy machine.
    expect(performance.now() - begin).toBeLessThan(10_000)
  })
})
