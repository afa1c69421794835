import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { dumpTarget } from '../support/dump-target.ts'
import { givenFolder } from '../support/folders.ts'
import { databaseUrl, givenDatabase, query } from '../support/postgres.ts'
import { assertExit, executable, runCli, toldError } from '../support/run-cli.ts'
import { givenSqlite, shopSql } from '../support/sample-databases.ts'

type BadSource = {
  readonly what: string
  /** Makes it in the folder and gives what is typed. */
  readonly make: (folder: string) => string
  readonly code: string
  readonly sentence: RegExp
}

const wholeDatabase = (): Buffer => readFileSync(givenSqlite(shopSql))

const badSources: readonly BadSource[] = [
  {
    what: 'a path that does not exist',
    make: () => 'nowhere/app.db',
    code: 'CONNECT_SOURCE_MISSING',
    sentence: /nowhere\/app\.db/,
  },
  { what: 'a directory', make: () => '.', code: 'CONNECT_SOURCE_UNREADABLE', sentence: /directory|folder/ },
  {
    what: 'an empty file',
    make: (folder) => {
      writeFileSync(join(folder, 'empty.db'), '')
      return 'empty.db'
    },
    code: 'CONNECT_SOURCE_UNREADABLE',
    sentence: /empty\.db.*empty/,
  },
  {
    what: 'a text file',
    make: (folder) => {
      writeFileSync(join(folder, 'notes.txt'), 'These are notes about a database.\n'.repeat(50))
      return 'notes.txt'
    },
    code: 'CONNECT_SOURCE_NOT_A_DATABASE',
    sentence: /notes\.txt/,
  },
  {
    what: 'the first 50 bytes of a database',
    make: (folder) => {
      writeFileSync(join(folder, 'cut.db'), wholeDatabase().subarray(0, 50))
      return 'cut.db'
    },
    code: 'CONNECT_SOURCE_NOT_A_DATABASE',
    sentence: /cut\.db/,
  },
  {
    what: 'a database cut off in the middle',
    make: (folder) => {
      const bytes = wholeDatabase()
      writeFileSync(join(folder, 'half.db'), bytes.subarray(0, bytes.length / 2 + 100))
      return 'half.db'
    },
    code: 'CONNECT_SOURCE_',
    sentence: /half\.db/,
  },
  {
    what: 'an encrypted database',
    make: (folder) => {
      const bytes = wholeDatabase()
      for (let index = 0; index < bytes.length; index += 1)
        bytes[index] = (bytes[index] ?? 0) ^ (17 + ((index * 31) % 199))
      writeFileSync(join(folder, 'secret.db'), bytes)
      return 'secret.db'
    },
    code: 'CONNECT_SOURCE_NOT_A_DATABASE',
    sentence: /secret\.db/,
  },
]

describe('a source that cannot be read', () => {
  test.each(badSources)('$what: one sentence, exit 3, nothing created', async ({ make, code, sentence }) => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    const typed = make(cwd)
    const files = readdirSync(cwd, { recursive: true })
    const before = await dumpTarget(target.url)
    for (const command of [
      ['migrate', typed, target.url],
      ['inspect', typed],
      ['migrate', typed],
    ]) {
      const run = await runCli(command, { cwd })
      const told = toldError(run)
      expect(run, `${command.join(' ')}\n${run.stderr}`).toMatchObject({ exitCode: 3, stdout: '' })
      expect(told.code).toContain(code)
      expect(told.sentence).toMatch(sentence)
      expect(told.remedy).not.toBe('')
      expect(readdirSync(cwd, { recursive: true })).toEqual(files)
    }
    expect(await dumpTarget(target.url)).toEqual(before)
  })

  test('a file without permission: one sentence, exit 3', async (context) => {
    const source = givenSqlite(shopSql)
    chmodSync(source, 0)
    const nobody = process.getuid?.() === 0 ? 65534 : undefined
    // A checkout under a root-only folder cannot be run by another user.
    if (
      nobody !== undefined &&
      spawnSync(process.execPath, [executable, '--version'], { uid: nobody, gid: nobody }).status !== 0
    ) {
      context.skip('another user cannot get at this checkout')
    }
    const run = await runCli(['inspect', source], nobody === undefined ? {} : { uid: nobody })
    assertExit(run, 3)
    expect(toldError(run)).toMatchObject({
      code: 'CONNECT_SOURCE_UNREADABLE',
      sentence: expect.stringMatching(/may not read/) as string,
    })
  })
})

