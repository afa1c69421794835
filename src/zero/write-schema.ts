import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Client } from 'pg'
import { readPostgresCatalog } from '../databases/postgres/catalog/postgres-catalog.ts'
import { RowferryError } from '../errors/errors.ts'
import { generateZeroSchema } from '../mapping/postgres-to-zero/generate-zero-schema.ts'
import { printStarterQueries } from '../mapping/postgres-to-zero/print-starter-queries.ts'
import { sameSchema, whoseSchema } from '../mapping/postgres-to-zero/print-zero-schema.ts'
import type { ZeroSchema } from '../mapping/postgres-to-zero/zero-table.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { makeFolder } from '../util/make-folder.ts'
import { readReplicationFacts } from './read-replication-facts.ts'

export type WriteSchemaOptions = {
  /** PostgreSQL schema whose tables are wanted. */
  readonly schema: string
  readonly settings: ZeroSettings
  /** Folder that relative paths start from. */
  readonly cwd: string
  /** Asked before a file is replaced that somebody wrote or changed by hand. False keeps it. */
  readonly confirmReplacing: (file: ReplacedFile) => Promise<boolean> | boolean
}

export type ReplacedFile = {
  readonly path: string
  /** `edited`: written by rowferry and changed since; `foreign`: never written by rowferry. */
  readonly whose: 'edited' | 'foreign'
}

export type SchemaFile = {
  readonly path: string
  /** `unchanged`: it said the same already and was not touched; `kept`: it is somebody's and was not to be replaced. */
  readonly outcome: 'written' | 'unchanged' | 'kept'
  readonly schema: ZeroSchema
  /** The starter queries; null when none were wanted. An existing file is always kept. */
  readonly queries: { readonly path: string; readonly outcome: 'written' | 'kept' } | null
}

/** Reads the live catalog and writes the schema file that the settings name, and the starter queries when they name some. */
export async function writeZeroSchema(client: Client, options: WriteSchemaOptions): Promise<SchemaFile> {
  const schema = await readZeroSchema(client, options)
  const path = resolve(options.cwd, options.settings.schemaFile)
  const outcome = await writeOver(path, schema.text, options)
  return { path, outcome, schema, queries: await writeQueries(path, schema, options) }
}

export type SchemaCheck = {
  readonly path: string
  readonly verdict: 'current' | 'outdated' | 'missing'
  readonly schema: ZeroSchema
  /** Lines that the file would gain and lose; empty unless it is outdated. */
  readonly difference: { readonly gained: readonly string[]; readonly lost: readonly string[] }
}

/** Does the schema file say what the database says now? Writes nothing. */
export async function checkZeroSchema(
  client: Client,
  options: Pick<WriteSchemaOptions, 'schema' | 'settings' | 'cwd'>,
): Promise<SchemaCheck> {
  const schema = await readZeroSchema(client, options)
  const path = resolve(options.cwd, options.settings.schemaFile)
  const existing = await readExisting(path)
  if (existing === null) return { path, verdict: 'missing', schema, difference: { gained: [], lost: [] } }
  const current = sameSchema(existing, schema.text)
  const difference = current ? { gained: [], lost: [] } : differingLines(existing, schema.text)
  return { path, verdict: current ? 'current' : 'outdated', schema, difference }
}

/** The schema as it would be written. */
export async function readZeroSchema(
  client: Client,
  { schema, settings }: Pick<WriteSchemaOptions, 'schema' | 'settings'>,
): Promise<ZeroSchema> {
  const catalog = await readPostgresCatalog(client, schema)
  const facts = await readReplicationFacts(client, { schema, settings, version: catalog.version })
  return generateZeroSchema(catalog, settings, facts)
}

async function writeOver(path: string, text: string, options: WriteSchemaOptions): Promise<SchemaFile['outcome']> {
  const existing = await readExisting(path)
  if (existing !== null) {
    if (sameSchema(existing, text) && whoseSchema(existing) !== 'foreign') return 'unchanged'
    const whose = whoseSchema(existing)
    if (whose !== 'ours' && !(await options.confirmReplacing({ path, whose }))) return 'kept'
  }
  await writeWhole(path, text)
  return 'written'
}

async function writeQueries(
  schemaPath: string,
  schema: ZeroSchema,
  { settings, cwd }: WriteSchemaOptions,
): Promise<SchemaFile['queries']> {
  if (settings.queriesFile === null) return null
  const path = resolve(cwd, settings.queriesFile)
  if ((await readExisting(path)) !== null) return { path, outcome: 'kept' }
  await writeWhole(path, printStarterQueries(schema.tables, { schemaPath, queriesPath: path }))
  return { path, outcome: 'written' }
}

/** Null: there is no such file. */
async function readExisting(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return null
    throw fileError('read', path, cause)
  }
}

/** Whoever watches the file never sees half of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const besides = `${path}.${process.pid}.tmp`
  try {
    await makeFolder(dirname(path))
    await writeFile(besides, text)
    await rename(besides, path)
  } catch (cause) {
    await rm(besides, { force: true }).catch(() => undefined) // where it could not be made, it cannot be removed
    throw fileError('written', path, cause)
  }
}

function fileError(what: 'read' | 'written', path: string, cause: unknown): RowferryError {
  return new RowferryError('CONFIG_INVALID', {
    message: `The file ${path} cannot be ${what} (${codeOf(cause)}).`,
    remedy: 'Name a file that you may write: --out FILE, or schemaFile: below zero: in rowferry.yaml.',
    cause,
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/** Whole lines, by how often each stands in either text: enough to see which table or column it is. */
function differingLines(before: string, after: string): SchemaCheck['difference'] {
  const [old, now] = [before, after].map(contentLines)
  return { gained: without(now ?? [], old ?? []), lost: without(old ?? [], now ?? []) }
}

function contentLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\/\/ (Made by rowferry|sha256 of) /.test(line))
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function without(lines: readonly string[], taken: readonly string[]): string[] {
  const left = new Map([...Map.groupBy(taken, (line) => line)].map(([line, same]) => [line, same.length]))
  return lines.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}
