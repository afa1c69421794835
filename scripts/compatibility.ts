/**
 * Migrates real databases and the hard cases, lets an independent judge compare where there is one, and writes
 * docs/reference/compatibility.md:
 *
 *     node scripts/compatibility.ts [FOLDER] [--cases FILE] [--oracle FILE] [--url postgres://…] [--out FILE]
 *
 * Defaults: what stands in `../shared` beside the repository; an embedded PostgreSQL. Each database goes into a database of
 * its own, which is dropped afterwards. Ends with 1 when one ends with another code than 0 or 5, or is judged unfaithful.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../src/databases/postgres/embedded/embedded-postgres.ts'
import type { ObjectReport, Report } from '../src/model/report.ts'
import { givenDatabase, makeDatabase } from './compatibility/databases.ts'
import { runProcess } from './compatibility/run-process.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const shared = resolve(root, '..', 'shared')

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string' }, oracle: { type: 'string' }, url: { type: 'string' }, out: { type: 'string' } },
})
const folder = positionals[0] ?? join(shared, 'data', 'sqlite')
const cases = values.cases ?? join(shared, 'data', 'hard-cases', 'cases.txt')
const oracle = values.oracle ?? join(shared, 'tools', 'oracle', 'oracle.py')
const page = values.out ?? join(root, 'docs', 'reference', 'compatibility.md')

type Verdict = 'faithful' | 'NOT FAITHFUL' | 'could not run' | '-'
type Outcome = {
  readonly name: string
  readonly exitCode: number
  readonly report: Report | null
  /** What it said where there is no report. */
  readonly error: string | null
  readonly verdict: Verdict
  readonly verdictText: string
  readonly seconds: number
}

const work = mkdtempSync(join(tmpdir(), 'rowferry-compatibility-'))
try {
  await using server = await openServer()
  const databases = await migrateAll(realDatabases(), server.url)
  const hardCases = await migrateAll(hardCaseDatabases(), server.url)
  writeFileSync(page, pageOf(databases, hardCases))
  const bad = [...databases, ...hardCases].filter((outcome) => !isGood(outcome))
  for (const outcome of bad) process.stdout.write(`${outcome.name}: ${whatIsWrong(outcome)}\n`)
  const all = databases.length + hardCases.length
  process.stdout.write(
    `${all - bad.length} of ${all} databases carried faithfully or refused as they must be; ${page}\n`,
  )
  process.exitCode = bad.length === 0 ? 0 : 1
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function openServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  if (values.url !== undefined) return { url: values.url, [Symbol.asyncDispose]: async () => undefined }
  return startEmbeddedPostgres({
    dataDirectory: join(work, 'postgres'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  })
}

type Made = { readonly name: string; readonly path: string }

/** Copies: opening a file with a log beside it may fold the log into it. */
function realDatabases(): Made[] {
  if (!existsSync(folder)) return []
  const target = join(work, 'real')
  cpSync(folder, target, { recursive: true })
  return readdirSync(target)
    .filter((name) => !/\.(md|json|txt)$|-(wal|shm|journal)$/.test(name))
    .toSorted()
    .map((name) => ({ name, path: join(target, name) }))
}

/** One file per `### name`; the lines up to the next are its script. */
function hardCaseDatabases(): Made[] {
  if (!existsSync(cases)) return []
  const target = join(work, 'cases')
  mkdirSync(target)
  const made: Made[] = []
  for (const part of readFileSync(cases, 'utf8').split(/^### /m).slice(1)) {
    const end = part.indexOf('\n')
    const name = part.slice(0, end).trim()
    const path = join(target, `${name}.db`)
    makeDatabase(path, part.slice(end + 1))
    made.push({ name, path })
  }
  return made
}

/** Two at once: each uses several threads itself. */
async function migrateAll(made: readonly Made[], url: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = [...made.entries()]
  const drain = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, database] = next
      const outcome = await migrateOne(database, url)
      outcomes[index] = outcome
      if (!isGood(outcome)) process.stdout.write(`✗ ${database.name}: ${whatIsWrong(outcome)}\n`)
    }
  }
  await Promise.all([drain(), drain()])
  return outcomes
}

async function migrateOne({ name, path }: Made, serverUrl: string): Promise<Outcome> {
  await using database = await givenDatabase(serverUrl, name)
  const transfer = join(work, 'transfers', name)
  const cli = ['bin/rowferry.js', 'migrate', path, database.url, '--yes', '--json', '--report', transfer]
  const run = await runProcess(process.execPath, cli)
  const answer = parseJson(run.stdout)
  const report = answer !== null && 'tables' in answer ? (answer as unknown as Report) : null
  const error =
    report?.failure?.message ??
    (answer?.['message'] as string | undefined) ??
    (report ? null : run.stderr.slice(0, 500))
  const judged = report !== null && (run.exitCode === 0 || run.exitCode === 5)
  const { verdict, verdictText } = judged
    ? await judge(path, database.url, report)
    : ({ verdict: '-', verdictText: '' } as const)
  return { name, exitCode: run.exitCode, report, error, verdict, verdictText, seconds: report?.seconds ?? 0 }
}

