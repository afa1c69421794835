import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectedStreams } from '../../test/support/collected-streams.ts'
import { sampleReport } from '../../test/support/sample-report.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Report } from '../model/report.ts'
import type { Engine } from './engine.ts'
import { runCommandLine } from './run-command-line.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rowferry-cli-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

type Ran = { readonly exitCode: number; readonly out: string; readonly err: string }

/** Runs a command line whose transfer ends in `report`, or in an error. */
async function run(words: string, ending: Report | Error = sampleReport()): Promise<Ran> {
  const streams = collectedStreams()
  const engine: Pick<Engine, 'migrate'> = {
    migrate: async () => {
      if (ending instanceof Error) throw ending
      return ending
    },
  }
  const exitCode = await runCommandLine({
    ...streams,
    arguments: words.split(' ').filter((word) => word !== ''),
    environment: {},
    cwd,
    loadEngine: async () => engine as Engine,
  })
  return { exitCode, out: streams.out(), err: streams.err() }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? ''

describe('the end of a transfer', () => {
  const endings: Report[] = [
    sampleReport(),
    sampleReport({ status: 'completed', exitCode: 0, verdict: 'DONE: 8 rows of 2 tables carried, content verified.' }),
    sampleReport({
      status: 'differs',
      exitCode: 6,
      verdict: 'DIFFERENT: verification found 2 differing rows in users.',
    }),
    sampleReport({
      status: 'failed',
      exitCode: 3,
      verdict: 'FAILED: The connection was lost.',
      failure: { code: 'CONNECT_TARGET_LOST', message: 'The connection was lost.', remedy: 'Run it again' },
    }),
  ]

  test.each(endings.map((report) => [report.status, report] as const))(
    '%s: exit code, last line and report agree',
    async (_, report) => {
      const { exitCode, out } = await run('migrate app.db', report)
      expect(exitCode).toBe(report.exitCode)
      expect(lastLine(out)).toBe(report.verdict)
    },
  )

  test.each(endings.map((report) => [report.status, report] as const))(
    '%s: with --json the report is all there is on stdout',
    async (_, report) => {
      const { exitCode, out, err } = await run('migrate app.db --json', report)
      expect(JSON.parse(out)).toEqual(report)
      expect(exitCode).toBe(report.exitCode)
      expect(lastLine(err)).toBe(report.verdict)
    },
  )

  test('with --quiet only the verdict is said', async () => {
    expect((await run('migrate app.db --quiet')).out).toBe(`${sampleReport().verdict}\n`)
  })

  test('a failure is named on stderr with its remedy and code', async () => {
    const { err } = await run('migrate app.db', endings[3])
    expect(err).toBe('✗ The connection was lost.\n  → Run it again\n  CONNECT_TARGET_LOST\n')
  })
})

describe('errors', () => {
  const refused = new RowferryError('CATALOG_NEEDS_CONFIRMATION', {
    message: '2 tables would be replaced.',
    remedy: 'Add --yes',
  })

  test('are printed as sentence, remedy and code', async () => {
    const { exitCode, out, err } = await run('migrate app.db', refused)
    expect({ exitCode, out, err }).toEqual({
      exitCode: 4,
      out: '',
      err: '✗ 2 tables would be replaced.\n  → Add --yes\n  CATALOG_NEEDS_CONFIRMATION\n',
    })
  })

  test('are one JSON document with --json', async () => {
    const { exitCode, out } = await run('migrate app.db --json', refused)
    expect(exitCode).toBe(4)
    expect(JSON.parse(out)).toEqual({
      status: 'failed',
      exitCode: 4,
      code: 'CATALOG_NEEDS_CONFIRMATION',
      message: '2 tables would be replaced.',
      remedy: 'Add --yes',
    })
  })

  test('show a stack only with --verbose', async () => {
    expect((await run('migrate app.db', refused)).err).not.toContain('    at ')
    expect((await run('migrate app.db --verbose', refused)).err).toContain('    at ')
  })

  test('that nobody expected are a defect, exit code 1, without passwords', async () => {
    const { exitCode, err } = await run('migrate app.db', new Error('lost postgres://app:secret@db/app'))
    expect(exitCode).toBe(1)
    expect(err).toContain('INTERNAL')
    expect(err).not.toContain('secret')
  })
})

describe('usage', () => {
  const cases = [
    ['migarte app.db', 'Did you mean migrate?'],
    ['migrate app.db --tabels a', 'Did you mean --tables?'],
    ['migrate a.db postgres://h/d more', 'Too many arguments'],
    ['migrate app.db --schema', 'argument missing'],
    ['migrate app.db --resume --restart', '--resume and --restart exclude each other'],
    ['migrate app.db --quiet --verbose', '--verbose and --quiet exclude each other'],
    ['migrate app.db --batch-size many', '--batch-size must be a whole number'],
    ['migrate app.db --config missing.yaml', 'missing.yaml does not exist'],
    ['migrate', 'No source was given'],
    ['verify app.db', 'No target was given'],
    ['--json migrate app.db', 'Write options after the command'],
  ] as const
  test.each(cases)('rowferry %s is refused with exit code 2', async (words, says) => {
    const { exitCode, err, out } = await run(words)
    expect(exitCode).toBe(2)
    expect(out + err).toContain(says)
  })

  test('all problems of a configuration file come at once', async () => {
    writeFileSync(join(cwd, 'rowferry.yaml'), 'paralel: 3\nverify: all\n')
    const { exitCode, err } = await run('migrate app.db')
    expect(exitCode).toBe(2)
    expect(err).toContain('rowferry.yaml:1:1 paralel: there is no such key; did you mean parallel?')
    expect(err).toContain('rowferry.yaml:2:9 verify: must be one of none, counts, content')
  })

  test('source and target may stand in the configuration file', async () => {
    writeFileSync(join(cwd, 'rowferry.yaml'), 'source: app.db\n')
    expect((await run('migrate')).exitCode).toBe(5)
  })

  test('without a command, help is shown and the exit code is 2', async () => {
    const { exitCode, err } = await run('')
    expect(exitCode).toBe(2)
    expect(err).toContain('Usage: rowferry')
  })

  test.each(['--help', 'help', 'migrate --help', 'help plan', '--version'])(
    'rowferry %s answers on stdout with 0',
    async (words) => {
      const { exitCode, out, err } = await run(words)
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(out).not.toBe('')
    },
  )

  test('--version names rowferry, Node, SQLite and the embedded PostgreSQL', async () => {
    expect((await run('--version')).out).toMatch(/^rowferry \d.*\nNode \d.*\nSQLite \d.*\nembedded PostgreSQL \d.*\n$/)
  })

  test('help of every command has two examples and its options in groups', async () => {
    for (const name of ['migrate', 'plan', 'inspect', 'verify', 'init', 'postgres', 'demo']) {
      const { out } = await run(`${name} --help`)
      expect(out.split('Examples:')[1]?.match(new RegExp(`rowferry ${name}`, 'g'))).toHaveLength(2)
      expect(out).toContain('Configuration and output:')
    }
  })
})

describe('init', () => {
  test('writes a file, and never over one without a yes', async () => {
    expect((await run('init app.db')).exitCode).toBe(0)
    const { exitCode, err } = await run('init other.db')
    expect(exitCode).toBe(2)
    expect(err).toContain('exists already; nothing was written')
    expect((await run('init other.db --yes')).exitCode).toBe(0)
  })
})
