import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RowferryError } from '../errors/errors.ts'
import type { CommandName } from './commands.ts'
import { loadConfig, type LoadedConfig } from './load-config.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rowferry-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

type Given = {
  yaml?: string
  flags?: Record<string, string | boolean>
  environment?: Record<string, string>
  command?: CommandName
}

function load({ yaml, flags = {}, environment = {}, command = 'migrate' }: Given): LoadedConfig {
  if (yaml !== undefined) writeFileSync(join(cwd, 'rowferry.yaml'), yaml)
  return loadConfig({ command, flags, environment, cwd })
}

function refusal(given: Given): RowferryError {
  try {
    load(given)
  } catch (error) {
    if (error instanceof RowferryError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

describe('where a value comes from', () => {
  test('without anything, every option has its default', () => {
    const { config, terminal, file } = load({})
    expect(config).toMatchObject({ schema: 'public', verify: 'content', onMisfit: 'widen', tables: [], strategy: null })
    expect(terminal).toMatchObject({ json: false, color: true, dryRun: false })
    expect(file).toBeNull()
  })

  test('flags win over the environment, the environment over the file, the file over the default', () => {
    const yaml = 'schema: from_file\nnaming: snake_case\nverify: counts\n'
    const environment = { ROWFERRY_SCHEMA: 'from_env', ROWFERRY_VERIFY: 'none' }
    const { config } = load({ yaml, environment, flags: { schema: 'from_flag' } })
    expect(config).toMatchObject({ schema: 'from_flag', verify: 'none', naming: 'snake_case', batchSize: 50_000 })
  })

  test('an empty file is the same as none', () => {
    expect(load({ yaml: '# nothing yet\n' }).config.schema).toBe('public')
  })

  test('lists are separated by commas in flags and environment', () => {
    expect(load({ flags: { tables: 'a, b' } }).config.tables).toEqual(['a', 'b'])
    expect(load({ environment: { ROWFERRY_EXCLUDE: 'x,y*' } }).config.exclude).toEqual(['x', 'y*'])
  })

  test('variables of the environment are expanded in source and target', () => {
    const yaml = 'source: ${DIR:-/var/lib}/app.db\ntarget: postgres://app:${PASSWORD}@localhost/app\n'
    const { config } = load({ yaml, environment: { PASSWORD: 'secret' } })
    expect(config).toMatchObject({ source: '/var/lib/app.db', target: 'postgres://app:secret@localhost/app' })
  })

  test('a path in a file elsewhere is meant from where that file stands', () => {
    mkdirSync(join(cwd, 'deploy'))
    writeFileSync(join(cwd, 'deploy', 'move.yaml'), 'source: app.db\n')
    expect(load({ flags: { config: 'deploy/move.yaml' } }).config.source).toBe(join(cwd, 'deploy', 'app.db'))
  })

  test('null as a word is a value, not an absence', () => {
    const { config } = load({ yaml: 'orphans: null\nonMisfit: null\n' })
    expect(config).toMatchObject({ orphans: 'null', onMisfit: 'null' })
  })

  test('tables as a list chooses tables; as a map it only gives rules', () => {
    const list = load({
      yaml: 'tables:\n  - users\n  - name: messages\n    strategy: merge\n    matchKey: id\n',
    }).config
    expect(list.tables).toEqual(['users', 'messages'])
    expect(list.tableRules).toEqual({ messages: { strategy: 'merge', matchKey: ['id'] } })
    const map = load({
      yaml: 'tables:\n  users:\n    columns:\n      at: { type: timestamptz, timeUnit: epoch-ms }\n',
    }).config
    expect(map.tables).toEqual([])
    expect(map.tableRules).toEqual({ users: { columns: { at: { type: 'timestamptz', timeUnit: 'epoch-ms' } } } })
  })

  test('a flag that excludes an option of the file wins over it', () => {
    const { terminal } = load({ environment: { ROWFERRY_VERBOSE: '1' }, flags: { quiet: true } })
    expect(terminal).toMatchObject({ quiet: true, verbose: false })
  })
})

describe('what is refused', () => {
  const cases: { name: string; given: Given; code: string; says: string[] }[] = [
    {
      name: 'an unknown key, with the nearest one and its place',
      given: { yaml: 'schema: app\nbatchsize: 5\n' },
      code: 'CONFIG_UNKNOWN_KEY',
      says: ['rowferry.yaml:2:1 batchsize: there is no such key; did you mean batchSize?'],
    },
    {
      name: 'an unknown key of a column',
      given: { yaml: 'tables:\n  users:\n    columns:\n      at: { tipe: text }\n' },
      code: 'CONFIG_UNKNOWN_KEY',
      says: ['rowferry.yaml:4:13 tables.users.columns.at.tipe: there is no such key; did you mean type?'],
    },
    {
      name: 'all problems at once',
      given: { yaml: 'schema: 5\nbatchSize: 0\nverify: contents\n', flags: { parallel: 'many' } },
      code: 'CONFIG_INVALID',
      says: [
        'rowferry.yaml:1:9 schema: must be text, not 5',
        'rowferry.yaml:2:12 batchSize: must be at least 1, not 0',
        'rowferry.yaml:3:9 verify: must be one of none, counts, content, full, not "contents"; did you mean content?',
        '--parallel must be a whole number from 1 to 64, not "many"',
      ],
    },
    {
      name: 'a key that stands twice',
      given: { yaml: 'schema: a\nschema: b\n' },
      code: 'CONFIG_INVALID',
      says: ['rowferry.yaml:2:1', 'the key schema stands here a second time'],
    },
    {
      name: 'what is not YAML',
      given: { yaml: 'schema: "a\n' },
      code: 'CONFIG_FILE',
      says: ['rowferry.yaml:'],
    },
    {
      name: 'a file that is a list',
      given: { yaml: '- a\n' },
      code: 'CONFIG_INVALID',
      says: ['must be a map'],
    },
    {
      name: 'a named file that does not exist',
      given: { flags: { config: 'other.yaml' } },
      code: 'CONFIG_FILE',
      says: ['other.yaml does not exist'],
    },
    {
      name: 'two flags that exclude each other',
      given: { flags: { resume: true, restart: true } },
      code: 'CONFIG_CONFLICT',
      says: ['--resume and --restart exclude each other'],
    },
    {
      name: 'quiet and verbose',
      given: { flags: { quiet: true, verbose: true } },
      code: 'CONFIG_CONFLICT',
      says: ['--verbose and --quiet exclude each other'],
    },
    {
      name: 'a misspelt choice',
      given: { flags: { onMisfit: 'widn' } },
      code: 'CONFIG_INVALID',
      says: ['--on-misfit must be one of widen, reject, null, not "widn"; did you mean widen?'],
    },
    {
      name: 'a variable that is not set',
      given: { yaml: 'target: postgres://app:${SECRET}@h/db\n' },
      code: 'CONFIG_MISSING',
      says: ['rowferry.yaml:1:9 target: ${SECRET} is not set in the environment'],
    },
    {
      name: 'SQL in a type',
      given: { yaml: 'tables:\n  t:\n    columns:\n      c: { type: "text); drop table t; --" }\n' },
      code: 'CONFIG_INVALID',
      says: ['rowferry.yaml:4:18 tables.t.columns.c.type: must be a PostgreSQL type'],
    },
    {
      name: 'an unknown time zone',
      given: { flags: { timeZone: 'Europe/Berlinn' } },
      code: 'CONFIG_INVALID',
      says: ['--time-zone must be a time zone'],
    },
    {
      name: 'an unknown encoding',
      given: { environment: { ROWFERRY_INVALID_UTF8: 'latin-99' } },
      code: 'CONFIG_INVALID',
      says: ['ROWFERRY_INVALID_UTF8 must be replace, reject, bytea'],
    },
    {
      name: 'tables that are neither a list nor a map',
      given: { yaml: 'tables: users\n' },
      code: 'CONFIG_INVALID',
      says: ['rowferry.yaml:1:9 tables: must be a list of names or a map with rules, not "users"'],
    },
    {
      name: 'an unknown strategy of a table in a list',
      given: { yaml: 'tables:\n  - name: users\n    strategy: upsert\n' },
      code: 'CONFIG_INVALID',
      says: ['rowferry.yaml:3:15 tables.0.strategy: must be one of skip, overwrite'],
    },
  ]
  test.each(cases)('$name', ({ given, code, says }) => {
    const error = refusal(given)
    expect(error.message).toContain(says[0])
    for (const part of says) expect(error.message).toContain(part)
    expect(error.code).toBe(code)
    expect(error.remedy).not.toBeNull()
  })
})
