import type { Client } from 'pg'
import type { Finding } from '../../../model/report.ts'
import { readJson } from '../catalog/read-json.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { quoteIdentifier } from '../identifiers.ts'

export type TargetChecks = {
  /** The schema to load into; it may be missing. */
  readonly schema: string
  /** The URL as given, to name the parameters of it that were not used. */
  readonly url?: string
}

type Facts = {
  readonly version: string
  readonly versionNumber: number
  readonly product: string
  readonly database: string
  readonly user: string
  readonly encoding: string
  readonly standby: boolean
  readonly readOnly: boolean
  readonly backend: number
  readonly temporary: boolean
  readonly createSchema: boolean
  readonly schemaExists: boolean
  readonly createInSchema: boolean
  readonly useSchema: boolean
  /** Tables of the schema that this user may insert into. */
  readonly loadableTables: number
  readonly ownSchemaExists: boolean
  readonly createInOwnSchema: boolean
  readonly useOwnTables: boolean
}

/** What rowferry's own tables are kept in; see the design, "Names in the target". */
const ownSchema = 'rowferry'

const longestName = 63

const oldest = 14
const newestTested = 18

/**
 * Whether the target can be loaded into, before anything is changed. Errors make a transfer impossible. Space on the
 * server's disk cannot be asked for over a connection.
 */
export async function checkTarget(client: Client, checks: TargetChecks): Promise<Finding[]> {
  const [facts] = await readJson<Facts>(client, factsSql, [checks.schema, ownSchema])
  if (facts === undefined) return []
  return [
    ...checkVersion(facts),
    ...checkWritable(facts),
    ...checkSchemaName(checks.schema),
    ...checkEncoding(facts),
    ...checkRights(facts, checks.schema),
    ...checkPooler(facts, client),
    ...checkIgnored(checks.url),
  ]
}

function checkVersion({ product, version, versionNumber, database, user }: Facts): Finding[] {
  const major = Math.floor(versionNumber / 10_000)
  const name = `PostgreSQL ${version}`
  if (!/^PostgreSQL \d/.test(product) || /-YB-/.test(product)) {
    return [
      error(
        `The target is ${product.split(',', 1)[0]}, which is not PostgreSQL.`,
        'Give the URL of a PostgreSQL server.',
      ),
    ]
  }
  if (major < oldest) {
    return [
      error(
        `The target is ${name}; rowferry needs ${oldest} or newer.`,
        'Upgrade the server: https://www.postgresql.org/support/versioning/',
      ),
    ]
  }
  if (major > newestTested) {
    return [warning(`The target is ${name}; rowferry was tested with ${oldest} to ${newestTested}.`, null)]
  }
  return [{ level: 'ok', message: `The target is ${name}, database ${database}, as user ${user}.`, remedy: null }]
}

function checkWritable({ standby, readOnly, user }: Facts): Finding[] {
  if (standby) {
    return [error('The target is a standby server, which cannot be written.', 'Give the URL of the primary server.')]
  }
  if (!readOnly) return []
  return [
    error(
      'The target is read-only (default_transaction_read_only is on).',
      `Allow writing: alter role ${quoteIdentifier(user)} set default_transaction_read_only = off; (it may also be set for the database or the server)`,
    ),
  ]
}

function checkEncoding({ encoding, database }: Facts): Finding[] {
  if (encoding === 'UTF8') return []
  const copy = quoteIdentifier(`${database}_utf8`)
  return [
    error(
      `Database ${database} has the encoding ${encoding}, which cannot hold every text; rowferry needs UTF8.`,
      `create database ${copy} encoding 'UTF8' locale 'C' template template0; and give its URL`,
    ),
  ]
}

function checkRights(facts: Facts, schema: string): Finding[] {
  const { user, database, schemaExists, createInSchema, useSchema, createSchema } = facts
  const [to, on, inDatabase] = [quoteIdentifier(user), quoteIdentifier(schema), quoteIdentifier(database)]
  const grantCreate = `grant create on database ${inDatabase} to ${to};`
  const findings: Finding[] = []
  if (!schemaExists && !createSchema) {
    findings.push(error(`User ${user} may not create the schema ${schema} in database ${database}.`, grantCreate))
  }
  if (schemaExists && !useSchema) {
    findings.push(
      error(`User ${user} may not use the schema ${schema}.`, `grant usage, create on schema ${on} to ${to};`),
    )
  } else if (schemaExists && !createInSchema) {
    // Loading into tables that are there already needs no right to make new ones.
    const level = facts.loadableTables > 0 ? warning : error
    findings.push(
      level(`User ${user} may not create tables in the schema ${schema}.`, `grant create on schema ${on} to ${to};`),
    )
  }
  if (facts.ownSchemaExists ? !facts.createInOwnSchema : !createSchema) {
    const remedy = facts.ownSchemaExists ? grantOwnTables(to) : grantCreate
    findings.push(
      error(
        `User ${user} may not create rowferry's own tables (schema ${ownSchema}), without which nothing can be resumed.`,
        remedy,
      ),
    )
  } else if (facts.ownSchemaExists && !facts.useOwnTables) {
    findings.push(
      error(
        `User ${user} may not use rowferry's own tables (schema ${ownSchema}), which another user made.`,
        grantOwnTables(to),
      ),
    )
  }
  if (!facts.temporary) {
    findings.push(
      error(
        `User ${user} may not create temporary tables in database ${database}.`,
        `grant temporary on database ${inDatabase} to ${to};`,
      ),
    )
  }
  return findings
}