describe('a target that cannot be reached', () => {
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(databaseUrl('postgres'))
    change(url)
    return url.href
  }
  const badTargets = [
    {
      what: 'a wrong password',
      url: async () => changed((url) => (url.password = 'wrong-horse-battery')),
      exitCode: 3,
      code: 'CONNECT_TARGET_PASSWORD',
    },
    {
      what: 'a user that does not exist',
      url: async () => changed((url) => (url.username = 'nobody_of_that_name')),
      exitCode: 3,
      code: 'CONNECT_TARGET_PASSWORD',
    },
    {
      what: 'a database that does not exist',
      url: async () => changed((url) => (url.pathname = '/no_such_database')),
      exitCode: 3,
      code: 'CONNECT_TARGET_NO_DATABASE',
    },
    {
      what: 'a port where nobody listens',
      url: async () => {
        const port = await closedPort()
        return changed((url) => (url.port = String(port)))
      },
      exitCode: 3,
      code: 'CONNECT_TARGET',
    },
    { what: 'no URL', url: async () => 'app_database', exitCode: 2, code: 'CONFIG_URL' },
    { what: "another database's URL", url: async () => 'mysql://root@localhost/app', exitCode: 2, code: 'CONFIG_URL' },
    {
      what: 'a URL with a port that is no number',
      url: async () => 'postgres://localhost:54x32/app',
      exitCode: 2,
      code: 'CONFIG_URL',
    },
  ] as const
  test.each(badTargets)('$what: one sentence, exit $exitCode, nothing created', async ({ url, exitCode, code }) => {
    const source = givenSqlite(shopSql)
    const typed = await url()
    const run = await runCli(['migrate', source, typed])
    const told = toldError(run)
    expect(run, run.stderr).toMatchObject({ exitCode })
    expect(told.code).toBe(code)
    expect(told.remedy).not.toBe('')
    expect(`${run.stdout}${run.stderr}`).not.toContain('wrong-horse')
    expect(readdirSync(run.cwd)).toEqual([])
  })

  test('tries three times with growing pauses before it gives up, and says so', async () => {
    const port = await closedPort()
    const started = performance.now()
    const run = await runCli(['migrate', givenSqlite(shopSql), `postgres://app@127.0.0.1:${port}/app`])
    const seconds = (performance.now() - started) / 1000
    assertExit(run, 3)
    expect(seconds).toBeGreaterThan(2)
    expect(seconds).toBeLessThan(60)
    expect(toldError(run).sentence).toContain(String(port))
  })
})

describe('permissions', () => {
  test('a user who may not create in the schema is told so before anything is done', async () => {
    await using target = await givenDatabase()
    const role = `reader_${target.name}`
    await query(
      target.url,
      `create role ${role} login password 'r'; grant connect on database ${target.name} to ${role}`,
    )
    try {
      const url = new URL(target.url)
      url.username = role
      url.password = 'r'
      const before = await dumpTarget(target.url)
      const run = await runCli(['migrate', givenSqlite(shopSql), url.href])
      assertExit(run, 4)
      expect(toldError(run)).toMatchObject({
        code: 'CATALOG_PERMISSION',
        remedy: expect.stringMatching(/grant |create schema /) as string,
      })
      expect(await dumpTarget(target.url)).toEqual(before)
      expect(readdirSync(run.cwd)).toEqual([])
    } finally {
      await query(target.url, `drop owned by ${role}; drop role ${role}`)
    }
  })
})

