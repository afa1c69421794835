import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
import { query } from '../support/postgres.ts'
import { assertExit, lastLine, latestReport, runCli, toldError } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** About 40 MB in PostgreSQL, of random digits: they cannot be compressed away. */
const rows = 40_000
const wideSql = `create table wide(id integer primary key, body text);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows}) insert into wide select i, hex(randomblob(450)) from n`

/** A server of its own: one without space cannot serve the other tests. */
describe('a target without space', () => {
  test('ends with 4 and one sentence, keeps what was loaded, and goes on when there is space', async (context) => {
    const disk = givenSmallDisk(context, 20)
    await using server = await startEmbeddedPostgres({ dataDirectory: join(disk.folder, 'postgres') })
    // The log of transactions has space; the tables have not.
    const place = await makeTablespaceFolder(server.url, disk.mountPoint)
    await query(server.url, `create tablespace small location '${place}'`)
    await query(server.url, 'create database app tablespace small')
    const url = server.url.replace(/\/postgres$/, '/app')
    const source = givenSqlite(wideSql)
    const options = ['--batch-size', '1000', '--parallel', '1']
    const full = await runCli(['migrate', source, url, ...options])
    assertExit(full, 4)
    expect(toldError(full)).toMatchObject({
      code: 'CATALOG_DISK_FULL',
      sentence: expect.stringMatching(/space/) as string,
    })
    const report = latestReport(full.cwd)
    expect(report).toMatchObject({ status: 'failed', exitCode: 4 })
    expect(lastLine(full)).toBe(report.verdict)

    disk.enlarge(300)
    const again = await runCli(['migrate', source, url, ...options], { cwd: full.cwd })
    assertExit(again, 0)
    expect(latestReport(full.cwd)).toMatchObject({
      status: 'completed',
      resumed: true,
      totals: { rowsRead: rows, loaded: rows },
    })
    await assertRows(url, 'select count(*), count(distinct id) as ids, sum(length(body)) from wide', [
      [rows, rows, rows * 900],
    ])
  })
})

type SmallDisk = { readonly folder: string; readonly mountPoint: string; enlarge(megabytes: number): void }

/** A file system of its own in memory. Only root may mount one; otherwise the test is skipped. */
function givenSmallDisk(context: TestContext, megabytes: number): SmallDisk {
  if (process.getuid?.() !== 0) context.skip('only root can mount a small disk')
  const folder = givenFolder()
  chmodSync(folder, 0o711)
  const mountPoint = join(folder, 'disk')
  mkdirSync(mountPoint)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', mountPoint])
  if (mounted.status !== 0) context.skip(`mount is not allowed here: ${String(mounted.stderr)}`)
  context.onTestFinished(() => void spawnSync('umount', ['--lazy', mountPoint]))
  return {
    folder,
    mountPoint,
    enlarge: (size) => void execFileSync('mount', ['-o', `remount,size=${size}m`, mountPoint]),
  }
}

/** A folder that belongs to the user that the server runs as: to the owner of its files. */
async function makeTablespaceFolder(url: string, parent: string): Promise<string> {
  const [row] = await query(url, 'show data_directory')
  const { uid, gid } = statSync(row?.['data_directory'] ?? '')
  const place = join(parent, 'space')
  mkdirSync(place)
  chownSync(place, uid, gid)
  return place
}
