import { strict as assert } from 'node:assert'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { assertRows } from '../support/assert-rows.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase } from '../support/postgres.ts'
import { assertExit, type CliResult, repository, runCli, spawnCli, spawnNode } from '../support/run-cli.ts'
import { givenSqlite, shopSql } from '../support/sample-databases.ts'

const readme = readFileSync(join(repository, 'README.md'), 'utf8')

/** Every line of the `sh` blocks that calls rowferry, without its comment. */
const commandLines = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .flatMap((line) => line.split(' && '))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '' && line !== 'npm ci')

describe('the README', () => {
  test('shows commands', () => {
    expect(commandLines).toContain('npx rowferry demo')
    expect(commandLines.length).toBeGreaterThanOrEqual(7)
  })

  test.each(commandLines)('%s', async (line) => {
    const [npx, rowferry, command = '', ...args] = words(line)
    expect([npx, rowferry]).toEqual(['npx', 'rowferry'])
    const cwd = givenFolder()
    copyFileSync(givenSqlite(shopSql), join(cwd, 'app.db'))
    await using target = await givenDatabase()
    const typed = [command, ...args].map((word) => (word === 'postgres://localhost/app' ? target.url : word))
    if (command === 'verify') assertExit(await runCli(['migrate', 'app.db', target.url], { cwd }), 0)
    const run = command === 'postgres' ? await inForeground(typed, cwd) : await runCli(typed, { cwd })
    expect(run.exitCode, `${run.stdout}\n${run.stderr}`).toBe(0)
    expect(run.stdout).not.toBe('')
    await assertEffect(command, { cwd, url: typed.includes(target.url) ? target.url : null })
  })

  test('the example of the library does what it says', async () => {
    const [, block = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
    await using target = await givenDatabase()
    const cwd = givenFolder()
    copyFileSync(givenSqlite(shopSql), join(cwd, 'app.db'))
    const script = block
      .replace(`'rowferry'`, `'${join(repository, 'src', 'index.ts')}'`)
      .replace(`'postgres://localhost/app'`, `'${target.url}'`)
    const run = await spawnNode(['--input-type=module', '--eval', script], { cwd }).result
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toContain('DONE: 9 rows of 3 tables carried, content verified. 0')
    await assertRows(target.url, 'select count(*) from archive.customers', [[3]])
  })

  test('the flags in its table exist', async () => {
    const help = (await runCli(['migrate', '--help'])).stdout
    const flags = [...readme.matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag ?? '')
    expect(flags.length).toBeGreaterThan(5)
    for (const flag of flags) expect(help).toContain(flag)
  })
})

/** Beside what it printed. */
async function assertEffect(command: string, { cwd, url }: { cwd: string; url: string | null }): Promise<void> {
  if (command === 'init') assert.ok(existsSync(join(cwd, 'rowferry.yaml')))
  if (command === 'migrate' && url !== null) await assertRows(url, 'select count(*) from customers', [[3]])
  if (command === 'plan' && url !== null)
    await assertRows(url, `select tablename from pg_tables where schemaname = 'public'`, [])
}

/** Runs until its URL is printed, then stops it as Ctrl-C does. */
async function inForeground(args: readonly string[], cwd: string): Promise<CliResult> {
  const running = spawnCli(args, { cwd })
  for (let waited = 0; waited < 60_000 && !/postgres:\/\/\S+:\d+/.test(running.output().stdout); waited += 50)
    await wait(50)
  running.kill('SIGINT')
  return running.result
}

/** Splits as a shell does, as far as the README needs it. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}
