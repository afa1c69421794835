import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

/** A folder imports only from folders before it, and from itself. */
const order = [
  'model',
  'errors',
  'util',
  'wasm',
  'config',
  'databases',
  'mapping',
  'store',
  'plan',
  'report',
  'zero',
  'transfer',
  'peer',
  'jobs',
  'runbook',
  'http',
  'cli',
]

/** Stricter than the order: what these may import at all, beside themselves. */
const only: Readonly<Record<string, readonly string[]>> = {
  model: [],
  errors: [],
  report: ['model', 'errors', 'util'],
}

type Import = { readonly from: string; readonly to: string }

const files = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'))
const importPattern =
  /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;])import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

const inner: readonly Import[] = files.flatMap((from) =>
  importsOf(from)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from, to: relative(root, join(root, dirname(from), specifier)) })),
)

const folderOf = (path: string): string => path.split('/')[1] ?? ''

describe('imports', () => {
  test('there is something to check', () => {
    expect(inner.length).toBeGreaterThan(50)
  })

  test('go only to files that exist', () => {
    expect(inner.filter(({ to }) => to.startsWith('src/') && !existsSync(join(root, to)))).toEqual([])
  })

  test('go only up the list of folders', () => {
    const files = inner.filter(
      ({ from, to }) => from.split('/').length > 2 && to.startsWith('src/') && to.split('/').length > 2,
    )
    const wrong = files.filter(({ from, to }) => order.indexOf(folderOf(to)) > order.indexOf(folderOf(from)))
    expect(wrong).toEqual([])
    expect([...new Set(files.map(({ from }) => folderOf(from)))].filter((folder) => !order.includes(folder))).toEqual(
      [],
    )
  })

  test('nobody imports the public API, and it holds no code', () => {
    const entries = new Set(['src/index.ts', 'src/library.ts'])
    expect(inner.filter(({ from, to }) => entries.has(to) && !entries.has(from))).toEqual([])
  })

  test.each(Object.entries(only))('%s imports nothing but %s', (folder, allowed) => {
    const wrong = inner.filter(
      ({ from, to }) => folderOf(from) === folder && ![folder, ...allowed].includes(folderOf(to)),
    )
    expect(wrong).toEqual([])
  })

  test('have no cycles', () => {
    expect(findCycle(inner)).toBeNull()
  })
})

/** The files of one cycle in order, or null. */
function findCycle(imports: readonly Import[]): string[] | null {
  const next = Map.groupBy(imports, ({ from }) => from)
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return null
    for (const { to } of next.get(path) ?? []) {
      const cycle = visit(to, [...trail, path])
      if (cycle) return cycle
    }
    done.add(path)
    return null
  }
  for (const path of next.keys()) {
    const cycle = visit(path, [])
    if (cycle) return cycle
  }
  return null
}

test('a cycle would be found', () => {
  const imports = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'c', to: 'b' },
  ]
  expect(findCycle(imports)).toEqual(['b', 'c', 'b'])
})

describe('dependencies', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  >
  const versions = { ...devDependencies, ...dependencies }
  const packages = new Set(
    files
      .flatMap(importsOf)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  )

  test('every package that is imported is named in package.json', () => {
    expect([...packages].filter((name) => !(name in versions))).toEqual([])
  })

  test.each([...new Set([...packages, ...Object.keys(dependencies)])])(
    '%s is named with its reason in ARCHITECTURE.md',
    (name) => {
      const rows = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n')
      const row = rows.find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${name}\``))
      expect(row?.split('|')[2]?.trim() ?? '').not.toBe('')
    },
  )

  test('versions are exact: a caret would bring what nobody tested', () => {
    expect(Object.entries(versions).filter(([, version]) => !/^\d/.test(version))).toEqual([])
  })
})
