import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDemoDatabase } from './make-demo-database.ts'

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'rowferry-demo-test-'))
})
afterEach(() => rmSync(place, { recursive: true }))

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

test('the demo database is the same every time', () => {
  const [first, second] = [join(place, 'a', 'demo.db'), join(place, 'b', 'demo.db')]
  makeDemoDatabase(first)
  makeDemoDatabase(second)
  makeDemoDatabase(second)
  expect(hash(second)).toBe(hash(first))
})

test('it has each defect that the demo announces', () => {
  const path = join(place, 'demo.db')
  makeDemoDatabase(path)
  const database = new DatabaseSync(path, { readOnly: true })
  const count = (sql: string): unknown => database.prepare(sql).get()?.['found']
  try {
    expect(count('select count(*) as found from messages')).toBe(4000)
    expect(count("select count(*) as found from messages where typeof(sent_at) = 'integer' and sent_at > 1e12")).toBe(
      4000,
    )
    expect(count("select count(*) as found from messages where pinned = 'true'")).toBe(1)
    expect(count('select count(*) as found from messages where instr(content, char(0)) > 0')).toBe(1)
    expect(count("select count(*) as found from messages where hex(content) = '636166E9206F757672652061203868'")).toBe(
      1,
    )
    expect(count("select count(*) as found from attachments where width = ''")).toBe(1)
    expect(count('select count(*) as found from reactions where message_id not in (select id from messages)')).toBe(1)
  } finally {
    database.close()
  }
})
