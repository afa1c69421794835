import type { Client } from 'pg'
import type { Finding } from '../../model/report.ts'
import { quoteIdentifier } from './identifiers.ts'

/** `hash_record_extended`, by which content is verified, came with 14. */
const oldestVersion = 14

type Facts = {
  readonly version: string
  readonly number: string
  readonly encoding: string
  readonly recovering: string
  readonly readOnly: string
  readonly database: string
  readonly role: string
  readonly mayCreateSchemas: string
  readonly mayCreateTemporary: string
  readonly schemaThere: string
  readonly mayCreateTables: string
  readonly storeThere: string
  readonly mayUseStore: string
}

/** What must hold of the server and of this user's rights before anything is planned. Changes nothing. */
export async function checkTarget(client: Client, schema: string): Promise<Finding[]> {
  const { rows } = await client.query<Facts>(
    `select current_setting('server_version') as version, current_setting('server_version_num') as number,
       current_setting('server_encoding') as encoding, pg_is_in_recovery()::int as recovering,
       (current_setting('default_transaction_read_only') = 'on')::int as "readOnly",
       current_database() as database, current_user as role,
       has_database_privilege(current_database(), 'create')::int as "mayCreateSchemas",
       has_database_privilege(current_database(), 'temporary')::int as "mayCreateTemporary",
       (target.oid is not null)::int as "schemaThere",
       coalesce(has_schema_privilege(target.oid, 'usage, create')::int, 0) as "mayCreateTables",
       (store.oid is not null)::int as "storeThere",
       coalesce(has_schema_privilege(store.oid, 'usage') and has_schema_privilege(store.oid, 'create'), false)::int as "mayUseStore"
     from (select) as one
     left join pg_catalog.pg_namespace as target on target.nspname = $1
     left join pg_catalog.pg_namespace as store on store.nspname = 'rowferry'`,
    [schema],
  )
  const [facts] = rows
  return facts ? findingsOf(facts, schema) : []
}

function findingsOf(facts: Facts, schema: string): Finding[] {
  const findings: Finding[] = []
  const error = (message: string, remedy: string): void => void findings.push({ level: 'error', message, remedy })
  const role = quoteIdentifier(facts.role)
  const database = quoteIdentifier(facts.database)
  const yes = (fact: string): boolean => fact === '1'
  if (Math.floor(Number(facts.number) / 10_000) < oldestVersion) {
    error(`The target is PostgreSQL ${facts.version}; rowferry needs ${oldestVersion} or later.`, 'Upgrade the server, or use another one.')
  }
  if (facts.encoding !== 'UTF8') {
    error(
      `The database ${database} has the encoding ${facts.encoding}, which cannot hold every text.`,
      `Make one that can: create database ${database.replace(/"$/, '_utf8"')} encoding 'UTF8' template template0;`,
    )
  }
  if (yes(facts.recovering) || yes(facts.readOnly)) {
    error(
      yes(facts.recovering) ? 'The target is a standby server, which can only be read.' : 'Sessions of this user are read-only (default_transaction_read_only).',
      yes(facts.recovering) ? 'Connect to the primary server.' : `Type: alter role ${role} in database ${database} set default_transaction_read_only = off;`,
    )
  }
  if (yes(facts.schemaThere) ? !yes(facts.mayCreateTables) : !yes(facts.mayCreateSchemas)) {
    // Tables that exist already can be loaded without; the plan shows whether any has to be made.
    const grant = yes(facts.schemaThere)
      ? `grant usage, create on schema ${quoteIdentifier(schema)} to ${role};`
      : `grant create on database ${database} to ${role};`
    findings.push({ level: 'warning', message: `The user ${role} may not create tables in the schema ${quoteIdentifier(schema)}.`, remedy: `As its owner, type: ${grant}` })
  }
  if (yes(facts.storeThere) ? !yes(facts.mayUseStore) : !yes(facts.mayCreateSchemas)) {
    error(
      `The user ${role} may not ${yes(facts.storeThere) ? 'use' : 'make'} the schema "rowferry", where checkpoints are kept.`,
      yes(facts.storeThere)
        ? `As its owner, type: grant all on schema rowferry to ${role}; grant all on all tables in schema rowferry to ${role};`
        : `As the owner of the database, type: create schema rowferry authorization ${role};`,
    )
  }
  if (!yes(facts.mayCreateTemporary)) {
    findings.push({
      level: 'warning',
      message: `The user ${role} may not create temporary tables, which loading into existing rows and listing differences need.`,
      remedy: `As the owner of the database, type: grant temporary on database ${database} to ${role};`,
    })
  }
  if (findings.length === 0) {
    findings.push({ level: 'ok', message: `PostgreSQL ${facts.version}, database ${database}, schema ${quoteIdentifier(schema)}`, remedy: null })
  }
  return findings
}
