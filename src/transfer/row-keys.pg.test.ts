import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { givenDatabase } from '../../test/support/postgres.ts'
import { givenSqlite } from '../../test/support/sample-databases.ts'
import { migrate } from '../index.ts'

test('a rejected row with an infinite key is listed by that key, and is not missed by the verification', async () => {
  await using target = await givenDatabase()
  const source = givenSqlite(
    `create table t(k real primary key, n int) without rowid; insert into t values (9e999, 'x'), (-9e999, 2), (1.5, 3)`,
  )
  const config = { onMisfit: 'reject' } as const
  const report = await migrate({ source, target: target.url, config, cwd: dirname(source) })
  expect(report).toMatchObject({
    exitCode: 5,
    totals: { rejected: 1 },
    tables: [{ verification: { verdict: 'equal' } }],
  })
  const [line = ''] = readFileSync(report.files.rejects ?? '', 'utf8').split('\n')
  expect(JSON.parse(line)).toMatchObject({ key: { k: 'Infinity' }, column: 'n' })
})
