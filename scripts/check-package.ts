/**
 * Packs the package, installs it into an empty folder as a user would, and uses it there: `node scripts/check-package.ts`.
 * Needs the npm registry. Ends with 1 and the reason when something is wrong.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rowferry-package-'))
try {
  const archive = pack()
  const consumer = install(archive)
  checkContents(join(consumer, 'node_modules', 'rowferry'))
  checkCommands(consumer)
  checkLibrary(consumer)
  process.stdout.write('The packed package installs, runs and resolves its types.\n')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack(): string {
  // What an earlier build left there would be packed too.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run('npm', ['pack', '--pack-destination', folder, '--loglevel', 'error'], root)
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (archive === undefined) throw new Error('npm pack made no archive')
  return join(folder, archive)
}

function install(archive: string): string {
  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel', 'error', archive], consumer)
  return consumer
}

/** Nothing that only developers need, no path of the machine that packed it, and everything that the build needs at run time. */
function checkContents(installed: string): void {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
    .filter((path) => !path.startsWith('node_modules'))
  const unwanted = files.filter((path) =>
    /\.(test|bench)\.|^(src|test|scripts|bench|\.ci|\.rowferry)\/|(?<!\.d)\.ts$|\.map$/.test(path),
  )
  expect(unwanted.length === 0, `the package holds files that users do not need: ${unwanted.slice(0, 10).join(', ')}`)
  for (const wanted of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/sql/000001.sql',
    'dist/record-coder.wasm',
    'schemas/config.schema.json',
    'schemas/report.schema.json',
  ]) {
    expect(files.includes(wanted), `the package lacks ${wanted}`)
  }
  const withPaths = files.filter((path) => readFileSync(join(installed, path), 'utf8').includes(root))
  expect(withPaths.length === 0, `these files name a path of this machine: ${withPaths.join(', ')}`)
}

function checkCommands(consumer: string): void {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const told = rowferry(consumer, ['--version'])
  expect(told.includes(version), `rowferry --version says ${told}`)
  const db = new DatabaseSync(join(consumer, 'app.db'))
  db.exec(`create table notes(id integer primary key, body text); insert into notes values (1, 'first'), (2, 'second')`)
  db.close()
  const migrated = rowferry(consumer, ['migrate', 'app.db'])
  expect(/^DONE: 2 rows of 1 table carried, content verified\.$/m.test(migrated), `rowferry migrate said:\n${migrated}`)
  checkThreads(consumer)
}

/** Worker threads have files of their own, which only a larger source needs. */
function checkThreads(consumer: string): void {
  const db = new DatabaseSync(join(consumer, 'larger.db'))
  db.exec(`create table readings(id integer primary key, body text);
    insert into readings with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
      select i, 'reading number ' || i || ' of many' from n`)
  db.close()
  const migrated = rowferry(consumer, ['migrate', 'larger.db', '--parallel', '2'])
  expect(
    /^DONE: 100,000 rows of 1 table carried, content verified\.$/m.test(migrated),
    `rowferry migrate said:\n${migrated}`,
  )
}

/** What `import` gives, and what the compiler says of it. */
function checkLibrary(consumer: string): void {
  writeFileSync(
    join(consumer, 'use.ts'),
    `import { migrate, type Report } from 'rowferry'\nexport const report: Promise<Report> = migrate({ source: 'app.db', target: null })\n`,
  )
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  // Without @types/node: what we publish must not need it.
  const types = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'esnext', '--types', '']
  run(process.execPath, [compiler, ...types, 'use.ts'], consumer)
  const script = `const { inspect } = await import('rowferry'); const found = await inspect({ source: 'app.db' }); process.stdout.write(found.catalog.tables[0].name.name)`
  const found = run(process.execPath, ['--input-type=module', '--eval', script], consumer)
  expect(found === 'notes', `inspect found ${found}`)
  for (const schema of ['config', 'report']) {
    run(
      process.execPath,
      ['--input-type=module', '--eval', `await import('rowferry/${schema}.schema.json', { with: { type: 'json' } })`],
      consumer,
    )
  }
}

function rowferry(cwd: string, args: readonly string[]): string {
  return run(process.execPath, [join(cwd, 'node_modules', 'rowferry', 'bin', 'rowferry.js'), ...args], cwd)
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
