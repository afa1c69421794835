/**
 * The doctor: what in a PostgreSQL database stops Zero, or is hidden from it. Imports the catalog's reader and nothing that
 * changes a database; `fix-findings.ts` does that, after somebody has agreed. https://zero.rocicorp.dev/docs/postgres-support
 */
import type { Client } from 'pg'
import type { ZeroFinding, ZeroSettings } from '../../model/zero.ts'
import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { finding } from './conditions.ts'
import { examineColumns, examineExcluded, examineGenerated, examineUnpublishable } from './examine-columns.ts'
import { examineForeignKeys } from './examine-foreign-keys.ts'
import { examineKeys } from './examine-keys.ts'
import { examineLeftOut } from './examine-left-out.ts'
import { examineNames } from './examine-names.ts'
import { examineServer } from './examine-server.ts'
import { examineValues, type ValueOptions } from './examine-values.ts'
import { defaultSchema, publishedTables, type Scope } from './published.ts'
import { type PublicationFacts, readPublication, readServerFacts, readTables } from './read-facts.ts'

export type ExamineOptions = ValueOptions & {
  /** The schema that is migrated to. With zero-cache's own publication all of `public` is examined as well. */
  readonly schema: string
  readonly settings: ZeroSettings
  /** False: the rows are not read, which takes no time on a large database. Default true. */
  readonly rows?: boolean
  /**
   * `existing` (default): what the publication holds now decides what is examined; it must exist. `settings`: it is about to
   * be made by the settings.
   */
  readonly publication?: 'existing' | 'settings'
}

/** As `server_version_num`. */
const oldestServer = 150_000

const severities = ['stops', 'breaks', 'hides', 'warns'] as const

/** Changes nothing. The worst come first; within a severity, the server, then table by table. */
export async function examineForZero(client: Client, options: ExamineOptions): Promise<ZeroFinding[]> {
  options.signal.throwIfAborted()
  const { settings, schema } = options
  const server = await readServerFacts(client)
  if (server === undefined) return []
  const findings = examineServer(server, settings)
  const existing = options.publication !== 'settings' && server.versionNumber >= oldestServer
  const publication =
    existing && settings.publication !== null ? await readPublication(client, settings.publication) : null
  if (existing) findings.push(...examinePublication(publication, settings))
  const scope: Scope = { settings, schema, versionNumber: server.versionNumber, publication }
  const named = publication?.tables.map((own) => own.table) ?? []
  const tables = await readTables(client, settings.publication === null ? [defaultSchema, schema] : [schema], named)
  const published = publishedTables(tables, scope)
  findings.push(
    ...examineSchema(scope, tables.length),
    ...tables.flatMap((table) => examineUnpublishable(table, scope)),
    ...examineLeftOut(tables, published, scope),
    ...examineNames(published),
    ...published.flatMap((own) => [
      ...examineColumns(own),
      ...examineKeys(own, settings),
      ...examineGenerated(own, scope),
      ...examineExcluded(own, scope),
      ...(settings.indexForeignKeys ? examineForeignKeys(own) : []),
    ]),
  )
  // Older servers lack functions that the examination needs, and zero-cache does not take them anyway.
  if (options.rows !== false && server.versionNumber >= oldestServer)
    findings.push(...(await examineValues(client, published, options)))
  return severities.flatMap((severity) => findings.filter((own) => own.severity === severity))
}

/** Whether zero-cache could not start, or clients would fail, because of one of them. */
export function preventsZero(found: ZeroFinding): boolean {
  return found.severity === 'stops' || found.severity === 'breaks'
}

function examinePublication(publication: PublicationFacts | null, { publication: name }: ZeroSettings): ZeroFinding[] {
  if (name === null) return []
  const object = `publication ${name}`
  if (publication === null) {
    const remedy = 'rowferry migrate … makes it, when zero: is in the configuration.'
    return [
      finding('publication-missing', {
        object,
        effect: 'zero-cache does not start: it does not exist.',
        remedy,
        fix: null,
      }),
    ]
  }
  if (publication.allOperations) return []
  const fix = `alter publication ${quoteIdentifier(name)} set (publish = 'insert, update, delete, truncate');`
  const effect = 'zero-cache does not start: it must publish insert, update, delete and truncate.'
  return [finding('publication-operations', { object, effect, remedy: fix, fix })]
}

function examineSchema({ settings, schema }: Scope, tables: number): ZeroFinding[] {
  if (settings.publication !== null || schema === defaultSchema || tables === 0) return []
  return [
    finding('schema-not-published', {
      object: `schema ${schema}`,
      effect: `None of its tables is synced: zero-cache's own publication covers only the schema ${defaultSchema}.`,
      remedy: 'Use a publication of your own: zero: { publication: zero_data }',
      fix: null,
    }),
  ]
}
