import { expect, test } from 'vitest'
import { givenFiles, listFolder, writeSqlite } from '../../../test/support/sqlite-files.ts'
import { listTables } from './list-tables.ts'

const { signal } = new AbortController()

test('lists tables and columns as they are declared, by name', async () => {
  const path = writeSqlite(
    givenFiles().path('app.db'),
    'create table b(x); create table a(id INT, "my name" VARCHAR(9))',
  )
  expect(await listTables(path, signal)).toEqual([
    { name: 'a', columns: ['id INT', 'my name VARCHAR(9)'] },
    { name: 'b', columns: ['x'] },
  ])
})

test('leaves nothing beside a database in WAL mode', async () => {
  const files = givenFiles()
  const path = writeSqlite(files.path('app.db'), 'pragma journal_mode = wal; create table t(a)')
  const before = listFolder(files.folder)
  expect(await listTables(path, signal)).toEqual([{ name: 't', columns: ['a'] }])
  expect(listFolder(files.folder)).toEqual(before)
})

test('says nothing of a file that cannot be read', async () => {
  expect(await listTables(givenFiles().path('missing.db'), signal)).toBeNull()
})
