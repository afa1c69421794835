import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, readdir, truncate, utimes } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { givenFiles, listFolder, numbers, type TestFiles, writeSqlite } from '../../../../test/support/sqlite-files.ts'
import { givenFolder } from '../../../../test/support/folders.ts'
import { openSqlite } from './sqlite-open.ts'
import { openSqliteSource, type SqliteSourceOptions } from '../sqlite-source.ts'
import { decideReading, type Reading } from './sqlite-snapshot.ts'

const { signal } = new AbortController()

function open(path: string, options: Partial<SqliteSourceOptions> = {}) {
  return openSqliteSource({ path, workFolder: givenFolder(), signal, busyTimeoutMs: 200, ...options })
}

function count(source: { opening: Parameters<typeof openSqlite>[0] }): unknown {
  const db = openSqlite(source.opening)
  try {
    return db.prepare('select count(*) as count from t').get()?.['count']
  } finally {
    db.close()
  }
}

/** A database in the state in which a killed process leaves it: a copy of all its files while it is open. */
async function givenCrashed(files: TestFiles, sql: string): Promise<string> {
  {
    using db = new DatabaseSync(files.path('live.db'))
    db.exec(sql)
    for (const name of await readdir(files.folder)) {
      if (name.startsWith('live.db')) await copyFile(files.path(name), files.path(name.replace('live', 'crashed')))
    }
  }
  return files.path('crashed.db')
}

describe('the way of reading is decided by what lies beside the file', () => {
  const header = { pageSize: 4096, wal: false, pageCount: 1 }
  const none = { header, walBytes: 0, shm: false, journal: false }
  const wal = { ...none, header: { ...header, wal: true } }
  const cases: [string, typeof none, Record<'auto' | 'always' | 'never', Reading>][] = [
    ['rollback mode', none, { auto: 'plain', always: 'backup', never: 'plain' }],
    ['a journal', { ...none, journal: true }, { auto: 'probe', always: 'probe', never: 'probe' }],
    ['WAL mode without a log', wal, { auto: 'immutable', always: 'copy-files', never: 'immutable' }],
    [
      'an open WAL database without changes',
      { ...wal, shm: true },
      { auto: 'copy-files', always: 'copy-files', never: 'immutable' },
    ],
    ['a log with changes', { ...wal, walBytes: 1 }, { auto: 'copy-files', always: 'copy-files', never: 'refuse' }],
    [
      'a log with changes and a header without WAL',
      { ...none, walBytes: 1 },
      { auto: 'copy-files', always: 'copy-files', never: 'refuse' },
    ],
  ]
  test.each(cases)('%s', (_, file, expected) => {
    for (const [mode, reading] of Object.entries(expected)) {
      expect(decideReading(file, mode as 'auto' | 'always' | 'never')).toBe(reading)
    }
  })
})

