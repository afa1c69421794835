import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { eventMeanings } from '../../scripts/reference/event-meanings.ts'
import { eventShapes, referencePages } from '../../scripts/reference/pages.ts'
import { publishedSchemas } from '../../scripts/reference/schemas.ts'
import { warningMeanings } from '../../scripts/reference/warning-meanings.ts'
import { commandNames, commands } from '../../src/config/commands.ts'
import { ConfigFile } from '../../src/config/config.ts'
import { flagOf, optionNames, optionSpec } from '../../src/config/options.ts'
import { errorCatalogue } from '../../src/errors/errors.ts'
import { ReportSchema } from '../../src/report/report-schema.ts'
import { sampleReport } from '../support/sample-report.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const sources = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'))
const documents = [
  ...globSync('docs/**/*.md', { cwd: root }),
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].filter(
    (path) => globSync(path, { cwd: root }).length > 0,
  ),
]

describe('generated pages', () => {
  test.each(Object.entries(referencePages()))(
    'docs/reference/%s is up to date (node scripts/write-reference.ts)',
    (name, text) => {
      expect(read(`docs/reference/${name}`)).toBe(text)
    },
  )

  test.each(Object.entries(publishedSchemas()))(
    'schemas/%s is up to date (node scripts/write-schemas.ts)',
    (name, text) => {
      expect(read(`schemas/${name}`)).toBe(text)
    },
  )
})

describe('errors', () => {
  const used = new Set(
    sources
      .filter((path) => path !== 'src/errors/errors.ts')
      .flatMap((path) => [...read(path).matchAll(/'((?:CONFIG|CONNECT|CATALOG|DATA|VERIFY|PEER|JOB)_[A-Z_]+)'/g)])
      .map((match) => match[1] ?? ''),
  )

  test('every code that documents name exists', () => {
    const named = documents.flatMap(
      (path) => read(path).match(/\b(?:CONFIG|CONNECT|CATALOG|DATA|VERIFY|PEER|JOB)_[A-Z_]*[A-Z]\b/g) ?? [],
    )
    expect([...new Set(named)].filter((code) => !(code in errorCatalogue))).toEqual([])
  })

  test('every code in the source is in the catalogue', () => {
    expect([...used].filter((code) => !(code in errorCatalogue))).toEqual([])
  })
})

describe('options', () => {
  /** Flags of other programs that the documents show; the last three are those of `npm run bench`. */
  const foreign = new Set([
    '--version',
    '--help',
    '--project',
    '--ignore-scripts',
    '--type-aware',
    '--omit',
    '--rm',
    '--prefix',
    '--schema-only',
    '--test',
    '--rows',
    '--shape',
    '--write',
  ])
  const known = new Set(optionNames.map(flagOf))

  test('every flag that documents name exists', () => {
    const named = documents.flatMap((path) => read(path).match(/(?<![\w-])--[a-z][a-z0-9-]+/g) ?? [])
    expect([...new Set(named)].filter((flag) => !known.has(flag) && !foreign.has(flag))).toEqual([])
  })

  test('every flag that messages and remedies name exists', () => {
    // The names of custom properties in the page's style look the same.
    const speaking = sources.filter((path) => path !== 'src/report/report-style.ts')
    const named = speaking.flatMap((path) => read(path).match(/(?<=['"`( ])--[a-z][a-z0-9-]+(?=[\s'"`,.)])/g) ?? [])
    const ofServer = /^--(auth|encoding|locale|no-|pwfile|username|lc-|data-)/
    expect(
      [...new Set(named)].filter((flag) => !known.has(flag) && !foreign.has(flag) && !ofServer.test(flag)),
    ).toEqual([])
  })

  test('what an option conflicts with exists', () => {
    for (const name of optionNames) for (const other of optionSpec(name).conflicts) expect(optionNames).toContain(other)
  })

  test('no two options share a short flag', () => {
    const shorts = optionNames.flatMap((name) => optionSpec(name).short ?? [])
    expect(new Set(shorts).size).toBe(shorts.length)
  })

  test('the example in options.md is a valid configuration', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(read('docs/reference/options.md'))?.[1] ?? ''
    expect(ConfigFile.safeParse(parse(example)).error).toBeUndefined()
  })
})

describe('events', () => {
  test('every event of the source is described, and nothing else is', () => {
    expect([...eventShapes().keys()].toSorted()).toEqual(Object.keys(eventMeanings).toSorted())
  })
})

describe('warnings', () => {
  const inSource = new Set(
    sources
      .filter((path) => !path.startsWith('src/cli/') && !path.startsWith('src/report/'))
      .flatMap((path) => [...read(path).matchAll(/(?:\bcode: |[wW]arning\(\s*)'([a-z]+(?:-[a-z]+)*)'/g)])
      .map((match) => match[1] ?? ''),
  )

  test('every code of the source is described, and nothing else is', () => {
    expect([...inSource].toSorted()).toEqual(Object.keys(warningMeanings).toSorted())
  })
})

describe('commands', () => {
  test('every command that documents show exists', () => {
    const shown = documents
      .flatMap((path) => [...read(path).matchAll(/(?:^|npx |`|\$ )rowferry ([a-z]+)\b(?=[ `\n])/gm)])
      .map((match) => match[1] ?? '')
    const notCommands = new Set([
      'carries',
      'is',
      'has',
      'and',
      'needs',
      'put',
      'did',
      'does',
      'opens',
      'runs',
      'on',
      'in',
      'help',
    ])
    expect([...new Set(shown)].filter((word) => !notCommands.has(word) && !(word in commands))).toEqual([])
  })

  test('every command has a file', () => {
    const files = globSync('src/cli/commands/*.ts', { cwd: root }).map((path) => path.replace(/^.*\/|\.ts$/g, ''))
    expect(files.filter((name) => !name.endsWith('.test')).toSorted()).toEqual([...commandNames].toSorted())
  })
})

test('the sample report follows the published schema', () => {
  expect(ReportSchema.parse(sampleReport())).toEqual(sampleReport())
})
