import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Threads } from './threads.ts'

const folder = mkdtempSync(join(tmpdir(), 'rowferry-threads-'))
afterAll(() => rmSync(folder, { recursive: true }))
let modules = 0

/** A module made of a text. */
function worker(code: string): URL {
  const path = join(folder, `${modules++}.mjs`)
  writeFileSync(path, code)
  return pathToFileURL(path)
}

const double = worker('export default (n) => 2 * n; export const prepare = () => {}')

test('threads do different things one after another, and end when they are done with', async () => {
  const threads = new Threads(1)
  threads.prepare(double)
  expect(await threads.run(double, 4)).toBe(8)
  expect(await threads.run(worker('export default (text) => text.toUpperCase()'), 'a')).toBe('A')
  await threads.end()
  await threads.end()
})

test('threads that were ended start anew', async () => {
  await using threads = new Threads(1)
  expect(await threads.run(double, 1)).toBe(2)
  await threads.end()
  expect(await threads.run(double, 2)).toBe(4)
})

test('a module that cannot be loaded is told to whoever runs it, not to whoever prepares it', async () => {
  await using threads = new Threads(1)
  const broken = worker('throw new Error("broken")')
  threads.prepare(broken)
  await expect(threads.run(broken, null)).rejects.toThrow('broken')
  expect(await threads.run(double, 4)).toBe(8)
})

test('a thread that dies while it does nothing is replaced without a word', async () => {
  await using threads = new Threads(1)
  const died = new Int32Array(new SharedArrayBuffer(4))
  const mortal = worker(`export default (died) => {
    process.on('exit', () => { Atomics.store(died, 0, 1) })
    setTimeout(() => { throw new Error('died') }, 10)
  }`)
  await threads.run(mortal, died)
  await expect.poll(() => Atomics.load(died, 0), { timeout: 30_000 }).toBe(1)
  // The news of it come a little later.
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await threads.run(double, 4)).toBe(8)
})

test('what is under way is told that its threads were ended', async () => {
  const threads = new Threads(1)
  const running = threads.run(worker('export default () => new Promise(() => {})'), null)
  const told = running.then(
    () => 'an answer',
    (error: Error) => error.message,
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  await threads.end()
  expect(await told).toBe('Terminating worker thread')
})
