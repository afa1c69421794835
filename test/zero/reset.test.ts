import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, runCli, toldError } from '../support/run-cli.ts'
import { changeSqlite, givenSqlite, shopSql } from '../support/sample-databases.ts'
import { importSchema } from './support/import-schema.ts'
import { startZero } from './support/zero-client.ts'

describe('a migration into a database that a Zero replicates', () => {
  test('is refused, and done with --reset-zero when zero-cache is stopped; it then copies everything anew', async () => {
    const cwd = givenFolder()
    const source = join(cwd, 'app.db')
    copyFileSync(givenSqlite(shopSql), source)
    await using database = await givenDatabase()
    const migrate = ['migrate', 'app.db', database.url, '--zero', '--yes']
    assertExit(await runCli(migrate, { cwd }), 0)
    const schema = importSchema(join(cwd, 'zero-schema.ts'))
    await using zero = await startZero(schema, { url: database.url, publications: ['zero_data'] })
    expect(await zero.readTable('customers')).toHaveLength(3)

    changeSqlite(source, `insert into customers (name, vip) values ('new', 1)`)
    const whileRunning = await runCli(migrate, { cwd })
    assertExit(whileRunning, 4)
    expect(toldError(whileRunning)).toMatchObject({
      code: 'CATALOG_ZERO_ATTACHED',
      remedy: expect.stringContaining('--reset-zero') as string,
    })
    assertExit(await runCli([...migrate, '--reset-zero'], { cwd }), 4)

    await zero.cache.stop()
    assertExit(await runCli(migrate, { cwd }), 4)
    expect(await query(database.url, 'select count(*) as n from customers')).toEqual([{ n: '3' }])
    assertExit(await runCli([...migrate, '--reset-zero'], { cwd }), 0)

    await zero.cache.restart()
    const names = await zero.watchTable('customers', (rows) =>
      rows.length === 4 ? rows.map(({ name }) => name) : null,
    )
    expect(names).toContain('new')
  })
})
