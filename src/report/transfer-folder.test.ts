import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planOf } from '../../test/support/planned-tables.ts'
import { sampleRejects, sampleReport } from '../../test/support/sample-report.ts'
import { ReportSchema } from './report-schema.ts'
import { openTransferFolder } from './transfer-folder.ts'

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'rowferry-folder-'))
})
afterEach(() => rmSync(place, { recursive: true }))

const linesOf = (name: string): Record<string, unknown>[] =>
  readFileSync(join(place, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('report.json follows the published schema', async () => {
  {
    await using folder = await openTransferFolder(place, { logLevel: 'info' })
    await folder.writeReport(sampleReport(), { rejects: [], altered: [] })
  }
  const written: unknown = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8'))
  expect(ReportSchema.parse(written)).toEqual(sampleReport())
  expect(readFileSync(join(place, 'report.html'), 'utf8')).toContain('<!doctype html>')
})

test('a report is whole whenever somebody reads it, also while it is written again', async () => {
  await using folder = await openTransferFolder(place, { logLevel: 'info' })
  const long = { ...sampleReport(), next: Array.from({ length: 20_000 }, (_, at) => `command ${at}`) }
  await folder.writeReport(long, { rejects: [], altered: [] })
  let writing = true
  const written = (async () => {
    for (let i = 0; i < 20; i++) await folder.writeReport(long, { rejects: [], altered: [] })
    writing = false
  })()
  while (writing) {
    expect(JSON.parse(readFileSync(join(place, 'report.json'), 'utf8'))).toEqual(long)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await written
  expect(readdirSync(place).toSorted()).toEqual(['log.jsonl', 'report.html', 'report.json'])
})

test('issues are written one per line, and the first ones come back', async () => {
  await using folder = await openTransferFolder(place, { logLevel: 'info' })
  const file = await folder.writeIssues('reject', sampleRejects)
  expect(file).toEqual({ path: join(place, 'rejects.jsonl'), count: 2, first: sampleRejects })
  expect(linesOf('rejects.jsonl')[0]).toEqual({
    table: 'attachments',
    key: { id: 17 },
    column: 'size',
    reason: 'text where integers stand',
    code: 'DATA_MISFIT',
    value: '<script>alert("1")</script>',
  })
})

test('without issues there is no file, and one of an earlier run is gone', async () => {
  await using folder = await openTransferFolder(place, { logLevel: 'info' })
  await folder.writeIssues('altered', sampleRejects)
  expect(await folder.writeIssues('altered', [])).toEqual({ path: null, count: 0, first: [] })
  expect(existsSync(join(place, 'altered.jsonl'))).toBe(false)
})

test('the log holds every event of its level, without passwords', async () => {
  {
    await using folder = await openTransferFolder(place, { logLevel: 'info' })
    folder.log('preflight:finding', {
      level: 'ok',
      message: 'postgres://app:secret@db/app answers to a@b',
      remedy: null,
    })
    folder.log('value:converted', { table: 't', column: 'c', key: { id: 1 }, before: 1n, after: true, rule: 'bool' })
    folder.logError(new Error('lost postgres://app:secret@db/app', { cause: new Error('ECONNRESET') }))
  }
  const lines = linesOf('log.jsonl')
  expect(lines.map((line) => line['event'])).toEqual(['preflight:finding', 'error'])
  expect(lines[0]).toMatchObject({ level: 'info', message: 'postgres://app@db/app answers to a@b' })
  expect(lines[1]).toMatchObject({ level: 'error', error: { cause: { message: 'ECONNRESET' } } })
  expect(readFileSync(join(place, 'log.jsonl'), 'utf8')).not.toContain('secret')
})

test('with debug, every converted value is in the log with before and after', async () => {
  {
    await using folder = await openTransferFolder(place, { logLevel: 'debug' })
    folder.log('value:converted', {
      table: 't',
      column: 'c',
      key: { id: 1 },
      before: 9007199254740993n,
      after: new Uint8Array([1, 255]),
      rule: 'x',
    })
  }
  expect(linesOf('log.jsonl')[0]).toMatchObject({
    level: 'debug',
    before: '9007199254740993',
    after: '\\x01ff',
    rule: 'x',
  })
})

test('a resumed transfer goes on in the same log', async () => {
  for (const resumed of [false, true]) {
    await using folder = await openTransferFolder(place, { logLevel: 'info' })
    folder.log('transfer:started', { transferId: 'x', folder: place, resumed })
  }
  expect(linesOf('log.jsonl').map((line) => line['resumed'])).toEqual([false, true])
})

test('what a transfer leaves behind is readable by its user alone, whatever umask and earlier files say', async () => {
  const path = join(place, '.rowferry', 'transfers', 'one')
  const modeOf = (...names: string[]): string => (statSync(join(path, ...names)).mode & 0o777).toString(8)
  const umask = process.umask(0)
  try {
    for (const run of [1, 2]) {
      await using folder = await openTransferFolder(path, { logLevel: 'info' })
      if (run === 2) {
        for (const name of ['rejects.jsonl', 'report.json.part']) writeFileSync(join(path, name), '', { mode: 0o644 })
      }
      await folder.writePlan(planOf([]), 'select 1')
      await folder.writeIssues('reject', sampleRejects)
      await folder.writeIssues('altered', sampleRejects)
      await folder.writeReport(sampleReport(), { rejects: [], altered: [] })
    }
  } finally {
    process.umask(umask)
  }
  const files = ['altered.jsonl', 'log.jsonl', 'plan.json', 'plan.sql', 'rejects.jsonl', 'report.html', 'report.json']
  expect(readdirSync(path).toSorted()).toEqual(files)
  expect(files.map((name) => modeOf(name))).toEqual(files.map(() => '600'))
  expect([modeOf(), modeOf('..')]).toEqual(['700', '700'])
  // Where root runs an embedded server as another user, that one must get through.
  expect(modeOf('..', '..')).toBe(process.getuid?.() === 0 ? '711' : '700')
})