async function judge(path: string, url: string, report: Report): Promise<Pick<Outcome, 'verdict' | 'verdictText'>> {
  if (!existsSync(oracle)) return { verdict: '-', verdictText: '' }
  const { rejects, altered } = report.files
  const run = await runProcess('python3', [
    oracle,
    path,
    url,
    '--schema',
    report.target.schema,
    ...(rejects === null ? [] : ['--rejects', rejects]),
    ...(altered === null ? [] : ['--altered', altered]),
  ])
  const verdict = run.exitCode === 0 ? 'faithful' : run.exitCode === 1 ? 'NOT FAITHFUL' : 'could not run'
  return { verdict, verdictText: `${run.stdout}${run.stderr}` }
}

/** The truncated file must be refused; every other one must arrive. */
function isGood(outcome: Outcome): boolean {
  if (mustBeRefused(outcome.name)) return outcome.exitCode === 3 || outcome.exitCode === 4
  const agrees = outcome.report === null || outcome.report.exitCode === outcome.exitCode
  return agrees && [0, 5].includes(outcome.exitCode) && ['faithful', '-'].includes(outcome.verdict)
}

/** Cut off, so that it is no database at all. */
function mustBeRefused(name: string): boolean {
  return name.startsWith('truncated-')
}

function whatIsWrong(outcome: Outcome): string {
  if (outcome.verdict === 'NOT FAITHFUL' || outcome.verdict === 'could not run') {
    return `exit ${outcome.exitCode}, ${outcome.verdict}\n${indent(lastLines(outcome.verdictText, 25))}`
  }
  return `exit ${outcome.exitCode}: ${outcome.error ?? outcome.report?.verdict ?? ''}`
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

function pageOf(databases: readonly Outcome[], hardCases: readonly Outcome[]): string {
  const judgeNote = existsSync(oracle)
    ? 'The judge is a program that knows nothing of rowferry and reads both databases itself.'
    : 'No independent judge was at hand when this page was made.'
  return `# Results on real databases

Made by \`node scripts/compatibility.ts\`; not edited by hand. Every database was migrated with the default options into an empty PostgreSQL database, and its content verified.
Exit code 0: everything arrived as it was. 5: rows or values that PostgreSQL cannot hold are listed by row and column. ${judgeNote}

## Databases from elsewhere

${table(databases)}

## Hard cases

Each is one small database with one difficulty, most of which break other tools.

${table(hardCases)}
`
}

function table(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return 'None at hand.'
  const head = [
    'database',
    'tables',
    'rows',
    'exit code',
    'rejected',
    'altered',
    'verification',
    'judge',
    'objects carried',
    'not carried',
    'seconds',
  ]
  const rule = head.map((_, column) => (column === 0 || column === 6 || column === 7 ? '---' : '---:'))
  return [head, rule, ...outcomes.map(cells)].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function cells(outcome: Outcome): string[] {
  const { report } = outcome
  const name = `\`${outcome.name}\``
  if (report === null) {
    return [
      name,
      '-',
      '-',
      String(outcome.exitCode),
      '-',
      '-',
      `refused: ${withoutPaths(outcome.error ?? '')}`,
      '-',
      '-',
      '-',
      '-',
    ]
  }
  const { totals, objects } = report
  const carried = objects.filter(isCarried).length
  return [
    name,
    String(totals.tables),
    String(totals.rowsRead),
    String(outcome.exitCode),
    String(totals.rejected),
    String(totals.altered),
    verification(report),
    outcome.verdict,
    String(carried),
    String(objects.length - carried),
    report.seconds.toFixed(1),
  ]
}

function isCarried(object: ObjectReport): boolean {
  return object.outcome === 'created' || object.outcome === 'changed'
}

function verification(report: Report): string {
  if (report.failure !== null) return withoutPaths(report.failure.message)
  const differing = report.tables.filter(
    (one) => one.verification.level !== 'none' && one.verification.verdict === 'differs',
  )
  if (differing.length > 0) return `differs in ${differing.length} tables`
  return report.tables.every((one) => one.verification.level === 'content') ? 'content equal' : report.verify
}

/** The page is the same on every machine. */
function withoutPaths(text: string): string {
  return text
    .replaceAll(/(?:\/[\w.@-]+)+\/([\w.@-]+)/g, (_, file: string) => file)
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return null // it printed no report
  }
}
