import { mkdtemp, rm } from 'node:fs/promises'
import { chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a superuser on the server of this test run. */
    postgresUrl: string
  }
}

/**
 * One throw-away server per test run. `ROWFERRY_TEST_URL=postgres://…` runs the same tests against another server; its
 * user must be a superuser.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['ROWFERRY_TEST_URL']
  if (given !== undefined && given !== '') {
    project.provide('postgresUrl', given)
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-test-'))
  chmodSync(folder, 0o711)
  const server = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'postgres'),
    // Nothing of it has to survive.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  })
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
