import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { expect } from 'vitest'
import { type ConfigInput, migrate, type Report } from '../../src/index.ts'
import type { Issue } from '../../src/model/batch.ts'
import type { ObjectReport } from '../../src/model/report.ts'
import { asText, type ExpectedValue } from './assert-rows.ts'
import { givenDatabase } from './postgres.ts'
import { readIssueFile, readReport } from './run-cli.ts'

type Rows = readonly (readonly ExpectedValue[])[]

/** A line of `altered.jsonl` or `rejects.jsonl`, or as much of it as matters. */
type ExpectedIssue = Partial<Omit<Extract<Issue, { kind: 'altered' }>, 'kind'>> &
  Partial<Omit<Extract<Issue, { kind: 'reject' }>, 'kind'>>

/**
 * One hard case: a SQLite database, and everything that its migration into an empty PostgreSQL has to leave behind. What is
 * not mentioned must not happen: a warning, an altered value or an object left out that is not listed here fails the case.
 */
export type Case = {
  /** Makes the source. Foreign keys are not enforced, "double quotes" may be texts, sqlite_master may be written. */
  readonly sqlite: string | ((db: DatabaseSync) => void)
  readonly config?: ConfigInput
  /** SQL that has run in the target before. */
  readonly target?: string
  /** Default: 0. */
  readonly exitCode?: 0 | 5
  /** All tables and views of the schema public, with all their rows, every value as PostgreSQL's text, moments in UTC. */
  readonly tables: Readonly<Record<string, Rows>>
  /** By table, as in DDL: `id bigint identity, v text not null default 'x'::text`. */
  readonly columns?: Readonly<Record<string, string>>
  /** By table, all there are and in the order of their text: PostgreSQL's definitions, `INDEX i (a) WHERE …` for indexes. */
  readonly constraints?: Readonly<Record<string, readonly string[]>>
  /** `code table.column`, `… ×2` where there are two of them, and what the message has to say. */
  readonly warnings?: Readonly<Record<string, RegExp>>
  /** Objects that PostgreSQL has not got, or has otherwise: `kind name` and what the report has to say about it. */
  readonly notCarried?: Readonly<Record<string, RegExp>>
  readonly changed?: Readonly<Record<string, RegExp>>
  readonly altered?: readonly ExpectedIssue[]
  readonly rejected?: readonly ExpectedIssue[]
  /** What an application does next in the target, in order: the rows it gets, or the SQLSTATE it fails with. */
  readonly afterwards?: Readonly<Record<string, Rows | string>>
}

