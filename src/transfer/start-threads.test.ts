import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { givenFiles } from '../../test/support/sqlite-files.ts'
import { startThreads } from './start-threads.ts'

test.each([
  ['a path that is not there', 'nothing.db'],
  ['a link that leads to itself', 'loop.db'],
  ['a name that is too long', 'x'.repeat(300)],
])('%s is left to whoever opens it', async (_, name) => {
  const files = givenFiles()
  symlinkSync(files.path('loop.db'), files.path('loop.db'))
  await using threads = startThreads(files.path(name), { parallel: 2, distributed: false })
  expect(threads.count).toBe(2)
})
