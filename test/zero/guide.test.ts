import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, repository, runCli } from '../support/run-cli.ts'
import { givenSqlite, shopSql } from '../support/sample-databases.ts'
import { asApplication } from './support/import-schema.ts'
import { typeCheck } from './support/type-check.ts'
import { freePort, removeFromDatabase } from './support/zero-cache.ts'

const guide = readFileSync(join(repository, 'docs', 'guide', 'zero.md'), 'utf8')

type Block = { readonly language: string; readonly name: string; readonly text: string }

const blocks: readonly Block[] = [...guide.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language = '', name = '', text = '']) => ({ language, name, text }),
)

/** What these make is made without npm. */
const withoutNetwork = ['npm init --yes', 'npm pkg set type=module', 'npm install @rocicorp/zero']

const appId = 'guide'

/**
 * Follows the page from top to bottom. Otherwise than for a reader: the database's URL, the ports, and the name that Zero gives
 * its slots are of this run; `npm` is not run, since the packages are there already.
 */
test('the guide leads from a SQLite file to an app that shows its rows and their changes', async () => {
  const cwd = givenFolder()
  copyFileSync(givenSqlite(shopSql), join(cwd, 'app.db'))
  await using database = await givenDatabase()
  const [endpoint, cache, streamer] = [await freePort(), await freePort(), await freePort()]
  const own = (text: string): string =>
    text
      .replaceAll('postgres://localhost/app', database.url)
      .replaceAll('localhost:3000', `localhost:${endpoint}`)
      .replaceAll('listen(3000)', `listen(${endpoint})`)
      .replaceAll('localhost:4848', `localhost:${cache}`)
  const env = {
    PATH: [join(repository, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    ZERO_APP_ID: appId,
    ZERO_TASK_ID: appId,
    ZERO_PORT: String(cache),
    ZERO_CHANGE_STREAMER_PORT: String(streamer),
    DO_NOT_TRACK: '1',
    ZERO_REPLICA_FILE: join(cwd, 'replica.db'),
  }
  const outputs = new Map<string, () => string>()
  const running: Running[] = []
  try {
    for (const block of blocks.slice(
      0,
      blocks.findIndex(({ language }) => language === 'yaml'),
    )) {
      if (block.language === 'ts') writeFileSync(join(cwd, block.name), own(block.text))
      else if (block.name === 'terminal') {
        const terminal = startTerminal(own(block.text).trim(), { cwd, env })
        running.push(terminal)
        outputs.set(block.text.trim(), terminal.output)
      } else for (const line of lines(block.text)) await runLine(own(line), cwd)
    }
    for (const file of ['server.ts', 'app.ts']) typeCheckInApp(join(cwd, file))
    const app = outputs.get('node app.ts') ?? ((): string => '')
    await until('the rows', running, () => app().includes('3 Zoë 日本 🎉'))
    await query(database.url, `insert into customers (name, vip) values ('inserted', true)`)
    await until('the change', running, () => /\d+ inserted/.test(app()))
    await followTable(own, { cwd, running, database: database.url })
  } finally {
    for (const terminal of running.toReversed()) await terminal.stop()
    await removeFromDatabase(database.url, appId)
  }
  await expectDecisions(own, cwd, database.url)
})

/** The rows of "Stay in step", as far as they are commands, in the state that the app has led to. */
async function followTable(
  own: (text: string) => string,
  { cwd, running, database }: { readonly cwd: string; readonly running: readonly Running[]; readonly database: string },
): Promise<void> {
  const commands = [...guide.matchAll(/^\|.*`(npx rowferry [^`]*)`/gm)].map(([, command = '']) => command)
  expect(commands).toHaveLength(4)
  const [write = '', check = '', examine = '', reset = ''] = commands
  await runLine(own(check), cwd)
  await query(database, 'alter table orders add column note text')
  assertExit(await rowferry(own(check), cwd), 6)
  await runLine(own(write), cwd)
  await runLine(own(check), cwd)
  await runLine(own(examine), cwd)
  await query(database, 'alter table orders drop column note')
  assertExit(await rowferry(own(reset).replace(' --reset-zero', ''), cwd), 4)
  for (const terminal of running.toReversed()) await terminal.stop()
  await untilIdle(database)
  await runLine(own(reset), cwd)
}

async function expectDecisions(own: (text: string) => string, cwd: string, database: string): Promise<void> {
  for (const { language, name, text } of blocks.slice(blocks.findIndex((block) => block.language === 'yaml'))) {
    if (language === 'yaml') writeFileSync(join(cwd, name), text)
    else for (const line of lines(text)) await runLine(own(line), cwd)
  }
  const schema = readFileSync(join(cwd, 'zero-schema.ts'), 'utf8')
  expect(schema).toContain('json<{ theme?: string }>()')
  expect(schema).toContain('photo: string()')
  expect(schema).not.toContain('score')
  const [customers] = await query(
    database,
    `select attnames::text as columns from pg_publication_tables where tablename = 'customers'`,
  )
  expect(customers?.['columns']).not.toContain('score')
}

function lines(block: string): string[] {
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** A line of a shell block that is no server. */
async function runLine(line: string, cwd: string): Promise<void> {
  if (withoutNetwork.includes(line)) asApplication(join(cwd, 'zero-schema.ts'))
  else assertExit(await rowferry(line, cwd), 0)
}

async function rowferry(line: string, cwd: string): ReturnType<typeof runCli> {
  const [npx, program, ...args] = line.split(' ')
  expect([npx, program]).toEqual(['npx', 'rowferry'])
  return runCli(args, { cwd })
}

type Running = { readonly output: () => string; readonly ended: () => boolean; readonly stop: () => Promise<void> }

/** `NAME=value … program argument`, as a shell runs it, in a process group of its own. */
function startTerminal(line: string, options: { readonly cwd: string; readonly env: Record<string, string> }): Running {
  const command = line
    .replace('npx zero-cache-dev', 'exec zero-cache-dev')
    .replace(/^node /, `exec '${process.execPath}' `)
  const child: ChildProcess = spawn('sh', ['-c', command], {
    cwd: options.cwd,
    env: { ...withoutTests(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const closed = once(child, 'close')
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
  const stop = async (): Promise<void> => {
    // The whole group: zero-cache-dev has started others.
    if (!ended() && child.pid !== undefined) process.kill(-child.pid, 'SIGQUIT')
    await closed
  }
  onTestFinished(stop)
  return { output: () => output, ended, stop }
}

/** What vitest has set would make another Zero of it. */
function withoutTests(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VITEST|NODE_|ZERO_|PG)/.test(name)))
}

async function until(what: string, running: readonly Running[], holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 120_000; !holds(); await wait(50)) {
    const said = (): string => running.map(({ output }) => output()).join('\n---\n')
    if (running.some(({ ended }) => ended())) throw new Error(`something ended before ${what} came:\n${said()}`)
    if (Date.now() > deadline) throw new Error(`${what} did not come:\n${said()}`)
  }
}

/** PostgreSQL notices some moments later that zero-cache has gone. */
async function untilIdle(database: string): Promise<void> {
  const active = `select 1 from pg_replication_slots where active and database = current_database()`
  while ((await query(database, active)).length > 0) await wait(50)
}

function typeCheckInApp(file: string): void {
  typeCheck(file, { types: ['node'] })
}
