/**
 * Proves on real databases that what was migrated with `zero:` syncs: migrates, type-checks the schema file, starts the real
 * zero-cache, reads every row through a client, compares, and sees a change arrive. Prints a table:
 *
 *     node scripts/prove-zero.ts [NAME …]
 *
 * Databases that are not on this machine are named and left out. Ends with 1 when one does not hold.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { Client } from 'pg'
import { startEmbeddedPostgres } from '../src/databases/postgres/embedded/embedded-postgres.ts'
import { migrateForZero, type ReadyForZero } from '../test/zero/support/migrate-for-zero.ts'
import { type Proof, proveSync } from '../test/zero/support/prove-sync.ts'
import { copySource, type ProvedDatabase, provedDatabases } from '../test/zero/support/proved-databases.ts'

const wanted = process.argv.slice(2)
const names = (Object.keys(provedDatabases) as ProvedDatabase[]).filter(
  (name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)),
)
const table = new Table({
  head: [
    'database',
    'tables',
    'rows',
    'values',
    'relations',
    'migrate',
    'type-check',
    'zero-cache',
    'all rows',
    'a change',
    'not synced',
  ],
  style: { head: [], border: [] },
})
const failures: string[] = []
const work = mkdtempSync(join(tmpdir(), 'rowferry-prove-'))
try {
  await using server = await startEmbeddedPostgres({
    dataDirectory: join(work, 'postgres'),
    settings: { fsync: 'off' },
  })
  for (const [index, name] of names.entries()) {
    const folder = join(work, String(index))
    mkdirSync(folder)
    const source = copySource(name, folder)
    if (source === null) {
      table.push([name, { content: 'not on this machine', colSpan: 10 }])
      continue
    }
    try {
      table.push(await prove(name, source, { server: server.url, folder }))
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      table.push([name, { content: 'DOES NOT HOLD', colSpan: 10 }])
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
process.stdout.write(`${table.toString()}\n`)
for (const failure of failures) process.stdout.write(`\n${failure}\n`)
process.exitCode = failures.length === 0 ? 0 : 1

async function prove(
  name: string,
  source: string,
  { server, folder }: { readonly server: string; readonly folder: string },
): Promise<(string | number)[]> {
  const database = new URL(server)
  database.pathname = `/proof_${name.replaceAll(/\W+/g, '_').toLowerCase()}`
  await run(server, `create database ${database.pathname.slice(1)}`)
  const migrated = await migrateForZero(source, { url: database.href, folder })
  const proof = await proveSync({ url: database.href, ...migrated })
  return rowOf(name, migrated, proof)
}

function rowOf(name: string, migrated: ReadyForZero, proof: Proof): (string | number)[] {
  return [
    name,
    proof.tables.length,
    proof.rows,
    proof.values,
    proof.relationships,
    seconds(migrated.ms),
    seconds(proof.typeCheckMs),
    seconds(proof.startedInMs),
    seconds(proof.readMs),
    proof.arrived === null ? 'none tried' : `${Math.round(proof.arrived.ms)} ms`,
    proof.leftOut.join('\n') || 'nothing',
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}
