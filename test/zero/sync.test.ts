import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { migrateForZero } from './support/migrate-for-zero.ts'
import { proveSync } from './support/prove-sync.ts'
import { copySource, type ProvedDatabase } from './support/proved-databases.ts'

/** The others are proved by `node scripts/prove-zero.ts`: each takes some ten seconds. */
const inEveryRun: readonly ProvedDatabase[] = ['demo', 'chinook', 'northwind']

describe('a database that was migrated with zero:', () => {
  test.for(inEveryRun)('%s: every row and value is seen by a client, and changes arrive', async (name, { skip }) => {
    const folder = givenFolder()
    const source = copySource(name, folder)
    if (source === null) return skip('the file is not on this machine')
    await using database = await givenDatabase()
    const migrated = await migrateForZero(source, { url: database.url, folder })
    const proof = await proveSync({ url: database.url, ...migrated })
    expect(proof.rows).toBe(await countRows(database.url))
    expect(ascending(proof.tables.map(({ rows }) => rows))).toEqual(ascending(countsOf(source)))
    expect(proof.relationships).toBeGreaterThan(0)
    expect(proof.arrived?.ms).toBeLessThan(10_000)
  })
})

async function countRows(url: string): Promise<number> {
  const tables = await query(
    url,
    `select format('%I', relname) as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  )
  const [found] = await query(
    url,
    `select ${tables.map(({ name }) => `(select count(*) from ${name})`).join(' + ')} as rows`,
  )
  return Number(found?.['rows'])
}

/** Rows of every table of the source; none of those used here loses one on the way. */
function countsOf(source: string): number[] {
  using db = new DatabaseSync(source, { readOnly: true })
  const tables = db
    .prepare(`select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`)
    .all()
  return tables.map(({ name }) => Number(db.prepare(`select count(*) as n from "${String(name)}"`).get()?.['n']))
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}
