import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Command, measure, type Measurement } from './measure.ts'

const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const node = (script: string): Command => ({ program: process.execPath, arguments: ['-e', script] })

function run(commands: readonly Command[], timeoutSeconds = 60): Promise<Measurement> {
  const signal = new AbortController().signal
  let cpu = 0
  return measure(commands, { folder, log: join(folder, 'log'), timeoutSeconds, signal, serverCpu: () => (cpu += 2) })
}

describe('a measurement', () => {
  test('counts the time of all commands and what the server did meanwhile', async () => {
    const wait = node('setTimeout(() => undefined, 150)')
    const { seconds, serverCpu } = await run([wait, wait])
    expect(seconds).toBeGreaterThan(0.3)
    expect(serverCpu).toBe(2)
  })

  test.runIf(process.platform === 'linux')('counts CPU and memory of a process that a shell has started', async () => {
    const busy = 'const b = Buffer.alloc(200e6, 1); const t = Date.now(); while (Date.now() - t < 400) b[0]++'
    const { clientCpu, peakMemory } = await run([
      { program: 'sh', arguments: ['-c', `"${process.execPath}" -e "${busy}"; true`] },
    ])
    // On a busy machine it gets less than all of a processor.
    expect(clientCpu).toBeGreaterThan(0.1)
    expect(peakMemory).toBeGreaterThan(200e6)
  })

  test('of a command that fails says what the command said last', async () => {
    await expect(run([node('console.error("no such table"); process.exit(3)')])).rejects.toThrow(
      'ended with 3: no such table',
    )
  })

  test('of a program that is not there fails', async () => {
    await expect(run([{ program: 'no-such-program', arguments: [] }])).rejects.toThrow('ENOENT')
  })

  test('ends a command that takes too long, with all it has started', async () => {
    await expect(run([{ program: 'sh', arguments: ['-c', 'sleep 50 | sleep 50'] }], 0.3)).rejects.toThrow(
      'not done after',
    )
  })
})
