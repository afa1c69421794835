import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  defineConfig,
  inspect,
  migrate,
  plan,
  RowferryError,
  type Report,
  type TransferEventName,
  verify,
} from '../../src/index.ts'
import { assertRows } from '../support/assert-rows.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, latestReport, repository, runCli, spawnNode } from '../support/run-cli.ts'
import { givenSqlite, shopSql } from '../support/sample-databases.ts'

describe('the library', () => {
  test('gives the report that the command line writes', async () => {
    await using forLibrary = await givenDatabase()
    await using forCli = await givenDatabase()
    const source = givenSqlite(shopSql)
    const report = await migrate({ source, target: forLibrary.url, cwd: givenFolder() })
    const run = await runCli(['migrate', source, forCli.url])
    assertExit(run, 0)
    expect(comparable(report)).toEqual(comparable(latestReport(run.cwd)))
    expect(report).toMatchObject({ status: 'completed', exitCode: 0 })
  })

  test('tells what it does in events, in order', async () => {
    await using target = await givenDatabase()
    const names: TransferEventName[] = []
    const verdicts: string[] = []
    const report = await migrate({
      source: givenSqlite(shopSql),
      target: target.url,
      cwd: givenFolder(),
      onEvent: (name, event) => {
        names.push(name)
        if ('report' in event) verdicts.push(event.report.verdict)
      },
    })
    expect(report.exitCode).toBe(0)
    expect(verdicts).toEqual([report.verdict])
    const first = (name: TransferEventName): number => names.indexOf(name)
    expect(names.at(-1)).toBe('transfer:finished')
    expect(first('plan:built')).toBeGreaterThanOrEqual(0)
    expect(first('transfer:started')).toBeLessThan(first('table:started'))
    expect(first('table:started')).toBeLessThan(first('table:finished'))
    expect(first('table:finished')).toBeLessThan(first('table:verified'))
    expect(names.filter((name) => name === 'table:finished')).toHaveLength(3)
  })

  test('an AbortSignal stops it after the batch in hand; the next call goes on', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const source = givenSqlite(`create table t(id integer primary key, v text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into t select i, 'row ' || i from n`)
    const stop = new AbortController()
    const options = { source, target: target.url, cwd, config: { batchSize: 100, parallel: 1 } }
    const stopped = await migrate({
      ...options,
      signal: stop.signal,
      onEvent: (name) => {
        if (name === 'table:progress') stop.abort()
      },
    })
    expect(stopped).toMatchObject({ status: 'interrupted', exitCode: 130, failure: { code: 'JOB_INTERRUPTED' } })
    expect(stopped.totals.rowsRead).toBeLessThan(30_000)
    const report = await migrate(options)
    expect(report).toMatchObject({ status: 'completed', resumed: true, totals: { rowsRead: 30_000, loaded: 30_000 } })
    await assertRows(target.url, 'select count(*), count(distinct id) as ids, sum(id) from t', [
      [30_000, 30_000, 450_015_000],
    ])
  })

  test('throws a RowferryError with code and remedy while nothing has been changed', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const before = await dumpTarget(target.url)
    const failure = await migrate({ source: 'nowhere.db', target: target.url, cwd }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RowferryError)
    expect(failure).toMatchObject({ code: 'CONNECT_SOURCE_MISSING', remedy: expect.any(String) as string })
    expect(readdirSync(cwd)).toEqual([])
    expect(await dumpTarget(target.url)).toEqual(before)
  })

  test('asks before it replaces, and takes no answer as no', async () => {
    await using target = await givenDatabase()
    const options = { source: givenSqlite(shopSql), target: target.url, cwd: givenFolder(), config: { views: false } }
    await migrate(options)
    await expect(migrate(options)).rejects.toMatchObject({ code: 'CATALOG_NEEDS_CONFIRMATION' })
    const questions: string[] = []
    const report = await migrate({
      ...options,
      confirm: ({ message, details }) => {
        questions.push(message, ...details)
        return true
      },
    })
    expect(report.exitCode).toBe(0)
    expect(questions.join('\n')).toContain('customers: 3 rows')
  })

  test('plan and inspect write nothing; verify finds what differs', async () => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const source = givenSqlite(shopSql)
    const planned = await plan({ source, target: target.url, cwd, config: defineConfig({ schema: 'archive' }) })
    expect(planned.tables.map((table) => table.target)).toContainEqual({ schema: 'archive', name: 'customers' })
    const found = await inspect({ source, cwd })
    expect(found.catalog.tables.map((table) => table.name.name)).toEqual(
      expect.arrayContaining(['customers', 'orders']),
    )
    expect(readdirSync(cwd)).toEqual([])

    await migrate({ source, target: target.url, cwd })
    const equal = await verify({ source, target: target.url, cwd: givenFolder() })
    expect(equal).toMatchObject({ status: 'completed', exitCode: 0 })
    await query(target.url, `update customers set name = 'Adah' where id = 1; delete from order_lines where line = 2`)
    const differing = await verify({ source, target: target.url, cwd: givenFolder() })
    expect(differing).toMatchObject({ status: 'differs', exitCode: 6 })
    const differences = differing.tables.flatMap((table) =>
      table.verification.level === 'none' ? [] : table.verification.differences,
    )
    expect(differences).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: 'customers', key: { id: '1' }, problem: 'different' }),
        expect.objectContaining({ table: 'order_lines', key: { order_id: '1', line: '2' }, problem: 'missing' }),
      ]),
    )
  })

  test('examples/embed.ts runs', async () => {
    await using target = await givenDatabase()
    const example = join(repository, 'examples', 'embed.ts')
    const run = await spawnNode([example, givenSqlite(shopSql), target.url]).result
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout.trim()).toBe('DONE: 9 rows of 3 tables carried, content verified.')
    await assertRows(target.url, 'select count(*) from customers', [[3]])
  })
})

/** Without times, ids, paths, and the name of the database. */
function comparable(report: Report): unknown {
  const { transferId: _, startedAt: _1, finishedAt: _2, seconds: _3, files: _4, next: _5, target, ...rest } = report
  return {
    ...rest,
    target: target.schema,
    findings: rest.findings.map((finding) => finding.level),
    steps: rest.steps.map((step) => step.kind),
    tables: rest.tables.map((table) => ({ ...table, seconds: 0 })),
  }
}