function grantOwnTables(to: string): string {
  return `grant usage, create on schema ${ownSchema} to ${to}; grant select, insert, update, delete on all tables in schema ${ownSchema} to ${to};`
}

/** Its tables would mix with those of the server, or with our own: a source may well have a table `transfers`. */
function checkSchemaName(schema: string): Finding[] {
  const ofServer = schema.startsWith('pg_') || schema === 'information_schema'
  if (Buffer.byteLength(schema) > longestName) {
    const length = Buffer.byteLength(schema)
    const message = `The name of the schema ${schema} has ${length} bytes; PostgreSQL cuts names after ${longestName}.`
    return [error(message, 'Choose a shorter one: --schema another_name')]
  }
  if (!ofServer && schema !== ownSchema) return []
  return [
    error(
      `The schema ${schema} belongs to ${ofServer ? 'PostgreSQL' : 'rowferry'} itself and takes no other tables.`,
      'Load into another one: --schema another_name',
    ),
  ]
}

/** A pooler makes up the process number that it gives at login, since the server processes behind it change. */
function checkPooler({ backend }: Facts, client: Client): Finding[] {
  const { processID } = client as unknown as { processID: number | null }
  if (processID === null || processID === backend) return []
  return [
    warning(
      'The target is reached through a connection pooler, which may lose settings between statements and ends long ones.',
      'Give the direct URL: at Neon the host without -pooler, at Supabase and with PgBouncer the port of PostgreSQL itself (usually 5432).',
    ),
  ]
}

function checkIgnored(url: string | undefined): Finding[] {
  const ignored = url === undefined ? [] : parseConnectionUrl(url).ignored
  if (ignored.length === 0) return []
  const schema = ignored.includes('schema') ? 'The schema is chosen with --schema.' : null
  return [
    {
      level: 'ok',
      message: `Parameters of the URL that are for other programs were not used: ${ignored.join(', ')}.`,
      remedy: schema,
    },
  ]
}

function error(message: string, remedy: string | null): Finding {
  return { level: 'error', message, remedy }
}

function warning(message: string, remedy: string | null): Finding {
  return { level: 'warning', message, remedy }
}

const factsSql = `
select json_build_object(
  'version', split_part(pg_catalog.current_setting('server_version'), ' ', 1),
  'versionNumber', pg_catalog.current_setting('server_version_num')::int,
  'product', pg_catalog.version(),
  'database', pg_catalog.current_database(),
  'user', current_user,
  'encoding', pg_catalog.getdatabaseencoding(),
  'standby', pg_catalog.pg_is_in_recovery(),
  'readOnly', pg_catalog.current_setting('transaction_read_only')::bool,
  'backend', pg_catalog.pg_backend_pid(),
  'temporary', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'temporary'),
  'createSchema', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'),
  'schemaExists', s.oid is not null,
  'createInSchema', coalesce(pg_catalog.has_schema_privilege(s.oid, 'create'), false),
  'useSchema', coalesce(pg_catalog.has_schema_privilege(s.oid, 'usage'), false),
  'loadableTables', (
    select count(*) from pg_catalog.pg_class c
    where c.relnamespace = s.oid and c.relkind in ('r', 'p') and pg_catalog.has_table_privilege(c.oid, 'insert')),
  'ownSchemaExists', o.oid is not null,
  'createInOwnSchema', coalesce(
    pg_catalog.has_schema_privilege(o.oid, 'create') and pg_catalog.has_schema_privilege(o.oid, 'usage'), false),
  'useOwnTables', (
    select coalesce(bool_and(pg_catalog.has_table_privilege(c.oid, wanted_right)), true)
    from pg_catalog.pg_class c, unnest(array['select', 'insert', 'update', 'delete']) as wanted_right
    where c.relnamespace = o.oid and c.relkind = 'r'))
from (select $1::text as wanted, $2::text as own) given
left join pg_catalog.pg_namespace s on s.nspname = given.wanted
left join pg_catalog.pg_namespace o on o.nspname = given.own`