describe('a source is read without touching anything beside it', () => {
  test.each([
    ['rollback mode', 'create table t(a); insert into t values (1), (2)', 2, false],
    ['WAL mode, closed', 'pragma journal_mode = wal; create table t(a); insert into t values (1), (2)', 2, false],
    ['an emptied journal', 'pragma journal_mode = persist; create table t(a); insert into t values (1), (2)', 2, false],
  ])('%s', async (_, sql, rows, copied) => {
    const files = givenFiles()
    const path = writeSqlite(files.path('my db %41 ?x#y ü.sqlite'), sql)
    const before = listFolder(files.folder)
    await using source = await open(path)
    expect(count(source)).toBe(rows)
    expect(source.copied).toBe(copied)
    await source.assertUnchanged()
    expect(listFolder(files.folder)).toEqual(before)
  })

  test('rows that stand only in the log are there, and the private copy goes away', async () => {
    const files = givenFiles()
    const path = await givenCrashed(
      files,
      'pragma journal_mode = wal; create table t(a); insert into t values (1), (2), (3)',
    )
    const before = listFolder(files.folder)
    const workFolder = givenFolder()
    {
      await using source = await open(path, { workFolder })
      expect(source.copied).toBe(true)
      expect(count(source)).toBe(3)
      expect(await readdir(workFolder)).toHaveLength(1)
    }
    expect(await readdir(workFolder)).toEqual([])
    expect(listFolder(files.folder)).toEqual(before)
    await expect(open(path, { snapshot: 'never' })).rejects.toMatchObject({
      code: 'CONFIG_CONFLICT',
      message: expect.stringContaining('crashed.db-wal holds'),
    })
  })

  test('a transaction that a crash left half-written is rolled back in a private copy', async () => {
    const files = givenFiles()
    const spilled = `pragma cache_size = 5; create table t(a, b); insert into t select n, zeroblob(500) from ${numbers(1000)};
      begin; update t set a = -1, b = zeroblob(600); insert into t select n, zeroblob(500) from ${numbers(500)}`
    const path = await givenCrashed(files, spilled)
    const before = listFolder(files.folder)
    await using source = await open(path)
    expect(source.copied).toBe(true)
    expect(count(source)).toBe(1000)
    const db = openSqlite(source.opening)
    expect(db.prepare('select min(a) as least from t').get()).toEqual({ least: 1 })
    db.close()
    expect(listFolder(files.folder)).toEqual(before)
    await expect(open(path, { snapshot: 'never' })).rejects.toMatchObject({ code: 'CONFIG_CONFLICT' })
  })

  test('with snapshot always a copy is read whatever happens to the source', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a); insert into t values (1)')
    await using source = await open(path, { snapshot: 'always' })
    writeSqlite(path, 'insert into t values (2)')
    expect(source.copied).toBe(true)
    expect(count(source)).toBe(1)
    await source.assertUnchanged()
  })

  test('a source that an application keeps writing in WAL mode is read as of one moment', async () => {
    const files = givenFiles()
    const path = files.path('live.db')
    writeSqlite(path, 'pragma journal_mode = wal; create table t(a); create table u(a)')
    const writer = spawn(process.execPath, [
      '-e',
      `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(${JSON.stringify(path)});
       db.exec('pragma synchronous = off'); console.log('ready');
       setInterval(() => { for (let i = 0; i < 20; i++) db.exec('begin; insert into t values (1); insert into u values (1); commit') }, 1)`,
    ])
    try {
      await once(writer.stdout, 'data')
      await using source = await open(path)
      const db = openSqlite(source.opening)
      const { t, u } = db.prepare('select (select count(*) from t) as t, (select count(*) from u) as u').get() ?? {}
      db.close()
      expect(t).toBe(u)
      expect(source.copied).toBe(true)
      await source.assertUnchanged()
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
  })

  test('a locked source is waited for, then refused', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a)')
    using writer = new DatabaseSync(path)
    writer.exec('begin exclusive')
    const started = Date.now()
    await expect(open(path)).rejects.toMatchObject({ code: 'CONNECT_SOURCE_LOCKED' })
    expect(Date.now() - started).toBeGreaterThan(150)
  })

  test('a source that another transaction is writing, not yet committed, is read without it', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a); insert into t values (1)')
    using writer = new DatabaseSync(path)
    writer.exec('begin immediate; insert into t values (2)')
    await using source = await open(path)
    expect(count(source)).toBe(1)
  })

  test('what a program without the right to write can read is read', async () => {
    const files = givenFiles()
    const path = writeSqlite(
      files.path('a.db'),
      'pragma journal_mode = wal; create table t(a); insert into t values (1)',
    )
    await chmod(path, 0o444)
    await chmod(files.folder, 0o555)
    await using source = await open(path)
    expect(count(source)).toBe(1)
    await chmod(files.folder, 0o755)
  })

  test('a cut-off file can be salvaged from a copy that is filled up', async () => {
    const files = givenFiles()
    const path = writeSqlite(
      files.path('a.db'),
      `create table t(a, b); insert into t select n, zeroblob(500) from ${numbers(500)}`,
    )
    await truncate(path, 4096 * 30)
    await using source = await open(path, { salvage: true })
    const catalog = await source.readCatalog({ signal })
    const profile = await source.profile(catalog.tables, { signal, parallel: 1, emit: () => {} })
    expect(profile.tables[0]?.rows).toBeGreaterThan(150)
    expect(source.salvageReport[0]?.sentence).toMatch(/unreadable/)
  })
})

describe('the fingerprint tells whether the content may have changed', () => {
  test('reading and a new access time do not change it', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a)')
    const modified = new Date('2024-02-29T12:00:00Z')
    await utimes(path, modified, modified)
    await using first = await open(path)
    count(first)
    await utimes(path, new Date(), modified)
    await first.assertUnchanged()
    await using second = await open(path)
    expect(second).toMatchObject({ identity: first.identity, fingerprint: first.fingerprint })
  })

  test.each([
    ['a row', 'insert into t values (1)'],
    ['the schema', 'create table u(a)'],
  ])('a change of %s while reading is found in the end', async (_, sql) => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'create table t(a)')
    await using source = await open(path)
    writeSqlite(path, sql)
    await expect(source.assertUnchanged()).rejects.toMatchObject({
      code: 'CONNECT_SOURCE_CHANGED',
      remedy: expect.stringContaining('--snapshot always'),
    })
  })

  test('a change that went into a new log is found too', async () => {
    const files = givenFiles()
    const path = writeSqlite(files.path('a.db'), 'pragma journal_mode = wal; create table t(a)')
    await using source = await open(path)
    using writer = new DatabaseSync(path)
    writer.exec('insert into t values (1)')
    await expect(source.assertUnchanged()).rejects.toMatchObject({ code: 'CONNECT_SOURCE_CHANGED' })
  })
})