/** Runs the migration of a case and compares everything that it leaves behind. */
export async function expectCase(given: Case): Promise<void> {
  await using database = await givenDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-case-'))
  const secret = withPassword(database.url)
  const client = new Client({ connectionString: secret.url, types: { getTypeParser: () => (text: unknown) => text } })
  try {
    await client.connect()
    await client.query(`set time zone 'UTC'`)
    if (given.target !== undefined) await client.query(given.target)
    const { report, told } = await migrateCase(given, folder, secret.url)
    await expectAgreement(report, { exitCode: given.exitCode ?? 0, told, secret: secret.password })
    await expectTables(client, given)
    expectReport(report, given)
    for (const [sql, outcome] of Object.entries(given.afterwards ?? {})) await expectAnswer(client, sql, outcome)
  } finally {
    await client.end()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function migrateCase(given: Case, folder: string, url: string): Promise<{ report: Report; told: string }> {
  const source = join(folder, 'hard case.db')
  const db = new DatabaseSync(source, { enableForeignKeyConstraints: false, enableDoubleQuotedStringLiterals: true })
  try {
    db.enableDefensive(false)
    if (typeof given.sqlite === 'string') db.exec(given.sqlite)
    else given.sqlite(db)
  } finally {
    db.close()
  }
  const events: unknown[] = []
  const report = await migrate({
    source,
    target: url,
    cwd: folder,
    config: { parallel: 1, ...given.config },
    onEvent: (name, event) => events.push([name, event]),
  })
  return { report, told: JSON.stringify(events) }
}

/** A password that a server which trusts everybody does not look at, so that there is one to keep secret. */
function withPassword(text: string): { url: string; password: string } {
  const url = new URL(text)
  if (url.password === '') url.password = 'hush-4711-secret'
  return { url: url.href, password: url.password }
}

const outcomes: Readonly<Record<number, { readonly status: string; readonly verdict: RegExp }>> = {
  0: { status: 'completed', verdict: /^DONE: / },
  5: { status: 'completed_with_rejects', verdict: /^DONE WITH EXCEPTIONS: / },
}

/** Exit code, verdict, report.json and the lists say the same thing, and nothing says the password. */
async function expectAgreement(
  report: Report,
  { exitCode, told, secret }: { exitCode: number; told: string; secret: string },
): Promise<void> {
  const { folder, rejects, altered } = report.files
  expect(report.failure).toBeNull()
  expect({ exitCode: report.exitCode, status: report.status }).toEqual({ exitCode, status: outcomes[exitCode]?.status })
  expect(report.verdict).toMatch(outcomes[exitCode]?.verdict ?? /never/)
  expect(readReport(folder), 'report.json').toEqual(structuredClone(report))
  const alterations = readIssueFile(altered) as Omit<Extract<Issue, { kind: 'altered' }>, 'kind'>[]
  expect(report.totals).toMatchObject({
    rejected: readIssueFile(rejects).length,
    altered: alterations.filter((line) => !line.declared).length,
    declaredConversions: alterations.filter((line) => line.declared).length,
  })
  expect(countExceptions(report) > 0, 'exit code 5 means that something is listed').toBe(exitCode === 5)
  expect(report.tables.every((table) => table.verification.level === 'content')).toBe(true)
  expect(told).not.toContain(secret)
  for (const name of await readdir(folder)) {
    expect(await readFile(join(folder, name), 'utf8'), name).not.toContain(secret)
  }
}

/** Rows, values and objects that did not arrive as they were, or as the plan had promised. */
function countExceptions({ totals, objects, warnings }: Report): number {
  const unproven = objects.filter(
    ({ outcome, sql }) => outcome === 'refused' || (outcome !== 'not-carried' && / not valid$/i.test(sql ?? '')),
  )
  const told = warnings.filter(
    ({ code, message }) =>
      code === 'foreign-key-not-restored' || (code === 'column-omitted' && message.includes('left behind')),
  )
  return totals.rejected + totals.altered + unproven.length + told.length
}

async function expectTables(client: Client, given: Case): Promise<void> {
  const names = await rowsOf(
    client,
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')`,
  )
  const found: Record<string, unknown> = {}
  for (const [name] of names) {
    found[String(name)] = await rowsOf(client, `select * from public.${quote(String(name))}`)
  }
  const expected = Object.entries(given.tables).map(([name, rows]) => [name, rows.map((row) => row.map(asText))])
  expect(found, 'tables and rows').toEqual(Object.fromEntries(expected))
  if (given.columns) expect(await describeColumns(client, given.columns), 'columns').toEqual(given.columns)
  if (given.constraints) {
    expect(await describeConstraints(client, given.constraints), 'constraints and indexes').toEqual(given.constraints)
  }
}

function expectReport(report: Report, given: Case): void {
  const warnings = report.warnings.map(({ code, table, column, message }) => ({
    name: `${code} ${[table, column].filter((part) => part !== null).join('.')}`.trim(),
    text: message,
  }))
  expectTold('warnings', warnings, given.warnings)
  const objects = (outcome: ObjectReport['outcome']): Told[] =>
    report.objects
      .filter((object) => object.outcome === outcome)
      .map(({ kind, name, note, error }) => ({
        name: `${kind} ${name}`,
        text: [note, error].filter(Boolean).join(' | '),
      }))
  expectTold('objects not carried', objects('not-carried'), given.notCarried)
  const withoutSql = report.objects.filter(({ outcome, sourceSql }) => outcome === 'not-carried' && !sourceSql)
  expect(withoutSql, 'what is not carried is quoted from the source').toEqual([])
  expectTold('objects changed', objects('changed'), given.changed)
  expectTold('objects refused by PostgreSQL', objects('refused'), {})
  expect(readIssueFile(report.files.altered), 'altered.jsonl').toMatchObject(given.altered ?? [])
  expect(readIssueFile(report.files.rejects), 'rejects.jsonl').toMatchObject(given.rejected ?? [])
}

type Told = { readonly name: string; readonly text: string }

function expectTold(what: string, told: readonly Told[], expected: Readonly<Record<string, RegExp>> = {}): void {
  const byName = Object.entries(Object.groupBy(told, ({ name }) => name))
  const counted = byName.map(([name, texts = []]) => ({
    name: texts.length === 1 ? name : `${name} ×${texts.length}`,
    texts,
  }))
  const listed = told.map(({ name, text }) => `${name}: ${text}`).join('\n')
  expect(counted.map(({ name }) => name).toSorted(), `${what}\n${listed}`).toEqual(Object.keys(expected).toSorted())
  for (const { name, texts } of counted) {
    for (const { text } of texts) expect(text, `${what}: ${name}`).toMatch(expected[name] ?? /never/)
  }
}

async function expectAnswer(client: Client, sql: string, outcome: Rows | string): Promise<void> {
  if (typeof outcome === 'string') {
    await expect(client.query(sql), sql).rejects.toMatchObject({ code: outcome })
  } else {
    expect(await rowsOf(client, sql), sql).toEqual(outcome.map((row) => row.map(asText)))
  }
}

async function describeColumns(client: Client, of: Readonly<Record<string, unknown>>): Promise<Record<string, string>> {
  const columns = await rowsOf(
    client,
    `select c.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
         case when a.attidentity = 'd' then 'identity' end,
         case when a.attnotnull and not a.attnum = any(coalesce(k.conkey, '{}')) then 'not null' end,
         case a.attgenerated when 's' then 'generated' else case when d.oid is not null then 'default' end end,
         pg_get_expr(d.adbin, d.adrelid))
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
       left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
       order by c.relname, a.attnum`,
  )
  return Object.fromEntries([...grouped(columns, of)].map(([table, texts]) => [table, texts.join(', ')]))
}

/** PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY, then the indexes that stand behind none of them. */
async function describeConstraints(
  client: Client,
  of: Readonly<Record<string, unknown>>,
): Promise<Record<string, readonly string[]>> {
  const found = await rowsOf(
    client,
    `select c.relname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
       where k.connamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'c', 'f')
     union all
     select tablename, regexp_replace(indexdef, '^CREATE (.*INDEX .*) ON .* USING btree (.*)$', '\\1 \\2') from pg_indexes
       where schemaname = 'public' and indexname not in (select conname from pg_constraint where contype in ('p', 'u'))
     order by 1, 2`,
  )
  return Object.fromEntries([...grouped(found, of)].map(([table, texts]) => [table, texts.toSorted()]))
}

/** Pairs of table and text, by table; only the tables of `of`, every one of them. */
function grouped(
  pairs: readonly (readonly (string | null)[])[],
  of: Readonly<Record<string, unknown>>,
): Map<string, string[]> {
  const byTable = new Map(Object.keys(of).map((table): [string, string[]] => [table, []]))
  for (const [table, text] of pairs) byTable.get(table ?? '')?.push(text ?? '')
  return byTable
}

async function rowsOf(client: Client, sql: string): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
  return rows
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
