import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import { givenFolder } from '../support/folders.ts'
import { assertExit, runCli } from '../support/run-cli.ts'
import { proveSync } from './support/prove-sync.ts'

test('rowferry demo --zero makes within 15 seconds, from nothing, a database that syncs', async () => {
  const cwd = givenFolder()
  const begun = performance.now()
  const run = await runCli(['demo', '--zero'], { cwd })
  const ms = performance.now() - begun
  assertExit(run, 0)
  expect(ms).toBeLessThan(15_000)
  expect(run.stdout).toMatch(/Next:[^]*zero-cache/)
  await using server = await startEmbeddedPostgres({ dataDirectory: join(cwd, '.rowferry', 'postgres') })
  const proof = await proveSync({
    url: server.url,
    schemaFile: join(cwd, 'zero-schema.ts'),
    publications: ['zero_data'],
    schema: 'demo',
  })
  expect(proof.tables.map(({ name }) => name).toSorted()).toEqual(
    ['attachments', 'channels', 'guilds', 'messages', 'reactions', 'users'].toSorted(),
  )
  expect(proof.rows).toBe(8668)
  expect(proof.leftOut).toEqual(['attachments.checksum'])
})
