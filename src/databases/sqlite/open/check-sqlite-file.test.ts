import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { givenFiles, listFolder, type TestFiles, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import { openSqliteSource } from '../sqlite-source.ts'
import { checkSqliteFile } from './check-sqlite-file.ts'

const strict = { salvage: false }

describe('a source file is looked at before SQLite sees it', () => {
  test('a good database passes, and its header is read', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('good.db'), 'pragma page_size = 1024; create table t(a)')
    const file = await checkSqliteFile(path, strict)
    expect(file.header).toMatchObject({ pageSize: 1024, wal: false, pageCount: 2 })
    expect(file).toMatchObject({ size: 2048, walBytes: 0, shm: false, journal: false })
  })

  test('a symbolic link leads to the real file, beside which the log lies', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('real.db'), 'create table t(a)')
    await symlink(path, files.path('link.db'))
    expect((await checkSqliteFile(files.path('link.db'), strict)).path.endsWith('real.db')).toBe(true)
  })

  type Refusal = {
    what: string
    give: (files: TestFiles) => Promise<string>
    code: string
    says: RegExp
    remedy: RegExp
  }
  const content = (name: string, bytes: string | Buffer) => async (files: TestFiles) => {
    await writeFile(files.path(name), bytes)
    return files.path(name)
  }
  const refusals: Refusal[] = [
    {
      what: 'a mistyped name',
      give: async (files) => {
        writeSqlite(files.path('orders.db'), 'create table t(a)')
        return files.path('order.db')
      },
      code: 'CONNECT_SOURCE_MISSING',
      says: /no file .*order\.db/,
      remedy: /Did you mean .*orders\.db/,
    },
    {
      what: 'a path in a folder that does not exist',
      give: async (files) => files.path('no/such.db'),
      code: 'CONNECT_SOURCE_MISSING',
      says: /no file/,
      remedy: /folder .*no does not exist/,
    },
    {
      what: 'a folder',
      give: async (files) => {
        await mkdir(files.path('app'))
        writeSqlite(files.path('app/inside.sqlite'), 'create table t(a)')
        return files.path('app')
      },
      code: 'CONNECT_SOURCE_UNREADABLE',
      says: /is a folder/,
      remedy: /inside\.sqlite/,
    },
    {
      what: 'an empty file',
      give: content('e.db', ''),
      code: 'CONNECT_SOURCE_UNREADABLE',
      says: /0 bytes/,
      remedy: /./,
    },
    {
      what: 'no ordinary file',
      give: async () => '/dev/null',
      code: 'CONNECT_SOURCE_UNREADABLE',
      says: /ordinary/,
      remedy: /./,
    },
    ...(
      [
        ['a header that is cut off', Buffer.from('SQLite format 3\0\x10\0\x01\x01\0@  '), /cut off after 24 bytes/],
        ['an encrypted database', randomBytes(8192), /looks encrypted/],
        ['one that begins like JSON', Buffer.concat([Buffer.from('{'), randomBytes(8191)]), /looks encrypted/],
        ['one that begins like XML', Buffer.concat([Buffer.from(' <'), randomBytes(8190)]), /looks encrypted/],
        ['a dump', 'BEGIN TRANSACTION;\nCREATE TABLE t(a);', /SQL text/],
        ['a compressed database', gzipSync('x'.repeat(1000)), /gzip/],
        ['a log', Buffer.from('377f0682002de218', 'hex'), /write-ahead log of a database, not the database/],
        ['JSON', '{"a": 1}', /JSON/],
        [
          'a header with a page size that cannot be',
          Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(84)]),
          /damaged/,
        ],
        ['zeros', Buffer.alloc(4096), /zero bytes/],
      ] as const
    ).map(([what, bytes, says]) => ({
      what,
      give: content('x.db', bytes),
      code: 'CONNECT_SOURCE_NOT_A_DATABASE',
      says,
      remedy: /./,
    })),
  ]
  test.each(refusals)('$what is refused with one sentence and a remedy', async ({ give, code, says, remedy }) => {
    const files = givenFiles()
    const path = await give(files)
    const before = listFolder(files.folder)
    await expect(checkSqliteFile(path, strict)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    })
    expect(listFolder(files.folder)).toEqual(before)
  })

  test('a file shorter than its header says is cut off, and passes only for salvage', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('cut.db'), 'create table t(a); insert into t values (zeroblob(20000))')
    await truncate(path, 4096 * 3)
    await expect(checkSqliteFile(path, strict)).rejects.toMatchObject({
      code: 'CONNECT_SOURCE_NOT_A_DATABASE',
      message: expect.stringMatching(/cut off: its header says \d+ pages of 4096 bytes, but the file has 12288/),
    })
    expect((await checkSqliteFile(path, { salvage: true })).size).toBe(12288)
  })

  test('a page count that an old SQLite left stale does not count', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('old.db'), 'create table t(a)')
    await using file = await open(path, 'r+')
    await file.write(Buffer.from([0, 0, 9, 9]), 0, 4, 28)
    await file.write(Buffer.from([0, 0, 0, 0]), 0, 4, 92)
    expect((await checkSqliteFile(path, strict)).header.pageCount).toBeNull()
  })

  test('what lies beside is seen: a log with changes, a journal with a header, not one that was emptied', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a)')
    await writeFile(`${path}-wal`, 'changes')
    await writeFile(`${path}-journal`, Buffer.alloc(512))
    expect(await checkSqliteFile(path, strict)).toMatchObject({ walBytes: 7, journal: false, shm: false })
    await writeFile(`${path}-journal`, Buffer.from('d9d505f920a163d7', 'hex'))
    expect(await checkSqliteFile(path, strict)).toMatchObject({ journal: true })
    expect((await readFile(path)).length).toBe(8192)
  })
})

test.each([5, 64, 255])('a schema format that SQLite does not know (%i) is refused as unreadable', async (format) => {
  const files = givenFiles()
  const path = writeSqlite(files.path('newer.db'), 'create table t(a)')
  const bytes = await readFile(path)
  bytes[47] = format
  await writeFile(path, bytes)
  const opened = openSqliteSource({ path, workFolder: files.folder, signal: new AbortController().signal })
  await expect(
    opened.then((source) => source.readCatalog({ signal: new AbortController().signal })),
  ).rejects.toMatchObject({
    code: 'CONNECT_SOURCE_UNREADABLE',
    message: expect.stringMatching(/schema format.*formats 1 to 4/) as string,
  })
})
