/**
 * Runs the inputs of `field-cases` and compares how each ends with `compatibility/field-cases.ts`:
 *
 *     node scripts/field-cases.ts [FOLDER] [--url postgres://…]
 *
 * Needs the `sqlite3` shell. Defaults: what stands in `../shared` beside the repository; an embedded PostgreSQL. Ends with 1 when a case ends otherwise.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../src/databases/postgres/embedded/embedded-postgres.ts'
import { givenDatabase, query } from './compatibility/databases.ts'
import { fieldCases, type FieldRun } from './compatibility/field-cases.ts'
import { runProcess } from './compatibility/run-process.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' } } })
const folder =
  positionals[0] ?? resolve(fileURLToPath(new URL('../', import.meta.url)), '..', 'shared', 'data', 'field-cases')

const work = mkdtempSync(join(tmpdir(), 'rowferry-field-'))
try {
  await using server = await openServer()
  const names = Object.keys(fieldCases)
  const wrong: string[] = []
  for (const name of names) {
    const problems = await runCase(name, server.url)
    if (problems.length > 0) wrong.push(name)
    for (const problem of problems) process.stdout.write(`✗ ${name}: ${problem}\n`)
  }
  process.stdout.write(`${names.length - wrong.length} of ${names.length} field cases end as they must\n`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function openServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  if (values.url !== undefined) return { url: values.url, [Symbol.asyncDispose]: async () => undefined }
  return startEmbeddedPostgres({ dataDirectory: join(work, 'postgres'), settings: { fsync: 'off' } })
}

async function runCase(name: string, serverUrl: string): Promise<string[]> {
  await using database = await givenDatabase(serverUrl, `field ${name}`)
  const source = givenSource(name)
  const target = join(folder, `${name}.target.sql`)
  if (existsSync(target)) await query(database.url, readFileSync(target, 'utf8'))
  const problems: string[] = []
  for (const [at, run] of (fieldCases[name] ?? []).entries()) {
    const found = await runOnce(run, { source, url: database.url, report: join(work, 'transfers', name, String(at)) })
    problems.push(...found.map((problem) => `run ${at + 1}: ${problem}`))
  }
  return problems
}

function givenSource(name: string): string {
  const path = join(work, 'sources', `${name}.db`)
  mkdirSync(join(path, '..'), { recursive: true })
  const script = join(folder, `${name}.sql`)
  // Their scripts use functions that only the shell has.
  if (existsSync(script)) execFileSync('sqlite3', [path], { input: readFileSync(script) })
  else copyFileSync(join(folder, `${name}.db`), path)
  return path
}

async function runOnce(
  run: FieldRun,
  at: { readonly source: string; readonly url: string; readonly report: string },
): Promise<string[]> {
  if (run.before !== undefined) await query(at.url, run.before)
  const cli = ['bin/rowferry.js', 'migrate', at.source, at.url, '--report', at.report, ...(run.options ?? [])]
  const { exitCode, stdout, stderr } = await runProcess(process.execPath, cli)
  const told = `${stdout}${stderr}`
  const problems = exitCode === run.exitCode ? [] : [`exit ${exitCode} instead of ${run.exitCode}\n${lastLines(told)}`]
  for (const pattern of run.says ?? []) {
    if (!pattern.test(told)) problems.push(`does not say ${String(pattern)}\n${lastLines(told)}`)
  }
  for (const [sql, expected] of Object.entries(run.holds ?? {})) {
    const rows = JSON.stringify(await query(at.url, sql).catch((error: unknown) => String(error)))
    if (rows !== JSON.stringify(expected)) problems.push(`${sql}: ${rows} instead of ${JSON.stringify(expected)}`)
  }
  return problems
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-15).join('\n').replaceAll(/^/gm, '    ')
}