describe('the command line and the configuration', () => {
  const lines = [
    { args: ['migrate'], code: 'CONFIG_MISSING', sentence: /source/i },
    { args: ['migrat', 'app.db'], code: 'CONFIG_USAGE', sentence: /migrat/ },
    { args: ['migrate', 'app.db', '--restrat'], code: 'CONFIG_USAGE', sentence: /--restrat/ },
    {
      args: ['migrate', 'app.db', '--resume', '--restart'],
      code: 'CONFIG_CONFLICT',
      sentence: /--resume.*--restart|--restart.*--resume/,
    },
    {
      args: ['migrate', 'app.db', '--verbose', '--quiet'],
      code: 'CONFIG_CONFLICT',
      sentence: /--verbose.*--quiet|--quiet.*--verbose/,
    },
    { args: ['migrate', 'app.db', '--batch-size', 'many'], code: 'CONFIG_INVALID', sentence: /--batch-size/ },
    { args: ['migrate', 'app.db', '--strategy', 'upsert'], code: 'CONFIG_', sentence: /strategy/ },
    { args: ['migrate', 'app.db', '--config', 'missing.yaml'], code: 'CONFIG_FILE', sentence: /missing\.yaml/ },
  ]
  test.each(lines)('$args: $code, exit 2, nothing created', async ({ args, code, sentence }) => {
    const source = givenSqlite(shopSql)
    const run = await runCli(args.map((arg) => (arg === 'app.db' ? source : arg)))
    expect(run, run.stderr).toMatchObject({ exitCode: 2, stdout: '' })
    const told = toldError(run)
    expect(told.code).toContain(code)
    expect(told.sentence).toMatch(sentence)
    expect(told.remedy).not.toBe('')
    expect(readdirSync(run.cwd)).toEqual([])
  })

  const files = [
    {
      what: 'an unknown key',
      yaml: 'schema: public\nbatchsize: 5\n',
      at: /rowferry\.yaml:2:1\b/,
      code: 'CONFIG_UNKNOWN_KEY',
      hint: /batchSize/,
    },
    {
      what: 'an unknown key below a table',
      yaml: 'tables:\n  orders:\n    colums: {}\n',
      at: /rowferry\.yaml:3:5\b/,
      code: 'CONFIG_UNKNOWN_KEY',
      hint: /columns/,
    },
    {
      what: 'a value that is not allowed',
      yaml: 'verify: maybe\n',
      at: /rowferry\.yaml:1:9\b/,
      code: 'CONFIG_INVALID',
      hint: /./,
    },
    {
      what: 'a file that is not YAML',
      yaml: 'tables: [a, b\nschema: x: y\n',
      at: /rowferry\.yaml:\d+:\d+/,
      code: 'CONFIG_FILE',
      hint: /./,
    },
  ]
  test.each(files)('$what in rowferry.yaml is told with file, line and column', async ({ yaml, at, code, hint }) => {
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'rowferry.yaml'), yaml)
    const run = await runCli(['migrate', givenSqlite(shopSql)], { cwd })
    expect(run, run.stderr).toMatchObject({ exitCode: 2, stdout: '' })
    const told = toldError(run)
    expect(told.code).toBe(code)
    // Several problems are listed below the sentence.
    expect(run.stderr).toMatch(at)
    expect(run.stderr).toMatch(hint)
    expect(readdirSync(cwd)).toEqual(['rowferry.yaml'])
  })

  test('an unknown table in --tables is refused with the nearest name', async () => {
    await using target = await givenDatabase()
    const run = await runCli(['migrate', givenSqlite(shopSql), target.url, '--tables', 'customer'])
    assertExit(run, 4)
    expect(toldError(run)).toMatchObject({
      code: 'CATALOG_NO_SUCH_TABLE',
      sentence: expect.stringContaining('customer') as string,
      remedy: expect.stringContaining('customers') as string,
    })
    expect(await query(target.url, `select 1 from pg_namespace where nspname = 'rowferry'`)).toEqual([])
    expect(readdirSync(run.cwd)).toEqual([])
  })

  test.each([
    ['a table', 'tables:\n  order_linse: {exclude: true}\n', 'order_linse'],
    ['a column', 'tables:\n  orders:\n    columns:\n      totl: {type: text}\n', 'totl'],
  ])('rules for %s that the source does not have are refused', async (_, yaml, name) => {
    await using target = await givenDatabase()
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'rowferry.yaml'), yaml)
    const run = await runCli(['migrate', givenSqlite(shopSql), target.url], { cwd })
    expect([2, 4]).toContain(run.exitCode)
    expect(toldError(run).sentence).toContain(name)
    expect(readdirSync(cwd)).toEqual(['rowferry.yaml'])
  })

  test('a folder named like the configuration file is told', async () => {
    const cwd = givenFolder()
    mkdirSync(join(cwd, 'rowferry.yaml'))
    const run = await runCli(['plan', givenSqlite(shopSql)], { cwd })
    assertExit(run, 2)
    expect(toldError(run).code).toBe('CONFIG_FILE')
  })

  test('with --json the error comes as one JSON document on stdout too', async () => {
    const run = await runCli(['migrate', 'nowhere.db', '--json'])
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'failed', exitCode: 3, code: 'CONNECT_SOURCE_MISSING' })
    assertExit(run, 3)
  })

  test('without a command it shows what there is, and ends with 2', async () => {
    const run = await runCli([])
    assertExit(run, 2)
    expect(`${run.stdout}${run.stderr}`).toContain('migrate')
    expect((await runCli(['--help'])).exitCode).toBe(0)
  })
})

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error(`no port for ${inject('postgresUrl')}`)
  return address.port
}
