import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Command } from '../measure.ts'
import { columnList, createKeys, createTables, upsertFromStaging } from '../shapes/postgres-sql.ts'
import type { Table } from '../shapes/shape.ts'
import type { Contender, Run } from './contender.ts'

/** `sqlite3 -csv | psql \copy`: psql starts the pipe itself, so that a thousand tables need one connection. */
export const pipe: Contender = {
  name: 'pipe',
  does: 'sqlite3 -csv | psql \\copy into tables made beforehand, then the same keys and indexes; it neither profiles nor verifies',
  needs: ['sqlite3', 'psql'],
  kinds: ['load', 'upsert'],
  cannot: () => null,
  prepare: (run) => prepareScript(run, (table) => `from program '${readCommand(run, table)}' csv`),
  commands: runScript,
}

export const readyCsv: Contender = {
  name: 'ready csv',
  does: 'psql \\copy from CSV files that are there already, then the same keys and indexes; it does not read SQLite',
  needs: ['psql'],
  kinds: ['load', 'upsert'],
  cannot: () => null,
  prepare: (run) => prepareScript(run, (table) => `from '${join(run.ready, `${table.name}.csv`)}' csv`),
  commands: runScript,
}

/** What PostgreSQL itself needs for the bytes that rowferry sends: the floor under a load with one connection. */
export const readyBinary: Contender = {
  name: 'ready binary',
  does: 'psql \\copy from binary files that are there already over one connection, without keys and indexes: the floor under the load',
  needs: ['psql'],
  kinds: ['load'],
  cannot: () => null,
  prepare: (run) =>
    prepareScript(run, (table) => `from '${join(run.ready, `${table.name}.binary`)}' (format binary)`, false),
  commands: runScript,
}

/** Runs statements over a connection of its own. */
export async function runSql(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** One psql for the whole script, which ends at its first error. */
export function psql(url: string, script: string): Command {
  return { program: 'psql', arguments: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', script, url] }
}

async function prepareScript(run: Run, from: (table: Table) => string, keys = true): Promise<void> {
  const upsert = run.shape.kind === 'upsert'
  if (!upsert) await runSql(run.url, createTables(run.tables))
  const lines = run.tables.flatMap((table) => {
    if (!upsert) return [`\\copy "${table.name}" (${columnList(table)}) ${from(table)}`]
    return [
      `create temporary table staging (like "${table.name}");`,
      `\\copy staging (${columnList(table)}) ${from(table)}`,
      `${upsertFromStaging(table, 'staging')};`,
      'drop table staging;',
    ]
  })
  const after = upsert || !keys ? [] : createKeys(run.tables).map((statement) => `${statement};`)
  writeFileSync(scriptOf(run), `${[...lines, ...after].join('\n')}\n`)
}

function runScript(run: Run): Command[] {
  return [psql(run.url, scriptOf(run))]
}

function scriptOf(run: Run): string {
  return join(run.folder, 'load.sql')
}

/** sqlite3 prints blobs as they are, which CSV cannot hold: they have to be written in hexadecimal. */
function readCommand(run: Run, table: Table): string {
  const columns = table.columns.map(({ name, postgres }) => (postgres === 'bytea' ? `'\\x' || hex(${name})` : name))
  const query = `select ${columns.join(', ')} from ${table.name}`
  // For the shell in double quotes, where \\ stands for \; for psql in single ones, where '' stands for '.
  const shell = `sqlite3 -csv "${run.source}" "${query.replaceAll('\\', '\\\\')}"`
  return shell.replaceAll("'", "''")
}
