import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { shapeNames } from './shape.ts'
import { shapes } from './shapes.ts'
import { sqliteFile } from './sqlite-file.ts'

const silent = (): void => undefined
const folders: string[] = []
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'))
  folders.push(folder)
  return folder
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

test.each(shapeNames)('%s is made the same each time', (name) => {
  const [one, other] = [freshFolder(), freshFolder()].map((folder) => sqliteFile(folder, shapes[name], 70, silent))
  expect(one).not.toBe(other)
  expect(readFileSync(one ?? '').equals(readFileSync(other ?? ''))).toBe(true)
})

test.each(shapeNames)('%s keeps its own foreign keys and has about the rows that were asked for', (name) => {
  const tables = shapes[name].tables(4650)
  const database = new DatabaseSync(sqliteFile(freshFolder(), shapes[name], name === 'blobs' ? 20 : 4650, silent))
  try {
    expect(database.prepare('pragma foreign_key_check').all()).toEqual([])
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  } finally {
    database.close()
  }
  expect(tables.reduce((sum, table) => sum + table.rows, 0)).toBe(4650)
})

test('a source that is there is not made again', () => {
  const folder = freshFolder()
  const path = sqliteFile(folder, shapes.smallest, 1, silent)
  const database = new DatabaseSync(path)
  database.exec(`update notes set text = 'changed'`)
  database.close()
  expect(sqliteFile(folder, shapes.smallest, 1, silent)).toBe(path)
  expect(readFileSync(path).includes('changed')).toBe(true)
})
